"""The inbox of a flow: nothing that was stored is ever left behind, and what a paused flow is asked for waits for it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.connectors.contract import ReceivedEvent
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.flows.models import Flow, Run, Trigger, TriggerEvent
from apps.flows.queries.waiting_triggers import get_hold
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.gather import INTAKE_KIND, sweep_inbox
from apps.flows.services.start_run import named_keys, run_now
from apps.flows.triggers import inbox
from apps.flows.triggers.blackouts import NONE, read_blackouts
from apps.flows.triggers.quiet import keep_quiet
from apps.flows.triggers.schedule import SCHEDULE_KIND, schedule_flow
from apps.flows.triggers.webhook import listen
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """A line whose source announces changes."""
    made = make_line()
    with scope.work_in(made.partner):
        endpoint, address, _ = create_webhook_endpoint(made.source)
        listen(Flow.objects.get(id=made.flow.id), endpoint)
    made.address = inbox.find_address(address.rpartition("/in/")[2])  # type: ignore[attr-defined]
    return made


def _announce(line: Line, *keys: str) -> None:
    events = [ReceivedEvent(delivery_id=f"msg-{uuid7()}", object_name="time-entries", key=key) for key in keys]
    inbox.store_events(line.address, events, b"")  # type: ignore[attr-defined]


def _keys(line: Line, number: int) -> list[str]:
    return [entry["id"] for entry in line.entries(status="approved", billable=True)[:number]]


def _flow(line: Line) -> Flow:
    return Flow.objects.get(id=line.flow.id)


def _set_paused(line: Line, *, paused: bool) -> None:
    with scope.work_in(line.partner):
        if paused:
            pause_flow(_flow(line), reason="Month end.", made_by="Ann")
        else:
            resume_flow(_flow(line))


def test_webhooks_of_a_paused_flow_are_stored_and_worked_on_when_it_is_resumed(line: Line) -> None:
    keys = _keys(line, 3)
    _set_paused(line, paused=True)
    _announce(line, *keys)
    line.work()
    assert line.time_lines() == []
    with scope.work_in(line.partner):
        hold = get_hold(_flow(line), timezone.now())
        assert hold is not None
        assert (hold.waiting, hold.words) == (3, "paused: 3 triggers wait")
    _set_paused(line, paused=False)
    line.work()
    assert {row["external_id"] for row in line.time_lines()} == set(keys)
    with scope.work_in(line.partner):
        assert get_hold(_flow(line), timezone.now()) is None
        assert Run.objects.count() == 1


def test_a_person_and_the_schedule_queue_one_run_each_and_both_go_on_in_order_when_resumed(line: Line) -> None:
    with scope.work_in(line.partner):
        trigger = schedule_flow(_flow(line), every_seconds=60)
    _set_paused(line, paused=True)
    for _ in range(3):
        with scope.work_in(line.partner):
            Trigger.objects.filter(id=trigger.id).update(next_at=timezone.now() - timedelta(seconds=5))
        DueWork.objects.filter(kind=SCHEDULE_KIND).update(due_at=timezone.now() - timedelta(seconds=1))
        line.work(Queue.POLL)
    with scope.work_in(line.partner):
        asked = run_now(_flow(line), started_by="Ann")
        assert [run.state for run in Run.objects.order_by("id")] == ["queued", "queued"]
    line.work()
    assert line.time_lines() == []
    _set_paused(line, paused=False)
    line.work()
    with scope.work_in(line.partner):
        first, second = Run.objects.order_by("id")
        assert (first.event.kind, second.id) == ("schedule", asked.id)
        assert first.finished_at is not None
        assert second.finished_at is not None
        assert first.finished_at <= second.started_at  # type: ignore[operator]  # it has ended
    assert line.time_lines()


def test_resuming_twice_starts_nothing_twice(line: Line) -> None:
    _set_paused(line, paused=True)
    with scope.work_in(line.partner):
        run = run_now(_flow(line), started_by="Ann")
        stale = _flow(line)
    _set_paused(line, paused=False)
    with scope.work_in(line.partner):
        resume_flow(stale)
        assert DueWork.objects.filter(kind="flows.run", reference=str(run.id)).count() == 1


def test_in_a_quiet_time_announcements_wait_for_its_end(line: Line) -> None:
    now = timezone.now()
    window = {
        "days": list(range(7)),
        "from": f"{now - timedelta(hours=1):%H:%M}",
        "to": f"{now + timedelta(hours=2):%H:%M}",
    }
    with scope.work_in(line.partner):
        keep_quiet(_flow(line), read_blackouts({"zone": "UTC", "windows": [window]}))
    _announce(line, *_keys(line, 2))
    line.work()
    with scope.work_in(line.partner):
        assert not Run.objects.exists()
        hold = get_hold(_flow(line), timezone.now())
        assert hold is not None
        assert hold.words == "quiet time: 2 triggers wait"
        assert DueWork.objects.get(kind=INTAKE_KIND).due_at == hold.until
        keep_quiet(_flow(line), NONE)
    line.work()
    assert len(line.time_lines()) == 2


def test_a_schedule_tick_in_a_quiet_time_is_put_off_to_its_end(line: Line) -> None:
    now = timezone.now()
    window = {
        "days": list(range(7)),
        "from": f"{now - timedelta(hours=1):%H:%M}",
        "to": f"{now + timedelta(hours=2):%H:%M}",
    }
    with scope.work_in(line.partner):
        trigger = schedule_flow(_flow(line), every_seconds=60)
        keep_quiet(_flow(line), read_blackouts({"zone": "UTC", "windows": [window]}))
        Trigger.objects.filter(id=trigger.id).update(next_at=now - timedelta(seconds=5))
    DueWork.objects.filter(kind=SCHEDULE_KIND).update(due_at=now - timedelta(seconds=1))
    line.work(Queue.POLL)
    with scope.work_in(line.partner):
        trigger.refresh_from_db()
        end = read_blackouts(_flow(line).blackouts).ends_at(timezone.now())
        assert trigger.next_at == end == DueWork.objects.get(kind=SCHEDULE_KIND).due_at
        assert not Run.objects.exists()


def test_the_keys_of_a_run_are_each_named_once_the_newest_last(line: Line) -> None:
    _announce(line, "A", "B")
    _announce(line, "C")
    _announce(line, "A")
    line.work()
    with scope.work_in(line.partner):
        assert named_keys(Run.objects.get()) == ["B", "C", "A"]


def test_events_that_nobody_looks_for_are_found_by_the_sweep(line: Line) -> None:
    _announce(line, *_keys(line, 1))
    DueWork.objects.all().delete()
    with scope.work_in(line.partner):
        TriggerEvent.objects.update(received_at=timezone.now() - timedelta(minutes=5))
    with scope.enter(line.partner):
        sweep_inbox(None)  # type: ignore[arg-type]  # it does not look at its work
    line.work()
    assert len(line.time_lines()) == 1


def test_events_stored_while_the_inbox_is_looked_at_are_not_left_behind(line: Line) -> None:
    """Senders and workers at once: when all is quiet, no event waits and no look is due."""
    stop = threading.Event()

    def worker() -> None:
        while not stop.is_set():
            drain(Queue.RUN, worker=threading.current_thread().name, seconds=5)
        connections.close_all()

    def sender(number: int) -> None:
        for place in range(15):
            _announce(line, f"TE-{number}-{place}")
        connections.close_all()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    senders = [threading.Thread(target=sender, args=(number,)) for number in range(4)]
    for thread in (*workers, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    stop.set()
    for thread in workers:
        thread.join()
    line.work()
    with scope.work_in(line.partner), transaction.atomic():
        assert TriggerEvent.objects.count() == 60
        assert not TriggerEvent.objects.filter(run__isnull=True).exists()
