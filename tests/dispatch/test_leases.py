import threading
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from apps.dispatch import leases, services, statements
from apps.dispatch.leases import LeasedWork, LeaseLostError, backoff_seconds
from apps.dispatch.models import DueWork, PartnerTurn, Priority, Queue, WorkState
from apps.dispatch.signals import work_failed, work_quarantined
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import (
    OTHER_QUEUE_KIND,
    customer,
    in_seconds,
    in_thread,
    let_lease_run_out,
    move,
    put,
    row,
    take,
    taken,
)

pytestmark = pytest.mark.usefixtures("notes")


class TestClaim:
    def test_it_leases_what_is_due(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", customer_id=customer(7))
        (work,) = take(worker="w1")
        assert (work.partner, work.customer_id, work.reference) == (partner_a, customer(7), "r")
        assert (work.fence, work.attempts, work.lost) == (1, 1, False)
        stored = row("r")
        assert (stored.state, stored.lease_owner, stored.fence) == (WorkState.LEASED, "w1", 1)
        assert 50 < (stored.lease_until - stored.created_at).total_seconds() < 65
        assert taken() == []

    def test_nothing_due_is_an_empty_list(self, db: None) -> None:
        assert taken(9) == []

    def test_work_for_later_waits_for_its_time(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", due_at=in_seconds(30))
        assert taken() == []
        move("r", due_at=in_seconds(-1))
        assert taken() == ["r"]

    def test_a_queue_gives_only_its_own(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", kind=OTHER_QUEUE_KIND)
        assert taken() == []
        assert taken(queue=Queue.POLL) == ["r"]

    def test_the_oldest_due_comes_first(self, partner_a: PartnerRef) -> None:
        for age in (5, 50, 20):
            put(partner_a, str(age), due_at=in_seconds(-age))
        assert taken(3) == ["50", "20", "5"]

    def test_a_suspended_partners_work_waits(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        Partner.objects.filter(id=partner_a.id).update(state=Partner.State.SUSPENDED)
        assert taken() == []
        Partner.objects.filter(id=partner_a.id).update(state=Partner.State.ACTIVE)
        assert taken() == ["r"]

    def test_a_look_and_a_claim_are_two_statements(self, partner_a: PartnerRef, django_assert_num_queries: Any) -> None:
        put(partner_a, *"abcdefgh")
        take()
        with django_assert_num_queries(4):  # and the savepoint around the claim, as a test is one transaction
            assert len(take(7)) == 7


class TestLanes:
    def test_rows_of_a_lane_run_one_at_a_time_in_order(self, partner_a: PartnerRef) -> None:
        put(partner_a, "1", "2", "3", lane="l")
        for reference in ("1", "2", "3"):
            (work,) = take(9)
            assert work.reference == reference
            leases.complete(work)

    def test_lanes_do_not_wait_for_each_other(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, "a1", "a2", lane="l")
        put(partner_a, "a3", lane="m")
        put(partner_a, "a4", "a5")
        put(partner_b, "b1", "b2", lane="l")
        assert sorted(taken(9)) == ["a1", "a3", "a4", "a5", "b1"]

    def test_an_urgent_row_does_not_overtake_in_its_lane(self, partner_a: PartnerRef) -> None:
        put(partner_a, "first", lane="l", priority=Priority.BACKFILL)
        put(partner_a, "urgent", lane="l", priority=Priority.INTERACTIVE)
        assert taken(9) == ["first"]

    def test_an_earlier_due_time_does_not_overtake_in_its_lane(self, partner_a: PartnerRef) -> None:
        put(partner_a, "first", lane="l")
        put(partner_a, "second", lane="l", due_at=in_seconds(-99))
        assert taken(9) == ["first"]

    def test_a_row_that_is_not_due_does_not_hold_up_its_lane(self, partner_a: PartnerRef) -> None:
        put(partner_a, "later", lane="l", due_at=in_seconds(60))
        put(partner_a, "now", lane="l")
        assert taken(9) == ["now"]

    def test_a_row_that_becomes_due_waits_for_the_one_that_passed_it(self, partner_a: PartnerRef) -> None:
        put(partner_a, "later", lane="l", due_at=in_seconds(60))
        put(partner_a, "now", lane="l")
        (passed,) = take()
        move("later", due_at=in_seconds(-1))
        assert taken() == []
        leases.complete(passed)
        assert taken() == ["later"]

    def test_an_expired_lease_still_holds_its_lane_until_it_is_taken_back(self, partner_a: PartnerRef) -> None:
        put(partner_a, "1", "2", lane="l")
        (lost,) = take()
        let_lease_run_out(lost)
        assert taken(9) == ["1"]

    def test_given_up_work_does_not_hold_up_its_lane(self, partner_a: PartnerRef) -> None:
        put(partner_a, "1", "2", lane="l")
        move("1", state=WorkState.QUARANTINED)
        assert taken(9) == ["2"]

    def test_a_lane_spans_queues(self, partner_a: PartnerRef) -> None:
        put(partner_a, "1", lane="l")
        put(partner_a, "2", lane="l", kind=OTHER_QUEUE_KIND)
        assert taken(queue=Queue.POLL) == []
        leases.complete(take()[0])
        assert taken(queue=Queue.POLL) == ["2"]

    def test_a_blocked_lane_leaves_the_turn_to_another_customer(self, partner_a: PartnerRef) -> None:
        put(partner_a, "running", "blocked", lane="l", customer_id=customer(1))
        take()
        put(partner_a, "free", customer_id=customer(2))
        assert taken() == ["free"]

    def test_partners_whose_lanes_are_blocked_do_not_hide_others(
        self, partner_a: PartnerRef, partner_b: PartnerRef
    ) -> None:
        put(partner_a, "running", "blocked", lane="l")
        assert taken() == ["running"]
        PartnerTurn.objects.update(virtual_time=0, virtual_start=0)
        put(partner_b, "free")
        assert taken() == ["free"]


class TestFairness:
    def test_a_large_backlog_does_not_hide_another_partner(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        with scope.work_in(partner_a):
            services.enqueue_many([services.NewWork("tests.note", "a", due_at=in_seconds(-60)) for _ in range(600)])
        put(partner_b, "b", "b")
        assert Counter(taken(4)) == {"a": 2, "b": 2}

    def test_partners_take_turns_claim_by_claim(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, *["a"] * 6)
        put(partner_b, *["b"] * 6)
        order = [taken()[0] for _ in range(6)]
        assert order in (["a", "b"] * 3, ["b", "a"] * 3)

    def test_weight_gives_more_turns(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        services.set_share(partner_a.id, weight=3, cap=32)
        put(partner_a, *["a"] * 12)
        put(partner_b, *["b"] * 12)
        assert Counter(taken()[0] for _ in range(12)) == {"a": 9, "b": 3}

    def test_a_cap_limits_what_is_in_flight(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        services.set_share(partner_a.id, weight=1, cap=2)
        put(partner_a, *["a"] * 6)
        put(partner_b, *["b"] * 3)
        claimed = take(9)
        assert Counter(work.reference for work in claimed) == {"a": 2, "b": 3}
        assert taken(9) == []
        leases.complete(next(work for work in claimed if work.reference == "a"))
        assert taken(9) == ["a"]

    def test_an_idle_partner_has_not_saved_up_turns(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, *["a"] * 30)
        take(20)
        put(partner_b, *["b"] * 10)
        assert Counter(taken()[0] for _ in range(6)) == {"a": 3, "b": 3}

    def test_priorities_are_weighted_and_none_starves(self, partner_a: PartnerRef) -> None:
        services.set_share(partner_a.id, weight=1, cap=99)
        for priority in Priority:
            put(partner_a, *[priority.name] * 31, priority=priority)
        served = Counter(taken()[0] for _ in range(31))
        assert served == {"INTERACTIVE": 16, "LIVE": 8, "RETRY": 4, "SCHEDULED": 2, "BACKFILL": 1}

    def test_customers_take_turns(self, partner_a: PartnerRef) -> None:
        put(partner_a, *["big"] * 9, customer_id=customer(1))
        put(partner_a, "small", "small", customer_id=customer(2))
        put(partner_a, "none")
        assert Counter(taken()[0] for _ in range(5)) == {"big": 2, "small": 2, "none": 1}


class TestFence:
    def test_the_replaced_worker_can_write_nothing(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        (old,) = take(worker="old")
        let_lease_run_out(old)
        (new,) = take(worker="new")
        assert new.fence > old.fence
        for act in (
            old.confirm,
            old.renew,
            lambda: leases.complete(old),
            lambda: leases.fail(old, "x"),
            lambda: leases.run_again(old, leases.kinds.RunAgain()),
        ):
            with pytest.raises(LeaseLostError, match="is now held by another worker"):
                act()
        leases.release([old])
        assert old.lost
        assert (row("r").state, row("r").lease_owner) == (WorkState.LEASED, "new")
        leases.complete(new)

    def test_a_lost_hold_undoes_the_callers_transaction(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        (old,) = take()
        let_lease_run_out(old)
        take()

        def settle() -> None:
            with scope.work_in(partner_a):
                services.enqueue(kind="tests.note", reference="follow-up")
                old.confirm()

        with pytest.raises(LeaseLostError):
            settle()
        assert not DueWork.objects.filter(reference="follow-up").exists()

    def test_confirming_extends_the_lease_within_a_customers_scope_too(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        (work,) = take()
        move("r", lease_until=in_seconds(1))
        with scope.work_in(partner_a, customer(1)):
            work.confirm()
        assert row("r").lease_until > in_seconds(50)

    def test_renewing_many_marks_those_that_are_gone(self, partner_a: PartnerRef) -> None:
        put(partner_a, "kept", "gone")
        kept, gone = sorted(take(2), key=lambda work: work.reference, reverse=True)
        let_lease_run_out(gone)
        leases.reclaim_expired()
        move("kept", lease_until=in_seconds(1))
        leases.renew_all([kept, gone])
        assert (kept.lost, gone.lost) == (False, True)
        assert row("kept").lease_until > in_seconds(50)

    def test_a_row_its_own_function_has_just_confirmed_counts_as_held(self, committed: PartnerRef) -> None:
        put(committed, "r")
        (work,) = take()
        answers: list[Any] = []
        with transaction.atomic():
            work.confirm()
            thread = threading.Thread(target=in_thread(lambda: leases.renew_all([work]), answers))
            thread.start()
            thread.join(5)
        assert answers == [None]
        assert not work.lost


class TestSettle:
    def test_finished_work_is_deleted(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        leases.complete(take()[0])
        assert not DueWork.objects.exists()

    def test_run_again_at_once_goes_behind_the_others(self, partner_a: PartnerRef) -> None:
        put(partner_a, "first", due_at=in_seconds(-9))
        put(partner_a, "second", due_at=in_seconds(-5))
        leases.run_again(take()[0], leases.kinds.RunAgain())
        assert taken(2) == ["second", "first"]

    def test_run_again_later_waits_and_forgets_earlier_attempts(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        move("r", attempts=5, lost_leases=2, last_error="x")
        at = in_seconds(60)
        leases.run_again(take()[0], leases.kinds.RunAgain(at))
        stored = row("r")
        assert (stored.state, stored.due_at, stored.attempts) == (WorkState.READY, at, 0)
        assert (stored.lost_leases, stored.last_error, stored.lease_owner) == (0, "", "")

    def test_a_failure_is_recorded_and_tried_again_later(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        assert leases.fail(take()[0], "ValueError: no") is WorkState.READY
        assert row("r").last_error == "ValueError: no"
        assert in_seconds(1) < row("r").due_at < in_seconds(6)

    def test_the_last_failure_gives_up_and_says_so(self, partner_a: PartnerRef, heard: list[Any]) -> None:
        put(partner_a, "r")
        for _ in range(8):
            move("r", due_at=in_seconds(-1))
            state = leases.fail(take()[0], "ValueError: no")
        assert state is WorkState.FAILED
        assert taken() == []
        assert heard == [("failed", "r", "ValueError: no", partner_a)]

    def test_giving_back_counts_no_attempt(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        leases.release(take())
        assert row("r").attempts == 0
        assert taken() == ["r"]
        leases.release([])

    @pytest.mark.parametrize(
        ("attempt", "seconds"), [(1, 5), (2, 15), (3, 45), (4, 135), (5, 405), (6, 1215), (7, 3600), (99, 3600)]
    )
    def test_waits_grow(self, attempt: int, seconds: int) -> None:
        assert backoff_seconds(attempt) == seconds


@pytest.fixture
def heard(db: None) -> Any:
    """Given-up work as listeners hear of it."""
    heard: list[Any] = []

    def listen(name: str) -> Any:
        def receiver(sender: Any, work: LeasedWork, reason: str, **_: Any) -> None:
            heard.append((name, work.reference, reason, scope.require().partner))

        return receiver

    receivers: list[tuple[Signal, Any]] = [(work_failed, listen("failed")), (work_quarantined, listen("quarantined"))]
    for signal, receiver in receivers:
        signal.connect(receiver)
    yield heard
    for signal, receiver in receivers:
        signal.disconnect(receiver)


class TestLostLeases:
    def test_an_expired_lease_is_taken_back_by_the_next_claim(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        (lost,) = take(worker="gone")
        let_lease_run_out(lost)
        (again,) = take(worker="next")
        assert (again.reference, row("r").lost_leases, row("r").lease_owner) == ("r", 1, "next")
        assert "gone fell silent" in row("r").last_error

    def test_a_row_that_lost_three_leases_is_quarantined_and_said_so(
        self, partner_a: PartnerRef, heard: list[Any]
    ) -> None:
        put(partner_a, "r")
        for _ in range(3):
            let_lease_run_out(take(worker="w")[0])
            leases.reclaim_expired()
        assert row("r").state == WorkState.QUARANTINED
        assert taken() == []
        assert heard == [("quarantined", "r", "The worker w fell silent while doing this.", partner_a)]

    def test_work_that_gets_on_between_two_losses_is_no_poison(self, partner_a: PartnerRef) -> None:
        put(partner_a, "long")
        for _ in range(5):
            (work,) = take(worker="w")
            work.confirm()
            work.advance()
            let_lease_run_out(work)
            leases.reclaim_expired()
        assert (row("long").state, row("long").lost_leases) == (WorkState.READY, 1)

    def test_who_was_replaced_gets_nothing_on(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        (work,) = take(worker="w")
        let_lease_run_out(work)
        leases.reclaim_expired()
        with pytest.raises(LeaseLostError):
            work.advance()
        assert row("r").lost_leases == 1

    def test_a_listener_that_fails_harms_nobody(self, partner_a: PartnerRef) -> None:
        def broken(**_: Any) -> None:
            raise RuntimeError("no")

        work_quarantined.connect(broken)
        try:
            put(partner_a, "r")
            move("r", lost_leases=2)
            let_lease_run_out(take()[0])
            assert leases.reclaim_expired() == 1
        finally:
            work_quarantined.disconnect(broken)

    def test_a_living_lease_stays(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        take()
        assert leases.reclaim_expired() == 0


class TestRaces:
    def test_claimers_at_once_share_without_overlap(self, committed: PartnerRef) -> None:
        put(committed, *[str(number) for number in range(40)])
        put(committed, *[f"lane {number}" for number in range(20)], lane="l")
        claimed = _claim_from_threads(8, lambda: take(4, worker="w"))
        ids = [work.id for works in claimed for work in works]
        assert len(ids) == len(set(ids))
        assert sum(work.reference.startswith("lane") for works in claimed for work in works) <= 1

    def test_a_lane_never_has_two_holders_while_due_times_move(self, committed: PartnerRef) -> None:
        holders: Counter[str] = Counter()
        most: list[int] = []
        lock = threading.Lock()
        put(committed, *[str(number) for number in range(30)], lane="l")

        def work_through() -> int:
            done = 0
            for _ in range(200):
                for work in take(2, worker="w"):
                    with lock:
                        holders["l"] += 1
                        most.append(holders["l"])
                    work.confirm()
                    with lock:
                        holders["l"] -= 1
                    # An older row becomes due while a younger one runs: the order that a claimer may see too late.
                    if work.attempts == 1 and work.id % 3 == 0:
                        leases.fail(work, "again")
                        DueWork.objects.filter(id=work.id).update(due_at=in_seconds(0.005))
                    else:
                        leases.complete(work)
                        done += 1
                if not DueWork.objects.exists():
                    break
            return done

        assert sum(_claim_from_threads(4, work_through)) == 30
        assert max(most) == 1

    def test_the_database_refuses_a_second_holder_and_the_claimer_looks_again(
        self, committed: PartnerRef, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The one race that a look cannot see: between look and claim the other row of the lane is leased."""
        put(committed, "later", lane="l", due_at=in_seconds(60))
        put(committed, "now", lane="l")
        put(committed, "free")
        with transaction.atomic():
            (holder,) = [work for work in take(1, worker="other") if work.reference == "now"] or take(1, worker="other")
            move("later", due_at=in_seconds(-1))
            answers: list[Any] = []
            thread = threading.Thread(target=in_thread(lambda: take(9, worker="late"), answers))
            thread.start()
            thread.join(1)
        thread.join(5)
        assert holder.reference in {"now", "free"}
        assert len({work.reference for work in answers[0]} & {"now", "later"}) <= 1
        assert DueWork.objects.filter(lane="l", state=WorkState.LEASED).count() <= 1

    def test_other_database_errors_are_not_taken_for_a_lost_race(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "LOOK", "SELECT 1/0")
        with pytest.raises(Exception, match="division by zero"):
            take()

    def test_a_request_during_the_last_moment_of_a_run_is_not_lost(self, committed: PartnerRef) -> None:
        put(committed, "r", unique_key="k")
        (work,) = take()
        answers: list[Any] = []
        with scope.work_in(committed):
            services.enqueue(kind="tests.note", reference="r", unique_key="k")
            thread = threading.Thread(target=in_thread(lambda: leases.complete(work), answers))
            thread.start()
            thread.join(0.3)
            assert thread.is_alive(), "completing must wait for the request's commit"
        thread.join(5)
        assert answers == [None]
        assert taken() == ["r"]


def _claim_from_threads(count: int, act: Any) -> list[Any]:
    answers: list[Any] = []
    start = threading.Barrier(count)

    def together() -> Any:
        start.wait()
        return act()

    threads = [threading.Thread(target=in_thread(together, answers)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


class TestCaps:
    def test_a_customer_has_no_more_in_hand_than_its_cap(self, partner_a: PartnerRef) -> None:
        put(partner_a, *["big"] * 20, customer_id=customer(1))
        put(partner_a, *["small"] * 3, customer_id=customer(2))
        claimed = take(32)
        assert Counter(work.reference for work in claimed) == {"big": 16, "small": 3}
        assert taken(32) == []
        leases.complete(next(work for work in claimed if work.reference == "big"))
        assert taken(32) == ["big"]

    def test_a_connection_has_no_more_in_hand_than_its_cap_in_all_queues_together(self, partner_a: PartnerRef) -> None:
        put(partner_a, *["poll"] * 3, connection_id=customer(5), kind=OTHER_QUEUE_KIND)
        put(partner_a, *["slow"] * 20, connection_id=customer(5))
        put(partner_a, *["free"] * 2, connection_id=customer(6))
        assert len(take(9, queue=Queue.POLL)) == 3
        assert Counter(taken(32)) == {"slow": 5, "free": 2}

    def test_both_caps_can_be_set(self, partner_a: PartnerRef) -> None:
        with scope.work_in(partner_a):
            services.set_customer_share(customer(1), cap=20)
            services.set_connection_cap(customer(5), cap=2)
        put(partner_a, *["a"] * 30, customer_id=customer(1))
        put(partner_a, *["b"] * 30, customer_id=customer(2), connection_id=customer(5))
        assert Counter(taken(32)) == {"a": 20, "b": 2}

    def test_what_belongs_to_no_customer_and_no_connection_has_the_partners_cap_alone(
        self, partner_a: PartnerRef
    ) -> None:
        put(partner_a, *["r"] * 40)
        assert len(take(40)) == 32

    def test_the_oldest_of_a_customers_connections_comes_first(self, partner_a: PartnerRef) -> None:
        for number, age in ((7, 5), (5, 50), (6, 20)):
            put(partner_a, str(age), due_at=in_seconds(-age), connection_id=customer(number))
        assert [taken()[0] for _ in range(3)] == ["50", "20", "5"]

    def test_a_full_customer_with_a_deep_backlog_does_not_hide_others(self, partner_a: PartnerRef) -> None:
        with scope.work_in(partner_a):
            services.enqueue_many(
                [services.NewWork("tests.note", "big", customer_id=customer(1 + n % 2)) for n in range(1200)]
            )
        put(partner_a, "small", customer_id=customer(3))
        services.set_share(partner_a.id, weight=1, cap=99)
        assert Counter(taken(40)) == {"big": 32, "small": 1}

    def test_caps_hold_however_many_claim_at_once(self, committed: PartnerRef) -> None:
        with scope.work_in(committed):
            services.set_customer_share(customer(1), cap=7)
        put(committed, *[str(number) for number in range(40)], customer_id=customer(1))
        put(committed, *[str(number) for number in range(40)], connection_id=customer(5))
        claimed = _claim_from_threads(6, lambda: take(8, worker="w"))
        works = [work for some in claimed for work in some]
        assert len({work.id for work in works}) == len(works)
        assert Counter(work.customer_id for work in works) == {customer(1): 7, None: 8}


class TestDeepLanes:
    def test_the_first_row_of_a_lane_is_found_behind_hundreds_that_became_due_earlier(
        self, partner_a: PartnerRef
    ) -> None:
        put(partner_a, "first", lane="l", due_at=in_seconds(-1))
        with scope.work_in(partner_a):
            services.enqueue_many(
                [services.NewWork("tests.note", "behind", lane="l", due_at=in_seconds(-60)) for _ in range(600)]
            )
        put(partner_a, "free", due_at=in_seconds(-0.5), customer_id=customer(1))
        assert sorted(taken(9)) == ["first", "free"]


class TestYield:
    def test_a_run_that_goes_behind_lets_its_lane_go_first(self, partner_a: PartnerRef) -> None:
        put(partner_a, "backfill", lane="l", priority=Priority.BACKFILL)
        (backfill,) = take()
        put(partner_a, "live", lane="l")
        leases.run_again(backfill, leases.kinds.RunAgain(behind=True))
        (live,) = take(9)
        assert live.reference == "live"
        leases.complete(live)
        (again,) = take(9)
        assert (again.reference, again.attempts, again.priority) == ("backfill", 1, Priority.BACKFILL)
        with pytest.raises(LeaseLostError):
            leases.run_again(backfill, leases.kinds.RunAgain(behind=True))

    def test_without_it_a_run_keeps_its_place(self, partner_a: PartnerRef) -> None:
        put(partner_a, "backfill", lane="l", priority=Priority.BACKFILL)
        (backfill,) = take()
        put(partner_a, "live", lane="l")
        leases.run_again(backfill, leases.kinds.RunAgain())
        assert taken(9) == ["backfill"]

    @pytest.mark.parametrize(
        ("other", "waits"),
        [
            pytest.param({"lane": "l", "priority": Priority.LIVE}, True, id="more urgent"),
            pytest.param({"lane": "l", "priority": Priority.SCHEDULED}, False, id="as urgent"),
            pytest.param({"lane": "l", "priority": Priority.BACKFILL}, False, id="less urgent"),
            pytest.param({"lane": "m", "priority": Priority.LIVE}, False, id="another lane"),
            pytest.param({"lane": "l", "priority": Priority.LIVE, "due_at": 60}, False, id="later"),
        ],
    )
    def test_only_more_urgent_due_work_of_the_lane_waits(
        self, partner_a: PartnerRef, other: dict[str, Any], waits: bool
    ) -> None:
        put(partner_a, "mine", lane="l", priority=Priority.SCHEDULED)
        (mine,) = take()
        if "due_at" in other:
            other = {**other, "due_at": in_seconds(other["due_at"])}
        put(partner_a, "other", **other)
        assert leases.lane_waits(mine) is waits
        assert leases.should_yield(mine) is waits

    @pytest.mark.parametrize(
        ("age", "priority", "yields"),
        [
            pytest.param(1, Priority.LIVE, True, id="nobody takes it"),
            pytest.param(0, Priority.LIVE, False, id="an idle worker may be on its way"),
            pytest.param(1, Priority.BACKFILL, False, id="as urgent"),
        ],
    )
    def test_urgent_work_of_anybody_that_lies_there_makes_a_backfill_yield(
        self, partner_a: PartnerRef, partner_b: PartnerRef, age: int, priority: Priority, yields: bool
    ) -> None:
        put(partner_a, "backfill", lane="l", priority=Priority.BACKFILL)
        (backfill,) = take()
        put(partner_b, "other", priority=priority, due_at=in_seconds(-age))
        assert leases.should_yield(backfill) is yields

    def test_urgent_work_that_nobody_could_take_anyway_makes_nobody_yield(self, partner_a: PartnerRef) -> None:
        with scope.work_in(partner_a):
            services.set_connection_cap(customer(5), cap=1)
        put(partner_a, "running", "stuck", connection_id=customer(5), due_at=in_seconds(-9))
        take()
        put(partner_a, "backfill", priority=Priority.BACKFILL)
        (backfill,) = take()
        assert backfill.reference == "backfill"
        assert not leases.should_yield(backfill)

    def test_live_work_never_yields_and_asks_nothing(
        self, partner_a: PartnerRef, django_assert_num_queries: Any
    ) -> None:
        put(partner_a, "live", lane="l")
        (live,) = take()
        put(partner_a, "urgent", lane="l", priority=Priority.INTERACTIVE, due_at=in_seconds(-9))
        with django_assert_num_queries(0):
            assert not leases.should_yield(live)
