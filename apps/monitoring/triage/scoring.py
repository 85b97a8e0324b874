"""What was decided about proposals, as figures; and the fall back to manual of those that were wrong too often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

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


def list_scores(now: datetime) -> list[ScoreRow]:
    """Return the score of every class and source that was decided on lately, the worst first. Three queries."""
    policies = read_policies()
    falls = {(row.error_class, row.source): row for row in TriageFallback.objects.filter(returned_at__isnull=True)}
    returns = _returns()
    verdicts: dict[tuple[str, str], list[tuple[Verdict, bool, bool]]] = {key: [] for key in falls}
    rows = judged(now - LOOKED_BACK).values_list(
        "error_class", "source", "verdict", "state", "decided_at", "case__closed_how"
    )
    for error_class, source, verdict, state, decided_at, closed_how in rows.iterator(chunk_size=2000):
        key = (error_class, source)
        back = returns.get(key)
        if (back is None or decided_at > back) and len(verdicts.setdefault(key, [])) < WINDOW:
            applied = state in TriageProposal.DONE
            verdicts[key].append((Verdict(verdict), applied, applied and closed_how in ExceptionCase.SOLVED))
    found = [
        ScoreRow(
            error_class=key[0],
            source=key[1],
            score=score_of(verdict for verdict, _applied, _held in lines),
            applied=sum(applied for _verdict, applied, _held in lines),
            held=sum(held for _verdict, _applied, held in lines),
            floor=policy_for(policies, key[0]).floor,
            fallback=falls.get(key),
        )
        for key, lines in verdicts.items()
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
