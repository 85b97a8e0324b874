"""When flows set both sides against each other: each night for the day before, or when a person or a program asks for a window."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.manifest import ChangeRead
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Flow, Reconciliation, ReconciliationRule, Run, SeenPage, TriggerEvent
from apps.flows.services.session import objects_of
from apps.flows.services.start_run import FlowNotLiveError, start_run
from apps.flows.triggers.calendar import Calendar, build_cron
from apps.flows.triggers.quiet import quiet_until

RECONCILIATIONS_KIND = "flows.reconciliations"
LOOKED_AT_EVERY_SECONDS = 900
QUIET_HOUR = 1  # on the customer's clock
MOST_DAYS = 31
DAYS_BACK = 92


class ReconciliationError(ValueError):
    """A reconciliation cannot be started. `field` names what to mend ("first", "last", "" for neither), the message how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def why_unreconcilable(flow: Flow) -> str:
    """Return why both sides of a flow cannot be set against each other, "" when they can."""
    version = flow.live_version
    if version is None:
        return _("Nothing is published yet.")
    definition = parse_definition(version.definition)
    if definition.walks:
        return _(
            "This flow writes to several systems, step by step: there are no two sides to compare. "
            "What became of each record stands on its own page."
        )
    try:
        _reads, writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    except KeyError:
        return _("One of the systems no longer has these records.")
    if writes.reading is None or writes.reading.change_read is ChangeRead.ANNOUNCED:
        words = {"system": flow.target.name}
        return _("%(system)s does not show what it holds: what was delivered cannot be looked at there.") % words
    return ""


def rule_of(flow: Flow) -> ReconciliationRule:
    """Return when a flow reconciles; the rule of one that has none stored yet is what it will begin with."""
    return ReconciliationRule.objects.filter(flow=flow).first() or _first_rule(flow)


def _first_rule(flow: Flow) -> ReconciliationRule:
    # Not all at the same minute: a system may hold the records of many flows.
    return ReconciliationRule(flow=flow, customer_id=flow.customer_id, at=time(QUIET_HOUR, flow.id.int % 60))


def set_nightly(flow: Flow, *, nightly: bool) -> ReconciliationRule:
    """Let a flow reconcile each night, or only when somebody asks."""
    rule = rule_of(flow)
    with transaction.atomic():
        rule.nightly = nightly
        rule.next_at = next_reconciliation_at(rule, flow.customer.time_zone, timezone.now())
        rule.save()
        details = {"reconciliation": {"nightly": nightly}}
        audit.record(AuditAction.FLOW_SCHEDULED, subject="flow", subject_id=str(flow.id), details=details)
    return rule


def next_reconciliation_at(rule: ReconciliationRule, zone: str, now: datetime) -> datetime | None:
    """Return when a rule is due next after `now`; None when it is off."""
    if not rule.nightly:
        return None
    return next(Calendar(build_cron([rule.at], weekdays=()), zone).after(now), None)


def reconcile_now(flow: Flow, *, first: date, last: date, started_by: str) -> Run:
    """Set both sides of some days against each other because somebody asks; both days are included.

    Raises:
        ReconciliationError: the days cannot be, the flow cannot be reconciled, or a reconciliation of it is under way.
        FlowNotLiveError: the flow is a draft or retired.

    """
    if why := why_unreconcilable(flow):
        raise ReconciliationError("", why)
    require_days(first, last, today=timezone.now().astimezone(ZoneInfo(flow.customer.time_zone)).date())
    with transaction.atomic():
        Flow.objects.select_for_update(no_key=True).only("id").get(id=flow.id)
        if is_reconciling(flow.id):
            raise ReconciliationError("", _("A reconciliation of this flow is under way: wait for its result."))
        run = start_run(
            flow,
            kind=TriggerEvent.Kind.RECONCILE,
            dedupe_key=f"reconcile:{uuid7()}",
            mode=Run.Mode.RECONCILE,
            started_by=started_by,
            payload=_window(flow, first, last),
        )
        if run is None:
            raise RuntimeError("a fresh key was taken")
        details = {"flow": str(flow.id), "reconciliation": f"{first} to {last}"}
        audit.record(AuditAction.RUN_STARTED, subject="run", subject_id=str(run.id), details=details)
    return run


