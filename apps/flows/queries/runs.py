"""Reading runs: one run's counts, and the records behind each of the counts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from apps.accounts.listing import ListState
from apps.dispatch.models import DueWork
from apps.flows.engine.states import RUN_TERMINAL, OperationState, RunState
from apps.flows.models import Operation, Run, TriggerEvent
from apps.flows.queries.operation_list import narrowed
from apps.flows.services.evidence import iterate_repeats
from apps.flows.services.start_run import RUN_KIND, flow_lane
from apps.tenants import scope
from apps.tenants.templatetags.wording import day_words

REPEATS_SHOWN = 50
COUNTS = ("written", "unchanged", "skipped", "rejected", "waiting")
_ERROR_KINDS_THAT_WAIT = ["retryable", "rate_limited"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list, with what started it in words."""

    run: Run
    started_by: str
    took: timedelta | None

    @property
    def is_under_way(self) -> bool:
        """Return True while more is to come."""
        return self.run.state not in RUN_TERMINAL


@dataclass(frozen=True, slots=True)
class Repeats:
    """Records that an earlier run settled and that are the same since: they leave no ledger line of their own.

    `rows` are {"key", "business_key"}; `more_from` is where further ones start, None when there are none. `untraced` is how
    many of the count left no row at all: the source sent them twice in one reading.
    """

    rows: list[dict[str, Any]]
    more_from: int | None = None
    untraced: int = 0


NO_REPEATS = Repeats([])


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
        return _("Retry by %(name)s") % {"name": run.started_by} if run.started_by else _("Retry")
    if run.event.kind == TriggerEvent.Kind.BACKFILL:
        return _backfill_words(run)
    if run.event.kind == TriggerEvent.Kind.COMPARE:
        name = {"name": run.started_by}
        return _("Comparison by %(name)s") % name if run.started_by else _("Comparison of all records")
    if run.event.kind == TriggerEvent.Kind.RECONCILE:
        name = {"name": run.started_by}
        return _("Reconciliation by %(name)s") % name if run.started_by else _("Reconciliation")
    if run.event.kind == TriggerEvent.Kind.PERSON:
        return run.started_by or _("A person")
    return {
        TriggerEvent.Kind.WEBHOOK: _("Webhook"),
        TriggerEvent.Kind.EVENT: _("Business event"),
        TriggerEvent.Kind.FLOW: _("Another flow"),
    }.get(TriggerEvent.Kind(run.event.kind), _("Schedule"))


def _backfill_words(run: Run) -> str:
    days = {name: day_words(date.fromisoformat(run.event.payload[name])) for name in ("first", "last")}
    words = {**days, "name": run.started_by}
    if run.started_by:
        return _("Backfill of %(first)s to %(last)s by %(name)s") % words
    return _("Backfill of %(first)s to %(last)s") % words


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


def fitting_of_run(run: Run, state: ListState) -> QuerySet[Operation]:
    """Return the ledger lines behind a run, or behind one of its counts, that fit the other filters too."""
    found = run_operations(run).select_related("flow", "customer")
    if count := state.value("count"):
        found = found.filter(_behind(run, count))
    return narrowed(found, state)


def list_repeats(run: Run, count: str, lines: int, start: int) -> Repeats:
    """Return the records of one count that left no ledger line; `lines` is how many of the count did."""
    if count not in {"unchanged", "skipped"}:
        return NO_REPEATS
    rows = list(islice(iterate_repeats(run.id, count), start, start + REPEATS_SHOWN + 1))
    if len(rows) > REPEATS_SHOWN:
        return Repeats(rows[:REPEATS_SHOWN], start + REPEATS_SHOWN)
    return Repeats(rows, None, max(getattr(run, count) - lines - start - len(rows), 0))


def asked_for(run: Run) -> int | None:
    """Return how many records a run was asked for by name, None when it reads whatever has changed."""
    named = run.event.payload.get("operations" if run.mode == Run.Mode.REPLAY else "keys")
    return len(named) if named and run.mode != Run.Mode.READ else None


def count_rejected(run: Run) -> int:
    """Return how many records of a run are still blocked, now."""
    return run_operations(run).filter(state=OperationState.REJECTED).count()
