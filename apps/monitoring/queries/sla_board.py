"""The SLA board: what runs out next, what was missed this month, and what it costs so far."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.monitoring import clock_book
from apps.monitoring.models import SlaBreach, SlaClock
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.queries.sla_rows import breach_rows, clock_rows, with_breach_subjects, with_subjects
from apps.monitoring.sla.terms import Promise
from apps.monitoring.sla_pages import BreachRow, ClockRow
from apps.monitoring.sla_words import PROMISE_LABELS

DUE_SOON = timedelta(hours=4)
_PROMISES = tuple(Option(promise.value, PROMISE_LABELS[promise]) for promise in Promise)

CLOCKS = ListSpec(
    "sla-clocks",
    columns=(
        Column("subject", _("What about"), fixed=True, value=attrgetter("subject")),
        Column("promise", _("Promise"), sort=("promise",), value=attrgetter("promise")),
        Column("customer", _("Customer"), sort=("customer__name",), value=attrgetter("customer")),
        Column("package", _("Package"), value=attrgetter("package"), shown=False),
        Column("state", _("State"), value=attrgetter("state")),
        Column("due", _("Due"), sort=("due_at",), value=attrgetter("due_at"), nullable=True),
        Column("left", _("Time left"), value=attrgetter("left_words")),
        Column("forecast", _("Expected"), value=attrgetter("expected_at")),
        Column("started", _("Running since"), sort=("started_at",), value=attrgetter("started_at"), shown=False),
        Column("pause", _("Stands still because"), value=attrgetter("cause"), shown=False),
    ),
    filters=(
        Filter(
            "view",
            _("Which"),
            "chips",
            (
                Option("late", _("Missed, still open")),
                Option("soon", _("Due within 4 hours")),
                Option("paused", _("Standing still")),
            ),
        ),
        Filter("promise", _("Promise"), "select", _PROMISES, all_label=_("All promises")),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
    ),
    order="due",
)
BREACHES = ListSpec(
    "sla-breaches",
    columns=(
        Column("subject", _("What about"), fixed=True, value=attrgetter("subject")),
        Column("promise", _("Promise"), sort=("clock__promise",), value=attrgetter("promise")),
        Column("customer", _("Customer"), sort=("customer__name",), value=attrgetter("customer")),
        Column("package", _("Package"), value=attrgetter("package"), shown=False),
        Column("at", _("Missed at"), sort=("breached_at",), value=attrgetter("breached_at"), large_first=True),
        Column(
            "late",
            _("Late by"),
            sort=("late_seconds",),
            value=attrgetter("late_words"),
            nullable=True,
            large_first=True,
        ),
        Column("credit", _("Credit"), sort=("credit",), value=attrgetter("credit"), numeric=True, nullable=True),
        Column("currency", _("Currency"), value=attrgetter("currency"), shown=False),
        Column("excuse", _("Excused because"), value=attrgetter("excuse")),
    ),
    filters=(
        Filter("promise", _("Promise"), "select", _PROMISES, all_label=_("All promises")),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("since", _("From"), "date"),
        Filter("until", _("To"), "date"),
        Filter("excused", _("Excused"), "select", (Option("no", _("Counts")), Option("yes", _("Excused")))),
    ),
    order="-at",
)


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """The board's figures. `credits` are those of agreed packages that count, per currency, before any cap."""

    running: int
    late: int
    due_soon: int
    paused: int
    missed: int
    credits: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class ClockCounts:
    """Promises under way: all, missed and still open, due within four hours; and when the next one runs out."""

    running: int
    late: int
    due_soon: int
    next_due_at: datetime | None


def fitting_clocks(state: ListState, now: datetime) -> QuerySet[SlaClock]:
    """Return the clocks under way that fit what is asked."""
    found = SlaClock.objects.filter(_VIEWS[state.value("view")](now), stopped_at__isnull=True)
    if promise := state.value("promise"):
        found = found.filter(promise=promise)
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    return with_subjects(found)


_VIEWS: dict[str, Callable[[datetime], Q]] = {
    "": lambda _now: Q(),
    "late": lambda now: Q(due_at__lt=now),
    "soon": lambda now: Q(due_at__gte=now, due_at__lt=now + DUE_SOON),
    "paused": lambda _now: Q(due_at__isnull=True),
}


def fitting_breaches(state: ListState) -> QuerySet[SlaBreach]:
    """Return the breaches that fit what is asked."""
    found = SlaBreach.objects.all()
    if promise := state.value("promise"):
        found = found.filter(clock__promise=promise)
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if since := state.day_of("since"):
        found = found.filter(breached_at__gte=start_of(since))
    if until := state.day_of("until"):
        found = found.filter(breached_at__lt=start_of(until + timedelta(days=1)))
    if excused := state.value("excused"):
        found = found.filter(excused_at__isnull=excused == "no")
    return with_breach_subjects(found)


def rows_of(clocks: list[SlaClock], now: datetime) -> list[ClockRow]:
    """Return a page of clocks as rows."""
    return clock_rows(clocks, now)


def get_breach(breach_id: UUID, now: datetime) -> BreachRow:
    """Return one breach. Raises Http404."""
    found = with_breach_subjects(SlaBreach.objects.filter(id=breach_id))
    row = next(iter(breach_rows(found, now)), None)
    if row is None:
        raise Http404("There is no such missed promise.")
    return row


def board_figures(now: datetime, month: date) -> BoardFigures:
    """Return the board's figures; breaches are those since the month began (UTC). Five queries at most, however many there are."""
    counted = SlaClock.objects.filter(stopped_at__isnull=True).aggregate(
        running=Count("id"),
        late=Count("id", filter=_VIEWS["late"](now)),
        soon=Count("id", filter=_VIEWS["soon"](now)),
        paused=Count("id", filter=_VIEWS["paused"](now)),
    )
    breaches = SlaBreach.objects.filter(breached_at__gte=start_of(month))
    return BoardFigures(
        running=counted["running"],
        late=counted["late"],
        due_soon=counted["soon"],
        paused=counted["paused"],
        missed=breaches.count(),
        credits=_credits(breaches.filter(excused_at__isnull=True, clock__agreement__isnull=False), now),
    )


def count_clocks(now: datetime, customer_id: UUID | None = None) -> ClockCounts:
    """Return the promises under way that were missed, and that run out soon. One query."""
    running = SlaClock.objects.filter(stopped_at__isnull=True)
    counted = (running.filter(customer_id=customer_id) if customer_id else running).aggregate(
        late=Count("id", filter=_VIEWS["late"](now)),
        soon=Count("id", filter=_VIEWS["soon"](now)),
        running=Count("id"),
        next_due_at=Min("due_at", filter=Q(due_at__gte=now)),
    )
    return ClockCounts(counted["running"], counted["late"], counted["soon"], counted["next_due_at"])


def _credits(breaches: QuerySet[SlaBreach], now: datetime) -> dict[str, Decimal]:
    """Return what breaches give back, by currency: final where the promise's clock has stopped, as it stands where it runs."""
    final = breaches.filter(late_seconds__isnull=False, credit__isnull=False).order_by()
    sums = defaultdict(Decimal, final.values_list("currency").annotate(Sum("credit")))
    running = breaches.filter(late_seconds__isnull=True).select_related("clock__agreement")
    for breach in running.prefetch_related("clock__pauses"):
        clock = breach.clock
        credit, currency = clock_book.credit_for(clock, clock_book.late_by(clock, list(clock.pauses.all()), now))
        sums[currency] += credit or 0
    return {currency: amount for currency, amount in sums.items() if amount}
