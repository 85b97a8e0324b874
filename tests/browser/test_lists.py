"""A list, used as people use it: searching, sorting, columns, saved views, ticking rows by mouse and keyboard, going back."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site


def test_a_list_is_searched_sorted_arranged_and_remembered(open_tab: OpenTab, site: Site) -> None:
    tab, names = open_tab("owner"), [site.house.lines[name].customer.name for name in ("one", "two")]
    tab.go("/customers/")
    rows = tab.page.locator("#list-customers tbody tr")
    expect(rows).to_have_count(len(names))
    tab.page.keyboard.press("/")
    box = tab.page.get_by_role("searchbox", name="Name, reference or segment")
    expect(box).to_be_focused()
    tab.page.keyboard.type(names[1][:6])
    expect(rows).to_have_count(1)
    expect(box).to_be_focused()
    expect(box).to_have_value(names[1][:6])
    assert "q=" in tab.page.url
    tab.page.get_by_role("link", name="Clear filters").click()
    expect(rows).to_have_count(len(names))
    tab.page.get_by_role("link", name="Customer", exact=True).click()
    expect(tab.page.locator("th[aria-sort=descending]")).to_contain_text("Customer")
    expect(rows.first).to_contain_text(sorted(names)[-1])
    tab.page.get_by_text("Columns", exact=True).click()
    tab.page.get_by_label("Time zone").uncheck()
    expect(tab.page.get_by_role("columnheader", name="Time zone")).to_have_count(0)
    expect(tab.page.get_by_label("Country")).to_be_visible()  # the menu stays open
    tab.page.get_by_text("Views", exact=True).click()
    tab.page.get_by_role("button", name="Save this view").click()
    tab.page.get_by_label("Name", exact=True).fill("Backwards")
    tab.page.get_by_role("button", name="Save", exact=True).click()
    tab.shows("Backwards")
    tab.go("/customers/?all=1")
    expect(rows.first).to_contain_text(sorted(names)[0])
    tab.page.get_by_text("Views", exact=True).click()
    tab.page.get_by_role("link", name="Backwards", exact=True).click()
    expect(rows.first).to_contain_text(sorted(names)[-1])
    tab.page.go_back()
    expect(rows.first).to_contain_text(sorted(names)[0])
    tab.looks_right()


def test_rows_are_ticked_and_acted_on_together_after_a_question(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("operations")
    tab.go("/flows/")
    bar = tab.page.get_by_role("region", name="Selected rows")
    expect(bar).to_be_hidden()
    tab.page.keyboard.press("j")
    tab.page.keyboard.press("x")
    expect(bar).to_contain_text("1 selected")
    tab.page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Pause").click()
    question = tab.page.get_by_role("dialog", name="Pause these flows?")
    expect(question).to_contain_text("2 selected")
    question.get_by_label("Reason").fill("Month end")
    question.get_by_role("button", name="Pause").click()
    expect(tab.page.get_by_text("2 flows are paused.")).to_be_visible()
    tab.page.get_by_label("Select all on this page").check()
    bar.get_by_role("button", name="Resume").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(tab.page.get_by_text("2 flows are live again.")).to_be_visible()


def test_every_component_is_whole_in_the_gallery(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    tab.go("/gallery/")
    tab.looks_right()
    tab.page.locator("#list-sample [data-picks]").first.check()
    expect(tab.page.locator("#list-sample-bulk")).to_contain_text("1 selected")
    tab.page.get_by_role("button", name="Retire").first.click()
    expect(tab.page.get_by_role("dialog", name="Retire this flow?")).to_be_visible()
    tab.page.keyboard.press("Escape")


def test_a_system_is_found_while_typing_and_a_connection_goes_when_its_name_is_typed(
    open_tab: OpenTab, site: Site
) -> None:
    tab = open_tab("owner")
    tab.go("/systems/")
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("sandbox erp")
    cards = tab.page.get_by_role("article")
    expect(cards).to_have_count(1)
    expect(cards.first).to_contain_text("Talks to a simulated system.")
    tab.page.get_by_role("link", name="CRM", exact=False).first.click()
    tab.shows("No system of the catalogue fits this.")
    tab.page.get_by_role("link", name="Clear filters").last.click()
    expect(cards.nth(5)).to_be_visible()
    tab.looks_right()
    line = site.house.lines["one"]
    tab.go(f"/connections/{line.source.id}/calls/")
    tab.looks_right()
    tab.go(f"/connections/{line.source.id}/remove/")
    tab.shows("Records still pass through it")
    expect(tab.page.get_by_role("button", name="Remove for good")).to_have_count(0)
    tab.looks_right()
