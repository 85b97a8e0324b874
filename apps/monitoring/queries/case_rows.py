"""A case as every list shows it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.flows.case_directory import CaseOfRecord
from apps.monitoring.blame import Severity
from apps.monitoring.case_words import queue_words, sentence_words, title_words, waiting_words
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.pages import CaseRow
from apps.tenants import scope


def with_names(cases: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """Return the same cases with what a row names, so that a list of any length is one query."""
    names = ["customer", "flow", "owner"]
    if scope.require().customer_id is not None:
        return cases.select_related(*names)
    # How the partner shares its work, and what is proposed to it, is not the customers' business.
    proposed = TriageProposal.objects.filter(case=OuterRef("pk"), state__in=TriageProposal.WAITING).values("deed")[:1]
    return cases.select_related(*names, "team").annotate(proposed=Subquery(proposed))


def case_row(case: ExceptionCase, now: datetime) -> CaseRow:
    """Return the row of a case that `with_names` read."""
    return CaseRow(
        id=case.id,
        title=title_words(case.title, case.error_class),
        sentence=sentence_words(case.explanation, case.error_class),
        customer_id=case.customer_id,
        customer=case.customer.name,
        flow=case.flow.name if case.flow else "",
        queue=queue_words(case.queue),
        waiting_on=waiting_words(case.waiting_on),
        state=case.state,
        is_severe=case.severity == Severity.HIGH,
        is_late=case.is_late(now),
        records=case.operation_count,
        amount=case.amount,
        currency=case.currency,
        quality=case.amount_quality,
        owner=case.owner.name if case.owner else "",
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        priority=case.priority,
        priority_words=case.get_priority_display(),
        team=case.team.name if case.team else "",
        tags=tuple(case.tags),
        snoozed_until=case.snoozed_until,
        reopened=case.reopened,
        proposal=_proposal(case),
    )


def has_proposal(asked: str) -> Q:
    """Return the condition for cases with a proposal that waits, with one that waits for a second person, or with none."""
    states = (TriageProposal.State.APPROVED,) if asked == "second" else TriageProposal.WAITING
    found = Q(Exists(TriageProposal.objects.filter(case=OuterRef("pk"), state__in=states)))
    return ~found if asked == "no" else found


def _proposal(case: ExceptionCase) -> str:
    """Return what is proposed for a case, "" where nothing is."""
    deed = getattr(case, "proposed", None) if case.is_open else None
    return str(TriageProposal.Deed(deed).label) if deed else ""


def cases_of_record(operation_id: UUID) -> list[CaseOfRecord]:
    """Return the cases one record is or was part of, the open and the latest first; one query."""
    found = ExceptionCase.objects.filter(case_operations__operation_id=operation_id).distinct().order_by("-id")
    cases = [CaseOfRecord(c.id, title_words(c.title, c.error_class), c.state, c.is_open) for c in found[:10]]
    return sorted(cases, key=lambda case: not case.is_open)
