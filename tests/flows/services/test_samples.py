"""Samples that fail by a version hold it back until somebody says why it goes live all the same."""

from collections.abc import Callable

import pytest

from apps.accounts.models import AuditEntry
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.flow_settings import change_settings
from apps.flows.services.publish import change_line, go_live
from apps.flows.services.restore_version import restore_version
from apps.flows.services.samples import SamplesFailError
from apps.flows.services.what_if import propose_line
from apps.tenants import scope
from tests.lines import Line

REFUSES = {"checks": ["at_most:1"]}  # no sample's hours are so few


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("source", "target", "live_version", "customer").get(id=line.flow.id)


def test_a_line_that_refuses_what_the_template_delivers_needs_a_reason(make_line: Callable[..., Line]) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        with pytest.raises(SamplesFailError, match="An approved entry becomes a time line") as told:
            change_line(_flow(line), target="quantity", changes=REFUSES, made_by="Ann")
        assert told.value.run.failing
        assert FlowVersion.objects.count() == 1
        version = change_line(
            _flow(line), target="quantity", changes=REFUSES, made_by="Ann", despite="The client bills by the hour"
        )
        assert version.note.endswith("samples fail: The client bills by the hour")
        assert (
            "The client bills by the hour"
            in AuditEntry.objects.filter(action="flow_published").latest("id").details["note"]
        )
        # What failed before a change does not fail by it: the next one is not asked again.
        following = change_line(_flow(line), target="description", changes={"default": "Work"}, made_by="Ann")
        assert "samples" not in following.note
        # And the way back to what the template means is free.
        assert restore_version(_flow(line), version.made_after, made_by="Ann").number == 4


def test_a_proposed_version_is_held_back_as_well(make_line: Callable[..., Line]) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        version = propose_line(_flow(line), target="quantity", changes=REFUSES, made_by="Ann")
        with pytest.raises(SamplesFailError):
            go_live(_flow(line), version, by="Ann", despite="  ")
        go_live(_flow(line), version, by="Ann", despite="Agreed")
        assert _flow(line).live_version == version


def test_what_the_template_itself_makes_of_other_settings_does_not_fail(make_line: Callable[..., Line]) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        assert change_settings(_flow(line), settings={"carry_unbillable": True}, changed_by="Ann") is not None
