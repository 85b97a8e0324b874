"""Opening, measuring and closing one case: what judging and people's actions have in common."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count

from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Run
from apps.monitoring import case_clocks
from apps.monitoring.blame import Severity, queue_for, severity_for, verdict_for
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.impact import AtRisk, Quality, Stake, amount_at_risk
from apps.monitoring.models import CaseAmount, CaseOperation, CaseStep, ExceptionCase
from apps.tenants import scope

SYSTEM = ""  # who did a step: nobody in person
_WORDS = {
    OperationState.WRITTEN: "written",
    OperationState.UNCHANGED: "unchanged",
    OperationState.SKIPPED: "skipped",
    OperationState.SUPERSEDED: "replaced by a newer version",
    OperationState.UNDONE: "rolled back",
    OperationState.REJECTED: "carried on in another case",
    OperationState.WAITING: "left waiting",
}


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case is opened with. `sentence` is this failure's own words, for a finance person.

    `queue` is where the failed step's work belongs, "" where the kind of failure decides. `failed_at` is when it went
    wrong, None where nobody can tell.
    """

    flow: Flow
    cause: Cause
    fingerprint: str
    sentence: str
    run: Run | None = None
    queue: str = ""
    failed_at: datetime | None = None


def case_of_flow(flow: Flow, step: str, business_class: str, sentence: str, run: Run | None = None) -> NewCase:
    """Return the case of a failure that no single record is to blame for."""
    cause = Cause(str(flow.id), step, business_class, "", "", sentence)
    return NewCase(flow, cause, fingerprint(cause), sentence, run, failed_at=run.finished_at if run else None)


def take_turn() -> None:
    """Let one judge work in this partner at a time, until the transaction ends; others wait a moment."""
    name = f"monitoring.judge:{scope.require().partner.schema_name}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def find_open(new: NewCase) -> ExceptionCase | None:
    """Return the open case with this cause."""
    return (
        ExceptionCase.objects.select_for_update(of=("self",))
        .filter(flow=new.flow, fingerprint=new.fingerprint)
        .exclude(state=ExceptionCase.State.CLOSED)
        .first()
    )


def open_case(new: NewCase, *, title: str, now: datetime) -> ExceptionCase:
    """Open a case with the queue, clocks and waiting party of its class."""
    verdict = verdict_for(new.cause.business_class)
    queue = queue_for(new.cause.business_class, new.queue)
    severity = severity_for(new.cause.business_class, None)
    case = ExceptionCase.objects.create(
        customer_id=new.flow.customer_id,
        flow=new.flow,
        run=new.run,
        fingerprint=new.fingerprint,
        title=title[:160],
        explanation=(new.sentence or verdict.explanation)[:600],
        queue=queue,
        waiting_on=verdict.waiting_on,
        severity=severity,
        error_class=new.cause.business_class,
        error_field=new.cause.field,
        opened_at=now,
        changed_at=now,
    )
    case_clocks.start(case, now, failed_at=new.failed_at)
    note_step(case, "Opened.", SYSTEM, now)
    return case


def close_case(
    case: ExceptionCase, how: ExceptionCase.ClosedHow, *, reason: str, now: datetime, done_by: str = SYSTEM
) -> None:
    """Close the case and let go of whatever operations it still holds."""
    CaseOperation.objects.filter(case=case, open=True).update(open=False, settled_at=now)
    case.state = ExceptionCase.State.CLOSED
    case.closed_how, case.closed_reason, case.closed_at, case.changed_at = how, reason[:300], now, now
    case.save(update_fields=["state", "closed_how", "closed_reason", "closed_at", "changed_at"])
    case_clocks.close(case, now)
    note_step(case, f"Closed: {reason}", done_by, now)


def note_step(case: ExceptionCase, sentence: str, done_by: str, now: datetime) -> None:
    """Add a line to the case's history."""
    CaseStep.objects.create(
        case=case, customer_id=case.customer_id, sentence=sentence[:300], done_by=done_by[:200], done_at=now
    )


def measure(case: ExceptionCase, now: datetime) -> None:
    """Bring counts, money and severity up to what the case's open operations say."""
    at_risk = amount_at_risk(_stakes(case))
    largest = at_risk.sums[0] if at_risk.sums else None
    case.operation_count = CaseOperation.objects.filter(case=case, open=True).count()
    case.amount = largest.amount if largest else None
    case.currency = largest.currency if largest else ""
    case.amount_quality = at_risk.quality if largest else Quality.UNKNOWN
    _raise_severity(case)
    case.changed_at = now
    case.save(update_fields=["operation_count", "amount", "currency", "amount_quality", "severity", "changed_at"])
    _store_amounts(case, at_risk)


def closing_words(case: ExceptionCase) -> str:
    """Return how the case's records ended: "3 records settled: 2 written, 1 skipped."."""
    counted = (
        CaseOperation.objects.filter(case=case)
        .values_list("operation__state")
        .annotate(count=Count("operation_id", distinct=True))
        .order_by("-count")
    )
    by_word: dict[str, int] = {}
    for state, count in counted:
        word = _WORDS[OperationState(state)]
        by_word[word] = by_word.get(word, 0) + count
    total = sum(by_word.values())
    parts = ", ".join(f"{count:,} {word}" for word, count in by_word.items())
    return f"{total:,} {'record' if total == 1 else 'records'} settled: {parts}."


def _stakes(case: ExceptionCase) -> list[Stake]:
    rows = (
        CaseOperation.objects.filter(case=case, open=True)
        .order_by("operation_id")
        .values_list(
            "operation__canonical_type",
            "operation__business_key",
            "operation__amount",
            "operation__currency",
            "operation__amount_quality",
        )
    )
    return [Stake(*row) for row in rows.iterator(chunk_size=5000)]


def _raise_severity(case: ExceptionCase) -> None:
    severity = severity_for(case.error_class, case.amount if case.amount is not None else Decimal(0))
    if severity is Severity.HIGH and case.severity != Severity.HIGH:
        case.severity = severity
        case_clocks.retarget(case)


def _store_amounts(case: ExceptionCase, at_risk: AtRisk) -> None:
    CaseAmount.objects.filter(case=case).delete()
    CaseAmount.objects.bulk_create(
        CaseAmount(
            case=case,
            customer_id=case.customer_id,
            currency=part.currency,
            amount=part.amount,
            quality=part.quality,
            records=part.records,
        )
        for part in at_risk.sums
    )
