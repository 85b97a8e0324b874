"""Keeps insights: what a look found, what is over, and what people decided. Every change leaves a trace."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer
from apps.monitoring.impact import Quality
from apps.monitoring.insights.coverage import Cover
from apps.monitoring.insights.found import Cause, Finding, Found, Key
from apps.monitoring.models import Insight, InsightLook

FORGOTTEN = timedelta(days=60)  # nobody decided, and the record was not seen any more in all that time
LONGEST_REASON = 300
_MOST_NAMED = 50  # in a trace
_State = Insight.State
_FIELDS = (
    "operation_id",
    "flow_id",
    "label",
    "project_ref",
    "client_ref",
    "happened_on",
    "facts",
    "urgency",
    "amount",
    "currency",
    "amount_quality",
)
_COLUMNS = [name.removesuffix("_id") for name in _FIELDS] + ["seen_at", "state", "gone_at", "ended", "returned"]


class InsightError(ValidationError):
    """It cannot be decided on now. The message says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping changed: how many insights are new, came back, and are over."""

    new: int = 0
    returned: int = 0
    over: int = 0


def known_of(customer_id: UUID) -> set[Key]:
    """Return what was found before and is still so."""
    rows = Insight.objects.filter(customer_id=customer_id, gone_at__isnull=True).values_list("cause", "record_key")
    return {(Cause(cause), key) for cause, key in rows}


def keep(customer: Customer, found: Found, parts: Iterable[Cover], now: datetime) -> Kept:
    """Write down what a look found and what it had to go by; what it looked at and did not find again is over."""
    with transaction.atomic():
        # One look at a time of each customer: two would both write down the same thing.
        Customer.objects.select_for_update(no_key=True, of=("self",)).get(id=customer.id)
        findings = {finding.named: finding for finding in found.findings}
        rows = {(Cause(row.cause), row.record_key): row for row in _rows(customer.id, findings)}
        new = [_made(customer.id, one, now) for key, one in findings.items() if key not in rows]
        Insight.objects.bulk_create(new)
        returned = [row for key, row in rows.items() if key in findings and _follow(row, findings[key], now)]
        over = [row for key, row in rows.items() if key not in findings and _end(row, key in found.seen, now)]
        Insight.objects.bulk_update(list(rows.values()), _COLUMNS, batch_size=500)
        InsightLook.objects.update_or_create(
            customer=customer, defaults={"looked_at": now, "parts": [part.to_json() for part in parts]}
        )
        if new or returned or over:
            _record_look(customer.id, new, returned, over)
    return Kept(len(new), len(returned), len(over))


def _rows(customer_id: UUID, findings: Collection[Key]) -> list[Insight]:
    """Return what is still so by the last look, and what is found again."""
    keys = {key for _cause, key in findings}
    wanted = Q(gone_at__isnull=True) | Q(record_key__in=keys)
    return list(Insight.objects.select_for_update(no_key=True).filter(wanted, customer_id=customer_id).order_by("id"))


def _made(customer_id: UUID, finding: Finding, now: datetime) -> Insight:
    row = Insight(
        customer_id=customer_id,
        kind=finding.kind.value,
        cause=finding.cause.value,
        record_key=finding.key[:300],
        canonical_type=finding.canonical_type,
        found_at=now,
    )
    _fill(row, finding, now)
    return row


def _fill(row: Insight, finding: Finding, now: datetime) -> None:
    stake = finding.stake
    row.operation_id, row.flow_id = finding.operation_id, finding.flow_id
    row.label, row.project_ref, row.client_ref = finding.label[:300], finding.project[:120], finding.client[:120]
    row.happened_on, row.facts, row.urgency, row.seen_at = finding.on, dict(finding.facts), finding.urgency, now
    row.amount, row.currency = (stake.amount, stake.currency) if stake else (None, "")
    row.amount_quality = "" if stake is None else (Quality.KNOWN if stake.sure else Quality.ESTIMATED).value


def _follow(row: Insight, finding: Finding, now: datetime) -> bool:
    """Let an insight say what is so now; returns whether it had been over and is to be looked at again.

    What somebody dismissed stays dismissed.
    """
    was_over = row.gone_at is not None
    _fill(row, finding, now)
    row.gone_at, row.ended = None, ""
    if not was_over:
        return False
    row.returned += 1
    if row.state in {_State.GONE, _State.ACCEPTED}:
        row.state = _State.OPEN
        return True
    return False


def _end(row: Insight, was_looked_at: bool, now: datetime) -> bool:  # noqa: FBT001
    """End an insight whose cause is gone, or of whose record nothing was seen for long; returns whether it ended."""
    if row.gone_at is not None or (not was_looked_at and row.seen_at > now - FORGOTTEN):
        return False
    row.gone_at = now
    row.ended = Insight.Ended.SETTLED if was_looked_at else Insight.Ended.OLD
    if row.state == _State.OPEN:
        row.state = _State.GONE
    return True


def accept(insight_id: UUID, *, reason: str = "", by: Actor, now: datetime) -> Insight:
    """Say that something is as it says and somebody sees to it. Raises InsightError, Insight.DoesNotExist."""
    return _decide(insight_id, _State.ACCEPTED, reason, by, now)


def dismiss(insight_id: UUID, *, reason: str, by: Actor, now: datetime) -> Insight:
    """Say that it is as it should be, and why: it is not told again. Raises InsightError, Insight.DoesNotExist."""
    if not " ".join(reason.split()):
        raise InsightError({"reason": _("Say why it is as it should be: the next one who looks will ask.")})
    return _decide(insight_id, _State.DISMISSED, reason, by, now)


def _decide(insight_id: UUID, state: Insight.State, reason: str, by: Actor, now: datetime) -> Insight:
    with transaction.atomic():
        row = Insight.objects.select_for_update(no_key=True, of=("self",)).get(id=insight_id)
        if row.state == _State.GONE:
            raise InsightError(_("It is over already: nothing was changed."))
        if row.state == state:
            raise InsightError(_("Somebody decided so already: nothing was changed."))
        row.state, row.reason = state, " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
        row.decided_at, row.decided_by_name = now, by.shown_name[:200]
        row.save(update_fields=["state", "reason", "decided_at", "decided_by_name"])
        deed = AuditAction.INSIGHT_ACCEPTED if state == _State.ACCEPTED else AuditAction.INSIGHT_DISMISSED
        details = {"cause": row.cause, "record": row.record_key, "reason": row.reason, "customer": str(row.customer_id)}
        audit.record(deed, subject="insight", subject_id=row.id, details=details)
    return row


def _record_look(customer_id: UUID, new: list[Insight], returned: list[Insight], over: list[Insight]) -> None:
    details = {
        "found": dict(Counter(row.cause for row in new)),
        "again": dict(Counter(row.cause for row in returned)),
        "over": dict(Counter(row.cause for row in over)),
        "insights": [str(row.id) for row in (*new, *returned, *over)][:_MOST_NAMED],
    }
    audit.record(AuditAction.INSIGHTS_FOUND, subject="customer", subject_id=customer_id, details=details)
