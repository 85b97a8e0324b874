"""Makes proposals: for every open case that has none, from the rules, the nearest past cases, and the model where it is on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.monitoring.blame import WaitingOn
from apps.monitoring.models import ExceptionCase, Team, TriageProposal
from apps.monitoring.triage.advice import WAITS, Advice, Source, advise
from apps.monitoring.triage.nearest import advise_from_past, nearest, team_of
from apps.monitoring.triage.policies import fallen
from apps.monitoring.triage.reading import Reader, Sheet, with_traits

AT_ONCE = 100
SLOW_AT_ONCE = 10  # where somebody else is asked too
MOST_TRIES = 3  # after so many that came back, people look by themselves
_State = TriageProposal.State
# Asks somebody else, a language model, for something better than the advice; returns the same where there is nothing.
Second = Callable[[Sheet, Advice | None], Advice | None]


def propose_open(now: datetime, *, second: Second | None = None) -> int:
    """Propose something for open cases without a proposal; returns how many were looked at. Safe to repeat.

    `second` is called outside any transaction: it may take its time.
    """
    with transaction.atomic():
        drop_overtaken()
        most = AT_ONCE if second is None else SLOW_AT_ONCE
        cases = list(with_traits(_waiting()).order_by("due_at", "id")[:most])
        reader, by_hand = Reader(now), fallen()
        advised = [(sheet, first_advice(sheet)) for sheet in map(reader.sheet, cases)]
    for sheet, advice in advised:
        use_second = second is not None and (sheet.case.error_class, Source.MODEL.value) not in by_hand
        better = second(sheet, advice) if second is not None and use_second else advice
        if better is not None:
            # Who solved such cases is counted, whoever says how.
            _keep(sheet.case, replace(better, team=better.team or (advice.team if advice else "")), now)
    with transaction.atomic():
        ExceptionCase.objects.filter(id__in=[case.id for case in cases]).update(triaged_at=now)
    return len(cases)


def renew(case_id: UUID, now: datetime) -> bool:
    """Look at a case anew, whatever was proposed before; returns whether there is something to propose."""
    with transaction.atomic():
        case = with_traits(ExceptionCase.objects.all()).filter(id=case_id).first()
        if case is None or not case.is_open:
            return False
        TriageProposal.objects.filter(case=case, state__in=TriageProposal.WAITING).update(state=_State.STALE)
        advice = first_advice(Reader(now).sheet(case))
        if advice is not None:
            _keep(case, advice, now)
        return advice is not None


def drop_overtaken() -> int:
    """Put aside the proposals of cases that were closed, or are tried again, without them. Returns how many."""
    gone = Q(case__state__in=[ExceptionCase.State.CLOSED, ExceptionCase.State.RESOLVING])
    gone |= ~Q(opening=F("case__reopened"))
    over = TriageProposal.objects.filter(gone, state__in=TriageProposal.WAITING).values_list("id", flat=True)
    return TriageProposal.objects.filter(id__in=list(over)).update(state=_State.STALE)


def first_advice(sheet: Sheet) -> Advice | None:
    """Return what the rules and the past propose, the surer of both; the past also says where such cases were solved."""
    by_rule = advise(sheet.facts)
    near = nearest(sheet.traits, sheet.past)
    by_past = advise_from_past(sheet.facts, near)
    team = team_of(near)
    if team == str(sheet.case.team_id or ""):
        team = ""
    if by_past is None or (by_rule is not None and by_rule.confidence > by_past.confidence):
        return replace(by_rule, team=team) if by_rule is not None else None
    queue = by_past.queue if by_past.queue != sheet.case.queue else ""
    return replace(by_past, queue=queue, team=team)


def _waiting() -> QuerySet[ExceptionCase]:
    """Return the open cases for which something is to be proposed now."""
    of_this_opening = TriageProposal.objects.filter(case=OuterRef("pk"), opening=OuterRef("reopened"))
    decided = of_this_opening.filter(state__in=[*TriageProposal.WAITING, _State.REFUSED])
    # What was handed to somebody is theirs until they answered.
    handed = of_this_opening.filter(state__in=TriageProposal.DONE, deed__in=[deed.value for deed in WAITS])
    theirs = ~Q(waiting_on=WaitingOn.PARTNER) & Q(Exists(handed))
    return (
        ExceptionCase.objects.filter(
            state=ExceptionCase.State.OPEN,
            snoozed_until__isnull=True,
            retry_at__isnull=True,
            retry_after__isnull=True,
        )
        .exclude(Exists(decided))
        .exclude(theirs)
        .exclude(Exists(of_this_opening.filter(state__in=TriageProposal.DONE)[MOST_TRIES - 1 : MOST_TRIES]))
        .filter(Q(triaged_at__isnull=True) | Q(changed_at__gt=F("triaged_at")))
    )


def _keep(case: ExceptionCase, advice: Advice, now: datetime) -> None:
    """Store a proposal, unless another process was quicker."""
    with suppress(IntegrityError), transaction.atomic():
        TriageProposal.objects.create(
            case=case,
            customer_id=case.customer_id,
            opening=case.reopened,
            source=advice.source,
            error_class=case.error_class,
            seems_class=advice.business_class if advice.business_class != case.error_class else "",
            cause=advice.cause[:600],
            queue=advice.queue,
            team=Team.objects.filter(id=advice.team).first() if advice.team else None,
            deed=advice.deed,
            arguments=dict(advice.arguments),
            client_sentence=advice.client_sentence[:1000],
            confidence=advice.confidence,
            evidence=[dict(seen) for seen in advice.evidence],
            made_at=now,
        )
