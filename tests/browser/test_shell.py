"""The frame around every page, used as people use it: jumping by keyboard, losing nothing, speaking another language."""

from playwright.sync_api import Dialog, expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.browser.tab import Tab

SESSION = "sessionid"


def test_anything_is_reached_from_anywhere_by_keyboard_and_remembered(open_tab: OpenTab, site: Site) -> None:
    tab, name = open_tab("owner"), site.house.lines["one"].customer.name
    tab.go("/flows/")
    tab.page.keyboard.press("Control+k")
    box = tab.page.get_by_role("combobox", name="Search or jump to")
    expect(box).to_be_focused()
    results = tab.page.get_by_role("listbox", name="Results")
    expect(results.get_by_role("option", name="Add a customer")).to_be_visible()
    tab.page.keyboard.type(name[:6])
    first = results.get_by_role("option", name=name).first
    expect(first).to_have_attribute("aria-selected", "true")
    tab.page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    tab.page.keyboard.press("ArrowUp")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url(f"**/customers/{site.house.ids['one']['customer_id']}/")
    tab.go("/flows/")
    tab.page.keyboard.press("Control+k")
    recent = tab.page.get_by_role("group", name="Recent places")
    expect(recent.get_by_role("option", name=name)).to_be_visible()
    tab.page.keyboard.type("no such thing at all")
    expect(tab.page.get_by_text("Nothing fits", exact=False).first).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    tab.looks_right()


def _type_a_customer(tab: Tab) -> None:
    tab.go("/customers/new/")
    tab.page.get_by_label("Name").fill("Harbour Analytics")
    tab.page.get_by_label("Segment").fill("Data “& more”")


def test_what_was_typed_survives_the_end_of_the_session(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("builder")
    _type_a_customer(tab)
    tab.page.context.clear_cookies(name=SESSION)
    tab.click("Add the customer", role="button")
    assert tab.where == "/accounts/login/"
    visitor = site.visitor("builder")
    tab.page.get_by_label("E-mail").fill(visitor.email)
    tab.page.get_by_label("Password").fill("correct horse battery")
    tab.page.get_by_role("button", name="Sign in").click()
    tab.page.wait_for_url("**/customers/new/")
    tab.shows("Restored what you typed.")
    expect(tab.page.get_by_label("Name")).to_have_value("Harbour Analytics")
    expect(tab.page.get_by_label("Segment")).to_have_value("Data “& more”")
    kept = tab.page.evaluate("JSON.stringify({...sessionStorage})")
    assert "correct horse battery" not in kept
    tab.page.get_by_role("button", name="Start over").click()
    expect(tab.page.get_by_label("Name")).to_have_value("")


def test_leaving_a_changed_form_asks_and_coming_back_brings_it_back(open_tab: OpenTab) -> None:
    tab, asked = open_tab("builder"), []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    tab.page.on("dialog", stay)
    _type_a_customer(tab)
    tab.click("Flows")
    tab.page.wait_for_url("**/flows/")
    assert asked == ["beforeunload"]
    tab.page.go_back()
    tab.shows("Restored what you typed.")
    expect(tab.page.get_by_label("Name")).to_have_value("Harbour Analytics")


def test_the_language_is_switched_from_every_page(open_tab: OpenTab) -> None:
    tab = open_tab("support")
    tab.go("/customers/")
    for words, code in (("Deutsch", "de"), ("English", "en-gb")):
        tab.page.locator(".shell-top details.menu > summary").click()
        tab.page.get_by_role("button", name=words).click()
        tab.page.wait_for_url("**/customers/")
        expect(tab.page.locator("html")).to_have_attribute("lang", code)


def test_the_side_bar_stays_as_narrow_as_it_was_left(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    tab.go("/flows/")
    tab.page.locator("[data-folds-side]").click()
    tab.go("/customers/")
    assert tab.page.locator("#side").bounding_box()["width"] < 100  # type: ignore[index]
    expect(tab.page.get_by_role("link", name="Customers").first).to_be_visible()
    tab.looks_right()
    tab.page.locator("[data-folds-side]").click()
