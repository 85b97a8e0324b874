"""What opens over a page, by keyboard alone: the keys stay inside, Escape closes it, and they return where they were."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab

# The browser's own controls take part in the round: while the keys are there, the page says that its body has them.
_OUTSIDE = """() => {
  const here = document.activeElement;
  return here === document.body || here.closest("dialog[open]") ? "" : here.outerHTML.slice(0, 160);
}"""


def _keep_inside(page: Page) -> None:
    """Go round twice, forwards and backwards."""
    for key in ["Tab"] * 14 + ["Shift+Tab"] * 14:
        page.keyboard.press(key)
        assert page.evaluate(_OUTSIDE) == "", f"{key} left the dialog"


def _closes_and_returns(page: Page, dialog: Locator, came_from: Locator) -> None:
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(came_from).to_be_focused()


def _by_button(words: str) -> Callable[[Tab], Locator]:
    def find(tab: Tab) -> Locator:
        return tab.page.locator("main").get_by_role("button", name=words, exact=True).first

    return find


DIALOGS = [
    pytest.param("/gallery/", _by_button("Retire"), "Retire this flow?", id="a question with consequences"),
    pytest.param("/gallery/", _by_button("Details"), "Request and response", id="a drawer"),
]


@pytest.mark.parametrize(("path", "find", "title"), DIALOGS)
def test_a_dialog_keeps_the_keys_and_gives_them_back(
    open_tab: OpenTab, path: str, find: Callable[[Tab], Locator], title: str
) -> None:
    tab = open_tab("owner")
    tab.go(path)
    opener = find(tab)
    tab.tab_to(opener)
    tab.page.keyboard.press("Enter")
    dialog = tab.page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    tab.looks_right()
    _keep_inside(tab.page)
    _closes_and_returns(tab.page, dialog, opener)


def test_the_palette_and_the_help_open_by_key_from_anywhere_and_return(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    page = tab.page
    tab.go("/customers/")
    link = page.locator("#list-customers tbody a").first
    tab.tab_to(link)
    for key, title in (("Control+k", "Search"), ("?", "Keyboard")):
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=title, exact=True)
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("option").first if title == "Search" else dialog).to_be_visible()
        tab.looks_right()
        _keep_inside(page)
        _closes_and_returns(page, dialog, link)


def test_a_question_about_ticked_rows_is_reached_and_left_by_keyboard(open_tab: OpenTab) -> None:
    tab = open_tab("operations")
    page = tab.page
    tab.go("/flows/")
    for key in "jx":
        page.keyboard.press(key)
    pause = page.get_by_role("region", name="Selected rows").get_by_role("button", name="Pause")
    tab.tab_to(pause)
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Pause these flows?")
    expect(question).to_be_visible()
    tab.looks_right()
    _keep_inside(page)
    _closes_and_returns(page, question, pause)


def test_a_menu_closes_by_escape_and_the_first_tab_of_a_page_skips_to_its_content(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    page = tab.page
    tab.go("/flows/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    menu = page.locator(".shell-top details.menu > summary").first
    tab.tab_to(menu)
    page.keyboard.press("Enter")
    expect(page.locator(".shell-top details.menu[open]")).to_have_count(1)
    tab.looks_right()
    page.keyboard.press("Escape")
    expect(page.locator(".shell-top details.menu[open]")).to_have_count(0)
    expect(menu).to_be_focused()
