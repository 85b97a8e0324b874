import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.dispatch import kinds, leases, services, wakeups
from apps.dispatch.models import Bound, DueWork, PartnerTurn, Priority, Queue, WorkState
from apps.tenants import scope
from apps.tenants.scope import NoPartnerError, PartnerRef
from tests.dispatch.conftest import KIND, OTHER_QUEUE_KIND, Notes, customer, in_seconds, move, put, row, take, taken

pytestmark = pytest.mark.usefixtures("notes")


def test_it_stores_what_was_asked_for(partner_a: PartnerRef) -> None:
    put(partner_a, "r", lane="l", priority=Priority.RETRY, customer_id=customer(7), unique_key="k")
    stored = row("r")
    assert (stored.partner_id, stored.customer_id, stored.kind, stored.lane) == (partner_a.id, customer(7), KIND, "l")
    assert (stored.queue, stored.state, stored.priority, stored.unique_key) == ("run", "ready", 30, "k")
    assert abs(stored.due_at - timezone.now()) < timedelta(seconds=5)


def test_it_goes_to_the_queue_of_its_kind(partner_a: PartnerRef) -> None:
    put(partner_a, "r", kind=OTHER_QUEUE_KIND)
    assert row("r").queue == Queue.POLL


def test_without_a_partner_it_raises_and_stores_nothing(db: None) -> None:
    with pytest.raises(NoPartnerError):
        services.enqueue(kind=KIND)
    assert not DueWork.objects.exists()


