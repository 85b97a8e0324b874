"""When flows look for deletions that leave no trace: each by its rule, at a quiet hour of its customer, or when a person asks."""

from datetime import datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import registry
from apps.connectors.manifest import Reading
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import ComparisonRule, Flow, ListedPage, Run, TriggerEvent
from apps.flows.services.comparing import AGREED
from apps.flows.services.session import objects_of
from apps.flows.triggers.calendar import Calendar, build_cron
from apps.flows.triggers.nightly import Nightly

COMPARISONS_KIND = "flows.comparisons"
LOOKED_AT_EVERY_SECONDS = 900
QUIET_HOUR = 3  # on the customer's clock
_SUNDAY = 6
Every = ComparisonRule.Every


class ComparisonError(ValueError):
    """A comparison cannot be started; the message says why."""


def why_incomparable(flow: Flow) -> str:
    """Return why a flow's source cannot be compared with its ledger, "" when it can."""
    if flow.live_version is None:
        return _("Nothing is published yet.")
    version = flow.live_version
    definition = parse_definition(version.definition)
    try:
        reads, _writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
        system = registry.manifest(flow.source.system)
    except KeyError:
        return _("The source no longer has these records.")
    if system.deletes == "event":
        return _("The source announces what is deleted: there is nothing to compare.")
    return _why_not_listed(reads.reading)


def _why_not_listed(reading: Reading | None) -> str:
    if reading is None or not reading.lists_everything:
        return _("The source never lists all of its records: a missing one says nothing about a deletion.")
    return ""


def set_rule(flow: Flow, *, every: str, at: time, most_percent: int, most_records: int) -> ComparisonRule:
    """Let a flow compare like this from now on."""
    rule, now = rule_of(flow), timezone.now()
    with transaction.atomic():
        chosen = {"every": every, "at": at, "most_percent": most_percent, "most_records": most_records}
        for name, value in chosen.items():
            setattr(rule, name, value)
        rule.next_at = next_comparison_at(rule, flow.customer.time_zone, now)
        rule.save()
        details = {"comparison": {**chosen, "at": f"{at:%H:%M}"}}
        audit.record(AuditAction.FLOW_SCHEDULED, subject="flow", subject_id=str(flow.id), details=details)
    return rule


def next_comparison_at(rule: ComparisonRule, zone: str, now: datetime) -> datetime | None:
    """Return when a rule is due next after `now`; None when it is off."""
    if rule.every == Every.OFF:
        return None
    days = (_SUNDAY,) if rule.every == Every.WEEK else ()
    return next(Calendar(build_cron([rule.at], weekdays=days), zone).after(now), None)


def look_now(flow: Flow, *, started_by: str, agreed: bool = False) -> Run:
    """Compare because a person asks. `agreed`: however many are missing, the person knows that they were deleted.

    Raises:
        ComparisonError: the source cannot be compared, or a comparison is under way.
        FlowNotLiveError: the flow is a draft or retired.

    """
    if why := why_incomparable(flow):
        raise ComparisonError(why)
    return COMPARISONS.start_now(
        flow,
        started_by=started_by,
        payload={AGREED: True} if agreed else None,
        details={"comparison": True, "agreed": agreed},
        refused=ComparisonError(_("A comparison of this flow is under way: wait for its result.")),
    )


def start_due_comparisons(work: LeasedWork) -> None:
    """Start the comparisons that are due, give new live flows their rule, and clear up after runs that broke off."""
    COMPARISONS.start_due(work, _clear_up)


def _clear_up() -> None:
    over = Run.objects.filter(id=OuterRef("run_id"), state__in=RUN_TERMINAL)
    ListedPage.objects.filter(Exists(over)).delete()


COMPARISONS = Nightly(
    rules=ComparisonRule,
    mode=Run.Mode.COMPARE,
    kind=TriggerEvent.Kind.COMPARE,
    word="compare",
    quiet_hour=QUIET_HOUR,
    why_not=why_incomparable,
    next_at=next_comparison_at,
    payload=lambda _flow, _now: None,
)
rule_of = COMPARISONS.rule_of
