"""Reads the ledger and keeps the cases true to it: groups failures by cause, closes what was settled.

Losing a signal loses nothing: every pass looks at all failures that no case knows yet.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.library import rule_of_code
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.flows.queries.step_owner import owner_queue_of
from apps.monitoring import case_book, connection_watch, expiry_watch, routing_book, run_watch
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_book import NewCase
from apps.monitoring.case_words import SAYS_ENOUGH
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.hours import hours_of
from apps.monitoring.markets import markets_of
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitor_switches import off_flows
from apps.monitoring.roots import roots_of

AT_ONCE = 1000  # failures judged in one transaction
_SETTLED = (
    OperationState.WRITTEN,
    OperationState.UNCHANGED,
    OperationState.SKIPPED,
    OperationState.SUPERSEDED,
    OperationState.UNDONE,
)


@dataclass(slots=True)
class Judged:
    """What one pass over the ledger found."""

    failures: int = 0
    opened: int = 0
    closed: int = 0


def judge_ledger() -> Judged:
    """Bring all cases of the partner in scope up to date with its ledger.

    Works in short transactions of its own; safe to call at any time, from several processes at once.
    """
    judged = Judged()
    while _judge_some(judged, timezone.now()) == AT_ONCE:
        continue
    with transaction.atomic():
        case_book.take_turn()
        now = timezone.now()
        for judge in (run_watch.judge_runs, connection_watch.judge_connections, expiry_watch.judge_expiries):
            opened, closed = judge(now)
            judged.opened += opened
            judged.closed += closed
        routing_book.route_new(now)
    return judged


def _judge_some(judged: Judged, now: datetime) -> int:
    """Judge up to AT_ONCE failures in one transaction and return how many there were."""
    with transaction.atomic():
        case_book.take_turn()
        failures = list(_unjudged(now)[:AT_ONCE])
        touched = _let_go_of_settled(now) | _let_go_of_earlier_failures(failures, now)
        hours, roots, markets = hours_of(failures), roots_of(failures), markets_of(failures)
        failed_before = _failed_before(failures)
        for new, operations in _by_cause(failures):
            case, is_new = _case_for(new, operations[-1], now)
            came_from = _merged_cause(new, case)
            CaseOperation.objects.bulk_create(
                CaseOperation(
                    case=case,
                    customer_id=operation.customer_id,
                    operation=operation,
                    failed_at=operation.changed_at,
                    again=operation.id in failed_before,
                    hours=hours.get(operation.id),
                    root=roots[operation.id],
                    amount=operation.amount,
                    currency=operation.currency,
                    amount_quality=operation.amount_quality,
                    **asdict(markets[operation.id]),
                    added_at=now,
                    came_from=came_from,
                )
                for operation in operations
            )
            if not is_new:
                case_book.wake(case, "more records failed.", now)
            judged.opened += is_new
            touched.add(case.id)
        judged.failures += len(failures)
        judged.closed += _refresh(touched, now)
        routing_book.route_new(now)
    return len(failures)


def _newer_version() -> QuerySet[Operation]:
    """Return later versions of the outer row's record that came to an end."""
    return Operation.objects.filter(
        flow=OuterRef("flow"),
        canonical_type=OuterRef("canonical_type"),
        business_key=OuterRef("business_key"),
        id__gt=OuterRef("id"),
    ).exclude(state=OperationState.WAITING)


def _unjudged(now: datetime) -> QuerySet[Operation]:
    known = CaseOperation.objects.filter(operation=OuterRef("pk"), failed_at=OuterRef("changed_at"))
    failed = Operation.objects.filter(state=OperationState.REJECTED)
    if quiet := off_flows(MonitorKind.UNEXPLAINED, now):
        failed = failed.exclude(error_class=BusinessClass.UNRECONCILED, flow_id__in=quiet)
    return failed.filter(~Exists(known), ~Exists(_newer_version())).select_related("flow").order_by("changed_at", "id")


def _failed_before(failures: Iterable[Operation]) -> set[UUID]:
    known = CaseOperation.objects.filter(operation_id__in=[one.id for one in failures])
    return set(known.order_by().values_list("operation_id", flat=True))


def _by_cause(failures: Iterable[Operation]) -> list[tuple[NewCase, list[Operation]]]:
    groups: dict[tuple[UUID, str], list[Operation]] = defaultdict(list)
    causes: dict[tuple[UUID, str], Cause] = {}
    for operation in failures:
        cause = _cause_of(operation)
        key = (operation.flow_id, fingerprint(cause, _references_of(operation)))
        groups[key].append(operation)
        causes[key] = cause
    return [
        (
            NewCase(
                group[-1].flow,
                causes[key],
                key[1],
                group[-1].error_message,
                failed_at=min(op.changed_at for op in group),
            ),
            group,
        )
        for key, group in groups.items()
    ]


