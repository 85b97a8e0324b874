import threading
from typing import Any

import pytest
import sentry_sdk
from django.db import Error, transaction

from apps.dispatch import kinds, leases, services, wakeups, worker
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import DueWork, Priority, Queue, WorkState
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import Notes, in_seconds, let_lease_run_out, move, put, row, take


def drain(**more: Any) -> int:
    return worker.drain(Queue.RUN, worker="w1", **more)


def test_it_runs_all_that_is_due_each_in_its_partners_scope(
    partner_a: PartnerRef, partner_b: PartnerRef, notes: Notes
) -> None:
    put(partner_a, "a1", "a2")
    put(partner_b, "b1")
    assert drain() == 3
    assert {(work.reference, partner.slug) for work, partner in zip(notes.seen, notes.partners, strict=True)} == {
        ("a1", "alder"),
        ("a2", "alder"),
        ("b1", "brightforge"),
    }
    assert scope.current() is None
    assert not DueWork.objects.exists()


def test_called_inside_a_scope_it_comes_back_to_it(in_partner_a: PartnerRef, notes: Notes) -> None:
    services.enqueue(kind="tests.note")
    assert drain() == 1
    assert scope.require().partner == in_partner_a


def test_work_put_down_by_work_is_done_in_the_same_go(partner_a: PartnerRef, notes: Notes) -> None:
    def follow_up(work: LeasedWork) -> None:
        if work.reference != "last":
            with transaction.atomic():
                work.confirm()
                services.enqueue(kind="tests.note", reference="last")

    notes.then = follow_up
    put(partner_a, "first")
    assert drain() == 2
    assert notes.references == ["first", "last"]


def test_a_function_runs_outside_any_transaction_of_ours(committed: PartnerRef, notes: Notes) -> None:
    seen: list[bool] = []
    notes.then = lambda work: seen.append(transaction.get_connection().in_atomic_block)
    put(committed, "r")
    assert drain() == 1
    assert seen == [False]
    assert not DueWork.objects.exists()


def test_work_may_ask_to_be_run_again(partner_a: PartnerRef, notes: Notes) -> None:
    notes.then = lambda work: kinds.RunAgain() if len(notes.seen) < 3 else None
    put(partner_a, "r")
    assert drain() == 3
    assert not DueWork.objects.exists()


class TestLongWork:
    @pytest.fixture(autouse=True)
    def _experienced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "pace", worker.Pace())

    def _in_hand(self, notes: Notes) -> list[int]:
        """Return how many rows were leased while each was worked on, itself among them."""
        held: list[int] = []

        def count(work: LeasedWork) -> None:
            held.append(DueWork.objects.filter(state=WorkState.LEASED).count())

        notes.then = count
        return held

    def test_no_other_row_waits_in_the_hand_of_one_that_takes_long(self, partner_a: PartnerRef, notes: Notes) -> None:
        held = self._in_hand(notes)
        put(partner_a, "quick", "quick")
        drain()
        put(partner_a, "backfill", priority=Priority.BACKFILL, due_at=in_seconds(-9))
        put(partner_a, *["quick"] * 4)
        held.clear()
        drain()
        of_backfill = held[notes.references[2:].index("backfill")]
        assert of_backfill == 1, "what was never seen may take long"
        assert max(held) > 1, "quick rows are claimed together"

    @pytest.mark.parametrize(
        ("seconds", "is_long"), [([0.01, 0.01], False), ([15.0], True), ([15.0] + [0.01] * 7, False), ([], True)]
    )
    def test_it_goes_by_how_long_such_rows_took_lately(
        self, partner_a: PartnerRef, notes: Notes, seconds: list[float], is_long: bool
    ) -> None:
        put(partner_a, "r")
        (work,), pace = take(), worker.Pace()
        for took in seconds:
            pace.note(work, took)
        assert pace.is_long(work) is is_long


def test_work_may_ask_to_be_run_later(partner_a: PartnerRef, notes: Notes) -> None:
    at = in_seconds(60)
    notes.then = lambda work: kinds.RunAgain(at)
    put(partner_a, "r")
    assert drain() == 1
    assert row("r").due_at == at


