"""The hourly clean-up: months for coming batches, contents past their customer's days, ledger lines past the partner's months.

Everything goes in portions of their own transaction, oldest first, so a worker that is killed leaves nothing half done, and
live work is never kept waiting for more than one of them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.utils import OperationalError
from django.utils import timezone

from apps.customers import retention as rules
from apps.customers.retention import PayloadRule
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.states import RUN_TERMINAL, OperationState
from apps.flows.models import (
    BusinessEvent,
    DroppedMonth,
    DryRun,
    FlowSample,
    Operation,
    OwnerReview,
    Reconciliation,
    Run,
    TriggerEvent,
    WhatIf,
)
from apps.flows.services.ledger_writes import lowest_id_at

RETENTION_KIND = "flows.retention"
RETENTION_EVERY_SECONDS = 3600
SECONDS_AT_ONCE = 15.0
PORTION = 500
STATEMENTS = 20  # at once: each takes thousands of records with it
MONTHS_AHEAD = 1
_DAYS_OF_A_MONTH = 30.44  # a ledger's months are counted back from now, not by the calendar
_OPEN = (OperationState.WAITING, OperationState.REJECTED)
log = structlog.get_logger(__name__)

_DROP_CONTENTS = """
WITH old AS (
  SELECT id FROM flows_batch
  WHERE id < %(before)s AND plan IS NOT NULL AND state IN ('settled', 'abandoned') AND customer_id = ANY(%(customers)s)
    AND (NOT %(walks_only)s OR step <> '')
  ORDER BY id LIMIT %(most)s)
UPDATE flows_batch AS b SET plan = NULL, outcome = NULL, payload_dropped_at = %(now)s FROM old WHERE b.id = old.id
"""
# What a walk read and found on its way; what it made, and where, stays. A walk that goes on still needs it.
_DROP_RESULTS = """
WITH old AS (
  SELECT s.id FROM flows_operationstep AS s JOIN flows_operation AS o ON o.id = s.operation_id
  WHERE s.id < %(before)s AND s.result <> '{}' AND s.customer_id = ANY(%(customers)s)
    AND o.state <> ALL(%(open)s) AND o.changed_at < %(moment)s
  ORDER BY s.id LIMIT %(most)s)
UPDATE flows_operationstep AS s SET result = '{}' FROM old WHERE s.id = old.id
"""

# Only where a run is long over: what waits, for a paused flow say, is still to be worked on. By flow: no index has the date.
_DROP_BROUGHT = """
WITH old AS (
  SELECT e.id FROM flows_flow AS f JOIN flows_trigger AS t ON t.flow_id = f.id AND t.kind = 'webhook'
  JOIN flows_triggerevent AS e ON e.flow_id = f.id JOIN flows_run AS r ON r.id = e.run_id
  WHERE f.customer_id = ANY(%(customers)s) AND e.id < %(before)s AND e.payload ? 'record' AND r.finished_at IS NOT NULL
  LIMIT %(most)s)
