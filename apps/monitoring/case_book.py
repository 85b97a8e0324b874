"""Opening, measuring and closing one case: what judging and people's actions have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Count

from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, Run
from apps.monitoring import case_clocks
from apps.monitoring.blame import Severity, WorkQueue, queue_for, severity_for, verdict_for
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.impact import AtRisk, Quality, Stake, amount_at_risk
from apps.monitoring.models import Alert, CaseAmount, CaseOperation, CaseStep, CaseWait, CaseWatch, ExceptionCase
from apps.tenants import scope

REOPENS_WITHIN = timedelta(days=7)  # what happens again later is a new matter
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
    """Return the open case with this cause, or the one that its case was merged into."""
    still_open = ExceptionCase.objects.select_for_update(of=("self",)).exclude(state=ExceptionCase.State.CLOSED)
    found = still_open.filter(flow=new.flow, fingerprint=new.fingerprint).first()
    if found is not None:
        return found
    alias = find_merged(new)
    return still_open.filter(merged=alias).first() if alias is not None else None


def find_merged(new: NewCase) -> ExceptionCase | None:
    """Return the latest case with this cause that was merged into another."""
    merged = ExceptionCase.objects.filter(flow=new.flow, fingerprint=new.fingerprint, merged_into__isnull=False)
    return merged.order_by("-closed_at").first()


def open_case(new: NewCase, *, title: str, now: datetime) -> ExceptionCase:
    """Open a case with the queue, clocks and waiting party of its class; one closed a short while ago is opened again."""
    again = _closed_lately(new, now)
    if again is not None:
        again.title, again.run = title[:160], new.run
        again.explanation = (new.sentence or again.explanation)[:600]
        reopen_case(again, "Opened again: it happened again.", now)
        return again
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
    hand_over(case, verdict.waiting_on, now)
    case_clocks.start(case, now, failed_at=new.failed_at)
    note_step(case, "Opened.", SYSTEM, now)
    return case


def _closed_lately(new: NewCase, now: datetime) -> ExceptionCase | None:
    closed = ExceptionCase.objects.select_for_update(of=("self",)).filter(
        flow=new.flow,
        fingerprint=new.fingerprint,
        state=ExceptionCase.State.CLOSED,
        closed_how__in=ExceptionCase.OVER,
        closed_at__gte=now - REOPENS_WITHIN,
    )
    return closed.order_by("-closed_at").first()


def reopen_case(case: ExceptionCase, words: str, now: datetime, done_by: str = SYSTEM) -> None:
    """Open a closed case again, with its history; its time goes on where it stood, and people are told of it as of a new one."""
    verdict = verdict_for(case.error_class)
    case.first_opened_at = case.first_opened_at or case.opened_at
    case.reopened += 1
    case.state, case.opened_at, case.changed_at = ExceptionCase.State.OPEN, now, now
    case.closed_at, case.closed_how, case.closed_reason = None, "", ""
    case.merged_into, case.retry_run, case.waiting_on = None, None, verdict.waiting_on
    case.retry_at, case.retry_after, case.retry_planned_by = None, None, None
    case.save()
    # That people were told is said once for each opening.
    Alert.objects.filter(case=case).delete()
    hand_over(case, verdict.waiting_on, now)
    case_clocks.reopen(case, now)
    note_step(case, words, done_by, now)


def hand_over(case: ExceptionCase, party: str, now: datetime, note: str = "") -> None:
    """Book the time of the case on a party from now on, and let its clocks follow; the caller saves the party."""
    running = CaseWait.objects.filter(case=case, ended_at__isnull=True).first()
    if running is not None and running.party == party:
        return
    if running is not None:
        running.ended_at = now
        running.save(update_fields=["ended_at"])
    elif case.waiting_on != party and not CaseWait.objects.filter(case=case).exists():
        # A case from before time was booked.
        CaseWait.objects.create(
            case=case, customer_id=case.customer_id, party=case.waiting_on, began_at=case.opened_at, ended_at=now
        )
    case.waiting_on = party
    CaseWait.objects.create(case=case, customer_id=case.customer_id, party=party, began_at=now, note=note[:200])
    case_clocks.follow_waiting(case, now)


def wake(case: ExceptionCase, why: str, now: datetime) -> bool:
    """End a case's snooze, because something happened or its time has come; False when it did not snooze."""
    if case.snoozed_until is None:
        return False
    case.snoozed_until, case.snooze_reason, case.changed_at = None, "", now
    case.save(update_fields=["snoozed_until", "snooze_reason", "changed_at"])
    note_step(case, f"Awake again: {why}", SYSTEM, now)
    return True


def close_case(
    case: ExceptionCase, how: ExceptionCase.ClosedHow, *, reason: str, now: datetime, done_by: str = SYSTEM
) -> None:
    """Close the case and let go of whatever operations it still holds."""
    CaseOperation.objects.filter(case=case, open=True).update(open=False, settled_at=now)
    case.state = ExceptionCase.State.CLOSED
    case.closed_how, case.closed_reason, case.closed_at, case.changed_at = how, reason[:300], now, now
    case.snoozed_until, case.snooze_reason = None, ""
    case.save(
        update_fields=[
            "state",
            "closed_how",
            "closed_reason",
            "closed_at",
            "changed_at",
            "snoozed_until",
            "snooze_reason",
        ]
    )
    CaseWait.objects.filter(case=case, ended_at__isnull=True).update(ended_at=now)
    case_clocks.close(case, now)
    note_step(case, f"Closed: {reason}", done_by, now)


def move_to_queue(case: ExceptionCase, queue: WorkQueue) -> None:
    """Put the case into another queue, with that queue's time counted from its opening; the caller saves the queue."""
    if case.queue != queue:
        case.queue = queue
        case_clocks.retarget(case, may_grow=True)


def grade(case: ExceptionCase, severity: str) -> None:
    """Give a new case the severity that a person chose for its monitor; "" leaves it its own."""
    if severity and case.severity != severity:
        case.severity = severity
        case.save(update_fields=["severity"])
        case_clocks.retarget(case, may_grow=True)


def watch(case: ExceptionCase, people: Iterable[UUID], now: datetime) -> None:
    """Let people follow the case; who does already goes on doing so."""
    CaseWatch.objects.bulk_create(
        [CaseWatch(case=case, customer_id=case.customer_id, person_id=person, since=now) for person in people],
        ignore_conflicts=True,
    )


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
