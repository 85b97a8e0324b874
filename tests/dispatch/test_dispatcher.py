import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apps.dispatch import dispatcher as room
from apps.dispatch import heartbeats, kinds
from apps.dispatch.dispatcher import Dispatcher, Waiting, fire_periodic, list_waiting
from apps.dispatch.models import DueWork, PartnerTurn, PeriodicTick, Queue, WorkerHeartbeat, WorkState
from apps.dispatch.wakeups import Publisher
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import KIND, OTHER_QUEUE_KIND, Notes, in_seconds, let_lease_run_out, move, put, row, take

pytestmark = pytest.mark.usefixtures("notes")


@pytest.fixture(autouse=True)
def _no_periodic_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_periodic", {})


class Broker(Publisher):
    """A broker that writes down what it was asked, present or gone."""

    def __init__(self, *, gone: bool = False) -> None:
        super().__init__(lambda queue: None)
        self.asked: list[Queue] = []
        self.broker_gone = gone

    def request(self, queue: Queue) -> None:
        self.asked.append(queue)


def tick(dispatcher: Dispatcher) -> None:
    dispatcher.tick()
    for thread in dispatcher._working.values():
        thread.join(10)


@pytest.mark.parametrize(
    ("oldest", "claimed", "stalled"),
    [
        pytest.param(11, None, True, id="overdue and never claimed"),
        pytest.param(11, 11, True, id="overdue and not claimed for as long"),
        pytest.param(11, 3, False, id="overdue but workers are at it"),
        pytest.param(3, None, False, id="not overdue yet"),
    ],
)
def test_a_queue_is_stalled_when_work_is_overdue_and_nobody_claims(
    oldest: float, claimed: float | None, stalled: bool
) -> None:
    assert Waiting(Queue.RUN, oldest, claimed).stalled is stalled


def test_it_sees_which_queues_wait_and_since_when(partner_a: PartnerRef) -> None:
    put(partner_a, "r", due_at=in_seconds(-30))
    put(partner_a, "later", kind=OTHER_QUEUE_KIND, due_at=in_seconds(30))
    (waiting,) = list_waiting()
    assert (waiting.queue, waiting.claimed_seconds_ago) == (Queue.RUN, None)
    assert 29 < waiting.oldest_seconds < 40


def test_it_wakes_the_queues_that_have_due_work_and_works_on_none(partner_a: PartnerRef) -> None:
    broker = Broker()
    put(partner_a, "r")
    put(partner_a, "p", kind=OTHER_QUEUE_KIND, due_at=in_seconds(60))
    tick(Dispatcher(broker))
    assert broker.asked == [Queue.RUN]
    assert row("r").state == WorkState.READY


def test_with_the_broker_gone_it_does_the_work_itself(committed: PartnerRef, notes: Notes) -> None:
    put(committed, "r", "s")
    put(committed, "p", kind=OTHER_QUEUE_KIND)
    tick(Dispatcher(Broker(gone=True)))
    assert sorted(notes.references) == ["p", "r", "s"]


def test_with_every_worker_deaf_it_does_the_work_itself_after_ten_seconds(committed: PartnerRef, notes: Notes) -> None:
    dispatcher = Dispatcher(Broker())
    put(committed, "r", due_at=in_seconds(-9))
    tick(dispatcher)
    assert notes.references == []
    move("r", due_at=in_seconds(-11))
    tick(dispatcher)
    assert notes.references == ["r"]


def test_it_helps_with_a_bounded_number_of_queues_at_a_time(committed: PartnerRef, notes: Notes) -> None:
    go_on = threading.Event()
    notes.then = lambda work: (go_on.wait(10), None)[1]
    put(committed, "r")
    put(committed, "p", kind=OTHER_QUEUE_KIND)
    dispatcher = Dispatcher(Broker(gone=True), helpers=1)
    dispatcher.tick()
    dispatcher.tick()
    assert len(dispatcher._working) == 1
    go_on.set()
    for thread in dispatcher._working.values():
        thread.join(10)


def test_it_takes_expired_leases_back(partner_a: PartnerRef) -> None:
    put(partner_a, "r")
    let_lease_run_out(take()[0])
    tick(Dispatcher(Broker()))
    assert (row("r").state, row("r").lost_leases) == (WorkState.READY, 1)


