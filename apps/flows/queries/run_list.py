"""The list of runs: its columns and filters, and the rows that fit."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Run, TriggerEvent
from apps.flows.queries.runs import runs

UNDER_WAY = "under_way"
_UNDER_WAY = [state.value for state in RunState if state not in RUN_TERMINAL]
WITH_RECORDS = "records"
_STATES = (
    Option(WITH_RECORDS, _("With records")),
    Option(UNDER_WAY, _("Under way")),
    Option("clean", _("Clean")),
    Option("partial", _("Partial")),
    Option("failed", _("Failed")),
    Option("empty", _("Nothing new")),
    Option("cancelled", _("Cancelled")),
)
_STARTERS = (
    Option(TriggerEvent.Kind.SCHEDULE.value, _("Schedule")),
    Option(TriggerEvent.Kind.WEBHOOK.value, _("Webhook")),
    Option(TriggerEvent.Kind.PERSON.value, _("A person")),
    Option(TriggerEvent.Kind.REPLAY.value, _("A retry")),
    Option(TriggerEvent.Kind.COMPARE.value, _("A comparison")),
    Option(TriggerEvent.Kind.RECONCILE.value, _("A reconciliation")),
)
_CUSTOMER = Column("customer", _("Customer"), value=lambda row: row.run.customer.name)
_COLUMNS = (
    Column("flow", _("Flow"), value=lambda row: row.run.flow.name, fixed=True),
    Column("started", _("Started"), sort=("id",), value=lambda row: row.run.created_at, large_first=True),
    Column("by", _("Started by"), value=lambda row: row.started_by),
    Column("state", _("State"), sort=("state",), value=lambda row: row.run.state),
    Column("read", _("Read"), sort=("read",), value=lambda row: row.run.read, numeric=True, large_first=True),
    Column("written", _("Written"), sort=("written",), value=lambda row: row.run.written, numeric=True, large_first=True),
    Column("unchanged", _("Unchanged"), sort=("unchanged",), value=lambda row: row.run.unchanged, numeric=True, large_first=True, shown=False),
    Column("skipped", _("Skipped"), sort=("skipped",), value=lambda row: row.run.skipped, numeric=True, large_first=True, shown=False),
    Column("rejected", _("Rejected"), sort=("rejected",), value=lambda row: row.run.rejected, numeric=True, large_first=True),
    Column("waiting", _("Waiting"), sort=("waiting",), value=lambda row: row.run.waiting, numeric=True, large_first=True),
    Column("took", _("Took"), sort=("took",), value=lambda row: row.took, numeric=True, nullable=True, large_first=True),
    Column("id", _("Run id"), value=lambda row: row.run.id, shown=False),
)  # fmt: skip
_FILTERS = (
    Filter("by", _("Started by"), "select", _STARTERS, all_label=_("Started by anything")),
    Filter("since", _("From"), "date"),
    Filter("until", _("To"), "date"),
    Filter("flow", _("Flow"), "hidden"),
    Filter("state", _("State"), "chips", _STATES),
)
_SEARCH = Filter("q", _("Flow, customer or run id"), "search")
_OWN_SEARCH = Filter("q", _("Name or number"), "search")
_CHOOSE = Filter("customer", _("Customer"), "select", all_label=_("All customers"))

RUNS = ListSpec(
    key="runs",
    columns=(_COLUMNS[0], _CUSTOMER, *_COLUMNS[1:]),
    filters=(_SEARCH, _CHOOSE, *_FILTERS),
    order="-started",
    tie=("-id",),
)
OWN_RUNS = ListSpec(key="activity", columns=_COLUMNS, filters=(_OWN_SEARCH, *_FILTERS), order="-started", tie=("-id",))


def fitting_runs(state: ListState) -> QuerySet[Run]:
    """Return the runs that fit, each with how long it `took`."""
    found = runs().annotate(took=ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField()))
    if wanted := state.value("state"):
        found = found.filter(_in_state(wanted))
    if kind := state.value("by"):
        found = found.filter(event__kind=kind)
    for name in ("customer", "flow"):
        if chosen := state.id_of(name):
            found = found.filter(**{f"{name}_id": chosen})
    return _named(_between(found, state), state.value("q"))


def _in_state(wanted: str) -> Q:
    if wanted == WITH_RECORDS:
        return Q(read__gt=0)
    return Q(state__in=_UNDER_WAY) if wanted == UNDER_WAY else Q(state=wanted)


def _between(found: QuerySet[Run], state: ListState) -> QuerySet[Run]:
    """Narrow to days of the reader's own time zone, both included."""
    zone = timezone.get_current_timezone()
    if since := state.day_of("since"):
        found = found.filter(created_at__gte=datetime.combine(since, time(), tzinfo=zone))
    if until := state.day_of("until"):
        found = found.filter(created_at__lt=datetime.combine(until, time(), tzinfo=zone) + timedelta(days=1))
    return found


def _named(found: QuerySet[Run], words: str) -> QuerySet[Run]:
    if not words:
        return found
    try:
        return found.filter(id=UUID(words))
    except ValueError:
        return found.filter(Q(flow__name__icontains=words) | Q(customer__name__icontains=words))
