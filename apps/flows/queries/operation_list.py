"""The list of records that flows have met: its columns and filters, and the ledger lines that fit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, FloatField, Func, Manager, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.customers.models import Customer
from apps.flows.models import Flow, Operation
from apps.flows.queries.causes import CAUSES
from apps.flows.queries.effect_keys import find_by_effect_key
from apps.flows.queries.record_keys import find_records
from apps.tenants import correlation

STATES = (
    Option("written", _("Written")),
    Option("unchanged", _("Unchanged")),
    Option("skipped", _("Skipped")),
    Option("rejected", _("Rejected")),
    Option("waiting", _("Waiting")),
    Option("superseded", _("Superseded")),
)
STEPS = (
    Option("extract", _("Read")),
    Option("check", _("Check")),
    Option("map", _("Map")),
    Option("deliver", _("Deliver")),
)
AMOUNTS = (
    Option("unknown", _("Without an amount")),
    Option("1000", _("1,000 and more")),
    Option("10000", _("10,000 and more")),
    Option("100000", _("100,000 and more")),
)
# Words are looked for among the latest records only: nothing indexes the middle of a text, and the ledger has no end. A key
# is found wherever it is.
SEARCHED = 30_000
KEYS_FOUND, LATEST_FOUND = 50, 1_000

_CUSTOMER = Column("customer", _("Customer"), value=lambda line: line.customer.name)
_COLUMNS = (
    Column("record", _("Record"), value=lambda line: line.label or line.business_key, fixed=True),
    Column("flow", _("Flow"), value=lambda line: line.flow.name),
    Column("state", _("State"), value=lambda line: line.state),
    Column("step", _("Step"), value=lambda line: line.step, shown=False),
    Column("amount", _("Amount"), value=lambda line: line.amount, numeric=True),
    Column("currency", _("Currency"), value=lambda line: line.currency, shown=False),
    Column("happened", _("What happened"), value=lambda line: line.error_message),
    Column("seen", _("First seen"), sort=("id",), value=lambda line: line.created_at, large_first=True),
    Column("source_key", _("Source id"), value=lambda line: line.source_key, shown=False),
    Column("target_key", _("Target id"), value=lambda line: line.target_key, shown=False),
    Column("business_key", _("Business key"), value=lambda line: line.business_key, shown=False),
    Column("project", _("Project"), value=lambda line: line.project_ref, shown=False),
)  # fmt: skip
_FILTERS = (
    Filter("q", _("Any id, person or project"), "search"),
    Filter("step", _("Step"), "select", STEPS, all_label=_("Any step")),
    Filter("cause", _("Cause"), "select", tuple(Option(c.value, w) for c, w in CAUSES.items()), all_label=_("Any cause")),
    Filter("amount", _("Amount"), "select", AMOUNTS, all_label=_("Any amount")),
    Filter("since", _("From"), "date"),
    Filter("until", _("To"), "date"),
    Filter("flow", _("Flow"), "hidden"),
    Filter("state", _("State"), "chips", STATES),
)  # fmt: skip
_CHOOSE = Filter("customer", _("Customer"), "select", all_label=_("All customers"))

OPERATIONS = ListSpec(
    key="records",
    columns=(_COLUMNS[0], _CUSTOMER, *_COLUMNS[1:]),
    filters=(_FILTERS[0], _CHOOSE, *_FILTERS[1:]),
    order="-seen",
    tie=("-id",),
)
OWN_OPERATIONS = ListSpec(key="own-records", columns=_COLUMNS, filters=_FILTERS, order="-seen", tie=("-id",))
RUN_OPERATIONS = ListSpec(
    key="run-records",
    columns=(
        _COLUMNS[0],
        Column("state", _("State now"), value=lambda line: line.state),
        *_COLUMNS[3:7],
        *_COLUMNS[8:],
        Column("attempts", _("Attempts"), value=lambda line: len(line.attempts), numeric=True, shown=False),
        Column("seen", _("First seen"), sort=("id",), value=lambda line: line.created_at, large_first=True, shown=False),
    ),
    filters=(
        _FILTERS[0],
        Filter("step", _("Step"), "select", STEPS, all_label=_("Any step")),
        _FILTERS[2],
        _FILTERS[3],
        Filter("count", _("What came of them"), "chips", STATES[:5], all_label=_("All read")),
    ),
    order="-seen",
    tie=("-id",),
)  # fmt: skip


def fitting_operations(state: ListState, flow: Flow | None) -> QuerySet[Operation]:
    """Return the ledger lines that fit; `flow` is the one that is asked for, None for all."""
    # Read afterwards: joined, they make the database expect few lines of a customer, read them all and sort them.
    found = Operation.objects.prefetch_related("flow", "customer")
    if flow is not None:
        # Not the customer as well: the database would lay two indexes over each other and read both to their ends.
        found = found.filter(flow_id=flow.id)
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    found = _between(found, state)
    words = state.value("q")
    if words:
        found = _among_latest(found, words)
    if wanted := state.value("state"):
        found = found.filter(state=wanted)
    return narrowed(found, state)


@dataclass(frozen=True, slots=True)
class Named:
    """A customer or flow as a file names it."""

    name: str


class FileLine(NamedTuple):
    """A ledger line as the file of the list reads it: tens of thousands at once, so no whole rows of the ledger."""

    label: str
    business_key: str
    state: str
    step: str
    amount: Decimal | None
    currency: str
    error_message: str
    source_key: str
    target_key: str
    project_ref: str
    created_at: datetime
    flow: Named
    customer: Named


# Moments as seconds and ids as texts: making objects of tens of thousands of them costs as much as all else about a file.
_SECONDS = Func(F("created_at"), template="extract(epoch FROM %(expressions)s)::float8", output_field=FloatField())
_IDS = (Cast("flow_id", TextField()), Cast("customer_id", TextField()))


def for_file(found: QuerySet[Operation]) -> QuerySet[Any]:
    """Return the lines of the list as `file_lines` wants them."""
    return found.prefetch_related(None).values_list(*FileLine._fields[:-3], _SECONDS, *_IDS)


def file_lines() -> Callable[[list[Any]], list[FileLine]]:
    """Return what makes lines of a file from rows of `for_file`. A flow and a customer are looked up once for a file."""
    flows: dict[str, Named] = {}
    customers: dict[str, Named] = {}

    def build(rows: list[Any]) -> list[FileLine]:
        _look_up(flows, Flow.objects, {row[-2] for row in rows})
        _look_up(customers, Customer.objects, {row[-1] for row in rows})
        return [
            FileLine._make((*row[:-3], datetime.fromtimestamp(row[-3], UTC), flows[row[-2]], customers[row[-1]]))
            for row in rows
        ]

    return build


def _look_up(known: dict[str, Named], among: Manager[Any], ids: set[str]) -> None:
    if missing := ids - known.keys():
        known.update((str(id_), Named(name)) for id_, name in among.filter(id__in=missing).values_list("id", "name"))


def _among_latest(found: QuerySet[Operation], words: str) -> QuerySet[Operation]:
    """Narrow to the latest records in sight; older ones that a key names are put in their place.

    The keys' index is asked first: both at once would make the database walk the whole ledger.
    """
    floor = found.order_by("-id").values_list("id", flat=True)[SEARCHED : SEARCHED + 1].first()
    if floor is None:
        return found
    older = [line.id for line in find_records(words, most=KEYS_FOUND) if line.id <= floor]
    if not older:
        return found.filter(id__gt=floor)
    latest = found.filter(named(words), id__gt=floor).order_by("-id").values_list("id", flat=True)[:LATEST_FOUND]
    return found.filter(id__in=[*older, *latest])


def narrowed(found: QuerySet[Operation], state: ListState) -> QuerySet[Operation]:
    """Apply the filters that a run's list and the list of all records share."""
    if step := state.value("step"):
        found = found.filter(step=step)
    if cause := state.value("cause"):
        found = found.filter(error_class=cause).exclude(error_class="")  # as the index of failures is made
    if amount := state.value("amount"):
        found = found.filter(amount__isnull=True) if amount == "unknown" else found.filter(amount__gte=int(amount))
    words = state.value("q")
    return found.filter(named(words) | Q(id__in=find_by_effect_key(found, words))) if words else found


