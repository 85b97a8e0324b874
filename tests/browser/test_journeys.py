"""What people come to do, done in the browser as they would, for both brands; the systems behind it are asked whether it is true."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from apps.accounts.models import OutgoingMail
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.browser.tab import Tab
from tests.lines import Line


@dataclass(frozen=True)
class Brand:
    """Who to sign in as, and whose line to work on."""

    owner: str
    support: str
    finance: str
    line: str


BRANDS = [
    pytest.param(Brand("owner", "support", "finance_approver", "one"), id="Alder & Quay"),
    pytest.param(Brand("foreign_owner", "foreign_support", "foreign_finance_approver", "three"), id="Brightforge"),
]


def _line(site: Site, brand: Brand) -> Line:
    return site.house.lines[brand.line]


@pytest.mark.parametrize("brand", BRANDS)
def test_an_owner_runs_a_flow_and_watches_the_counts(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    line, tab = _line(site, brand), open_tab(brand.owner)
    entry = site.do(lambda: line.operations(state="written"))[0].source_key
    site.do(lambda: line.psa("PATCH", f"time-entries/{entry}", {"hours": 1.25}))
    tab.go(f"/flows/{line.flow.id}/")
    tab.shows("Mapping")
    tab.click("Run now", role="button")
    tab.shows("Starts in a moment")
    run_path = tab.where
    site.work()
    expect(tab.page.locator("main")).not_to_contain_text("Starts in a moment", timeout=15_000)
    assert tab.where == run_path
    tab.shows("1 read")
    tile = tab.page.get_by_role("link").filter(has_text="Written").first
    expect(tile).to_contain_text("1")
    changed = [row for row in site.do(line.time_lines) if row["external_id"] == entry]
    assert [float(row["quantity"]) for row in changed] == [1.25]
    tab.looks_right()


@pytest.mark.parametrize("brand", BRANDS)
def test_a_blocked_record_is_corrected_and_arrives_exactly_once(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    line, tab = _line(site, brand), open_tab(brand.owner)
    blocked = site.do(lambda: next(op for op in line.operations(state="rejected") if "25" in op.error_message))
    before = len(site.do(line.time_lines))
    tab.go(f"/operations/{blocked.id}/")
    tab.shows("limit is 24")
    tab.page.get_by_role("link", name="Correct and retry").click()
    tab.page.get_by_label("New value").fill("a lot")
    tab.page.get_by_label("Reason").fill("Typed 25 instead of 2.5.")
    _send(tab)
    expect(tab.page.locator("main")).to_contain_text("Hours")
    assert "/correct/" in tab.where
    tab.page.get_by_label("New value").fill("2.5")
    _send(tab)
    site.work()
    tab.shows("Clean")
    posted = [row for row in site.do(line.time_lines) if row["external_id"] == blocked.source_key]
    assert [float(row["quantity"]) for row in posted] == [2.5]
    assert len(site.do(line.time_lines)) == before + 1
    tab.go(f"/operations/{blocked.id}/")
    tab.shows("Written")


def _send(tab: Tab) -> None:
    tab.page.locator("main form [type=submit]").last.click()
    tab.page.wait_for_load_state("load")


@pytest.mark.parametrize("brand", BRANDS)
def test_support_sees_the_record_but_may_not_change_the_mapping(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    line, tab = _line(site, brand), open_tab(brand.support)
    tab.go(f"/flows/{line.flow.id}/")
    button = tab.page.get_by_role("button", name="Run now")
    expect(button).to_be_disabled()
    assert tab.page.get_by_role("link", name="Edit").count() == 0
    response = tab.go(f"/flows/{line.flow.id}/mapping/quantity/")
    assert response is not None
    assert response.status == 403
    tab.go(f"/operations/{site.house.ids[brand.line]['operation_id']}/")
    tab.shows("Sent")


@pytest.mark.parametrize("brand", BRANDS)
def test_a_customers_finance_person_sees_their_own_records_in_business_words(
    open_tab: OpenTab, site: Site, brand: Brand
) -> None:
    tab = open_tab(brand.finance)
    ids = site.house.ids[brand.line]
    tab.go(f"/operations/{ids['operation_id']}/")
    main = tab.page.locator("main")
    expect(main).not_to_contain_text("POST http")
    expect(main).not_to_contain_text("Business key")
    other = site.house.ids["two" if brand.line == "one" else "one"]
    for path in (f"/operations/{other['operation_id']}/", f"/runs/{other['run_id']}/"):
        response = tab.go(path)
        assert response is not None
        assert response.status == 404


@pytest.mark.parametrize("brand", BRANDS)
def test_a_person_is_invited_and_joins_in_the_browser(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    tab = open_tab(brand.owner)
    address = f"newcomer@{brand.line}.example"
    tab.go("/people/invite/")
    tab.page.get_by_label("E-mail").fill(address)
    tab.page.locator("select[name=role]").select_option("support")
    _send(tab)
    expect(tab.page.locator("body")).to_contain_text(address)
    link = site.do(lambda: _join_path(site, brand, address))
    newcomer = open_tab("nobody")
    newcomer.host = tab.host
    newcomer.go(link)
    newcomer.page.get_by_label("Name").fill("Nia Newcomer")
    newcomer.page.get_by_label("Password").fill("a long and quiet evening")
    newcomer.page.locator("form [type=submit]").first.click()
    newcomer.page.wait_for_load_state("load")
    expect(newcomer.page.locator("header")).to_contain_text("Nia Newcomer")


def _join_path(site: Site, brand: Brand, address: str) -> str:
    with scope.work_in(_line(site, brand).partner):
        mails = [mail for mail in OutgoingMail.objects.all() if address in " ".join(map(str, vars(mail).values()))]
    found = re.search(r"/join/[\w-]+/", " ".join(str(value) for mail in mails for value in vars(mail).values()))
    assert found, "no mail with a link was written"
    return found.group(0)
