"""What people come to do, done in the browser as they would, for both brands; the systems behind it are asked whether it is true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import transaction
from playwright.sync_api import expect

from apps.accounts.models import OutgoingMail
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.brands import brand_for, change_brand
from apps.tenants.scope import PartnerRef
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
def test_support_finds_a_customers_connection_and_tests_it(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    line, tab = _line(site, brand), open_tab(brand.support)
    tab.go("/customers/")
    tab.click(line.customer.name)
    tab.click("Connections")
    tab.page.wait_for_url("**/connections/")
    tab.page.locator("main").get_by_role("link", name="PSA", exact=True).first.click()
    tab.shows("What the system can do")
    tab.shows("Approved time to bill")
    tab.click("Test", role="button")
    tab.shows("Testing")
    site.work()
    tab.shows("Passed")
    for word in ("Reachable", "Allowed"):
        tab.shows(re.compile(word, re.IGNORECASE))
    tab.looks_right()


@pytest.mark.parametrize("brand", BRANDS)
def test_an_exception_is_corrected_closes_itself_and_posts_exactly_one_line(
    open_tab: OpenTab, site: Site, brand: Brand
) -> None:
    line, tab = _line(site, brand), open_tab(brand.owner)
    blocked = site.do(lambda: next(op for op in line.operations(state="rejected") if "25" in op.error_message))
    before = len(site.do(line.time_lines))
    case = site.do(lambda: _case_of(line, blocked.id))
    tab.go("/exceptions/?by=list")
    tab.page.locator(f"main a[href*='{case.id}']").first.click()
    tab.shows("limit is 24")
    tab.shows(re.compile("money at risk", re.IGNORECASE))
    tab.looks_right()
    pane = tab.page.locator("#case-pane")
    pane.get_by_role("link", name="Correct and retry").click()
    pane.get_by_label("New value").fill("a lot")
    pane.get_by_label("Reason").fill("Typed 25 instead of 2.5.")
    pane.get_by_role("button", name="Show the difference").click()
    expect(pane.locator(".field-error")).to_be_visible()
    tab.looks_right()
    pane.get_by_label("New value").fill("2.5")
    pane.get_by_role("button", name="Show the difference").click()
    expect(pane.locator("tr.differs")).to_contain_text("2.5")
    tab.looks_right()
    pane.get_by_role("button", name="Correct and retry").click()
    expect(tab.page.locator(".toast-words").last).to_contain_text("Corrected")
    tab.go(f"/exceptions/{case.id}/")
    site.work()
    tab.shows("Closed")
    tab.page.wait_for_load_state("networkidle")  # what lives on the page may still be reading itself anew
    posted = [row for row in site.do(line.time_lines) if row["external_id"] == blocked.source_key]
    assert [float(row["quantity"]) for row in posted] == [2.5]
    assert len(site.do(line.time_lines)) == before + 1
    assert site.do(lambda: _case_of(line, blocked.id)).state == "closed"
    tab.go(f"/operations/{blocked.id}/")
    tab.shows("Written")


def _case_of(line: Line, operation_id: UUID) -> ExceptionCase:
    with scope.work_in(line.partner):
        return ExceptionCase.objects.filter(case_operations__operation_id=operation_id).latest("id")


@pytest.mark.parametrize("brand", BRANDS)
def test_support_assigns_a_case_and_writes_a_note_that_the_customer_reads(
    open_tab: OpenTab, site: Site, brand: Brand
) -> None:
    tab, case_id = open_tab(brand.support), site.house.ids[brand.line]["case_id"]
    tab.go(f"/exceptions/{case_id}/")
    tab.page.locator("[data-does=note] summary").click()
    tab.page.locator("textarea[name=text]").fill("Please name the right project.")
    tab.page.locator("input[name=shared]").check()
    tab.click("Save the note", role="button")
    tab.shows("Please name the right project.")
    tab.page.get_by_role("combobox", name="Owner").select_option(index=1)  # sends itself
    expect(tab.page.locator("body")).to_contain_text("has it now")
    reader = open_tab(brand.finance)
    reader.go(f"/exceptions/{case_id}/")
    reader.shows("Please name the right project.")
    reader.looks_right()


@pytest.mark.parametrize("brand", BRANDS)
def test_a_customers_home_speaks_of_business_and_of_nothing_technical(
    open_tab: OpenTab, site: Site, brand: Brand
) -> None:
    line, tab = _line(site, brand), open_tab(brand.finance)
    assert tab.where == "/my/"
    words = tab.page.inner_text("main")
    assert line.customer.name in tab.page.inner_text("body")
    assert "time entries" in words.lower()
    technical = r"\b(payload|API|JSON|HTTP|mapping|connector|batch|endpoint|webhook|stack|schema|idempoten\w*|UUID)\b"
    assert re.findall(technical, words) == []
    tab.looks_right()


@pytest.mark.parametrize("brand", BRANDS)
def test_a_partners_home_counts_lead_to_their_rows(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    tab = open_tab(brand.owner)
    assert tab.where == "/"
    tab.shows(_line(site, brand).customer.name)
    tab.shows(re.compile("at risk", re.IGNORECASE))
    numbers = tab.page.locator("main .figure-tile a")
    assert numbers.count() >= 3
    for address in {numbers.nth(at).get_attribute("href") or "" for at in range(numbers.count())}:
        response = tab.go(address if address.startswith("/") else f"/{address}")
        # A place further down the same page is no new answer.
        assert response is None or response.status == 200, address
        assert response is not None or "#" in address


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
    sent = site.do(lambda: next(op for op in line.operations(state="rejected") if op.step == "deliver"))
    tab.go(f"/operations/{sent.id}/")
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
    expect(newcomer.page.locator("header").first).to_contain_text("Nia Newcomer")


def _join_path(site: Site, brand: Brand, address: str) -> str:
    with scope.work_in(_line(site, brand).partner):
        mails = [mail for mail in OutgoingMail.objects.all() if address in " ".join(map(str, vars(mail).values()))]
    found = re.search(r"/join/[\w-]+/", " ".join(str(value) for mail in mails for value in vars(mail).values()))
    assert found, "no mail with a link was written"
    return found.group(0)


def test_an_operator_sees_every_partner_and_opens_no_customers_data(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("operator")
    assert tab.where == "/"
    for words in ("Alder & Quay", "Brightforge", "alder.localhost"):
        tab.shows(words)
    expect(tab.page.locator("main")).not_to_contain_text("Meridian Consulting")
    tab.looks_right()


@pytest.fixture
def kept_looks(site: Site) -> Iterator[None]:
    """Give both brands their looks back: brands outlive a test."""
    looks = {partner: site.do(lambda partner=partner: _look(partner)) for partner in (site.house.a, site.house.b)}
    yield
    for partner, look in looks.items():
        site.do(lambda partner=partner, look=look: _recolour(partner, look.primary_colour))


def _look(partner: PartnerRef) -> BrandLook:
    with scope.public(), transaction.atomic():
        return brand_for(partner)


def _recolour(partner: PartnerRef, colour: str) -> None:
    with scope.public(), transaction.atomic():
        change_brand(partner, {"primary_colour": colour})


@pytest.mark.usefixtures("kept_looks")
@pytest.mark.parametrize("brand", BRANDS)
def test_a_new_colour_in_the_brand_settings_recolours_the_portal(open_tab: OpenTab, site: Site, brand: Brand) -> None:
    tab = open_tab(brand.owner)
    before = _button_colour(tab)
    tab.go("/settings/")
    tab.page.locator("main").get_by_role("link", name="Brand").first.click()
    tab.page.wait_for_url("**/settings/brand/")
    field = tab.page.get_by_label("Primary colour", exact=True)
    field.fill("#ffff00")
    tab.click("Publish", role="button")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert _button_colour(tab) == before
    field.fill("#1d4ed8")
    tab.click("Publish", role="button")
    expect(tab.page.get_by_text("The new look is live.")).to_be_visible()
    assert _button_colour(tab) == "rgb(29, 78, 216)"


def _button_colour(tab: Tab) -> str:
    visitor = tab.page.context.new_page()
    visitor.goto(tab.site.address(tab.host, "/people/"))
    colour = visitor.locator("main .btn-primary").first.evaluate("one => getComputedStyle(one).backgroundColor")
    visitor.close()
    return str(colour)
