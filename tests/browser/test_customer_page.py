"""From the home page to one customer, by mouse and by keyboard: the picture of its systems, its list, a cut-off that shows up."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site


def test_an_owner_goes_from_the_figures_to_a_customer_and_back(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go("/")
    tab.shows("Money at risk")
    tab.shows("What changed")
    tab.looks_right()
    tab.click(line.customer.name)
    tab.shows("Systems and flows")
    assert tab.where == f"/customers/{line.customer.id}/"
    tab.page.go_back()
    tab.shows("What to do first")
    assert tab.where == "/"


def test_the_picture_and_its_list_say_the_same_and_both_work_by_keyboard(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go(f"/customers/{line.customer.id}/")
    picture, rows = tab.page.locator(".landscape-picture"), tab.page.locator(".landscape-list")
    expect(picture).to_be_visible()
    expect(rows).to_be_hidden()
    expect(picture).to_contain_text(line.flow.name)
    switch = tab.page.get_by_role("button", name="List")
    switch.focus()
    tab.page.keyboard.press("Enter")
    expect(rows).to_be_visible()
    expect(rows).to_contain_text(line.flow.name)
    expect(picture).to_be_hidden()
    expect(switch).to_have_attribute("aria-pressed", "true")
    # The choice is kept.
    tab.page.reload()
    expect(rows).to_be_visible()
    tab.page.get_by_role("button", name="Picture").click()
    picture.get_by_role("link", name=line.flow.name, exact=True).focus()
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url(f"**/flows/{line.flow.id}/")
    tab.looks_right()


def test_figures_renew_themselves_without_moving_what_is_being_looked_at(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go(f"/customers/{line.customer.id}/")
    link = tab.page.locator("[data-figure=cases] a").first
    link.focus()
    tab.page.evaluate("document.querySelector('[data-figure=cases] h2').insertAdjacentText('beforeend', ' old')")
    tab.page.evaluate("window.marked = document.querySelector('[data-chart]')")
    with tab.page.expect_response("**figures=1"):
        tab.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    tab.page.wait_for_timeout(300)
    expect(link).to_be_focused()
    assert tab.page.evaluate("window.marked === document.querySelector('[data-chart]')")


def test_a_cut_off_is_added_and_announced(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go(f"/customers/{line.customer.id}/settings/")
    tab.click("Add a cut-off")
    tab.page.get_by_label("Name").fill("Payroll")
    tab.page.get_by_label("Time").fill("09:30")
    tab.page.get_by_label("Day").select_option(label="Every Sunday")
    tab.click("Save", role="button")
    tab.shows("Every Sunday at 09:30")
    tab.looks_right()
    tab.click("Overview")
    tab.shows("Payroll")