def _cause_of(operation: Operation) -> Cause:
    return Cause(
        place=str(operation.flow_id),
        step=operation.step,
        business_class=operation.error_class,
        field=operation.error_field,
        code=operation.error_code,
        message=operation.error_message,
    )


def _references_of(operation: Operation) -> tuple[str, ...]:
    return (
        operation.business_key,
        operation.source_key,
        operation.target_key,
        operation.client_ref,
        operation.project_ref,
        operation.period_ref,
    )


def _case_for(new: NewCase, example: Operation, now: datetime) -> tuple[ExceptionCase, bool]:
    found = case_book.find_open(new)
    if found is not None:
        return found, False
    owned = replace(new, queue=owner_queue_of(example))
    return case_book.open_case(owned, title=_title(example), now=now), True


def _title(operation: Operation) -> str:
    rule = rule_of_code(operation.error_code)
    if rule is not None:
        return rule.title
    title = verdict_for(operation.error_class).title
    if operation.error_class in SAYS_ENOUGH:
        return title
    label = field_label(operation.canonical_type, operation.error_field)
    return f"{title}: {label}" if label else title


def field_label(type_name: str, field: str) -> str:
    """Return a canonical field as people read it ("Cost centre"); another system's field with spaces; "" for none."""
    if not field:
        return ""
    try:
        fields = canonical_type(type_name).fields
    except KeyError:
        fields = ()
    return next((f.label for f in fields if f.name == field), field.replace("_", " "))


def _merged_cause(new: NewCase, case: ExceptionCase) -> ExceptionCase | None:
    """Return the case whose records these are by their cause, where it was merged into `case`."""
    return None if case.fingerprint == new.fingerprint else case_book.find_merged(new)


def _let_go_of_earlier_failures(failures: list[Operation], now: datetime) -> set[UUID]:
    """Release operations that failed again: the new failure decides which case they belong to."""
    earlier = CaseOperation.objects.filter(operation__in=[operation.id for operation in failures], open=True)
    return _release(earlier, now)


def _let_go_of_settled(now: datetime) -> set[UUID]:
    newer = Operation.objects.filter(
        flow=OuterRef("operation__flow"),
        canonical_type=OuterRef("operation__canonical_type"),
        business_key=OuterRef("operation__business_key"),
        id__gt=OuterRef("operation_id"),
    ).exclude(state=OperationState.WAITING)
    settled = CaseOperation.objects.filter(Q(operation__state__in=_SETTLED) | Exists(newer), open=True)
    return _release(settled, now)


def _release(rows: QuerySet[CaseOperation], now: datetime) -> set[UUID]:
    found = list(rows.values_list("id", "case_id"))
    if found:
        CaseOperation.objects.filter(id__in=[row for row, _ in found]).update(open=False, settled_at=now)
    return {case_id for _, case_id in found}


def _refresh(touched: set[UUID], now: datetime) -> int:
    """Measure the touched cases, close those with nothing left, and set the state of all others. Returns how many closed."""
    closed = 0
    for case in ExceptionCase.objects.select_for_update().filter(id__in=touched).exclude(state="closed").order_by("id"):
        case_book.measure(case, now)
        if case.operation_count == 0:
            case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason=case_book.closing_words(case), now=now)
            closed += 1
    _follow_retries(now)
    return closed


def _follow_retries(now: datetime) -> None:
    """A case is being resolved while what is left in it is on its way again."""
    left = (
        CaseOperation.objects.filter(open=True)
        .values("case_id")
        .annotate(
            failed=Count("id", filter=Q(operation__state=OperationState.REJECTED)),
            was=F("case__state"),
            retrying=Q(case__retry_run__isnull=False, case__retry_run__finished_at__isnull=True),
        )
    )
    moves: dict[str, list[UUID]] = defaultdict(list)
    for row in left:
        on_its_way = row["retrying"] or not row["failed"]
        state = ExceptionCase.State.RESOLVING if on_its_way else ExceptionCase.State.OPEN
        if row["was"] != state:
            moves[state].append(row["case_id"])
    for new_state, case_ids in moves.items():
        ExceptionCase.objects.filter(id__in=case_ids).exclude(state="closed").update(state=new_state, changed_at=now)
