"""Reading runs: one run's counts, and the records behind each of the counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet
from django.http import Http404

from apps.dispatch.models import DueWork
from apps.flows.engine.states import RUN_TERMINAL, OperationState, RunState
from apps.flows.models import Operation, Run, TriggerEvent
from apps.flows.services.evidence import iterate_repeats
from apps.flows.services.start_run import RUN_KIND, flow_lane
from apps.tenants import scope

OPERATIONS_A_PAGE = 50
COUNTS = ("written", "unchanged", "skipped", "rejected", "waiting")
_ERROR_KINDS_THAT_WAIT = ["retryable", "rate_limited"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list, with what started it in words."""

    run: Run
    started_by: str
    took: timedelta | None


@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Which of a run's records are wanted. `repeats_from` is how many repeats were shown before."""

    count: str = ""
    words: str = ""
    before: UUID | None = None
    repeats_from: int = 0


@dataclass(frozen=True, slots=True)
class RunOperations:
    """One page of a run's records: ledger lines, then those that were settled by an earlier run and are the same.

    `untraced` is how many of the count left no row: the source sent them twice in one reading. `more_repeats` is where
    the next page of repeats starts, None when there is none.
    """

    lines: list[Operation]
    older_before: UUID | None
    repeats: list[dict[str, Any]]
    more_repeats: int | None
    untraced: int


def get_run(run_id: UUID) -> Run:
    """Return one run in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = (
        Run.objects.select_related("flow__source", "flow__target", "customer", "event")
        .defer("version__definition", "version__layers")
        .select_related("version")
        .filter(id=run_id)
        .first()
    )
    if found is None:
        raise Http404("There is no such run.")
    return found


def runs() -> QuerySet[Run]:
    """Return the runs in scope with what lists name, newest first."""
    return Run.objects.select_related("flow", "customer", "event").order_by("-id")


def run_row(run: Run) -> RunRow:
    """Return a run as lists show it."""
    took = run.finished_at - run.started_at if run.finished_at and run.started_at else None
    return RunRow(run, started_by_words(run), took)


def started_by_words(run: Run) -> str:
    """Return what started a run: "Schedule", "Webhook", a person's name, "Retry by Fina"."""
    if run.event.kind == TriggerEvent.Kind.REPLAY:
        return f"Retry by {run.started_by}" if run.started_by else "Retry"
    if run.event.kind == TriggerEvent.Kind.PERSON:
        return run.started_by or "A person"
    return str(run.event.get_kind_display()).capitalize()


def is_over(run: Run) -> bool:
    """Return True when the run has ended."""
    return run.state in RUN_TERMINAL


def next_try_at(run: Run) -> datetime | None:
    """Return when a waiting run goes on by itself; None when it is not waiting, or is at work just now."""
    if run.state != RunState.WAITING:
        return None
    partner = scope.require().partner
    due = DueWork.objects.filter(
        partner_id=partner.id, kind=RUN_KIND, reference=str(run.id), lane=flow_lane(run.flow_id), state="ready"
    )
    first: datetime | None = due.aggregate(first=Min("due_at"))["first"]
    return first


def run_operations(run: Run) -> QuerySet[Operation]:
    """Return the ledger lines a run read or tried again, newest first."""
    # Written this way for the ledger's two indexes: by the run that read a line, and by a later one that tried it.
    tried = Q(run_id=run.id) | (Q(last_run_id=run.id) & ~Q(last_run_id=F("run_id")))
    if run.mode == Run.Mode.REPLAY:
        tried |= Q(id__in=[UUID(chosen) for chosen in run.event.payload.get("operations", [])])
    read_elsewhere = Q(state=OperationState.SUPERSEDED) & ~Q(run_id=run.id)
    return Operation.objects.filter(tried).exclude(read_elsewhere).order_by("-id")


def _behind(run: Run, count: str) -> Q:
    """Return which lines stand behind one of the run's counts, by what came of them in this run.

    A line that went on later (a retry, a newer version, a person who left it out) is still behind this run's count.
    """
    here = Q(last_run_id=run.id)
    left_out = Q(state=OperationState.SKIPPED) & ~Q(error_class="")  # by a person, who keeps what was wrong with it
    overtaken = ~here & Q(state=OperationState.SUPERSEDED, error_kind__in=_ERROR_KINDS_THAT_WAIT)
    if count == "rejected":
        return (here & Q(state=OperationState.REJECTED)) | (here & left_out) | (~here & ~overtaken)
    if count == "skipped":
        states = [OperationState.SKIPPED, OperationState.SUPERSEDED]
        return (here & Q(state__in=states) & ~left_out) | overtaken
    return here & Q(state=count)


def list_run_operations(run: Run, wanted: OperationFilter) -> RunOperations:
    """Return one page of the records behind a run, or behind one of its counts."""
    found = run_operations(run)
    if wanted.count:
        found = found.filter(_behind(run, wanted.count))
    if wanted.words:
        found = found.filter(_named(wanted.words))
    lines = list((found.filter(id__lt=wanted.before) if wanted.before else found)[: OPERATIONS_A_PAGE + 1])
    older = lines[OPERATIONS_A_PAGE - 1].id if len(lines) > OPERATIONS_A_PAGE else None
    lines = lines[:OPERATIONS_A_PAGE]
    if older or wanted.words or wanted.count not in {"unchanged", "skipped"}:
        return RunOperations(lines, older, [], None, 0)
    return _with_repeats(run, wanted, found, lines)


def _with_repeats(
    run: Run, wanted: OperationFilter, found: QuerySet[Operation], lines: list[Operation]
) -> RunOperations:
    start = wanted.repeats_from
    repeats = list(islice(iterate_repeats(run.id, wanted.count), start, start + OPERATIONS_A_PAGE + 1))
    more = start + OPERATIONS_A_PAGE if len(repeats) > OPERATIONS_A_PAGE else None
    untraced = 0
    if more is None:
        untraced = max(getattr(run, wanted.count) - found.count() - start - len(repeats), 0)
    return RunOperations([] if start else lines, None, repeats[:OPERATIONS_A_PAGE], more, untraced)


def _named(words: str) -> Q:
    return (
        Q(business_key__icontains=words)
        | Q(source_key__icontains=words)
        | Q(target_key__icontains=words)
        | Q(label__icontains=words)
        | Q(client_ref__icontains=words)
        | Q(project_ref__icontains=words)
    )
