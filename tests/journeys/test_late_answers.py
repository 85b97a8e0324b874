"""A flow delivers to a system that tells later: one record done, one refused, a worker lost in between, none twice."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from apps.connectors import breaker
from apps.connectors.models import CircuitBreaker
from apps.flows.models import OpenReceipt, Run
from apps.flows.services import asking, execute_run
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.replay import replay_operations
from apps.flows.services.verdicts import NEVER_ANSWERED
from apps.tenants import scope
from tests.lines import Line
from tests.slow_system import let_time_pass, slowed

MakeLine = Callable[..., Line]


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    return make_line(people=2)


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def _receipts(line: Line) -> list[OpenReceipt]:
    with scope.work_in(line.partner):
        return list(OpenReceipt.objects.order_by("id"))


def _held_once(line: Line) -> int:
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert set(keys.values()) <= {1}
    return len(keys)


def test_records_are_written_once_their_system_says_so(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        taken = line.operations(state="waiting")
        assert (run.state, run.written, run.waiting) == ("waiting", 0, len(taken))
        assert len(taken) == len(_receipts(line)) == len(system.taken) > 1
        assert {(one.error_class, one.ambiguous) for one in taken} == {("", False)}
        line.work()
        assert system.questions == 0  # it is not time to ask
        let_time_pass(line)
        line.work()
        assert (system.questions, line.reload(run).state) == (len(taken), "waiting")
        assert {(row.asked, row.due_at > row.taken_at) for row in _receipts(line)} == {(1, True)}
        system.works = True
        let_time_pass(line)
        line.work()
        run = line.reload(run)
        assert (run.state, run.written, run.waiting, _receipts(line)) == ("clean", len(taken), 0, [])
        assert _adds_up(run)
        assert {one.target_key for one in line.operations(state="written")} == {
            str(row["id"]) for row in line.time_lines()
        }
        sent = system.deliveries
        again = line.run()
        assert (again.written, system.deliveries, _held_once(line)) == (0, sent, len(taken))


def test_a_refusal_that_comes_later_is_a_case_for_a_person(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        system.works = True
        line.faults("erp", closed_period=1)
        let_time_pass(line)
        line.work()
        run = line.reload(run)
        refused = line.operations(state="rejected")
        assert (run.state, run.rejected, run.waiting) == ("partial", len(refused), 0)
        assert {one.error_class for one in refused} == {"closed_period"}
        line.faults("erp")
        system.works = False
        with scope.work_in(line.partner):
            replay_operations([one.id for one in refused], started_by="Hanna")
        line.work()
        system.works = True
        let_time_pass(line)
        line.work()
        assert {one.state for one in line.operations(id__in=[one.id for one in refused])} == {"written"}
        assert _held_once(line) == len(refused)


@pytest.mark.parametrize("where", ["after the record was taken", "after the question was answered"])
def test_a_worker_that_is_lost_on_the_way_makes_nothing_twice(line: Line, where: str) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemError("the worker is gone")

    lost_in = (execute_run, "settle") if where == "after the record was taken" else (asking, "settle_answers")
    with slowed(line) as system:
        run = line.start()
        system.works = lost_in[1] == "settle_answers"
        if system.works:
            line.work()
            let_time_pass(line)
        with patch.object(*lost_in, die):
            line.work()
        system.works = True
        for _ in range(3):
            let_time_pass(line)
            line.work()
        run = line.reload(run)
        assert (run.state, run.waiting, _receipts(line)) == ("clean", 0, [])
        assert run.written == _held_once(line) == len(line.entries(status="approved", billable=True))
        assert _adds_up(run)


def test_a_newer_version_waits_for_the_answer_about_the_older_one(line: Line) -> None:
    with slowed(line) as system:
        line.run()
        first = line.operations(state="waiting")[0]
        line.sandbox.do(
            lambda client: client.change_record("psa", line.company, "time-entries", first.source_key, hours=3.25)
        )
        sent = system.deliveries
        run = line.run()
        versions = line.operations(business_key=first.business_key)
        assert [one.state for one in versions] == ["waiting", "waiting"]
        assert (run.waiting, system.deliveries) == (1, sent)
        let_time_pass(line)
        line.work()
        assert (system.deliveries, len(line.operations(business_key=first.business_key))) == (sent, 2)
        system.works = True
        for _ in range(3):
            let_time_pass(line)
            line.work()
        versions = line.operations(business_key=first.business_key)
        assert [one.state for one in versions] == ["written", "written"]
        assert [len(one.attempts) for one in versions] == [2, 3]  # sent and answered; held back, sent and answered
        held = [row for row in line.time_lines() if row["external_id"] == first.source_key]
        assert [float(row["quantity"]) for row in held] == [3.25]
        assert line.reload(run).state == "clean"


def test_a_system_that_never_answers_is_left_to_a_person_who_may_retry(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        let_time_pass(line, hours=25)
        line.work()
        given_up = line.operations(state="rejected", error_code=NEVER_ANSWERED)
        assert (line.reload(run).state, len(given_up), _receipts(line)) == ("partial", len(system.taken), [])
        assert {(one.ambiguous, one.error_class) for one in given_up} == {(True, "timeout")}
        assert "within 24 hours" in given_up[0].error_message
        system.works = True
        with scope.work_in(line.partner):
            replay_operations([one.id for one in given_up], started_by="Hanna")
        line.work()
        let_time_pass(line)
        line.work()
        assert line.operations(state="rejected") == []
        assert _held_once(line) == len(given_up)


def test_a_delivery_that_the_system_forgot_is_looked_for_and_sent_again_under_its_key(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        system.forgets = True
        let_time_pass(line)
        line.work()
        system.forgets, system.works = False, True
        for _ in range(3):
            let_time_pass(line)
            line.work()
        assert line.reload(run).state == "clean"
        assert system.deliveries > len(system.taken) == _held_once(line) == line.reload(run).written


def test_a_cancelled_run_asks_no_further_and_says_that_its_records_may_arrive(line: Line) -> None:
    with slowed(line):
        run = line.run()
        with scope.work_in(line.partner):
            cancel_run(Run.objects.get(id=run.id), made_by="Fina")
        run = line.reload(run)
        left = line.operations(state="rejected")
        assert (run.state, run.waiting, run.rejected, _receipts(line)) == ("cancelled", 0, len(left), [])
        assert {one.ambiguous for one in left} == {True}


@pytest.mark.parametrize("status", [503, 401], ids=["an outage", "a refused sign-in"])
def test_a_question_that_is_not_let_through_decides_nothing(line: Line, status: int) -> None:
    with slowed(line) as system:
        run = line.run()
        system.broken = status
        let_time_pass(line, hours=25)
        line.work()
        assert (line.reload(run).state, len(_receipts(line))) == ("waiting", len(system.taken))
        system.broken, system.works = 0, True
        with scope.work_in(line.partner):
            assert CircuitBreaker.objects.get(connection_id=line.target.id).state == "open"
            breaker.reset(line.target.id)
        for _ in range(2):
            let_time_pass(line)
            line.work()
        assert line.reload(run).state == "clean"
