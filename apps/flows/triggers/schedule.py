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
from apps.customers.models import CutOff
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
from apps.tenants.templatetags.wording import duration_words

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
        trigger.next_at = _sooner(first, _before_cut_off(trigger, timezone.now()))
        trigger.save(update_fields=["next_at"])
        # Taken away first: a row that waits already would only ever be pulled forward, never put off.
        dispatch.cancel(kind=SCHEDULE_KIND, reference=str(trigger.id))
        _make_due(trigger, timezone.now())
        _record(flow, {name: value for name, value in rule.items() if value})
    return trigger


def unschedule_flow(flow: Flow) -> None:
    """Let `flow` run only when a person or its source asks, or before a cut-off; nobody is told that it has not run."""
    with transaction.atomic():
        for trigger in Trigger.objects.filter(flow=flow, kind=Trigger.Kind.SCHEDULE, active=True):
            trigger.every_seconds, trigger.cron, trigger.zone = None, "", ""
            _plan_anew(trigger, timezone.now())
        Flow.objects.filter(id=flow.id).update(expected_every_seconds=None)
        _record(flow, {"every_seconds": None})


def run_before_cut_offs(flow: Flow, *, minutes: int | None) -> None:
    """Run `flow` so many minutes before each of its customer's cut-offs, besides its schedule; None: no longer."""
    with transaction.atomic():
        trigger = Trigger.objects.filter(flow=flow, kind=Trigger.Kind.SCHEDULE).first()
        if trigger is None:
            trigger = Trigger(flow=flow, customer_id=flow.customer_id, kind=Trigger.Kind.SCHEDULE, active=False)
        elif not trigger.active:
            trigger.every_seconds, trigger.cron, trigger.zone = None, "", ""  # what it once was is over
        trigger.before_cut_off_minutes = minutes or None
        _plan_anew(trigger, timezone.now())
        _record(flow, {"before_cut_off_minutes": minutes or None})


def _plan_anew(trigger: Trigger, now: datetime) -> None:
    """Store a schedule that was changed and make its next tick due; one that says nothing any more rests."""
    trigger.active = bool(trigger.every_seconds or trigger.cron or trigger.before_cut_off_minutes)
    trigger.next_at = next_time(trigger, now, now) if trigger.active else None
    trigger.save()
    dispatch.cancel(kind=SCHEDULE_KIND, reference=str(trigger.id))
    if trigger.active:
        _make_due(trigger, now)


def _make_due(trigger: Trigger, now: datetime) -> None:
    enqueue(
        kind=SCHEDULE_KIND,
        reference=str(trigger.id),
        due_at=_look_at(trigger, now),
        priority=Priority.SCHEDULED,
        unique_key=f"schedule:{trigger.id}",
        customer_id=trigger.customer_id,
    )


def _look_at(trigger: Trigger, now: datetime) -> datetime:
    """Return when to look at a schedule: at its next tick, and hourly where cut-offs decide, which people change."""
    hourly = now + timedelta(hours=1)
    if trigger.before_cut_off_minutes:
        return min(trigger.next_at or hourly, hourly)
    return trigger.next_at or hourly


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
        due = trigger.next_at
        if due is None or due > now:  # changed while this tick was on its way, or only looked at
            trigger.next_at = _sooner(due, _before_cut_off(trigger, now))
        elif (until := quiet_until(trigger.flow, now)) is not None:
            trigger.next_at = until
        else:
            _start_tick(trigger, due)
            trigger.next_at = next_time(trigger, due, now)
        trigger.save(update_fields=["next_at"])
        again = trigger.next_at is not None or trigger.before_cut_off_minutes
        return RunAgain(_look_at(trigger, now)) if again else None


def _start_tick(trigger: Trigger, due: datetime) -> None:
    flow = trigger.flow
    if flow.state in (Flow.State.LIVE, Flow.State.PAUSED) and not _under_way(flow):
        start_run(
            flow,
            kind=TriggerEvent.Kind.SCHEDULE,
            dedupe_key=f"schedule:{trigger.id}:{due.isoformat()}",
            mode=Run.Mode.READ,
            trigger=trigger,
        )


def next_time(trigger: Trigger, due: datetime, now: datetime) -> datetime | None:
    """Return when a schedule is due next after `now`; None when it never is. `due` is when it last was."""
    by_rule = None
    if trigger.cron:
        by_rule = next(Calendar(trigger.cron, trigger.zone).after(now), None)
    elif trigger.every_seconds:
        by_rule = next_tick(due, trigger.every_seconds, now)
    return _sooner(by_rule, _before_cut_off(trigger, now))


def _before_cut_off(trigger: Trigger, now: datetime) -> datetime | None:
    if not trigger.before_cut_off_minutes:
        return None
    ahead = timedelta(minutes=trigger.before_cut_off_minutes)
    cut_offs = CutOff.objects.select_related("customer").filter(customer_id=trigger.customer_id)
    return min((one.next_at(now + ahead) - ahead for one in cut_offs), default=None)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def schedule_words(trigger: Trigger | None) -> str:
    """Return a schedule as people say it: "Every weekday at 07:00, Europe/Berlin", "Not by itself"."""
    rule = ""
    if trigger is not None and trigger.cron:
        rule = calendar_words(trigger.cron, trigger.zone)
    elif trigger is not None and trigger.every_seconds:
        rule = interval_words(trigger.every_seconds)
    if trigger is None or not trigger.before_cut_off_minutes:
        return rule or gettext("Not by itself")
    span = {"rule": rule, "span": duration_words(trigger.before_cut_off_minutes * 60)}
    if not rule:
        return gettext("%(span)s before each cut-off") % span
    return gettext("%(rule)s, and %(span)s before each cut-off") % span


def _under_way(flow: Flow) -> bool:
    """Tell whether a reading has not come to its end. Records that wait for a person or an event hold no reading up."""
    readings = Run.objects.filter(flow=flow, mode=Run.Mode.READ).exclude(state__in=RUN_TERMINAL)
    return readings.filter(Q(reading_done=False) | ~Q(state=RunState.WAITING)).exists()


def next_tick(due: datetime, every_seconds: int, now: datetime) -> datetime:
    """Return the first tick after `now` on the grid that `due` lies on: missed ticks are not made up for."""
    missed = max(int((now - due).total_seconds() // every_seconds), 0)
    return due + timedelta(seconds=every_seconds * (missed + 1))
