"""The brand studio in a real browser: a preview that follows, a draft only its editor sees, mails, and the way back."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab

STUDIO = "/settings/brand/"


def test_a_brand_is_tried_out_published_and_gone_back_in(open_tab: OpenTab) -> None:
    tab, visitor = open_tab("owner"), open_tab("nobody")
    page = tab.page
    tab.go(STUDIO)

    page.get_by_label("Primary colour", exact=True).fill("#facc15")
    expect(page.get_by_text("Too light to read on white")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Use #")).click()
    page.get_by_label("Primary colour", exact=True).fill("#1e3a8a")
    expect(page.get_by_text("Easy to read on white").first).to_be_visible()
    button = page.locator(".preview-portal .btn-primary")
    expect(button).to_have_css("background-color", "rgb(30, 58, 138)")
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(button).not_to_have_css("background-color", "rgb(30, 58, 138)")  # lightened, to be read on dark ground
    page.get_by_label("Name", exact=True).fill("Alder Tomorrow")
    expect(page.locator(".preview-portal [data-shows=name]")).to_have_text("Alder Tomorrow")
    page.get_by_label("Words beside the sign-in form").fill("In step, always.")
    expect(page.locator(".preview-entrance")).to_be_visible()  # the copy that the field belongs to comes up
    tab.looks_right()

    tab.click("Save as draft", role="button")
    tab.shows("The draft changes 3 things")
    visitor.go("/accounts/login/")
    expect(visitor.page.get_by_text("Alder Tomorrow")).to_have_count(0)

    tab.click("Open the portal with the draft", role="button")
    expect(page.get_by_text("You see the draft of the brand")).to_be_visible()
    expect(page.locator(".shell-side")).to_contain_text("Alder Tomorrow")
    tab.click("Back to the brand", role="button")
    tab.click("Every mail")
    expect(page.frame_locator(".mail-page").get_by_role("heading", name="You are invited")).to_be_visible()
    tab.looks_right()

    tab.go(STUDIO)
    tab.click("Publish the draft", role="button")
    visitor.go("/accounts/login/")
    visitor.shows("Alder Tomorrow")
    expect(visitor.page.get_by_text("In step, always.")).to_be_visible()
    visitor.looks_right()

    tab.click("History")
    tab.looks_right()
    page.get_by_role("button", name=re.compile("^Go back to version")).last.click()
    expect(page.get_by_text("is live again")).to_be_visible()
    visitor.go("/accounts/login/")
    expect(visitor.page.get_by_text("Alder Tomorrow")).to_have_count(0)


def test_a_page_that_is_not_there_looks_right(open_tab: OpenTab) -> None:
    tab = open_tab("nobody")
    tab.go("/nothing/is/here/")
    tab.shows("There is nothing here")
    tab.looks_right()
