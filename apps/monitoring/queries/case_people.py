"""Who and what is around a case: watchers, files, waits by party, merged cases, and the evidence of its end."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404

from apps.accounts.actor import Actor
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, Run
from apps.monitoring.case_words import title_words, waiting_words
from apps.monitoring.models import CaseFile, CaseOperation, CaseWait, CaseWatch, ExceptionCase

MOST_TARGETS = 50
MOST_EVIDENCE = 20
_ARRIVED = (OperationState.WRITTEN, OperationState.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a case waited for one party in all; `is_now` while it does."""

    party: str
    time: timedelta
    is_now: bool


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case, to go to."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record that arrived after all: by which run of which version of the flow, and what it is called there."""

    operation_id: UUID
    label: str
    target_key: str
    at: datetime
    run_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class CasePeople:
    """What stands beside a case's facts."""

    watchers: tuple[str, ...]
    is_watching: bool
    waited: tuple[Waited, ...]
    merged: tuple[OtherCase, ...]
    merged_into: OtherCase | None
    evidence: tuple[Evidence, ...]
    files: tuple[CaseFile, ...]


def get_case_people(case: ExceptionCase, who: Actor, now: datetime) -> CasePeople:
    """Return it. Five queries for an open case, two more for the evidence of a closed one."""
    watches = CaseWatch.objects.filter(case=case).select_related("person").order_by("person__name")
    people = [watch.person for watch in watches]
    return CasePeople(
        watchers=tuple(str(person) for person in people),
        is_watching=who.user_id in {person.id for person in people},
        waited=sum_waits(case, now),
        merged=tuple(_other(one) for one in ExceptionCase.objects.filter(merged_into=case).order_by("closed_at")),
        merged_into=_other(case.merged_into) if case.merged_into else None,
        evidence=() if case.is_open else _evidence(case),
        files=tuple(CaseFile.objects.filter(case=case).defer("content")),
    )


def _other(case: ExceptionCase) -> OtherCase:
    return OtherCase(case.id, title_words(case.title, case.error_class))


def get_case_file(case: ExceptionCase, file_id: UUID) -> CaseFile:
    """Return a file of the case with its content. Raises Http404 also when that is not kept any more."""
    kept = CaseFile.objects.filter(case=case, id=file_id, content__isnull=False).first()
    if kept is None:
        raise Http404("This exception has no such file.")
    return kept


def sum_waits(case: ExceptionCase, now: datetime) -> tuple[Waited, ...]:
    """Return the time booked on each party, the longest first; one stretch runs until `now` while the case is open."""
    booked: defaultdict[str, timedelta] = defaultdict(timedelta)
    running = ""
    for wait in CaseWait.objects.filter(case=case):
        booked[wait.party] += (wait.ended_at or now) - wait.began_at
        running = running if wait.ended_at else wait.party
    longest = sorted(booked.items(), key=lambda pair: pair[1], reverse=True)
    return tuple(Waited(waiting_words(party), time, party == running) for party, time in longest)


def list_merge_targets(case: ExceptionCase) -> list[tuple[UUID, str]]:
    """Return the open cases of the same customer that this one can be merged into, those of the same class first."""
    records = CaseOperation.objects.filter(case=OuterRef("pk"), open=True)
    others = ExceptionCase.objects.filter(Exists(records), customer_id=case.customer_id).exclude(id=case.id)
    found = list(others.exclude(state=ExceptionCase.State.CLOSED).select_related("flow").order_by("-id")[:MOST_TARGETS])
    found.sort(key=lambda other: other.error_class != case.error_class)
    return [(other.id, _told_apart(other)) for other in found]


def _told_apart(case: ExceptionCase) -> str:
    title = title_words(case.title, case.error_class)
    return f"{title} · {case.flow.name}" if case.flow else title


def _evidence(case: ExceptionCase) -> tuple[Evidence, ...]:
    """Return the records of a closed case that arrived, each by the version of it that did."""
    rows = CaseOperation.objects.filter(case=case).values("operation_id").distinct().order_by("operation_id")
    held = list(Operation.objects.filter(id__in=rows.values("operation_id")[:MOST_EVIDENCE]))
    keys = {(line.flow_id, line.canonical_type, line.business_key) for line in held}
    arrived = Operation.objects.filter(
        flow_id__in={key[0] for key in keys}, business_key__in={key[2] for key in keys}, state__in=_ARRIVED
    )
    newest = {(line.flow_id, line.canonical_type, line.business_key): line for line in arrived.order_by("id")}
    lines = [newest[key] for key in keys if key in newest]
    runs = {run.id: run for run in Run.objects.filter(id__in=[line.run_id for line in lines]).select_related("version")}
    found = [
        Evidence(
            line.id,
            line.label or line.source_key or line.business_key,
            line.target_key,
            line.changed_at,
            line.run_id,
            runs[line.run_id].version.number,
        )
        for line in lines
        if line.run_id in runs
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.operation_id), reverse=True))
