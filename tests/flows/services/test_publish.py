"""Versions: made of the layers of a moment, proposed or live, never lost, never overwritten unseen."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import DELIVERY, READING, read_places
from apps.flows.models import Flow, FlowVersion, PartnerLayer
from apps.flows.services.bases import own_lines
from apps.flows.services.publish import (
    OvertakenError,
    change_line,
    go_live,
    layered_lines,
    propose,
    publish,
)
from apps.flows.services.restore_version import restore_version
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _live(line: Line) -> FlowVersion:
    version = _flow(line).live_version
    assert version is not None
    return version


def _partner_line(line: Line, **changes: object) -> None:
    PartnerLayer.objects.create(
        template=line.flow.template,
        place=DELIVERY,
        system=line.target.system,
        lines=[{"target": "description", **changes}],
    )


def test_a_version_keeps_the_lines_of_reading_and_of_writing(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        places = read_places(_live(line).layers)
    assert set(places) == {READING, DELIVERY}
    assert {entry["target"] for entry in places[READING].system} >= {"hours", "project", "work_date"}


def test_a_changed_reading_line_is_how_the_next_run_reads(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        change_line(
            _flow(line), place=READING, target="note", changes={"default": "as read"}, made_by="Ann", note="a note"
        )
        changed = next(one for one in layered_lines(_live(line), READING) if one.line.target == "note")
    assert (changed.origin, changed.line.default) == ("customer", "as read")
    run = line.run()
    assert run.written == len(line.time_lines())


def test_what_the_partner_changes_for_all_reaches_nobody_by_publishing_something_else(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        _partner_line(line, default="Partner")
        version = change_line(_flow(line), target="cost_center", changes={"default": "CC-1"}, made_by="Ann")
        assert read_places(version.layers)[DELIVERY].partner == []


def test_a_proposed_version_changes_nothing_until_it_is_live(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        before = _live(line)
        own = {DELIVERY: [{"target": "description", "default": "Work"}]}
        proposed = propose(_flow(line), made_by="Ann", own=own, note="Wording")
        assert (proposed.published_at, _live(line).id) == (None, before.id)
        go_live(_flow(line), proposed, by="Bela")
        live = _live(line)
        assert (live.id, live.made_by, live.published_by) == (proposed.id, "Ann", "Bela")
        assert live.published_at is not None
        with pytest.raises(ValidationError, match="never live"):
            go_live(_flow(line), live, by="Bela")


def test_a_proposal_that_was_overtaken_does_not_go_live(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        proposed = propose(_flow(line), made_by="Ann")
        change_line(_flow(line), target="cost_center", changes={"default": "CC-1"}, made_by="Bela")
        with pytest.raises(OvertakenError, match="Another version went live"):
            go_live(_flow(line), proposed, by="Ann")
        assert own_lines(_live(line))[DELIVERY] == [{"target": "cost_center", "default": "CC-1"}]


def test_who_has_not_seen_a_line_as_it_is_now_does_not_replace_it(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        seen = _live(line).number
        change_line(_flow(line), target="description", changes={"default": "Ann's"}, made_by="Ann", seen=seen)
        with pytest.raises(OvertakenError, match=r"Ann has changed this line meanwhile \(version 2\)"):
            change_line(_flow(line), target="description", changes={"default": "mine"}, made_by="Bela", seen=seen)
        change_line(_flow(line), target="cost_center", changes={"default": "CC-1"}, made_by="Bela", seen=seen)
        assert {entry["default"] for entry in own_lines(_live(line))[DELIVERY]} == {"Ann's", "CC-1"}


@pytest.mark.parametrize(
    ("own", "error", "told"),
    [
        pytest.param({"billing": [{"target": "x", "default": "1"}]}, LayerError, "billing", id="a place there is not"),
        pytest.param(
            {DELIVERY: [{"target": "description", "source": "nothing"}]},
            MappingError,
            "nothing",
            id="a path there is not",
        ),
        pytest.param(
            {DELIVERY: [{"target": "description", "colour": "red"}]}, LayerError, "colour", id="a key there is not"
        ),
        pytest.param(
            {READING: [{"target": "hours", "removed": True}]}, MappingError, "hours", id="a required field unfilled"
        ),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_published(
    make_line: MakeLine, own: dict[str, list[dict[str, object]]], error: type[Exception], told: str
) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        with pytest.raises(error, match=told):
            publish(_flow(line), published_by="Ann", own=own)
        assert FlowVersion.objects.filter(flow_id=line.flow.id).count() == 1


def test_nobody_goes_back_to_what_was_never_live(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        proposed = propose(_flow(line), made_by="Ann")
        with pytest.raises(ValidationError, match="was never live"):
            restore_version(_flow(line), proposed, made_by="Bela")


def test_going_back_restores_every_layer_in_one_act(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        first = _live(line)
        change_line(_flow(line), target="description", changes={"default": "Work"}, made_by="Ann")
        version = restore_version(_flow(line), first, made_by="Bela")
        assert (version.number, version.layers, version.definition) == (3, first.layers, first.definition)
        assert _live(line).id == version.id
