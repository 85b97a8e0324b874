"""Schedules as due work: each tick is stored as an event under its own time, so a second firing changes nothing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch import services as dispatch
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Flow, Run, Trigger, TriggerEvent
from apps.flows.services.start_run import start_run
from apps.flows.triggers.calendar import Calendar, CalendarError, calendar_words, interval_words
from apps.flows.triggers.quiet import quiet_until

SCHEDULE_KIND = "flows.schedule"


def schedule_flow(flow: Flow, *, every_seconds: int) -> Trigger:
    """Run `flow` every so many seconds from now on. Raises ValueError below ten seconds."""
    if every_seconds < 10:
        raise ValueError("A schedule runs every 10 seconds at most.")
    first = timezone.now() + timedelta(seconds=every_seconds)
    return _schedule(flow, first, expected=every_seconds, every_seconds=every_seconds, cron="", zone="")


def schedule_flow_by_calendar(flow: Flow, calendar: Calendar) -> Trigger:
    """Run `flow` at the calendar's times from now on.

    Raises:
        CalendarError: there is no such time.

    """
    now = timezone.now()
    first = next(calendar.after(now), None)
    if first is None:
        raise CalendarError("This calendar has no time to come.")
    gap = calendar.longest_gap_seconds(now)
    return _schedule(flow, first, expected=gap or None, every_seconds=None, cron=calendar.cron, zone=calendar.zone)


def _schedule(flow: Flow, first: datetime, *, expected: int | None, **rule: Any) -> Trigger:
    with transaction.atomic():
        trigger, _ = Trigger.objects.update_or_create(
            flow=flow,
            kind=Trigger.Kind.SCHEDULE,
            defaults={"customer_id": flow.customer_id, "next_at": first, "active": True, **rule},
        )
        Flow.objects.filter(id=flow.id).update(expected_every_seconds=expected)
        # Taken away first: a row that waits already would only ever be pulled forward, never put off.
        dispatch.cancel(kind=SCHEDULE_KIND, reference=str(trigger.id))
        enqueue(
            kind=SCHEDULE_KIND,
            reference=str(trigger.id),
            due_at=first,
            priority=Priority.SCHEDULED,
            unique_key=f"schedule:{trigger.id}",
            customer_id=flow.customer_id,
        )
        _record(flow, {name: value for name, value in rule.items() if value})
    return trigger


def unschedule_flow(flow: Flow) -> None:
    """Let `flow` run only when a person or a webhook asks; nobody is told any more that it has not run."""
    with transaction.atomic():
        for trigger in Trigger.objects.filter(flow=flow, kind=Trigger.Kind.SCHEDULE, active=True):
            trigger.active = False
            trigger.next_at = None
            trigger.save(update_fields=["active", "next_at"])
            dispatch.cancel(kind=SCHEDULE_KIND, reference=str(trigger.id))
        Flow.objects.filter(id=flow.id).update(expected_every_seconds=None)
        _record(flow, {"every_seconds": None})


def expect_runs(flow: Flow, *, every_seconds: int | None) -> None:
    """Tell somebody when `flow` has not run for so long; None: nobody is told."""
    with transaction.atomic():
        Flow.objects.filter(id=flow.id).update(expected_every_seconds=every_seconds or None)
        _record(flow, {"expected_every_seconds": every_seconds or None})


def _record(flow: Flow, details: dict[str, Any]) -> None:
    audit.record(AuditAction.FLOW_SCHEDULED, subject="flow", subject_id=str(flow.id), details=details)


def fire_schedule(work: LeasedWork) -> RunAgain | None:
    """Store the tick that is due and start its run, unless one is still under way; say when the next is due.

    Ticks that were missed are one tick: the flow reads everything since its checkpoint anyway. A tick in a quiet time is put
    off to its end; the first one of a paused flow is stored, and its run waits.
    """
    with transaction.atomic():
        work.confirm()
        trigger = Trigger.objects.select_related("flow").filter(id=UUID(work.reference), active=True).first()
        if trigger is None:
            return None
        now = timezone.now()
        due = trigger.next_at or now
        if due > now:
            return RunAgain(due)  # the schedule was changed while this tick was on its way
        flow = trigger.flow
        until = quiet_until(flow, now)
        if until is not None:
            trigger.next_at = until
            trigger.save(update_fields=["next_at"])
            return RunAgain(until)
        if flow.state in (Flow.State.LIVE, Flow.State.PAUSED) and not _under_way(flow):
            start_run(
                flow,
                kind=TriggerEvent.Kind.SCHEDULE,
                dedupe_key=f"schedule:{trigger.id}:{due.isoformat()}",
                mode=Run.Mode.READ,
                trigger=trigger,
            )
        trigger.next_at = next_time(trigger, due, now)
        trigger.save(update_fields=["next_at"])
        return RunAgain(trigger.next_at) if trigger.next_at else None


def next_time(trigger: Trigger, due: datetime, now: datetime) -> datetime | None:
    """Return when a schedule is due next after `now`; None when it never is. `due` is when it last was."""
    if trigger.cron:
        return next(Calendar(trigger.cron, trigger.zone).after(now), None)
    return next_tick(due, trigger.every_seconds, now) if trigger.every_seconds else None


def schedule_words(trigger: Trigger | None) -> str:
    """Return a schedule as people say it: "Every weekday at 07:00, Europe/Berlin", "Not by itself"."""
    if trigger is not None and trigger.cron:
        return calendar_words(trigger.cron, trigger.zone)
    if trigger is not None and trigger.every_seconds:
        return interval_words(trigger.every_seconds)
    return gettext("Not by itself")


def _under_way(flow: Flow) -> bool:
    """Tell whether a reading has not come to its end. Records that wait for a person or an event hold no reading up."""
    readings = Run.objects.filter(flow=flow, mode=Run.Mode.READ).exclude(state__in=RUN_TERMINAL)
    return readings.filter(Q(reading_done=False) | ~Q(state=RunState.WAITING)).exists()


def next_tick(due: datetime, every_seconds: int, now: datetime) -> datetime:
    """Return the first tick after `now` on the grid that `due` lies on: missed ticks are not made up for."""
    missed = max(int((now - due).total_seconds() // every_seconds), 0)
    return due + timedelta(seconds=every_seconds * (missed + 1))