UPDATE flows_triggerevent AS e SET payload = e.payload - 'record' FROM old WHERE e.id = old.id
"""


def clean_up(work: LeasedWork) -> RunAgain | None:
    """Take away what is past its time; None once nothing of it is left."""
    until, now = time.monotonic() + SECONDS_AT_ONCE, timezone.now()
    with transaction.atomic():
        work.confirm()
        by_rule = _customers_by_rule(rules.payload_rules())
        ledger_from = now - timedelta(days=rules.ledger_months() * _DAYS_OF_A_MONTH)
    _keep_months(work, now, longest_days(list(by_rule)))
    portions = [partial(_drop_contents, rule, customers, now) for rule, customers in by_rule.items()]
    portions += [partial(_drop_brought, rule, customers, now) for rule, customers in by_rule.items()]
    forgetting = (_forget_statements, _forget_lines, _forget_runs, _forget_events)
    portions += [partial(forget, lowest_id_at(ledger_from)) for forget in forgetting]
    for portion in portions:
        if not _until_done(work, portion, until):
            return RunAgain()
    return None


def _until_done(work: LeasedWork, portion: Callable[[], int], until: float) -> bool:
    """Repeat a portion until nothing is left for it; False when the time is up before."""
    while True:
        with transaction.atomic():
            work.confirm()
            if not portion():
                return True
        if time.monotonic() >= until:
            return False


def _customers_by_rule(chosen: Mapping[UUID, PayloadRule]) -> dict[PayloadRule, list[UUID]]:
    grouped: dict[PayloadRule, list[UUID]] = {}
    for customer_id, rule in chosen.items():
        grouped.setdefault(rule, []).append(customer_id)
    return grouped


def longest_days(known: Sequence[PayloadRule]) -> int:
    """Return after how many days nothing is kept for any customer."""
    return max((rule.keep_days for rule in known), default=PayloadRule().keep_days)


def _keep_months(work: LeasedWork, now: datetime, keep_days: int) -> None:
    """Have a part for this month and the next, and drop the parts that hold nothing to be kept.

    Both need a moment alone with the table: when it is not to be had, the next hour tries again.
    """
    try:
        with transaction.atomic():
            work.confirm()
            add_months(now)
        with transaction.atomic():
            work.confirm()
            drop_months(now, keep_days)
    except OperationalError as error:
        log.warning("months_put_off", reason=str(error).strip())


def add_months(now: datetime) -> list[str]:
    """Make the parts that batches of this month and the next go to; returns the months that are new."""
    first, made = now.astimezone(UTC).date().replace(day=1), []
    with connection.cursor() as cursor:
        for _ in range(1 + MONTHS_AHEAD):
            cursor.execute("SELECT flows_add_batch_month(%s)", [first])
            if cursor.fetchone()[0]:
                made.append(f"{first:%Y-%m}")
            first = (first + timedelta(days=31)).replace(day=1)
    return made


def drop_months(now: datetime, keep_days: int) -> list[str]:
    """Drop the parts whose youngest batch is past `keep_days`, and note when they went; returns the months."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT flows_drop_batch_months(%s)", [now - timedelta(days=keep_days)])
        months = [row[0] for row in cursor.fetchall()]
    for month in months:
        DroppedMonth.objects.update_or_create(month=month, defaults={"dropped_at": now})
        log.info("payloads_dropped", month=f"{month:%Y-%m}")
    return [f"{month:%Y-%m}" for month in months]


def _drop_contents(rule: PayloadRule, customers: Sequence[UUID], now: datetime) -> int:
    """Empty a portion of what these customers no longer keep; returns how many rows."""
    kept_from = now - timedelta(days=rule.keep_days)
    dropped = _drop_portion(customers, kept_from, now, walks_only=False)
    if not rule.stored:  # a settled batch holds no contents already, the steps of walks do until here
        dropped += _drop_portion(customers, now, now, walks_only=True)
        dropped += FlowSample.objects.filter(customer_id__in=customers).delete()[0]
    return dropped


def _drop_brought(rule: PayloadRule, customers: Sequence[UUID], now: datetime) -> int:
    """Forget a portion of the records that came with events and that no run has worked on in all the time they are kept."""
    before = lowest_id_at(now - timedelta(days=rule.keep_days))
    told: dict[str, Any] = {"before": before, "customers": list(customers), "most": PORTION}
    with connection.cursor() as cursor:
        cursor.execute(_DROP_BROUGHT, told)
        return int(cursor.rowcount)


