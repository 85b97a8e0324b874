"""What was decided about proposals, as figures; and the fall back to manual of those that were wrong too often."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, CharField, Q, QuerySet, Value, When

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.monitoring.blame import WaitingOn
from apps.monitoring.models import ExceptionCase, TriageFallback, TriageProposal
from apps.monitoring.triage.advice import WAITS
from apps.monitoring.triage.policies import policy_for, read_policies
from apps.monitoring.triage.score import WINDOW, Score, Verdict, score_of

LOOKED_BACK = timedelta(days=90)
_State = TriageProposal.State
# What was applied by itself is judged by what came of it: nobody looked at it before.
_HELD_ALONE = Q(alone=True, state=_State.APPLIED, case__closed_how__in=ExceptionCase.SOLVED)
# What was handed to somebody is theirs until they answered.
_HANDED = Q(deed__in=[deed.value for deed in WAITS]) & ~Q(case__waiting_on=WaitingOn.PARTNER)
_FAILED_ALONE = Q(alone=True, state=_State.APPLIED, case__state=ExceptionCase.State.OPEN) & ~_HANDED
VERDICTS: dict[Verdict, Q] = {
    Verdict.ACCEPTED: Q(alone=False, state=_State.APPLIED) | _HELD_ALONE,
    Verdict.CHANGED: Q(state=_State.CHANGED),
    Verdict.REFUSED: Q(state=_State.REFUSED) | _FAILED_ALONE,
}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The score of one class and source. `held` of those applied within the window were settled; `fallback` if it fell."""

    error_class: str
    source: str
    score: Score
    applied: int
    held: int
    floor: int
    fallback: TriageFallback | None


def judged(since: datetime) -> QuerySet[Any]:
    """Return the proposals with a verdict since a moment, the latest first, each with its `verdict`."""
    whens = [When(condition, then=Value(verdict.value)) for verdict, condition in VERDICTS.items()]
    known: QuerySet[Any] = TriageProposal.objects.filter(reduce(or_, VERDICTS.values()), decided_at__gte=since)
    said: QuerySet[Any] = known.annotate(verdict=Case(*whens, output_field=CharField()))
    return said.order_by("-decided_at", "-id")


@dataclass(frozen=True, slots=True)
class Counted:
    """One proposal that the scorecard counts. `held` says of what was applied that it was settled."""

    id: UUID
    error_class: str
    source: str
    verdict: Verdict
    applied: bool
    held: bool


def list_counted(now: datetime, *, error_class: str = "", source: str = "") -> Iterator[Counted]:
    """Yield the proposals that the scorecard counts: of each class and source the last decided ones since it came back."""
    returns, known = _returns(), Counter[tuple[str, str]]()
    asked = {"error_class": error_class, "source": source}
    rows = judged(now - LOOKED_BACK).filter(**{name: value for name, value in asked.items() if value})
    fields = ("id", "error_class", "source", "verdict", "state", "decided_at", "case__closed_how")
    for id_, of_class, by, verdict, state, decided_at, closed_how in rows.values_list(*fields).iterator(
        chunk_size=2000
    ):
        back = returns.get((of_class, by))
        if (back is not None and decided_at <= back) or known[of_class, by] == WINDOW:
            continue
        known[of_class, by] += 1
        applied = state in TriageProposal.DONE
        held = applied and closed_how in ExceptionCase.SOLVED
        yield Counted(id_, of_class, by, Verdict(verdict), applied, held)


def list_scores(now: datetime) -> list[ScoreRow]:
    """Return the score of every class and source that was decided on lately, the worst first. Four queries."""
    policies = read_policies()
    falls = {(row.error_class, row.source): row for row in TriageFallback.objects.filter(returned_at__isnull=True)}
    counted: dict[tuple[str, str], list[Counted]] = {key: [] for key in falls}
    for one in list_counted(now):
        counted.setdefault((one.error_class, one.source), []).append(one)
    found = [
        ScoreRow(
            error_class=key[0],
            source=key[1],
            score=score_of(one.verdict for one in lines),
            applied=sum(one.applied for one in lines),
            held=sum(one.held for one in lines),
            floor=policy_for(policies, key[0]).floor,
            fallback=falls.get(key),
        )
        for key, lines in counted.items()
    ]
    return sorted(found, key=lambda row: (row.fallback is None, row.score.share or 0, row.error_class, row.source))


def _returns() -> dict[tuple[str, str], datetime]:
    """Return when each class and source came back last."""
    rows = TriageFallback.objects.filter(returned_at__isnull=False).order_by("returned_at")
    return {(row.error_class, row.source): row.returned_at for row in rows if row.returned_at}


def fall_back(now: datetime) -> int:
    """Let classes whose proposals were wrong too often fall back to manual; returns how many fell. Safe to repeat."""
    with transaction.atomic():
        falling = [row for row in list_scores(now) if row.fallback is None and row.score.falls(row.floor)]
        return sum(_fall(row, now) for row in falling)


def _fall(row: ScoreRow, now: datetime) -> bool:
    _fallback, is_new = TriageFallback.objects.get_or_create(
        error_class=row.error_class,
        source=row.source,
        returned_at=None,
        defaults={"fell_at": now, "share": row.score.share or 0, "decided": row.score.decided},
    )
    if is_new:
        audit.record(
            AuditAction.TRIAGE_FELL_BACK,
            subject="triage class",
            subject_id=row.error_class,
            details={"source": row.source, "share": row.score.share, "decided": row.score.decided, "floor": row.floor},
        )
    return is_new
