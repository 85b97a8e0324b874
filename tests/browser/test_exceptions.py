"""The exception queue by keyboard alone: walk, open, assign, correct, leave out, select, ask for a bulk job."""

import re
from collections.abc import Callable
from uuid import UUID

from django.utils import timezone
from playwright.sync_api import Page, expect
from uuid_utils.compat import uuid7

from apps.flows.models import Operation
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import BulkJob, CaseNote, ExceptionCase
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.browser.tab import Tab

_RING = "() => getComputedStyle(document.activeElement).outlineStyle"
_NOTE_A_POINTER = "addEventListener('pointerdown', () => sessionStorage.setItem('pointer', 'used'), true)"


def _in_the_house(site: Site, read: Callable[[], object]) -> object:
    def work() -> object:
        with scope.work_in(site.house.a):
            return read()

    return site.do(work)


def _case(site: Site, case_id: str) -> ExceptionCase:
    found = _in_the_house(site, lambda: ExceptionCase.objects.select_related("owner").get(id=UUID(case_id)))
    assert isinstance(found, ExceptionCase)
    return found


# What htmx tells when the list is read again.
_LIST_COMES = """(name) => {
  const list = document.getElementById("queue-list");
  const xhr = { responseURL: location.href, status: 200, getResponseHeader: () => null };
  document.dispatchEvent(new CustomEvent(name, { detail: { target: list, elt: list, xhr } }));
}"""


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _shown(page: Page) -> str:
    """Return the case that is open beside the list."""
    return page.locator("[data-shown-case]").get_attribute("data-shown-case") or ""


def _queue(open_tab: OpenTab, address: str = "/exceptions/?by=list") -> Tab:
    tab = open_tab("operations")
    tab.page.add_init_script(_NOTE_A_POINTER)
    tab.go(address)
    expect(tab.page.locator("[data-row]").first).to_be_visible()
    return tab


def _no_pointer_was_used(tab: Tab) -> None:
    assert tab.page.evaluate("sessionStorage.getItem('pointer')") is None


def test_who_writes_a_note_keeps_the_keys_while_the_list_is_read_again(open_tab: OpenTab) -> None:
    page = _queue(open_tab).page
    _press(page, "j", "o")
    expect(page.locator("[data-shown-case]")).to_be_visible()
    expect(page.locator("#queue-says")).to_contain_text("Opened:")
    page.locator("[data-row]").first.focus()
    # What the list has just brought settles a moment after it came: in between the person begins to write.
    page.evaluate(_LIST_COMES, "htmx:beforeSwap")
    _press(page, "n")
    page.evaluate(_LIST_COMES, "htmx:afterSettle")
    page.keyboard.type("rocks")
    expect(page.locator("#note_text")).to_be_focused()
    expect(page.locator("#note_text")).to_have_value("rocks")


def test_a_case_is_found_opened_taken_noted_and_retried_without_a_mouse(open_tab: OpenTab, site: Site) -> None:
    tab = _queue(open_tab, "/exceptions/")
    page = tab.page
    _press(page, "j")
    assert page.evaluate(_RING) != "none", "where the keys are is to be seen"
    if page.locator(".cause-head:focus").count():
        _press(page, "Enter")
        expect(page.locator(".cause[data-unfolded] .case-link").first).to_be_visible()
        _press(page, "j")
    _press(page, "o")
    expect(page.locator("[data-shown-case]")).to_be_visible()
    expect(page.locator("#queue-says")).to_contain_text("Opened:")
    first = _shown(page)
    assert f"case={first}" in page.url
    _press(page, "a")
    expect(page.locator(".toast-words").last).to_contain_text("has it now")
    expect(page.locator("[data-shown-case]")).to_contain_text("Operations")
    assert _case(site, first).owner is not None
    _press(page, "n")
    expect(page.locator("#note_text")).to_be_focused()
    page.keyboard.type("Asked the customer.")
    _press(page, "Tab", "Tab", "Enter")
    expect(page.locator(".toast-words").last).to_contain_text("Noted")
    assert (
        _in_the_house(site, lambda: CaseNote.objects.filter(case_id=UUID(first), text="Asked the customer.").count())
        == 1
    )
    _press(page, "r")
    expect(page.locator(".toast-words").last).to_contain_text("On its way again")
    expect(page.locator(f'[data-shown-case="{first}"]')).to_have_count(0)
    assert _case(site, first).state == "resolving"
    _no_pointer_was_used(tab)
    site.work()


