"""Replay jobs: what is shown before is what is done, each record once, in order, whatever happens to the workers meanwhile."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.actions import Role
from apps.accounts.actor import Actor
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_user
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import Flow, Operation, ReplayEntry, ReplayJob, Run
from apps.flows.services import execute_run, replay_portions
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.replay_job import (
    REPLAY,
    Bar,
    ReplayError,
    ask_replay,
    cancel_replay,
    confirm_replay,
    drop_asked,
    resume_replay,
    resume_stalled,
)
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
MANY = 2_000
REAL_START = replay_portions._start
REAL_SETTLE = execute_run.settle  # type: ignore[attr-defined]  # as the run's slice calls it


def _look(line: Line) -> None:
    """Let the job look at once for what came of its runs: nobody waits in a test."""
    with transaction.atomic():
        DueWork.objects.filter(kind=REPLAY).update(due_at="2020-01-01T00:00Z")
    line.work(Queue.MAINT)


def _person(line: Line, name: str = "Suki") -> Actor:
    with scope.work_in(line.partner):
        found = User.objects.filter(name=name).first()
        person = found or create_user(
            email=f"{name}@alder.example".lower(), name=name, role=Role.SUPPORT, password="x" * 12
        )
        return person.as_actor()


def _blocked(line: Line) -> Run:
    """Run the flow while the target's period is closed: everything that would be written is rejected."""
    line.faults("erp", closed_period=1)
    run = line.run()
    line.faults("erp")
    return run


def _asked(line: Line, **filters: Any) -> ReplayJob:
    with scope.work_in(line.partner):
        return ask_replay(Operation.objects.filter(flow_id=line.flow.id, **filters), by=_person(line))


def _confirmed(line: Line, job: ReplayJob, **options: Any) -> ReplayJob:
    with scope.work_in(line.partner):
        return confirm_replay(job.id, by=_person(line), **options)


def _counts(line: Line, job: ReplayJob) -> Counter[str]:
    with scope.work_in(line.partner):
        return Counter(job.entries.values_list("state", flat=True))


def _job(line: Line, job: ReplayJob) -> ReplayJob:
    with scope.work_in(line.partner):
        return ReplayJob.objects.get(id=job.id)


def _to_the_end(line: Line, job: ReplayJob, *, rounds: int = 40) -> ReplayJob:
    for _ in range(rounds):
        _look(line)
        line.work(Queue.RUN)
        if _job(line, job).finished_at and not _counts(line, job)["queued"]:
            break
    return _job(line, job)


class _Killed(BaseException):
    """What a process that is stopped in the middle looks like from inside."""


@dataclass
class _Deaths:
    """Workers that die: the second portion's right after it was begun, the second batch's before it is settled."""

    starts: int = 0
    settled: int = 0
    died: int = 0

    def start(self, *args: Any) -> Run:
        self.starts += 1
        run = REAL_START(*args)
        if self.starts == 2:
            raise _Killed
        return run

    def settle(self, *args: Any, **kwargs: Any) -> None:
        self.settled += 1
        if self.settled == 2:
            raise _Killed  # the target has the batch, the ledger does not know it yet
        REAL_SETTLE(*args, **kwargs)

    def work(self, work: Callable[[Line], None], line: Line) -> None:
        """Let a worker do what is due; when it is killed, its leases run out."""
        try:
            work(line)
        except _Killed:
            self.died += 1
            with transaction.atomic():
                DueWork.objects.filter(state="leased").update(lease_until="2020-01-01T00:00Z")


