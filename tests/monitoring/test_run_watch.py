"""Failures that no record is to blame for: failed runs, systems that are away, flows that fell silent."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.services import enqueue
from apps.flows.models import Flow, FlowVersion, Run
from apps.monitoring.cases import CaseError, close_case, retry_case
from apps.monitoring.models import CaseStep, ExceptionCase
from apps.monitoring.monitors.watch import watch_flows
from apps.monitoring.run_watch import OUTAGES_TO_TELL
from apps.monitoring.tasks import SWEEP
from apps.tenants import scope
from tests.lines import Line
from tests.monitoring.conftest import Blocked

MakeLine = Callable[..., Line]
EVERY = 3600


@pytest.fixture
def watched(make_line: MakeLine) -> Blocked:
    """A line without faulty records, whose first run has not begun."""
    line = make_line()
    return Blocked(line, line.start())


def _fail(watched: Blocked) -> ExceptionCase:
    watched.line.faults("erp", forbidden=1)
    watched.work()
    (case,) = watched.cases()
    return case


def _steps(watched: Blocked, case: ExceptionCase) -> list[str]:
    with scope.work_in(watched.line.partner):
        return list(CaseStep.objects.filter(case=case).values_list("sentence", flat=True))


def test_a_missing_permission_is_one_case_of_the_run_and_no_record(watched: Blocked) -> None:
    case = _fail(watched)
    assert (case.state, case.severity, case.queue) == ("open", "high", "access")
    assert case.run_id == watched.run.id
    assert case.operation_count == 0
    assert case.explanation == watched.line.reload(watched.run).error_message


def test_the_next_run_that_fails_so_belongs_to_the_same_case(watched: Blocked) -> None:
    case = _fail(watched)
    again = watched.line.run()
    watched.judge()
    (same,) = watched.cases()
    assert (same.id, same.run_id) == (case.id, again.id)
    assert "The next run failed for the same reason." in _steps(watched, case)
    watched.judge()
    assert len(_steps(watched, case)) == 2


def test_it_closes_by_itself_when_a_later_run_ends_well(watched: Blocked) -> None:
    case = _fail(watched)
    watched.line.faults("erp")
    watched.line.run()
    watched.judge()
    assert watched.cases() == []
    closed = watched.again(case)
    assert (closed.state, closed.closed_how) == ("closed", "ran_well")


def test_closed_by_a_person_it_stays_closed_until_another_run_fails(watched: Blocked) -> None:
    case = _fail(watched)
    with scope.work_in(watched.line.partner):
        close_case(case.id, reason="Known.", by=watched.person(Role.SUPPORT).as_actor())
    watched.judge()
    assert watched.cases() == []
    watched.line.run()
    watched.judge()
    (again,) = watched.cases()
    assert (again.id, again.reopened) == (case.id, 1)


def test_a_retry_runs_the_flow_once_and_in_vain_leaves_the_case_open(watched: Blocked) -> None:
    case = _fail(watched)
    with scope.work_in(watched.line.partner):
        by = watched.person(Role.SUPPORT).as_actor()
        (run,) = retry_case(case.id, by=by)
    with scope.work_in(watched.line.partner), pytest.raises(CaseError, match="already"):
        retry_case(case.id, by=by)
    assert watched.again(case).state == "resolving"
    watched.work()
    assert watched.line.reload(run).state == "failed"
    assert watched.again(case).state == "open"
    assert "It was tried again in vain." in _steps(watched, case)


def test_a_retry_after_mending_closes_the_case(watched: Blocked) -> None:
    case = _fail(watched)
    watched.line.faults("erp")
    with scope.work_in(watched.line.partner):
        retry_case(case.id, by=watched.person(Role.SUPPORT).as_actor())
    watched.work()
    assert watched.again(case).closed_how == "ran_well"


def _hold_up(watched: Blocked, outages: int) -> None:
    watched.line.faults("erp", down=1)
    watched.line.work()
    with scope.work_in(watched.line.partner):
        Run.objects.filter(id=watched.run.id).update(outages=outages)
    watched.judge()


def test_a_short_outage_is_nobodys_business(watched: Blocked) -> None:
    _hold_up(watched, OUTAGES_TO_TELL - 1)
    assert watched.line.reload(watched.run).state == "waiting"
    assert watched.cases() == []


def test_a_lasting_outage_is_a_case_that_waits_for_the_provider_and_ends_with_the_run(watched: Blocked) -> None:
    _hold_up(watched, OUTAGES_TO_TELL)
    (case,) = watched.cases()
    assert (case.queue, case.waiting_on) == ("provider", "provider")
    watched.line.faults("erp")
    with scope.work_in(watched.line.partner):
        Run.objects.filter(id=watched.run.id).update(state="clean", finished_at=timezone.now(), error_class="")
    watched.judge()
    assert watched.again(case).closed_how == "ran_well"


def test_a_run_that_gives_up_after_an_outage_stays_in_its_case_and_says_so(watched: Blocked) -> None:
    _hold_up(watched, OUTAGES_TO_TELL)
    (case,) = watched.cases()
    words = "The system did not come back."
    with scope.work_in(watched.line.partner):
        ended = {"state": "failed", "finished_at": timezone.now(), "error_message": words}
        Run.objects.filter(id=watched.run.id).update(**ended)
    watched.judge()
    (same,) = watched.cases()
    assert (same.id, same.explanation) == (case.id, words)
    assert "The run gave up." in _steps(watched, case)


def test_cases_of_a_retired_flow_are_closed(watched: Blocked) -> None:
    case = _fail(watched)
    with scope.work_in(watched.line.partner):
        Flow.objects.update(state=Flow.State.RETIRED)
    watched.judge()
    assert watched.again(case).closed_how == "flow_stopped"


def _expect(watched: Blocked, *, live_for: int, every: int | None = EVERY) -> None:
    with scope.work_in(watched.line.partner):
        Flow.objects.update(expected_every_seconds=every)
        FlowVersion.objects.update(published_at=timezone.now() - timedelta(seconds=live_for))


def _listen(watched: Blocked) -> list[ExceptionCase]:
    with scope.enter(watched.line.partner):
        watch_flows(timezone.now())
    return watched.cases(error_class="overdue")


@pytest.mark.parametrize(
    ("live_for", "every", "cases"),
    [
        pytest.param(EVERY, EVERY, 0, id="within its rhythm"),
        pytest.param(2 * EVERY, EVERY, 1, id="past one and a half times its rhythm"),
        pytest.param(20 * EVERY, None, 0, id="nothing is expected"),
    ],
)
def test_a_flow_that_never_ran_is_overdue_after_its_patience(
    watched: Blocked, live_for: int, every: int | None, cases: int
) -> None:
    _expect(watched, live_for=live_for, every=every)
    assert len(_listen(watched)) == cases
    assert len(_listen(watched)) == cases


def test_silence_ends_when_a_run_ends(watched: Blocked) -> None:
    _expect(watched, live_for=2 * EVERY)
    (case,) = _listen(watched)
    assert watched.line.flow.name in case.explanation
    watched.line.work()
    (closed,) = _listen(watched)
    assert (closed.id, closed.closed_how) == (case.id, "arrived")


def test_a_paused_flow_is_not_overdue(watched: Blocked) -> None:
    _expect(watched, live_for=2 * EVERY)
    (case,) = _listen(watched)
    with scope.work_in(watched.line.partner):
        Flow.objects.update(state=Flow.State.PAUSED)
    (closed,) = _listen(watched)
    assert (closed.id, closed.closed_how) == (case.id, "flow_stopped")


def test_a_silence_that_a_person_dismissed_is_not_reported_again(watched: Blocked) -> None:
    _expect(watched, live_for=2 * EVERY)
    (case,) = _listen(watched)
    with scope.work_in(watched.line.partner):
        close_case(case.id, reason="Their holidays.", by=watched.person(Role.SUPPORT).as_actor())
    assert [found.id for found in _listen(watched)] == [case.id]


def test_the_minutes_sweep_judges_listens_and_tells(watched: Blocked) -> None:
    _expect(watched, live_for=2 * EVERY)
    with scope.work_in(watched.line.partner):
        watched.person(Role.SUPPORT)
        enqueue(kind=SWEEP)
    watched.line.work(Queue.MAINT)
    assert not DueWork.objects.filter(kind=SWEEP).exists()
    (case,) = watched.cases(error_class="overdue")
    with scope.work_in(watched.line.partner):
        assert case.alerts.filter(kind="opened").count() == 1
