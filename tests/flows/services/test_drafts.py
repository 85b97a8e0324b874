"""Drafts: shared, undone and redone, published as one version; nobody's change is lost to another's."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from apps.flows.engine.content import STEPS, step_name
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.edits import AddStep, EditError, RemoveStep, SetLines, SetPart, SetStep
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import DELIVERY, READING, read_places
from apps.flows.mapping.rebase import Choice
from apps.flows.models import DraftNode, Flow, FlowDraft, FlowVersion
from apps.flows.services import bases, drafts
from apps.flows.services.drafts import (
    DraftConflictError,
    NothingToUndoError,
    bring_up_to_date,
    discard_draft,
    draft_problems,
    draft_version,
    edit_draft,
    find_draft,
    open_draft,
    publish_draft,
    redo_draft,
    undo_draft,
)
from apps.flows.services.publish import change_line, layered_lines, publish
from apps.flows.services.restore_version import restore_version
from apps.flows.services.upgrades import plan_upgrade, upgrade
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.lines import Line
from tests.slow_system import walking

MakeLine = Callable[..., Line]
NOTE = SetLines(DELIVERY, {"description": {"default": "Ours"}})
NOTIFY = {"kind": "notify", "subject": "Hours arrived", "text": "Look at them", "role": "customer_owner"}
WAIT = {"kind": "wait", "hours": 4}
DELIVER = {"kind": "deliver"}


@pytest.fixture
def line(make_line: MakeLine) -> Iterator[Line]:
    """Return a customer's flow of batches, inside its partner's schema."""
    made = make_line()
    with scope.work_in(made.partner):
        yield made


@pytest.fixture
def walk(make_line: MakeLine) -> Iterator[Line]:
    """Return a customer's flow whose records wait for an event and are then delivered, inside its partner's schema."""
    with walking(make_line, WAIT, DELIVER) as made, scope.work_in(made.partner):
        yield made


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _live(line: Line) -> FlowVersion:
    version = _flow(line).live_version
    assert version is not None
    return version


def test_a_draft_begins_as_what_is_live_and_changes_nothing_until_it_is_published(line: Line) -> None:
    flow, before = _flow(line), _live(line).number
    opened = open_draft(flow, by="Ann")
    assert (opened.can_undo, opened.can_redo, draft_problems(opened)) == (False, False, [])
    edit_draft(flow, NOTE, seen=opened.seen, by="Ann")
    assert _live(line).number == before
    version = publish_draft(flow, by="Ann", note="Memo of ours")
    assert (_live(line).number, version.note) == (before + 1, "Memo of ours")
    assert next(one for one in layered_lines(version) if one.line.target == "description").line.default == "Ours"
    assert find_draft(flow) is None


def test_what_no_record_feels_breaks_no_sample_of_the_template(line: Line) -> None:
    flow = _flow(line)
    edit_draft(flow, SetPart("batch_size", 250), seen=open_draft(flow, by="Ann").seen, by="Ann")
    assert publish_draft(flow, by="Ann").definition["batch_size"] == 250


def test_changes_are_taken_back_and_brought_back_one_by_one(line: Line) -> None:
    flow = _flow(line)
    opened = edit_draft(flow, NOTE, seen=open_draft(flow, by="Ann").seen, by="Ann")
    edit_draft(flow, SetPart("batch_size", 7), seen=opened.seen, by="Ann")
    assert undo_draft(flow, by="Ann").content.definition["batch_size"] != 7
    assert undo_draft(flow, by="Ben").content.lines.get(DELIVERY, ()) == ()
    with pytest.raises(NothingToUndoError):
        undo_draft(flow, by="Ann")
    redo_draft(flow, by="Ann")
    assert redo_draft(flow, by="Ann").content.definition["batch_size"] == 7
    with pytest.raises(NothingToUndoError):
        redo_draft(flow, by="Ann")


def test_what_one_person_goes_on_typing_is_taken_back_at_once(line: Line) -> None:
    flow = _flow(line)
    seen = open_draft(flow, by="Ann").seen
    for text in ("O", "Ou", "Our"):
        seen = edit_draft(flow, SetLines(DELIVERY, {"description": {"default": text}}), seen=seen, by="Ann").seen
    assert undo_draft(flow, by="Ann").content.lines.get(DELIVERY, ()) == ()
    assert redo_draft(flow, by="Ann").content.lines[DELIVERY][0]["default"] == "Our"


def test_a_change_after_an_undo_leaves_what_was_taken_back_behind(line: Line) -> None:
    flow = _flow(line)
    edit_draft(flow, NOTE, seen=open_draft(flow, by="Ann").seen, by="Ann")
    back = undo_draft(flow, by="Ann")
    other = edit_draft(flow, SetPart("batch_size", 7), seen=back.seen, by="Ann")
    assert not other.can_redo
    assert other.content.lines.get(DELIVERY, ()) == ()


def test_two_people_change_different_things_and_both_hold(line: Line) -> None:
    flow = _flow(line)
    seen = open_draft(flow, by="Ann").seen
    edit_draft(flow, NOTE, seen=seen, by="Ann")
    both = edit_draft(flow, SetPart("batch_size", 7), seen=seen, by="Ben")
    assert both.content.definition["batch_size"] == 7
    assert both.content.lines[DELIVERY][0]["default"] == "Ours"


def test_two_people_change_the_same_and_the_second_chooses(line: Line) -> None:
    flow = _flow(line)
    seen = open_draft(flow, by="Ann").seen
    edit_draft(flow, NOTE, seen=seen, by="Ann")
    theirs = SetLines(DELIVERY, {"description": {"default": "Mine"}})
    with pytest.raises(DraftConflictError) as told:
        edit_draft(flow, theirs, seen=seen, by="Ben")
    assert told.value.by == "Ann"
    [placed] = told.value.conflicts
    assert (placed.conflict.ours, placed.conflict.theirs) == ("Mine", "Ours")
    assert open_draft(flow, by="Ben").content.lines[DELIVERY][0]["default"] == "Ours"
    chosen = edit_draft(flow, theirs, seen=seen, by="Ben", choices={placed.name: Choice.OURS})
    assert chosen.content.lines[DELIVERY][0]["default"] == "Mine"


def test_a_page_of_a_draft_that_was_thrown_away_changes_nothing(line: Line) -> None:
    flow = _flow(line)
    seen = edit_draft(flow, NOTE, seen=open_draft(flow, by="Ann").seen, by="Ann").seen
    discard_draft(flow)
    with pytest.raises(EditError, match="load the page again"):
        edit_draft(flow, SetPart("batch_size", 7), seen=seen, by="Ben")


def test_a_version_that_went_live_meanwhile_is_kept_under_the_drafts_changes(line: Line) -> None:
    flow = _flow(line)
    edit_draft(flow, NOTE, seen=open_draft(flow, by="Ann").seen, by="Ann")
    change_line(_flow(line), target="cost_center", changes={"default": "CC-1"}, made_by="Ben")
    version = publish_draft(flow, by="Ann")
    defaults = {one.line.target: one.line.default for one in layered_lines(version)}
    assert (defaults["description"], defaults["cost_center"]) == ("Ours", "CC-1")


def test_a_version_that_went_live_and_changed_the_same_is_asked_about(line: Line) -> None:
    flow = _flow(line)
    edit_draft(flow, NOTE, seen=open_draft(flow, by="Ann").seen, by="Ann")
    change_line(_flow(line), target="description", changes={"default": "Theirs"}, made_by="Ben")
    with pytest.raises(DraftConflictError) as told:
        publish_draft(flow, by="Ann")
    name = told.value.conflicts[0].name
    brought = bring_up_to_date(flow, by="Ann", choices={name: Choice.THEIRS})
    assert not brought.can_undo
    with pytest.raises(EditError, match="changes nothing"):
        publish_draft(flow, by="Ann")


def test_a_draft_may_be_wrong_between_two_keystrokes_and_says_where(line: Line) -> None:
    flow = _flow(line)
    seen = open_draft(flow, by="Ann").seen
    wrong = SetLines(DELIVERY, {"description": {"expression": "r.nothing +"}})
    opened = edit_draft(flow, wrong, seen=seen, by="Ann")
    opened = edit_draft(flow, SetLines(READING, {"hours": {"source": "no_such_field"}}), seen=opened.seen, by="Ann")
    assert {(one.place, one.target) for one in draft_problems(opened)} == {
        (READING, "hours"),
        (DELIVERY, "description"),
    }
    before = _live(line).number
    with pytest.raises(MappingError):
        publish_draft(flow, by="Ann")
    assert (_live(line).number, FlowDraft.objects.count()) == (before, 1)


def test_an_own_step_goes_live_with_the_flow_and_stays_through_later_changes(walk: Line) -> None:
    flow = _flow(walk)
    edit_draft(flow, AddStep("wait", NOTIFY), seen=open_draft(flow, by="Ann").seen, by="Ann")
    version = publish_draft(flow, by="Ann")
    assert version.base_definition is not None
    steps = [step_name(step) for step in version.definition["steps"]]
    assert steps == ["extract", "check", "wait", "notify", "deliver"]
    later = change_line(_flow(walk), place="deliver", target="description", changes={"default": "x"}, made_by="Ben")
    assert later.definition == version.definition


def test_a_step_that_is_not_right_yet_is_named(walk: Line) -> None:
    flow = _flow(walk)
    opened = edit_draft(
        flow, SetStep("wait", {**WAIT, "timeout_seconds": -1}), seen=open_draft(flow, by="Ann").seen, by="Ann"
    )
    [problem] = draft_problems(opened)
    assert (problem.place, problem.target, problem.key) == (STEPS, "wait", "timeout_seconds")


def test_a_delivering_step_of_ones_own_maps_as_its_system_says(walk: Line) -> None:
    flow = _flow(walk)
    second = {"kind": "deliver", "name": "once_more", "role": "target"}
    opened = edit_draft(flow, AddStep("deliver", second), seen=open_draft(flow, by="Ann").seen, by="Ann")
    assert draft_problems(opened) == []
    places = read_places(draft_version(opened).layers)
    assert places["once_more"].system == places["deliver"].system
    gone = edit_draft(flow, RemoveStep("once_more"), seen=opened.seen, by="Ann")
    assert "once_more" not in read_places(draft_version(gone).layers)


def test_a_step_for_a_system_that_the_flow_does_not_have_is_a_problem(walk: Line) -> None:
    flow = _flow(walk)
    lost = {"kind": "deliver", "name": "lost", "role": "payroll"}
    opened = edit_draft(flow, AddStep("deliver", lost), seen=open_draft(flow, by="Ann").seen, by="Ann")
    assert "payroll" in draft_problems(opened)[0].message


def test_going_back_takes_own_steps_away_and_brings_them_back(walk: Line) -> None:
    flow, first = _flow(walk), _live(walk)
    edit_draft(flow, AddStep("wait", NOTIFY), seen=open_draft(flow, by="Ann").seen, by="Ann")
    second = publish_draft(flow, by="Ann")
    assert restore_version(_flow(walk), first, made_by="Ann").base_definition is None
    assert restore_version(_flow(walk), second, made_by="Ann").definition == second.definition


def _next_template(walk: Line, *steps: dict[str, object]) -> object:
    template = bases.flow_template(walk.flow.template)
    stored = {**template.definition.to_json(), "steps": [{"kind": "extract"}, {"kind": "check"}, *steps]}
    return replace(template, definition=parse_definition(stored), version=template.version + 1)


def test_an_upgrade_keeps_own_steps_and_brings_the_templates_new_ones(walk: Line) -> None:
    flow = _flow(walk)
    edit_draft(flow, AddStep("wait", NOTIFY), seen=open_draft(flow, by="Ann").seen, by="Ann")
    publish_draft(flow, by="Ann")
    assert plan_upgrade(_flow(walk)) is None
    newer = _next_template(walk, {**WAIT, "timeout_seconds": 3600}, DELIVER, {"kind": "emit", "event": "billed"})
    with patch.object(bases, "flow_template", lambda _slug: newer):
        version = upgrade(_flow(walk), made_by="Ann")
        assert version is not None
        assert [step_name(step) for step in version.definition["steps"]] == [
            "extract", "check", "wait", "notify", "deliver", "emit",
        ]  # fmt: skip
        assert version.definition["steps"][2]["timeout_seconds"] == 3600
        assert plan_upgrade(_flow(walk)) is None


def test_an_upgrade_asks_where_template_and_customer_changed_one_step(walk: Line) -> None:
    flow = _flow(walk)
    own = SetStep("wait", {**WAIT, "timeout_seconds": 60})
    edit_draft(flow, own, seen=open_draft(flow, by="Ann").seen, by="Ann")
    publish_draft(flow, by="Ann")
    newer = _next_template(walk, {**WAIT, "timeout_seconds": 3600}, DELIVER)
    with patch.object(bases, "flow_template", lambda _slug: newer):
        planned = plan_upgrade(_flow(walk))
        assert planned is not None
        assert [placed.name for placed in planned.conflicts] == ["steps:wait.timeout_seconds"]
        version = upgrade(_flow(walk), made_by="Ann", choices={"steps:wait.timeout_seconds": Choice.OURS})
    assert version is not None
    assert version.definition["steps"][2]["timeout_seconds"] == 60


def test_a_base_that_changes_what_the_customer_changed_is_refused_by_name(walk: Line) -> None:
    flow = _flow(walk)
    own = SetStep("wait", {**WAIT, "timeout_seconds": 60})
    edit_draft(flow, own, seen=open_draft(flow, by="Ann").seen, by="Ann")
    publish_draft(flow, by="Ann")
    base = bases.pinned_base(_live(walk))
    other = {**base.definition, "steps": [*base.definition["steps"][:2], {**WAIT, "timeout_seconds": 5}, DELIVER]}
    with pytest.raises(LayerError, match=r"wait\.timeout_seconds"):
        publish(_flow(walk), published_by="Ann", base=replace(base, definition=other))


def test_only_the_latest_changes_are_kept(line: Line) -> None:
    flow = _flow(line)
    with patch.object(drafts, "MOST_NODES", 3):
        seen = open_draft(flow, by="Ann").seen
        for size in range(1, 7):
            seen = edit_draft(flow, SetPart("batch_size", size), seen=seen, by=f"Ann {size}").seen
        assert DraftNode.objects.count() == 3
        undo_draft(flow, by="Ann")
        assert not undo_draft(flow, by="Ann").can_undo


def test_every_template_of_the_library_is_the_same_after_reading_its_content() -> None:
    for template in TEMPLATES.values():
        stored = template.definition.to_json()
        assert parse_definition(stored) == template.definition