def test_an_unregistered_kind_is_refused(in_partner_a: PartnerRef) -> None:
    with pytest.raises(kinds.UnknownKindError, match=r"tests\.nothing"):
        services.enqueue(kind="tests.nothing")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param(
            {"due_at": datetime.fromisoformat("2026-01-01")},
            "due_at=2026-01-01 00:00:00 .* has no time zone",
            id="naive time",
        ),
        pytest.param({"lane": "l" * 201}, "lane of tests.note is longer than 200", id="long lane"),
        pytest.param({"unique_key": "k" * 201}, "unique_key of tests.note is longer than 200", id="long key"),
        pytest.param({"priority": 7}, "7 is not a valid Priority", id="unknown priority"),
    ],
)
def test_a_field_that_cannot_be_stored_is_named(in_partner_a: PartnerRef, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        services.enqueue(kind=KIND, **wrong)


def test_it_commits_with_the_callers_transaction(partner_a: PartnerRef) -> None:
    with scope.work_in(partner_a):
        services.enqueue(kind=KIND, reference="r")
        transaction.set_rollback(True)
    assert not DueWork.objects.exists()


def test_a_customers_own_request_may_put_work_down(partner_a: PartnerRef) -> None:
    with scope.work_in(partner_a, customer(7)):
        services.enqueue(kind=KIND, reference="r", customer_id=customer(7), lane="l", unique_key="k")
        services.enqueue(kind=KIND, reference="r", customer_id=customer(7), lane="l", unique_key="k")
    assert DueWork.objects.count() == 1


def test_many_are_put_down_in_one_statement(partner_a: PartnerRef, django_assert_num_queries: Any) -> None:
    works = [services.NewWork(KIND, str(number), lane=f"lane {number % 3}") for number in range(100)]
    with scope.work_in(partner_a):
        connection.ensure_connection()
        with django_assert_num_queries(1):
            services.enqueue_many(works)
    in_lane = list(DueWork.objects.filter(lane="lane 1").order_by("id").values_list("reference", flat=True))
    assert in_lane == [str(number) for number in range(1, 100, 3)]


def test_nothing_to_put_down_is_fine(in_partner_a: PartnerRef) -> None:
    services.enqueue_many([])


class TestUniqueKey:
    def test_a_second_request_while_one_waits_adds_nothing(self, partner_a: PartnerRef) -> None:
        put(partner_a, "first", unique_key="k")
        put(partner_a, "second", unique_key="k")
        assert taken(9) == ["first"]

    def test_an_earlier_time_pulls_the_waiting_row_forward(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k", due_at=in_seconds(3600))
        assert taken() == []
        put(partner_a, "r", unique_key="k")
        assert taken() == ["r"]

    def test_a_later_time_changes_nothing(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k")
        put(partner_a, "r", unique_key="k", due_at=in_seconds(3600))
        assert taken() == ["r"]

    def test_two_partners_may_use_the_same_key(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, "a", unique_key="k")
        put(partner_b, "b", unique_key="k")
        assert sorted(taken(9)) == ["a", "b"]

    def test_the_key_is_free_again_once_the_work_is_done(self, partner_a: PartnerRef) -> None:
        put(partner_a, "first", unique_key="k")
        leases.complete(take()[0])
        put(partner_a, "second", unique_key="k")
        assert taken() == ["second"]

    @pytest.mark.parametrize("state", [WorkState.FAILED, WorkState.QUARANTINED])
    def test_the_key_is_free_again_once_the_work_was_given_up(self, partner_a: PartnerRef, state: WorkState) -> None:
        put(partner_a, "first", unique_key="k")
        move("first", state=state)
        put(partner_a, "second", unique_key="k")
        assert taken() == ["second"]

    def test_a_request_while_it_runs_runs_it_once_more(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k")
        running = take()[0]
        for _ in range(3):
            put(partner_a, "r", unique_key="k")
        assert DueWork.objects.count() == 1
        leases.complete(running)
        again = take()[0]
        leases.complete(again)
        assert (again.reference, again.attempts, taken()) == ("r", 1, [])

    def test_a_later_request_while_it_runs_is_kept_for_its_time(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k")
        running, later = take()[0], in_seconds(600)
        put(partner_a, "r", unique_key="k", due_at=later)
        leases.complete(running)
        assert (row("r").state, row("r").due_at) == (WorkState.READY, later)

    def test_repeats_within_one_call_keep_the_earliest(self, partner_a: PartnerRef) -> None:
        late, soon = in_seconds(3600), in_seconds(60)
        with scope.work_in(partner_a):
            services.enqueue_many(
                [services.NewWork(KIND, "r", due_at=at, unique_key="k") for at in (late, soon, late)]
                + [services.NewWork(KIND, "other")]
            )
        assert row("r").due_at == soon
        assert taken() == ["other"]


class TestCancel:
    def test_it_takes_waiting_rows_away_and_says_how_many(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, "r", "r", "s", due_at=in_seconds(60))
        put(partner_b, "r")
        with scope.work_in(partner_a):
            assert services.cancel(kind=KIND, reference="r") == 2
        assert sorted(DueWork.objects.values_list("partner__slug", "reference")) == [
            ("alder", "s"),
            ("brightforge", "r"),
        ]

    def test_running_work_finishes_but_is_not_repeated(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k")
        running = take()[0]
        put(partner_a, "r", unique_key="k")
        with scope.work_in(partner_a):
            assert services.cancel(kind=KIND, reference="r") == 0
        leases.complete(running)
        assert not DueWork.objects.exists()


class TestRevive:
    def test_given_up_work_is_due_again_with_fresh_attempts(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r")
        move("r", state=WorkState.QUARANTINED, attempts=8, lost_leases=3)
        with scope.work_in(partner_a):
            assert services.revive(row("r").id)
        assert take()[0].attempts == 1

    def test_another_partners_row_stays(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        put(partner_a, "r")
        move("r", state=WorkState.FAILED)
        with scope.work_in(partner_b):
            assert not services.revive(row("r").id)
        assert row("r").state == WorkState.FAILED


class TestShare:
    def test_a_share_is_stored_for_every_queue(self, partner_a: PartnerRef) -> None:
        services.set_share(partner_a.id, weight=3, cap=8)
        services.set_share(partner_a.id, weight=2, cap=4)
        assert set(PartnerTurn.objects.values_list("queue", "weight", "cap")) == {
            (queue.value, 2, 4) for queue in Queue
        }

    @pytest.mark.parametrize("share", [{"weight": 0, "cap": 1}, {"weight": 1, "cap": 0}])
    def test_a_share_below_one_is_refused(self, partner_a: PartnerRef, share: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="must both be 1 or more"):
            services.set_share(partner_a.id, **share)


class TestWakeUp:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[Queue]:
        asked: list[Queue] = []
        monkeypatch.setattr(wakeups, "request", asked.append)
        return asked

    def test_it_wakes_after_the_commit_once_per_queue_of_a_call(
        self, committed: PartnerRef, notes: Notes, asked: list[Queue]
    ) -> None:
        with scope.work_in(committed):
            services.enqueue_many([services.NewWork(KIND), services.NewWork(KIND), services.NewWork(OTHER_QUEUE_KIND)])
            assert asked == []
        assert sorted(asked) == [Queue.POLL, Queue.RUN]

    def test_work_for_later_wakes_nobody(self, committed: PartnerRef, asked: list[Queue]) -> None:
        put(committed, "r", due_at=in_seconds(60))
        assert asked == []


def test_rows_of_a_lane_are_numbered_in_the_order_of_their_commits(committed: PartnerRef) -> None:
    first_wrote, first_may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with scope.work_in(committed):
            services.enqueue(kind=KIND, reference="first", lane="l")
            first_wrote.set()
            first_may_commit.wait(5)
        connection.close()

    def second() -> None:
        first_wrote.wait(5)
        put(committed, "second", lane="l")
        connection.close()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    first_wrote.wait(5)
    threads[1].join(0.3)
    assert threads[1].is_alive(), "the second must wait for the first's commit"
    assert not DueWork.objects.exists()
    first_may_commit.set()
    for thread in threads:
        thread.join(5)
    assert list(DueWork.objects.order_by("id").values_list("reference", flat=True)) == ["first", "second"]


class TestHasten:
    def test_what_waits_for_a_connection_or_loads_it_is_due_now(
        self, partner_a: PartnerRef, partner_b: PartnerRef
    ) -> None:
        put(partner_a, "waits", due_at=in_seconds(-1))
        leases.run_again(take()[0], kinds.RunAgain(in_seconds(600), waiting_for=customer(5)))
        put(partner_a, "loads", connection_id=customer(5), due_at=in_seconds(600))
        put(partner_a, "other", connection_id=customer(6), due_at=in_seconds(600))
        put(partner_b, "theirs", connection_id=customer(5), due_at=in_seconds(600))
        assert taken(9) == []
        with scope.work_in(partner_a):
            assert services.hasten(connection_id=customer(5)) == 2
        assert sorted(taken(9)) == ["loads", "waits"]

    def test_named_references_are_due_now_whatever_their_kind(self, partner_a: PartnerRef) -> None:
        put(partner_a, "a", "b", "c", due_at=in_seconds(600))
        put(partner_a, "a", kind=OTHER_QUEUE_KIND, due_at=in_seconds(600))
        with scope.work_in(partner_a):
            assert services.hasten(references=["a", "b"]) == 3
        assert sorted(taken(9)) == ["a", "b"]
        assert taken(9, queue=Queue.POLL) == ["a"]

    def test_due_rows_keep_their_place(self, partner_a: PartnerRef) -> None:
        put(partner_a, "old", connection_id=customer(5), due_at=in_seconds(-60))
        put(partner_a, "older", due_at=in_seconds(-30))
        with scope.work_in(partner_a):
            assert services.hasten(connection_id=customer(5)) == 0
        assert taken(2) == ["old", "older"]

    def test_a_row_asked_for_meanwhile_waits_for_nobody(self, partner_a: PartnerRef) -> None:
        put(partner_a, "r", unique_key="k")
        (work,) = take()
        put(partner_a, "r", unique_key="k")
        leases.run_again(work, kinds.RunAgain(in_seconds(600), waiting_for=customer(5)))
        assert row("r").waiting_for is None
        assert taken() == ["r"]


class TestBounds:
    @pytest.mark.parametrize(
        "act",
        [
            pytest.param(lambda: services.set_customer_share(customer(1), cap=0), id="customer"),
            pytest.param(lambda: services.set_connection_cap(customer(1), cap=0), id="connection"),
            pytest.param(lambda: services.set_backlog_bound(0), id="backlog"),
        ],
    )
    def test_a_bound_below_one_is_refused(self, in_partner_a: PartnerRef, act: Any) -> None:
        with pytest.raises(ValueError, match="use 1 or more"):
            act()
        assert not Bound.objects.exists()

    def test_the_last_bound_set_holds(self, in_partner_a: PartnerRef) -> None:
        for cap in (3, 5):
            services.set_connection_cap(customer(1), cap=cap)
        assert list(Bound.objects.values_list("kind", "subject", "most")) == [("connection", customer(1), 5)]
