"""A flow is tried, scheduled and watched, and a record that was refused is chosen and tried again, in the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from apps.flows.models import Flow
from apps.flows.services.bases import newest_base
from apps.flows.services.drafts import discard_draft
from apps.flows.services.publish import publish
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.lines import Line

PHONE = {"width": 390, "height": 844}
WALK = [
    {"kind": "extract"},
    {"kind": "check"},
    {"kind": "approve", "question": "Bill {hours} h?", "role": "finance", "needed": 1},
    {"kind": "decide", "when": "r.hours > 1.0", "then": "deliver"},
    {"kind": "notify", "role": "finance", "subject": "Short", "text": "A short one."},
    {"kind": "deliver"},
]


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


@pytest.fixture
def walk(site: Site) -> Iterator[Line]:
    """A flow whose records walk, live for as long as a test lasts."""
    line = site.house.lines["two"]

    def make_walk() -> None:
        with scope.work_in(line.partner):
            flow = Flow.objects.select_related("live_version").get(id=line.flow.id)
            assert flow.live_version is not None
            publish(
                flow, published_by="Test", definition={**flow.live_version.definition, "steps": WALK}, despite="Test"
            )

    def make_straight() -> None:
        with scope.work_in(line.partner):
            flow = Flow.objects.get(id=line.flow.id)
            discard_draft(flow)
            base = newest_base(flow)
            publish(flow, published_by="Test", base=base, definition=base.definition, despite="Test")

    site.do(make_walk)
    yield line
    site.do(make_straight)


def test_a_flow_is_edited_with_the_keys_alone_and_nothing_typed_is_lost(
    open_tab: OpenTab, site: Site, walk: Line
) -> None:
    tab = open_tab("owner")
    keys, page = tab.page.keyboard, tab.page
    tab.go(f"/flows/{walk.flow.id}/edit/")
    tab.tab_to(page.locator("#step-extract"))
    for _ in range(2):
        keys.press("ArrowDown")
    expect(page.locator("#step-approve")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#id_title")).to_be_focused()
    keys.type("Finance agrees")
    tab.shows("1 change is not live")
    keys.type(" to it")
    expect(page.locator("#step-approve")).to_have_text("Finance agrees to it")
    expect(page.locator("#id_title")).to_be_focused()
    expect(page.locator("#id_title")).to_have_value("Finance agrees to it")
    page.locator("#id_needed").fill("many")
    expect(page.locator("#id_needed_error")).to_contain_text("Write a whole number from 1 to 9.")
    tab.looks_right()
    page.locator("#id_needed").fill("2")
    expect(page.locator("#id_needed_error")).to_have_count(0)
    keys.press("Escape")
    keys.press("Alt+ArrowDown")
    expect(page.locator(".way-link").nth(3)).to_have_text("Finance agrees to it")
    keys.press("Delete")
    expect(page.locator("#step-approve")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("The step was removed.")
    keys.press("Control+z")
    expect(page.locator("#step-approve")).to_have_count(1)
    keys.press("Control+Shift+z")
    expect(page.locator("#step-approve")).to_have_count(0)
    keys.press("Control+z")
    expect(page.locator("#step-approve")).to_have_count(1)
    page.reload()
    expect(page.locator("#draft-undo")).to_be_enabled()
    tab.click("Review and publish")
    tab.shows("After publishing")
    tab.looks_right()


def test_two_people_who_change_the_same_are_shown_both_and_choose(open_tab: OpenTab, walk: Line) -> None:
    owner, builder = open_tab("owner"), open_tab("builder")
    for tab in (owner, builder):
        tab.go(f"/flows/{walk.flow.id}/edit/?step=approve")
    owner.page.locator("#id_question").fill("Bill them?")
    owner.shows("1 change is not live")
    builder.page.locator("#id_due_hours").fill("24")
    builder.shows("2 changes are not live")
    expect(builder.page.locator("#id_question")).to_have_value("Bill them?")  # what another changed comes along
    owner.page.locator("#id_title").fill("Ours")
    expect(owner.page.locator("#step-approve")).to_have_text("Ours")
    expect(owner.page.locator("#id_due_hours")).to_have_value("24")
    builder.page.locator("#id_title").fill("Mine")
    builder.shows("Keep mine: Mine")
    builder.shows("Take theirs: Ours")
    builder.looks_right()
    builder.page.get_by_label("Take theirs:").check()
    builder.click("Save what I chose", role="button")
    expect(builder.page.locator("#id_title")).to_have_value("Ours")
    expect(builder.page.locator("#draft-conflict")).to_have_count(0)
    expect(builder.page.locator("#id_due_hours")).to_have_value("24")