def named(words: str) -> Q:
    """Return which lines the words may mean: any of a record's ids, its name, or a run's or correlation id."""
    fits = (
        Q(business_key__icontains=words)
        | Q(source_key__icontains=words)
        | Q(target_key__icontains=words)
        | Q(label__icontains=words)
        | Q(client_ref__icontains=words)
        | Q(project_ref__icontains=words)
        | Q(correlation_id=correlation.clean(words))
    )
    try:
        own = UUID(words)
    except ValueError:
        return fits
    return fits | Q(id=own) | Q(run_id=own) | Q(last_run_id=own) | Q(correlation_id=own.hex)


def _between(found: QuerySet[Operation], state: ListState) -> QuerySet[Operation]:
    """Narrow to days of the reader's own time zone, both included."""
    zone = timezone.get_current_timezone()
    since, until = state.day_of("since"), state.day_of("until")
    if since:
        found = found.filter(id__gte=since_id(datetime.combine(since, time(), tzinfo=zone)))
    if until:
        found = found.filter(id__lt=since_id(datetime.combine(until, time(), tzinfo=zone) + timedelta(days=1)))
    return found


def since_id(moment: datetime) -> UUID:
    """Return the smallest id a ledger line made at `moment` can have: ids grow with time, and need no other index."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))