def test_it_beats_and_leaves_in_order_when_told_to_stop(committed: PartnerRef) -> None:
    dispatcher = Dispatcher(Broker())
    thread = threading.Thread(target=lambda: (dispatcher.run(), connection.close()))
    thread.start()
    until = time.monotonic() + 5
    while not WorkerHeartbeat.objects.filter(role="dispatcher").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert WorkerHeartbeat.objects.get(role="dispatcher").name == dispatcher.name
    dispatcher.stopping.set()
    thread.join(10)
    assert not thread.is_alive()
    assert not WorkerHeartbeat.objects.exists()


def test_a_dead_workers_leases_are_taken_back_at_once(partner_a: PartnerRef) -> None:
    put(partner_a, "r")
    take(worker="dead")
    put(partner_a, "s")
    take(worker="alive")
    heartbeats.beat("dead", "worker")
    heartbeats.beat("alive", "worker")
    WorkerHeartbeat.objects.filter(name="dead").update(heartbeat_at=timezone.now() - timedelta(seconds=21))
    dispatcher = Dispatcher(Broker())
    tick(dispatcher)
    assert row("r").state == WorkState.LEASED, "after its start it gives the living time to be seen"
    dispatcher._reached_database_at = time.monotonic() - 21
    dispatcher._next.clear()
    tick(dispatcher)
    assert (row("r").state, row("s").state) == (WorkState.READY, WorkState.LEASED)


def test_old_given_up_work_is_tidied_away(partner_a: PartnerRef) -> None:
    put(partner_a, "old", "new")
    DueWork.objects.update(state=WorkState.FAILED)
    move("old", due_at=timezone.now() - timedelta(days=31))
    tick(Dispatcher(Broker()))
    assert [work.reference for work in DueWork.objects.all()] == ["new"]


def test_it_survives_a_database_that_goes_away(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatcher = Dispatcher(Broker())

    def unreachable(*_: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(room, "list_waiting", unreachable)
    monkeypatch.setattr(connection, "close", lambda: None)
    dispatcher._tick_and_survive()
    assert dispatcher._reached_database_at is None


class TestPeriodic:
    @pytest.fixture(autouse=True)
    def _one_periodic_kind(self, _no_periodic_kinds: None) -> None:
        kinds.register_periodic(KIND, 60)

    def test_it_is_due_once_for_every_active_partner(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        Partner.objects.create(slug="gone", name="Gone", state=Partner.State.SUSPENDED)
        assert fire_periodic() == [KIND]
        assert set(DueWork.objects.values_list("partner__slug", "priority", "queue")) == {
            ("alder", 40, "run"),
            ("brightforge", 40, "run"),
        }

    def test_a_second_fire_of_the_same_tick_is_a_no_op_even_when_the_work_is_done(
        self, partner_a: PartnerRef, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fire_periodic()
        DueWork.objects.all().delete()
        monkeypatch.setattr(
            room.statements, "PERIODIC_DUE", "SELECT unnest(%(kinds)s::text[]), unnest(%(everys)s::int[])"
        )
        assert fire_periodic() == []
        assert not DueWork.objects.exists()

    def test_the_next_tick_fires_again_but_adds_nothing_to_work_still_open(self, partner_a: PartnerRef) -> None:
        fire_periodic()
        PeriodicTick.objects.update(tick_at=timezone.now() - timedelta(seconds=61))
        assert fire_periodic() == [KIND]
        assert DueWork.objects.filter(partner_id=partner_a.id).count() == 1

    def test_running_periodic_work_is_not_asked_for_again(self, partner_a: PartnerRef) -> None:
        fire_periodic()
        take(9)
        PeriodicTick.objects.update(tick_at=timezone.now() - timedelta(seconds=61))
        fire_periodic()
        assert not DueWork.objects.filter(again_at__isnull=False).exists()

    def test_ticks_lie_on_the_clock(self, partner_a: PartnerRef) -> None:
        fire_periodic()
        assert PeriodicTick.objects.get().tick_at.second == 0


def test_no_periodic_kinds_ask_nothing(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert fire_periodic() == []


def test_turns_say_when_a_queue_was_last_claimed(partner_a: PartnerRef) -> None:
    put(partner_a, "r", "s")
    take()
    PartnerTurn.objects.update(last_served_at=timezone.now() - timedelta(seconds=5))
    (waiting,) = list_waiting()
    assert 4 < (waiting.claimed_seconds_ago or 0) < 10