def require_days(first: date, last: date, *, today: date) -> None:
    """Raise ReconciliationError unless the days are in order, have come, and are not too many or too long ago."""
    if last < first:
        raise ReconciliationError("last", _("Choose a last day that is not before the first."))
    if last > today:
        raise ReconciliationError("last", _("Choose days that have come: this one has not."))
    if (last - first).days >= MOST_DAYS:
        raise ReconciliationError("last", _("Choose at most %(days)d days at a time.") % {"days": MOST_DAYS})
    if (today - first).days > DAYS_BACK:
        words = {"days": DAYS_BACK}
        raise ReconciliationError(
            "first", _("Choose a day of the last %(days)d days: older ones cannot be proven.") % words
        )


def _window(flow: Flow, first: date, last: date) -> dict[str, Any]:
    zone = ZoneInfo(flow.customer.time_zone)
    since = datetime.combine(first, time(), tzinfo=zone)
    until = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "zone": flow.customer.time_zone,
        "since": since.astimezone(UTC).isoformat(),
        "until": until.astimezone(UTC).isoformat(),
    }


def is_reconciling(flow_id: UUID) -> bool:
    """Say whether a reconciliation of the flow is under way."""
    return Run.objects.filter(flow_id=flow_id, mode=Run.Mode.RECONCILE).exclude(state__in=RUN_TERMINAL).exists()


def start_due_reconciliations(work: LeasedWork) -> None:
    """Start the reconciliations that are due, give new live flows their rule, and clear up after runs that broke off."""
    now = timezone.now()
    with transaction.atomic():
        work.confirm()
        _give_rules(now)
        over = Run.objects.filter(id=OuterRef("run_id"), state__in=RUN_TERMINAL)
        SeenPage.objects.filter(Exists(over)).delete()
        Reconciliation.objects.filter(finished_at=None, run__state__in=RUN_TERMINAL).delete()
        due = list(_due(now).values_list("id", flat=True))
    for rule_id in due:
        with transaction.atomic():
            work.confirm()
            _start_if_due(rule_id, now)


def _due(now: datetime) -> QuerySet[ReconciliationRule]:
    return ReconciliationRule.objects.filter(next_at__lte=now, flow__state=Flow.State.LIVE).order_by("next_at")


def _give_rules(now: datetime) -> None:
    known = ReconciliationRule.objects.filter(flow=OuterRef("pk"))
    for flow in Flow.objects.filter(~Exists(known), state=Flow.State.LIVE).select_related("customer"):
        rule = _first_rule(flow)
        rule.next_at = next_reconciliation_at(rule, flow.customer.time_zone, now)
        ReconciliationRule.objects.bulk_create([rule], ignore_conflicts=True)


def _start_if_due(rule_id: UUID, now: datetime) -> None:
    """Start one reconciliation that is due, of the day before; in a quiet time of the flow it is put off to its end."""
    rule = _due(now).select_for_update(of=("self",)).filter(id=rule_id).first()
    if rule is None or rule.next_at is None:
        return
    flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=rule.flow_id)
    until = quiet_until(flow, now)
    if until is None and not why_unreconcilable(flow) and not is_reconciling(flow.id):
        day = now.astimezone(ZoneInfo(flow.customer.time_zone)).date() - timedelta(days=1)
        with suppress(FlowNotLiveError):  # retired between the two statements
            start_run(
                flow,
                kind=TriggerEvent.Kind.RECONCILE,
                dedupe_key=f"reconcile:{rule.id}:{rule.next_at.isoformat()}",
                mode=Run.Mode.RECONCILE,
                payload=_window(flow, day, day),
            )
    rule.next_at = until or next_reconciliation_at(rule, flow.customer.time_zone, now)
    rule.save(update_fields=["next_at"])