def _drop_portion(customers: Sequence[UUID], kept_from: datetime, now: datetime, *, walks_only: bool) -> int:
    values: dict[str, Any] = {
        "before": lowest_id_at(kept_from),
        "moment": kept_from,
        "customers": list(customers),
        "walks_only": walks_only,
        "most": PORTION,
        "now": now,
        "open": [state.value for state in _OPEN],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DROP_CONTENTS, values)
        dropped: int = cursor.rowcount
        cursor.execute(_DROP_RESULTS, values)
        dropped += cursor.rowcount
    trials = DryRun.objects.filter(rows__isnull=False, finished_at__isnull=False)
    told = BusinessEvent.objects.exclude(payload={})
    # A what-if copies contents that were kept for a while already: they go when the oldest of them would have gone.
    copied = WhatIf.objects.filter(rows__isnull=False, contents_from__lt=kept_from, customer_id__in=customers)
    dropped += copied.update(rows=None)
    reviews = OwnerReview.objects.filter(is_kept=True).exclude(state=OwnerReview.State.ASKED)
    dropped += _empty(reviews, values, ours=None, theirs=None, is_kept=False)
    return dropped + _empty(trials, values, rows=None) + _empty(told, values, payload={})


def _empty(filled: QuerySet[Any], values: Mapping[str, Any], **emptied: Any) -> int:
    """Set columns of a portion of the customers' old rows to what stands for nothing; returns how many rows."""
    old = filled.filter(customer_id__in=values["customers"], id__lt=values["before"]).order_by("id")
    ids = list(old.values_list("id", flat=True)[:PORTION])
    return filled.filter(id__in=ids).update(**emptied)


def _forget_statements(before: UUID) -> int:
    """Remove a portion of old reconciliations with their records, which say what the ledger's lines said."""
    ids = list(Reconciliation.objects.filter(id__lt=before).order_by("id").values_list("id", flat=True)[:STATEMENTS])
    Reconciliation.objects.filter(id__in=ids).delete()
    return len(ids)


def _forget_lines(before: UUID) -> int:
    """Remove a portion of old ledger lines with all that hangs on them. What is open stays, and what entered a state."""
    old = Operation.objects.filter(id__lt=before, milestones=None).exclude(state__in=_OPEN).order_by("id")
    ids = list(old.values_list("id", flat=True)[:PORTION])
    Operation.objects.filter(id__in=ids).delete()
    return len(ids)


def _forget_runs(before: UUID) -> int:
    """Remove a portion of old runs that no ledger line belongs to any more."""
    lines = Operation.objects.filter(run_id=OuterRef("id"))
    tried = Operation.objects.filter(last_run_id=OuterRef("id")).exclude(last_run_id=F("run_id"))  # as its index says
    old = Run.objects.filter(~Exists(lines), ~Exists(tried), id__lt=before, state__in=RUN_TERMINAL)
    ids = list(old.order_by("id").values_list("id", flat=True)[:PORTION])
    for relation in Run._meta.get_fields(include_hidden=True):
        # An event without a run waits for one: it keeps the name of the run that took it, and goes next.
        if isinstance(relation, ForeignObjectRel) and relation.related_model not in (Operation, TriggerEvent):
            _let_go(relation, ids)
    # Not the model's delete: it would look for ledger lines once more, through the whole table.
    Run.objects.filter(id__in=ids)._raw_delete(DEFAULT_DB_ALIAS)
    return len(ids)


def _let_go(relation: ForeignObjectRel, ids: Sequence[UUID]) -> None:
    """Do to the rows that name these runs what their model says about a run that goes."""
    rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": ids})
    if relation.field.null:
        rows.update(**{relation.field.name: None})
    else:
        rows.delete()


def _forget_events(before: UUID) -> int:
    """Remove a portion of old trigger events that no run is left of. One that waits still starts its run some day."""
    taken_by = Run.objects.filter(id=OuterRef("run_id"))
    old = TriggerEvent.objects.filter(~Exists(taken_by), id__lt=before, runs=None, run_id__isnull=False)
    ids = list(old.order_by("id").values_list("id", flat=True)[:PORTION])
    TriggerEvent.objects.filter(id__in=ids).delete()
    return len(ids)
