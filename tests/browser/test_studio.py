"""The mapping studio in the browser: found, tried on a chosen record, changed while typing, undone, and kept for review."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.site import Site

PHONE = {"width": 390, "height": 844}


def test_a_line_is_found_changed_while_typing_undone_and_reviewed(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    page, studio = tab.page, f"/flows/{line.flow.id}/mapping/studio/"
    tab.go(f"/flows/{line.flow.id}/mapping/")
    tab.click("Open the mapping studio")
    expect(page.locator(".studio-lines path").first).to_be_attached()

    page.locator(".studio-sample summary").click()
    page.locator(".studio-choices a").nth(1).click()
    page.wait_for_url("**sample=record-**")

    page.keyboard.press("/")
    page.keyboard.type("descr")
    expect(page.locator(".studio-row[data-side=target]:visible")).to_have_count(1)
    page.locator(".studio-row[data-side=target]:visible a").press("Enter")
    panel = page.locator("#studio-panel")
    expect(panel.get_by_role("heading", name="Text on the invoice")).to_be_visible()
    panel.get_by_label("Steps", exact=True).fill("upp")
    expect(panel.locator("#studio-error-transforms")).to_contain_text("there is no transform")
    panel.get_by_label("Steps", exact=True).fill("")
    panel.locator("[data-adds-step]").select_option("upper")
    expect(panel.locator(".studio-stages")).to_contain_text("upper")
    expect(page.locator("#studio-state")).to_contain_text("Saved in the draft")
    expect(page.locator(".studio-row.is-drafted[data-name=description]")).to_be_visible()
    tab.looks_right()

    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(page.locator("#studio-state")).to_contain_text("The draft is as it was begun")
    page.wait_for_load_state("load")  # undoing brings a new page: its keys work once its script is there
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#studio-state")).to_contain_text("Saved in the draft")

    tab.go(f"{studio}?line=delivery:currency")
    page.get_by_role("button", name="Remove the line").click()
    expect(page.locator(".studio-row[data-side=target][data-name=currency]")).to_contain_text("Suggested: Currency")
    page.locator(".studio-suggested button").first.click()
    expect(page.locator(".studio-row[data-side=target][data-name=currency]")).not_to_contain_text("Suggested")

    page.locator("[name=tick][value='delivery:project']").check()
    page.locator("[data-studio-bulk]").get_by_label("Step", exact=True).fill("trim")
    page.get_by_role("button", name="Do it").click()
    tab.shows("trim")
    tab.click("Review and publish")
    tab.looks_right()


def test_the_studio_fits_a_phone_one_column_at_a_time(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    tab.go(f"/flows/{line.flow.id}/mapping/studio/")
    expect(tab.page.locator(".studio-row[data-side=target]").first).to_be_visible()
    expect(tab.page.locator(".studio-row[data-side=source]").first).to_be_hidden()
    tab.page.locator("[data-shows=source]").click()
    expect(tab.page.locator(".studio-row[data-side=source]").first).to_be_visible()
    tab.looks_right()