def test_two_thousand_records_arrive_once_each_though_workers_are_killed_in_the_middle(
    make_line: MakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = make_line(people=60, weeks=8)
    first = _blocked(line)
    assert first.rejected >= MANY
    assert line.time_lines() == []
    job, deaths = _confirmed(line, _asked(line, state="rejected")), _Deaths()
    monkeypatch.setattr(replay_portions, "_start", deaths.start)
    monkeypatch.setattr(execute_run, "settle", deaths.settle)
    while not _job(line, job).finished_at:
        deaths.work(_look, line)
        deaths.work(Line.work, line)
    assert deaths.died == 2
    assert (_job(line, job).state, _counts(line, job)) == ("done", {"done": first.rejected})
    assert len(line.time_lines()) == first.rejected, "each record arrived, and none twice"
    with scope.work_in(line.partner):
        runs = list(Run.objects.filter(mode="replay").select_related("event").order_by("id"))
    assert sum(run.written for run in runs) == first.rejected
    order = [operation for run in runs for operation in run.event.payload["operations"]]
    assert order == sorted(order), "in the order in which they were read"
    assert len(runs) >= MANY // replay_portions.PORTION


def test_what_arrived_already_is_left_alone_and_says_why(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    run = line.run()
    with scope.work_in(line.partner):
        skipped = Operation.objects.filter(run_id=run.id, state="rejected").first()
        assert skipped is not None
        Operation.objects.filter(id=skipped.id).update(state="superseded")
    job = _asked(line)
    with scope.work_in(line.partner):
        reasons = Counter(job.entries.filter(state="barred").values_list("reason", flat=True))
        pending = set(job.entries.filter(state="pending").values_list("operation__state", flat=True))
    assert reasons[Bar.ARRIVED] == run.written
    assert reasons[Bar.OVERTAKEN] == 1
    assert pending == {"rejected"}
    before = len(line.time_lines())
    done = _to_the_end(line, _confirmed(line, job))
    assert done.state == "done"
    assert len(line.time_lines()) == before, "what is still wrong was not sent, what was there was not sent again"
    assert _counts(line, job)["failed"] > 0


def test_a_record_that_arrives_between_asking_and_doing_is_left_alone(make_line: MakeLine) -> None:
    line = make_line()
    run = _blocked(line)
    job = _confirmed(line, _asked(line, state="rejected"))
    quicker = _confirmed(line, _asked_again(line, job))
    assert _to_the_end(line, quicker).state == "done"
    assert _to_the_end(line, job).state == "done"
    assert len(line.time_lines()) == run.rejected
    together = _counts(line, job) + _counts(line, quicker)
    assert together["done"] == run.rejected
    assert together["barred"] == run.rejected


def _asked_again(line: Line, before: ReplayJob) -> ReplayJob:
    """Ask for the same once more, as if the first job did not exist yet."""
    with scope.work_in(line.partner):
        job = ask_replay(Operation.objects.filter(flow_id=line.flow.id, state="rejected"), by=_person(line, "Finn"))
        assert set(job.entries.values_list("reason", flat=True)) == {Bar.IN_ANOTHER_JOB}
        job.entries.filter(reason=Bar.IN_ANOTHER_JOB).update(state=ReplayEntry.State.PENDING, reason="")
        ReplayJob.objects.filter(id=job.id).update(asked_by_id=_person(line).user_id, wanted=before.wanted)
    return job


def test_a_cancelled_job_stops_and_goes_on_where_it_was(make_line: MakeLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_portions, "PORTION", 10)
    line = make_line()
    run = _blocked(line)
    job = _confirmed(line, _asked(line, state="rejected"))
    _look(line)
    line.work(Queue.RUN)
    _look(line)
    with scope.work_in(line.partner):
        cancel_replay(job.id, by=_person(line))
    stopped = _to_the_end(line, job)
    counts = _counts(line, job)
    assert (stopped.state, counts["done"], counts["pending"], counts["queued"]) == ("cancelled", 10, 0, 0)
    assert counts["cancelled"] == run.rejected - 10
    assert len(line.time_lines()) == 10
    with scope.work_in(line.partner), pytest.raises(ReplayError, match="over already"):
        cancel_replay(job.id, by=_person(line))
    with scope.work_in(line.partner):
        resume_replay(job.id)
    assert _to_the_end(line, job).state == "done"
    assert _counts(line, job) == {"done": run.rejected}
    assert len(line.time_lines()) == run.rejected
    with scope.work_in(line.partner), pytest.raises(ReplayError, match="stopped"):
        resume_replay(job.id)


def test_a_flow_that_is_paused_meanwhile_stops_the_job_with_its_reason(make_line: MakeLine) -> None:
    line = make_line()
    _blocked(line)
    job = _confirmed(line, _asked(line, state="rejected"))
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state="retired")
    assert _to_the_end(line, job).state == "cancelled"
    with scope.work_in(line.partner):
        assert "retired" in job.entries.values_list("reason", flat=True)[0]
    assert line.time_lines() == []


def test_a_run_that_could_not_pass_keeps_the_rest_from_trying(
    make_line: MakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_portions, "PORTION", 10)
    line = make_line()
    run = _blocked(line)
    job = _confirmed(line, _asked(line, state="rejected"))
    line.work(Queue.MAINT)
    with scope.work_in(line.partner):
        cancel_run(Run.objects.get(mode="replay"), made_by="somebody")
        Run.objects.filter(mode="replay").update(state="failed", error_message="The sign-in was refused.")
    stopped = _to_the_end(line, job)
    assert stopped.state == "cancelled"
    assert _counts(line, job) == {"cancelled": run.rejected}
    with scope.work_in(line.partner):
        assert set(job.entries.values_list("reason", flat=True)) == {"The sign-in was refused."}


def test_what_is_only_looked_at_changes_nothing(make_line: MakeLine) -> None:
    line = make_line()
    _blocked(line)
    first, second = _asked(line, state="rejected"), _asked(line, state="rejected")
    with scope.work_in(line.partner):
        assert not ReplayJob.objects.filter(id=first.id).exists(), "asking for something else forgets it"
        assert not ReplayEntry.objects.filter(job_id=first.id).exists()
        resume_stalled()
        assert not DueWork.objects.filter(kind="flows.replay").exists()
        with pytest.raises(ReplayError, match="Only whoever asked"):
            confirm_replay(second.id, by=_person(line, "Finn"))
        drop_asked(second.id, by=_person(line, "Finn"))
        assert ReplayJob.objects.filter(id=second.id).exists()
        drop_asked(second.id, by=_person(line))
        assert not ReplayJob.objects.exists()
        assert not Run.objects.filter(mode="replay").exists()


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        pytest.param({"state": "written"}, "Nothing of it", id="nothing of it is blocked"),
        pytest.param({"business_key": "nobody"}, "at least one", id="nothing fits"),
        pytest.param({"id__in": []}, "at least one", id="nothing is ticked"),
    ],
)
def test_nothing_to_do_is_said(make_line: MakeLine, filters: dict[str, Any], words: str) -> None:
    line = make_line()
    line.run()
    with pytest.raises(ReplayError, match=words):
        _confirmed(line, _asked(line, **filters))


