"""A customer's finance lead at work: sees what waits, answers it, follows a figure to its rows, and reads a report."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site

FINANCE = [
    pytest.param("finance_approver", "support", id="first brand"),
    pytest.param("foreign_finance_approver", "foreign_support", id="second brand"),
]


@pytest.mark.parametrize(("finance", "support"), FINANCE)
def test_what_needs_an_answer_is_answered_from_the_home_page(open_tab: OpenTab, finance: str, support: str) -> None:
    tab = open_tab(finance)
    tab.go("/my/")
    tab.looks_right()
    tab.page.get_by_role("link", name="Answer: ").first.click()
    tab.page.wait_for_load_state("load")
    path = tab.where
    tab.page.get_by_label("Your answer").fill("The period is open again.")
    tab.page.get_by_role("button", name="Send the answer").click()
    tab.page.wait_for_load_state("load")
    assert tab.where == path
    tab.shows("The period is open again.")
    expect(tab.page.locator("main .notice").first).not_to_contain_text("Waiting for you")
    tab.looks_right()
    colleague = open_tab(support)
    colleague.go(path)
    colleague.shows("The period is open again.")


@pytest.mark.parametrize(("finance", "_"), FINANCE)
def test_what_is_held_is_listed_whole_and_leads_to_what_happened_to_it(open_tab: OpenTab, finance: str, _: str) -> None:
    tab = open_tab(finance)
    tab.go("/my/records/?what=held")
    tab.looks_right()
    tab.page.locator("table a.row-title").first.click()
    tab.shows("What happened to it")
    tab.looks_right()


def test_a_report_draws_its_pictures_and_says_which_day_is_wrong(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("owner")
    tab.go("/reports/")
    expect(tab.page.locator("#throughput canvas")).to_be_visible(timeout=15_000)
    days = tab.page.locator(".report-days")
    expect(days).to_be_hidden()
    tab.page.locator("select[name=period]").select_option("chosen")
    expect(days).to_be_visible()
    tab.page.locator("input[name=since]").fill("2026-02-01")
    tab.page.locator("input[name=until]").fill("2026-01-01")
    tab.page.get_by_role("button", name="Show", exact=True).click()
    tab.page.wait_for_load_state("load")
    tab.shows("This day is before the first one")
    tab.looks_right()
