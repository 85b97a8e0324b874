"""When flows look for deletions that leave no trace: each by its rule, at a quiet hour of its customer, or when a person asks."""

from contextlib import suppress
from datetime import datetime, time
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

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
from apps.flows.services.start_run import FlowNotLiveError, start_run
from apps.flows.triggers.calendar import Calendar, build_cron
from apps.flows.triggers.quiet import quiet_until

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


def rule_of(flow: Flow) -> ComparisonRule:
    """Return when a flow compares; the rule of one that has none stored yet is what it will begin with."""
    return ComparisonRule.objects.filter(flow=flow).first() or _first_rule(flow)


def _first_rule(flow: Flow) -> ComparisonRule:
    # Not all at the same minute: a system may hold the records of many flows.
    return ComparisonRule(flow=flow, customer_id=flow.customer_id, at=time(QUIET_HOUR, flow.id.int % 60))


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
    with transaction.atomic():
        Flow.objects.select_for_update(no_key=True).only("id").get(id=flow.id)
        if _is_comparing(flow.id):
            raise ComparisonError(_("A comparison of this flow is under way: wait for its result."))
        run = start_run(
            flow,
            kind=TriggerEvent.Kind.COMPARE,
            dedupe_key=f"compare:{uuid7()}",
            mode=Run.Mode.COMPARE,
            started_by=started_by,
            payload={AGREED: True} if agreed else None,
        )
        if run is None:
            raise RuntimeError("a fresh key was taken")
        details = {"flow": str(flow.id), "comparison": True, "agreed": agreed}
        audit.record(AuditAction.RUN_STARTED, subject="run", subject_id=str(run.id), details=details)
    return run


def start_due_comparisons(work: LeasedWork) -> None:
    """Start the comparisons that are due, give new live flows their rule, and clear up after runs that broke off."""
    now = timezone.now()
    with transaction.atomic():
        work.confirm()
        _give_rules(now)
        over = Run.objects.filter(id=OuterRef("run_id"), state__in=RUN_TERMINAL)
        ListedPage.objects.filter(Exists(over)).delete()
        due = list(_due(now).values_list("id", flat=True))
    for rule_id in due:
        with transaction.atomic():
            work.confirm()
            _start_if_due(rule_id, now)


def _due(now: datetime) -> QuerySet[ComparisonRule]:
    return ComparisonRule.objects.filter(next_at__lte=now, flow__state=Flow.State.LIVE).order_by("next_at")


def _give_rules(now: datetime) -> None:
    known = ComparisonRule.objects.filter(flow=OuterRef("pk"))
    for flow in Flow.objects.filter(~Exists(known), state=Flow.State.LIVE).select_related("customer"):
        rule = _first_rule(flow)
        rule.next_at = next_comparison_at(rule, flow.customer.time_zone, now)
        ComparisonRule.objects.bulk_create([rule], ignore_conflicts=True)


def _start_if_due(rule_id: UUID, now: datetime) -> None:
    """Start one comparison that is due and say when the next is; in a quiet time of the flow it is put off to its end."""
    rule = _due(now).select_for_update(of=("self",)).filter(id=rule_id).first()
    if rule is None or rule.next_at is None:
        return
    flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=rule.flow_id)
    until = quiet_until(flow, now)
    if until is None and not why_incomparable(flow) and not _is_comparing(flow.id):
        with suppress(FlowNotLiveError):  # retired between the two statements
            start_run(
                flow,
                kind=TriggerEvent.Kind.COMPARE,
                dedupe_key=f"compare:{rule.id}:{rule.next_at.isoformat()}",
                mode=Run.Mode.COMPARE,
            )
    rule.next_at = until or next_comparison_at(rule, flow.customer.time_zone, now)
    rule.save(update_fields=["next_at"])


def _is_comparing(flow_id: UUID) -> bool:
    return Run.objects.filter(flow_id=flow_id, mode=Run.Mode.COMPARE).exclude(state__in=RUN_TERMINAL).exists()