def test_a_value_is_corrected_and_a_record_left_out_by_keyboard(open_tab: OpenTab, site: Site) -> None:
    tab = _queue(open_tab, "/exceptions/?by=list&q=Hours")
    page = tab.page
    _press(page, "j", "e")
    expect(page.locator("[data-correcting]")).to_be_visible()
    expect(page.locator("input[name=new_value]")).to_be_focused()
    corrected = _shown(page)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("7.5")
    _press(page, "Tab")
    page.keyboard.type("Typed wrongly.")
    _press(page, "Enter")
    expect(page.locator("tr.differs")).to_contain_text("7.5")
    assert _case(site, corrected).state == "open", "nothing is sent before the difference was seen"
    tab.tab_to(page.get_by_role("button", name="Correct and retry"))
    _press(page, "Enter")
    expect(page.locator(".toast-words").last).to_contain_text("Corrected")
    assert _case(site, corrected).state == "resolving"
    site.work()  # else the corrected one, on its way, may still be the first of the list
    tab.go("/exceptions/?by=list")
    _press(page, "j", "s")
    expect(page.locator("#skip_reason")).to_be_focused()
    left_out = _shown(page)
    _press(page, "Enter")
    expect(page.locator("[data-shown-case] .field-error")).to_contain_text("Say why")
    expect(page.locator("#skip_reason")).to_be_focused()
    page.keyboard.type("Booked by mistake.")
    _press(page, "Enter")
    expect(page.locator(".toast-words").last).to_contain_text("left out")
    _no_pointer_was_used(tab)
    site.work()
    assert _case(site, left_out).state == "closed"


def test_a_selection_is_worked_in_the_background_and_the_back_button_returns(open_tab: OpenTab, site: Site) -> None:
    tab = _queue(open_tab)
    page = tab.page
    _press(page, "j", "x", "j", "Shift+X")
    expect(page.locator("[data-picked-words]")).to_contain_text("2 selected")
    tab.tab_to(page.get_by_role("button", name="Assign…"))
    _press(page, "Enter")
    expect(page.locator("#bulk-dialog")).to_contain_text("Assign 2 exceptions")
    tab.tab_to(page.locator("#bulk-dialog select"))
    _press(page, "ArrowDown", "ArrowDown")
    tab.tab_to(page.get_by_role("button", name="Assign 2 exceptions"))
    _press(page, "Enter")
    tab.shows(re.compile("of 2"))
    site.work()
    expect(page.locator("main")).to_contain_text("2 of 2", timeout=15_000)
    assert _in_the_house(site, lambda: BulkJob.objects.filter(asked_by__isnull=False).get().state) == "done"
    _no_pointer_was_used(tab)
    tab.looks_right()
    page.go_back()
    expect(page.locator(".case-link").first).to_be_visible()
    tab.looks_right()


MANY = 300
_COUNTS_CLICKS = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
}, true)"""


def _hold_up_many() -> None:
    """Let the ledger hold 300 more records that were refused for one reason, as a large run leaves them."""
    example = Operation.objects.filter(state="rejected", step="deliver").order_by("id").first()
    assert example is not None
    values = {field.attname: getattr(example, field.attname) for field in Operation._meta.concrete_fields}
    now = timezone.now()
    Operation.objects.bulk_create(
        Operation(
            **values
            | {
                "id": uuid7(),
                "business_key": f"long-{number}",
                "source_key": f"LONG-{number}",
                "label": f"Long entry {number}",
                "error_class": "too_large",
                "error_field": "description",
                "error_message": "The description is longer than 255 characters.",
                "changed_at": now,
            }
        )
        for number in range(MANY)
    )
    judge_ledger()


def test_a_support_person_clears_a_queue_of_300_records_in_three_clicks(open_tab: OpenTab, site: Site) -> None:
    _in_the_house(site, _hold_up_many)
    tab = open_tab("support")
    page = tab.page
    page.add_init_script(_COUNTS_CLICKS)
    tab.go("/exceptions/?class=too_large")
    expect(page.locator(".queue-title .pill-count")).to_have_text("1")
    expect(page.locator(".case-row")).to_contain_text(f"{MANY} records")
    page.locator(".case-link").click()
    expect(page.locator("#records .pill-count")).to_have_text(str(MANY))
    page.locator("[data-does=skip] summary").click()
    page.locator("[data-does=skip] input[name=reason]").fill("Agreed with the customer: not to be billed.")
    page.locator("[data-does=skip] button").click()
    expect(page.locator(".toast-words").last).to_contain_text(f"{MANY} records are left out.")
    assert page.evaluate("sessionStorage.getItem('clicks')") == "3"
    site.work()
    tab.go("/exceptions/?class=too_large")
    expect(page.locator(".queue-title .pill-count")).to_have_text("0")
    tab.go("/exceptions/?class=too_large&view=closed")
    page.locator(".case-link").first.click()
    expect(page.locator("#case-pane")).to_contain_text(f"{MANY} records settled: {MANY} skipped.")
    left_out = _in_the_house(
        site, lambda: Operation.objects.filter(source_key__startswith="LONG-", state="skipped").count()
    )
    assert left_out == MANY
    tab.looks_right()
