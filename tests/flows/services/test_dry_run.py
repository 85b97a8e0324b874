"""Dry runs over a sandbox that really answers: what they say, and that nothing is written anywhere."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import Batch, Checkpoint, DryRun, Flow, Link, Operation, OwnerReview, Run, TriggerEvent
from apps.flows.models.dry_run import LOST_AFTER
from apps.flows.services import dry_run as dry_runs
from apps.flows.services.dry_run import DryRunError, request_dry_run, rows_kept
from apps.flows.services.owner_register import set_owner
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _try(line: Line, **wishes: Any) -> DryRun:
    with scope.work_in(line.partner):
        asked = request_dry_run(Flow.objects.get(id=line.flow.id), by="Fina", **wishes)
    line.work()
    with scope.work_in(line.partner):
        return DryRun.objects.select_related("version").get(id=asked.id)


def _traces(line: Line) -> list[int]:
    with scope.work_in(line.partner):
        return [kind.objects.count() for kind in (Operation, Link, Checkpoint, Batch, Run, TriggerEvent)]


def _adds_up(found: DryRun) -> bool:
    return found.read == found.creates + found.updates + found.unchanged + found.skipped + found.rejected


def test_a_draft_flow_is_tried_and_nothing_is_written_anywhere(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state=Flow.State.DRAFT)
    found = _try(line, sample=None)
    assert (found.state, found.error_message, found.reached_end) == ("done", "", True)
    assert found.read == len(line.entries())
    assert found.creates
    assert found.rejected
    assert found.skipped
    assert not found.updates
    assert _adds_up(found)
    assert _traces(line) == [0] * 6
    assert line.time_lines() == []


def test_it_foresees_the_run_but_for_what_only_the_target_can_refuse(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    promised = _try(line, sample=None)
    run = line.run()
    assert (run.read, run.unchanged, run.skipped) == (promised.read, promised.unchanged, promised.skipped)
    refused = {op.business_key for op in line.operations(state="rejected")}
    foreseen = {row["business_key"] for row in rows_kept(promised) if row["outcome"] == "rejected"}
    assert foreseen
    assert foreseen <= refused
    assert promised.creates - run.written == len(refused - foreseen)
    after = _try(line, sample=None)
    assert (after.read, after.creates, after.rejected) == (0, 0, 0)


def test_rows_say_what_would_be_sent_and_why_not(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    found = _try(line, sample=None)
    rows = rows_kept(found)
    assert len(rows) == min(found.read, dry_runs.KEPT_ROWS)
    assert rows[0]["outcome"] == "rejected"
    for row in rows:
        if row["outcome"] == "rejected":
            assert row["reasons"][0]["reason"]
            assert row["step"]
        if row["outcome"] == "creates":
            assert row["mapped"]
            assert row["canonical"]
            assert row["label"]
            assert row["target_key"] == ""
    counted = sum(reason["count"] for reason in found.reasons["rejected"])
    assert counted >= found.rejected
    assert found.amounts["EUR"]


def test_a_changed_mapping_shows_what_would_be_sent_beside_what_was(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    with scope.work_in(line.partner):
        flow = Flow.objects.select_related("source", "target", "live_version").get(id=line.flow.id)
        change_line(flow, target="description", changes={"transforms": ["upper"]}, made_by="Fina")
    before = _traces(line)
    found = _try(line, sample=20)
    assert found.state == "done", found.error_message
    assert (found.scope, found.version.number) == ("latest", 2)
    assert found.updates
    assert not found.creates
    row = next(row for row in rows_kept(found) if row["outcome"] == "updates")
    assert row["target_key"]
    assert row["before"]["description"] != row["mapped"]["description"]
    assert _traces(line) == before


def test_a_source_that_is_away_ends_it_with_a_sentence(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("psa", down=1.0)
    found = _try(line)
    assert (found.state, found.read) == ("failed", 0)
    assert found.error_message
    assert found.error_class
    assert found.finished_at is not None


def test_two_requests_at_once_are_one_trial_and_a_lost_one_is_replaced(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        flow = Flow.objects.select_related("live_version").get(id=line.flow.id)
        first, second = request_dry_run(flow, by="Fina"), request_dry_run(flow, by="Otto")
        assert first.id == second.id
        DryRun.objects.filter(id=first.id).update(created_at=timezone.now() - 2 * LOST_AFTER)
        assert request_dry_run(flow, by="Otto").id != first.id


def test_old_trials_are_dropped(make_line: MakeLine) -> None:
    line = make_line(people=2)
    with patch.object(dry_runs, "KEPT_DRY_RUNS", 2):
        for _ in range(4):
            _try(line, sample=3)
    with scope.work_in(line.partner):
        assert DryRun.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"live_version": None}, "no published version", id="nothing published"),
        pytest.param({"state": Flow.State.RETIRED}, "retired", id="retired"),
    ],
)
def test_what_cannot_be_tried_says_why(make_line: MakeLine, changes: dict[str, Any], sentence: str) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(**changes)
        with pytest.raises(DryRunError, match=sentence):
            request_dry_run(Flow.objects.get(id=line.flow.id), by="Fina")


def test_what_belongs_to_another_system_is_foreseen_to_stay_as_it_is(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    first, second = (one.source_key for one in line.operations(state="written")[:2])
    centres = {entry["id"]: entry["cost_center"] for entry in line.entries()}
    other = next(centre for centre in centres.values() if centre not in (centres[first], centres[second]))
    with scope.work_in(line.partner):
        owned = {"canonical_type": "TimeEntry", "field": "cost_center", "connection": line.target, "changed_by": "t"}
        set_owner(line.customer, conflict_rule=ConflictRule.REVIEW, **owned)
    for key, changes in ((first, {"cost_center": other}), (second, {"cost_center": other, "hours": 3.5})):
        line.sandbox.do(
            lambda client, key=key, changes=changes: client.change_record(
                "psa", line.company, "time-entries", key, **changes
            )
        )
    before = line.time_lines()
    found = _try(line, sample=None)
    assert (found.read, found.unchanged, found.updates) == (2, 1, 1)
    reasons = {row["outcome"]: row["reasons"][0]["reason"] for row in rows_kept(found)}
    assert reasons == {
        "unchanged": "Nothing was sent: all that differs belongs to ERP.",
        "updates": "Stays as it is there: cost_center (ERP).",
    }
    assert line.time_lines() == before
    with scope.work_in(line.partner):
        assert not OwnerReview.objects.exists()
