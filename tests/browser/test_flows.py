"""A flow is tried, scheduled and watched, and a record that was refused is chosen and tried again, in the browser."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site

PHONE = {"width": 390, "height": 844}


def test_an_owner_tries_a_flow_without_writing_anything(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    before = len(site.do(line.time_lines))
    tab.go(f"/flows/{line.flow.id}/")
    tab.click("Dry run", role="button")
    tab.click("Start the dry run", role="button")
    tab.shows("Reading, mapping and comparing")
    site.work()
    expect(tab.page.locator("main")).not_to_contain_text("Reading, mapping and comparing", timeout=15_000)
    tab.shows("Would create")
    assert len(site.do(line.time_lines)) == before
    tab.page.locator("details.tried summary").first.click()
    tab.shows("The record")
    tab.looks_right()


def test_an_owner_sets_when_a_flow_runs_and_sees_what_it_means(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go(f"/flows/{line.flow.id}/settings/")
    tab.page.get_by_label("At times of the week").check()
    tab.page.locator("[name=times]").fill("07:00, 13:30")
    tab.shows("Every weekday at 07:00 and 13:30")
    tab.looks_right()
    tab.page.locator("[name=times]").fill("seven")
    tab.click("Save", role="button")
    tab.shows("is no time of day")
    tab.page.locator("[name=times]").fill("07:00")
    tab.click("Save", role="button")
    expect(tab.page.locator(".page-subtitle")).to_contain_text("Every weekday at 07:00")


def test_a_refused_record_and_its_run_fit_a_phone(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    blocked = site.do(lambda: line.operations(state="rejected"))[0]
    for path in (f"/runs/{blocked.run_id}/", f"/operations/{blocked.id}/"):
        tab.go(path)
        tab.looks_right()


def test_a_refused_record_is_ticked_and_tried_again(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    blocked = site.do(lambda: line.operations(state="rejected"))[0]
    tab.go(f"/runs/{blocked.run_id}/?count=rejected")
    tab.page.locator("[data-picks]").first.check()
    tab.page.locator("[data-bulk]").get_by_role("button", name="Retry").click()
    tab.page.locator("dialog[open]").get_by_role("button", name="Retry").click()
    tab.shows("What it means")
    tab.looks_right()
    tab.page.get_by_role("button", name="Retry 1 record").click()
    tab.shows("What was asked for")
    site.work()
    site.work()
    tab.page.reload()
    tab.shows("Its runs")
    tab.looks_right()
    of_run = site.do(lambda: line.operations(run_id=blocked.run_id))
    assert len([one for one in of_run if one.last_run_id != blocked.run_id]) == 1
