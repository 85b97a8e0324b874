"""When flows set both sides against each other: each night for the day before, or when a person or a program asks for a window."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Flow, Reconciliation, ReconciliationRule, Run, SeenPage, TriggerEvent
from apps.flows.services.reconciliation_steps import why_unasked, writing_steps
from apps.flows.services.reconciling import lists
from apps.flows.services.session import objects_of
from apps.flows.triggers.calendar import Calendar, build_cron
from apps.flows.triggers.nightly import Nightly

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
    try:
        reads, writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    except KeyError:
        return _("One of the systems no longer has these records.")
    if definition.walks:
        if lists(reads) or any(step.unasked is None for step in writing_steps(flow, definition, version)):
            return ""
        return _(
            "Neither the source nor any system that the steps write to shows what it holds: there is nothing to compare. "
            "What became of each record stands on its own page."
        )
    if why_unasked(writes) is not None:
        words = {"system": flow.target.name}
        return _("%(system)s does not show what it holds: what was delivered cannot be looked at there.") % words
    return ""


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
    return RECONCILIATIONS.start_now(
        flow,
        started_by=started_by,
        payload=_window(flow, first, last),
        details={"reconciliation": f"{first} to {last}"},
        refused=ReconciliationError("", _("A reconciliation of this flow is under way: wait for its result.")),
    )


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


def start_due_reconciliations(work: LeasedWork) -> None:
    """Start the reconciliations that are due, give new live flows their rule, and clear up after runs that broke off."""
    RECONCILIATIONS.start_due(work, _clear_up)


def _clear_up() -> None:
    over = Run.objects.filter(id=OuterRef("run_id"), state__in=RUN_TERMINAL)
    SeenPage.objects.filter(Exists(over)).delete()
    Reconciliation.objects.filter(finished_at=None, run__state__in=RUN_TERMINAL).delete()


def _day_before(flow: Flow, now: datetime) -> dict[str, Any]:
    day = now.astimezone(ZoneInfo(flow.customer.time_zone)).date() - timedelta(days=1)
    return _window(flow, day, day)


RECONCILIATIONS = Nightly(
    rules=ReconciliationRule,
    mode=Run.Mode.RECONCILE,
    kind=TriggerEvent.Kind.RECONCILE,
    word="reconcile",
    quiet_hour=QUIET_HOUR,
    why_not=why_unreconcilable,
    next_at=next_reconciliation_at,
    payload=_day_before,
)
rule_of, is_reconciling = RECONCILIATIONS.rule_of, RECONCILIATIONS.is_under_way
