"""Steps whose system has taken the record and tells later: they wait as rows, ask in time, and never send twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from apps.flows.models import OpenReceipt, OperationStep, Run
from apps.flows.services import walk_receipts, walk_rows
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.replay import replay_operations
from apps.tenants import scope
from tests.lines import Line
from tests.slow_system import let_time_pass, slowed, walking

MakeLine = Callable[..., Line]


@pytest.fixture
def line(make_line: MakeLine) -> Iterator[Line]:
    """A line whose records walk: delivered, then told of."""
    with walking(make_line, {"kind": "deliver"}, {"kind": "emit", "event": "time.billed"}, people=1) as made:
        yield made


def _rows(line: Line) -> Counter[tuple[str, str]]:
    with scope.work_in(line.partner):
        return Counter(OperationStep.objects.filter(position__gt=0).values_list("name", "state"))


def _receipts(line: Line) -> int:
    with scope.work_in(line.partner):
        return OpenReceipt.objects.count()


def _held_once(line: Line) -> int:
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert set(keys.values()) <= {1}
    return len(keys)


def _later(line: Line) -> None:
    let_time_pass(line)
    line.work()


def test_a_step_waits_for_the_answer_and_the_next_one_follows_it(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        number = len(system.taken)
        assert (run.state, run.waiting, _receipts(line)) == ("waiting", number, number)
        assert _rows(line) == {("deliver", "waiting"): number}
        line.work()
        assert system.questions == 0
        _later(line)
        assert (system.questions, _rows(line)) == (number, {("deliver", "waiting"): number})
        system.works = True
        _later(line)
        assert _rows(line) == {("deliver", "done"): number, ("emit", "done"): number}
        run = line.reload(run)
        assert (run.state, run.written, _receipts(line), system.deliveries) == ("clean", number, 0, number)
        assert _held_once(line) == number
        with scope.work_in(line.partner):
            row = OperationStep.objects.filter(name="deliver").first()
            assert row is not None
            assert (row.created, bool(row.outside_key), row.attempts) == (True, True, 1)


def test_a_refusal_that_comes_later_stops_the_walk_and_can_be_finished(line: Line) -> None:
    with slowed(line) as system:
        system.works = True
        run = line.run()
        line.faults("erp", closed_period=1)
        _later(line)
        refused = line.operations(state="rejected")
        assert (line.reload(run).state, line.reload(run).rejected, _receipts(line)) == ("partial", len(refused), 0)
        assert _rows(line) == {("deliver", "failed"): len(refused)}
        assert {one.error_class for one in refused} == {"closed_period"}
        line.faults("erp")
        with scope.work_in(line.partner):
            replay_operations([one.id for one in refused], started_by="Hanna")
        line.work()
        _later(line)
        assert {one.state for one in line.operations(id__in=[one.id for one in refused])} == {"written"}
        assert _held_once(line) == len(refused)


@pytest.mark.parametrize(
    "lost_in",
    [(walk_rows, "close_evidence"), (walk_receipts, "follow"), (walk_rows, "note_answer")],
    ids=["before anything is written", "before the receipt is kept", "after the answer"],
)
def test_a_worker_that_is_lost_makes_nothing_twice(line: Line, lost_in: tuple[Any, str]) -> None:
    real, lost = getattr(*lost_in), list[int]()

    def die_once(*arguments: Any) -> Any:
        if not lost:
            lost.append(1)
            raise SystemExit
        return real(*arguments)

    with slowed(line) as system:
        system.works = True
        run = line.start()
        for _ in range(4):
            try:
                with patch.object(*lost_in, die_once):
                    line.work()
            except SystemExit:
                pass
            let_time_pass(line)
        line.work()
        assert lost
        run = line.reload(run)
        assert (run.state, run.waiting, _receipts(line)) == ("clean", 0, 0)
        assert run.written == _held_once(line) == len(line.entries(status="approved", billable=True))


def test_a_newer_version_waits_until_the_older_one_is_answered_for(line: Line) -> None:
    with slowed(line) as system:
        line.run()
        first = line.operations(state="waiting")[0]
        line.sandbox.do(
            lambda client: client.change_record("psa", line.company, "time-entries", first.source_key, hours=3.25)
        )
        sent = system.deliveries
        line.run()
        _later(line)
        assert system.deliveries == sent
        system.works = True
        for _ in range(3):
            _later(line)
        versions = line.operations(business_key=first.business_key)
        assert [one.state for one in versions] == ["written", "written"]
        held = [row for row in line.time_lines() if row["external_id"] == first.source_key]
        assert [float(row["quantity"]) for row in held] == [3.25]


def test_a_step_that_is_never_answered_for_is_left_to_a_person(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        let_time_pass(line, hours=25)
        line.work()
        left = line.operations(state="rejected")
        assert (line.reload(run).state, len(left), _receipts(line)) == ("partial", len(system.taken), 0)
        assert {(one.ambiguous, one.error_class, one.step) for one in left} == {(True, "timeout", "deliver")}
        system.works = True
        with scope.work_in(line.partner):
            replay_operations([one.id for one in left], started_by="Hanna")
        line.work()
        _later(line)
        assert line.operations(state="rejected") == []
        assert _held_once(line) == len(left)


def test_a_delivery_that_was_forgotten_is_sent_again_under_its_key(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        system.forgets = True
        _later(line)
        system.forgets, system.works = False, True
        for _ in range(3):
            _later(line)
        assert (line.reload(run).state, line.reload(run).waiting) == ("clean", 0)
        assert system.deliveries > len(system.taken) == _held_once(line) == line.reload(run).written


def test_a_cancelled_run_asks_no_further_and_a_replay_looks_first(line: Line) -> None:
    with slowed(line) as system:
        run = line.run()
        with scope.work_in(line.partner):
            cancel_run(Run.objects.get(id=run.id), made_by="Fina")
        left = line.operations(state="rejected")
        assert (line.reload(run).state, _receipts(line), {one.ambiguous for one in left}) == ("cancelled", 0, {True})
        _later(line)
        assert system.questions == 0
        system.works = True
        with scope.work_in(line.partner):
            replay_operations([one.id for one in left], started_by="Hanna")
        line.work()
        _later(line)
        assert {one.state for one in line.operations(id__in=[one.id for one in left])} == {"written"}
        assert _held_once(line) == len(left)