def test_the_version_shown_is_the_version_used(make_line: MakeLine) -> None:
    line = make_line()
    run = _blocked(line)
    stale = _asked(line, state="rejected")
    with scope.work_in(line.partner):
        old = run.version
        new = type(old).objects.get(id=old.id)
        new.id, new.number, new._state.adding = None, old.number + 1, True
        new.pk = None
        new.save()
        Flow.objects.filter(id=line.flow.id).update(live_version=new)
    with pytest.raises(ReplayError, match="went live meanwhile"):
        _confirmed(line, stale)
    job = _confirmed(line, stale, version=ReplayJob.Version.PINNED)
    _to_the_end(line, job)
    with scope.work_in(line.partner):
        assert Run.objects.get(mode="replay").version_id == old.id
        assert AuditEntry.objects.filter(action="operation_replayed", subject="replay").count() == 1


def test_from_the_start_reads_the_record_again(make_line: MakeLine) -> None:
    line = make_line()
    run = _blocked(line)
    changed = line.entries(status="approved", billable=True)[0]
    line.psa("PATCH", f"time-entries/{changed['id']}", {"hours": 2.5})
    job = _confirmed(line, _asked(line, state="rejected"), begin=ReplayJob.From.START)
    assert _to_the_end(line, job).state == "done"
    assert _counts(line, job) == {"done": run.rejected}
    assert len(line.time_lines()) == run.rejected
    newer = line.operations(source_key=str(changed["id"]))
    assert [operation.state for operation in newer] == ["superseded", "written"]
    with scope.work_in(line.partner):
        assert Run.objects.filter(mode="records").count() >= 1


def test_a_job_that_nobody_works_on_any_more_is_taken_up_again(make_line: MakeLine) -> None:
    line = make_line()
    run = _blocked(line)
    job = _confirmed(line, _asked(line, state="rejected"))
    with transaction.atomic():
        DueWork.objects.filter(kind=REPLAY).delete()  # given up after too many lost leases
    with scope.enter(line.partner):
        resume_stalled()
        resume_stalled()
    with transaction.atomic():
        assert DueWork.objects.filter(kind=REPLAY, reference=str(job.id)).count() == 1
    assert _to_the_end(line, job).state == "done"
    assert len(line.time_lines()) == run.rejected