def test_a_failure_is_kept_in_the_row_and_reported(
    partner_a: PartnerRef, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[BaseException] = []
    monkeypatch.setattr(sentry_sdk, "capture_exception", reported.append)

    def fail(work: LeasedWork) -> None:
        raise ValueError("not today")

    notes.then = fail
    put(partner_a, "r", "s")
    assert drain() == 2
    assert (row("r").last_error, row("r").state, row("r").attempts) == ("ValueError: not today", WorkState.READY, 1)
    assert [str(error) for error in reported] == ["not today", "not today"]
    assert scope.current() is None


def test_work_that_keeps_failing_is_given_up_after_eight_attempts(partner_a: PartnerRef, notes: Notes) -> None:
    def fail(work: LeasedWork) -> None:
        raise ValueError("never")

    notes.then = fail
    put(partner_a, "r")
    for _ in range(10):
        move("r", due_at=in_seconds(-1))
        drain()
    assert len(notes.seen) == 8
    assert row("r").state == WorkState.FAILED


def test_a_kind_nobody_registered_is_a_failure_with_a_sentence(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, "r")
    move("r", kind="tests.gone")
    assert drain() == 1
    assert "No function is registered for kind 'tests.gone'" in row("r").last_error


def test_a_lost_lease_is_swallowed_and_the_new_holder_settles(partner_a: PartnerRef, notes: Notes) -> None:
    def be_replaced(work: LeasedWork) -> None:
        let_lease_run_out(work)
        notes.then = lambda work: None
        (new,) = take(worker="new")
        assert new.fence > work.fence
        with transaction.atomic():
            work.confirm()

    notes.then = be_replaced
    put(partner_a, "r")
    assert drain() == 1
    assert (row("r").lease_owner, row("r").state, row("r").last_error[:10]) == ("new", WorkState.LEASED, "The worker")


def test_a_database_that_goes_away_leaves_the_row_to_its_lease(
    committed: PartnerRef, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any) -> None:
        raise Error("server closed the connection")

    monkeypatch.setattr(leases, "complete", unreachable)
    put(committed, "r")
    assert drain(limit=1) == 1
    assert row("r").state == WorkState.LEASED


def test_it_stops_at_the_limit(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, *"abcdef")
    assert drain(limit=4) == 4
    assert DueWork.objects.filter(state=WorkState.READY, attempts=0).count() == 2


def test_it_stops_when_time_is_up_and_begins_nothing(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, "r")
    assert drain(seconds=0) == 0
    assert row("r").attempts == 0


def test_told_to_stop_it_gives_back_what_it_has_not_begun(partner_a: PartnerRef, notes: Notes) -> None:
    stopping = threading.Event()
    notes.then = lambda work: stopping.set() if len(notes.seen) == 3 else None
    put(partner_a, *[str(number) for number in range(30)])
    assert drain(stopping=stopping) == 3
    assert DueWork.objects.filter(state=WorkState.READY, attempts=0, lease_owner="").count() == 27


def test_work_that_ended_a_worker_before_is_run_with_empty_hands(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, *"abcdefgh")
    put(partner_a, "suspect")
    move("suspect", attempts=1, lost_leases=1)
    held: dict[str, int] = {}

    def count(work: LeasedWork) -> None:
        held[work.reference] = DueWork.objects.filter(state=WorkState.LEASED).count()

    notes.then = count
    assert drain() == 9
    assert held["suspect"] == 1
    assert max(held.values()) > 1


def test_having_found_something_it_wakes_one_more_worker(
    partner_a: PartnerRef, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Queue] = []
    monkeypatch.setattr(wakeups, "request", asked.append)
    assert drain(wake_others=True) == 0
    assert asked == []
    put(partner_a, "r", "s")
    assert drain(wake_others=True) == 2
    assert asked == [Queue.RUN]


def test_partners_of_no_concern_are_left_alone(partner_a: PartnerRef, notes: Notes) -> None:
    put(partner_a, "r")
    Partner.objects.filter(id=partner_a.id).update(state=Partner.State.SUSPENDED)
    assert drain() == 0


def test_two_workers_at_once_run_every_row_once(committed: PartnerRef, notes: Notes) -> None:
    put(committed, *[str(number) for number in range(60)])
    put(committed, *[f"l{number}" for number in range(20)], lane="l")
    threads = [
        threading.Thread(target=lambda name=name: (worker.drain(Queue.RUN, worker=name), _close())) for name in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    drain()
    assert sorted(notes.references) == sorted([str(n) for n in range(60)] + [f"l{n}" for n in range(20)])
    assert [r for r in notes.references if r.startswith("l")] == [f"l{n}" for n in range(20)]


def _close() -> None:
    transaction.get_connection().close()
