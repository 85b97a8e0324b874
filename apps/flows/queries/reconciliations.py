"""Reading reconciliations: a flow's calendar, one statement with its split, and the records behind it."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from apps.accounts.list_specs import Column, Filter, ListSpec, Option
from apps.accounts.listing import ListState
from apps.flows.engine.reconcile import UNEXPLAINED, Cause, Verdict
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Flow, Operation, Reconciliation, ReconciliationRow, ReconciliationRule, Run
from apps.flows.queries.reconciled_steps import CurrencyLine, StepLine, blind_steps, currency_lines, step_lines
from apps.flows.queries.reconciliation_words import CAUSES, VERDICTS, method_words
from apps.flows.services.reconciliation_signing import is_intact
from apps.flows.triggers.reconciliations import rule_of, why_unreconcilable
from apps.tenants.templatetags.wording import count_words, day_words, money_words, month_words

Sums = list[tuple[Decimal, str]]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One cell. `state` is a verdict, "" where nothing was reconciled; `found` says the number and worth of what is unexplained."""

    day: date
    state: str = ""
    words: str = ""
    found: str = ""
    reconciliation: Reconciliation | None = None
    is_ahead: bool = False
    outside: bool = False  # of another month


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A month of a flow. `impossible` says why it cannot be reconciled, "" when it can; `blind` which steps cannot be asked."""

    title: str
    weekdays: list[str]
    weeks: list[list[CalendarDay]]
    before: str
    after: str
    rule: ReconciliationRule
    impossible: str
    blind: list[str]
    under_way: Run | None
    last_failed: Run | None
    spans: list[Reconciliation]
    today: date


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause explains of the difference."""

    cause: Cause
    title: str
    meaning: str
    records: int
    count: int
    sums: Sums

    @property
    def is_unexplained(self) -> bool:
        """Return True when nothing explains it."""
        return self.cause in UNEXPLAINED


@dataclass(frozen=True, slots=True)
class StatementPage:
    """One finished statement, the unexplained first. With `steps`, its target is what was carried through."""

    row: Reconciliation
    days: str
    verdict: str
    source_count: int
    target_count: int
    sums: list[CurrencyLine]
    parts: list[Part]
    agreed: int
    unproven: int
    differing: int
    kept: int
    methods: tuple[str, str]
    intact: bool
    steps: list[StepLine]

    @property
    def difference(self) -> int:
        """Return source less target."""
        return self.source_count - self.target_count

    @property
    def walks(self) -> bool:
        """Return True when it is about a flow that writes step by step."""
        return "steps" in self.row.statement

    @property
    def target_name(self) -> str:
        """Return what the source is set against: the target, or what became of the records."""
        return _("Carried through") if self.walks else self.row.flow.target.name

    @property
    def agreement(self) -> str:
        """Return what it means that nothing differs."""
        if self.walks:
            return _("Every record was carried through, and what was made of it is there.")
        return _("Every record stands in both systems, with the same amount.")


_VERDICTS = tuple(Option(verdict.value, words) for verdict, words in VERDICTS.items())
ALL_RECONCILIATIONS = ListSpec(
    key="reconciliations",
    columns=(
        Column("flow", _lazy("Flow"), value=lambda row: row.flow.name, fixed=True),
        Column("customer", _lazy("Customer"), value=lambda row: row.customer.name),
        Column("days", _lazy("Days"), sort=("first",), value=lambda row: f"{row.first} / {row.last}", large_first=True),
        Column("verdict", _lazy("Result"), sort=("verdict",), value=lambda row: str(VERDICTS[Verdict(row.verdict)])),
        Column("unexplained", _lazy("Unexplained"), sort=("unexplained",), value=lambda row: row.unexplained, numeric=True, large_first=True),
        Column("worth", _lazy("Worth"), value=lambda row: ", ".join(f"{c} {a}" for a, c in unexplained_sums(row.statement)), numeric=True),
        Column("source", _lazy("In the source"), value=lambda row: row.statement["source"]["count"], numeric=True, shown=False),
        Column("target", _lazy("In the target"), value=lambda row: row.statement["target"]["count"], numeric=True, shown=False),
        Column("signed", _lazy("Signed by"), value=lambda row: row.signed_by),
        Column("finished", _lazy("Compared"), sort=("id",), value=lambda row: row.finished_at, large_first=True),
    ),
    filters=(
        Filter("q", _lazy("Flow or customer"), "search"),
        Filter("customer", _lazy("Customer"), "select", all_label=_lazy("All customers")),
        Filter("since", _lazy("From"), "date"),
        Filter("until", _lazy("To"), "date"),
        Filter("flow", _lazy("Flow"), "hidden"),
        Filter("verdict", _lazy("Result"), "chips", _VERDICTS),
    ),
    order="-finished",
    tie=("-id",),
)  # fmt: skip


def fitting_reconciliations(state: ListState) -> QuerySet[Reconciliation]:
    """Return the finished reconciliations that fit."""
    found = reconciliations().filter(finished_at__isnull=False)
    if verdict := state.value("verdict"):
        found = found.filter(verdict=verdict)
    for name in ("customer", "flow"):
        if chosen := state.id_of(name):
            found = found.filter(**{f"{name}_id": chosen})
    if since := state.day_of("since"):
        found = found.filter(last__gte=since)
    if until := state.day_of("until"):
        found = found.filter(first__lte=until)
    if words := state.value("q"):
        found = found.filter(Q(flow__name__icontains=words) | Q(customer__name__icontains=words))
    return found


def get_reconciliation(reconciliation_id: UUID) -> Reconciliation:
    """Return one in scope with its flow. Raises Http404."""
    found = reconciliations().filter(id=reconciliation_id).first()
    if found is None:
        raise Http404("There is no such reconciliation.")
    return found


def reconciliations() -> QuerySet[Reconciliation]:
    """Return the reconciliations in scope with what lists name, newest first."""
    return Reconciliation.objects.select_related(
        "flow__customer", "flow__source", "flow__target", "customer", "run"
    ).order_by("-id")


def get_calendar(flow: Flow, month: str) -> CalendarPage:
    """Return the month "2026-11" of a flow, the present one where that is none; six queries, some
    more for a flow that writes step by step."""
    today = timezone.now().astimezone(ZoneInfo(flow.customer.time_zone)).date()
    first = _month_of(month) or today.replace(day=1)
    if first > today:
        first = today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    days = calendar.Calendar().monthdatescalendar(first.year, first.month)
    found = _by_day(flow, days[0][0], days[-1][-1])
    runs = Run.objects.filter(flow=flow, mode=Run.Mode.RECONCILE).select_related("event").order_by("-id")
    latest = runs.first()
    return CalendarPage(
        title=month_words(first),
        weekdays=[date_format(day, "D") for day in days[0]],
        weeks=[[_cell(day, found.get(day), first, today) for day in week] for week in days],
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{following:%Y-%m}" if following <= today else "",
        rule=rule_of(flow),
        impossible=why_unreconcilable(flow),
        blind=blind_steps(flow),
        under_way=latest if latest and latest.state not in RUN_TERMINAL else None,
        last_failed=latest if latest and latest.state == "failed" else None,
        spans=list(_finished(flow).exclude(first=F("last"))[:10]),
        today=today,
    )


def _month_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        return None


def _finished(flow: Flow) -> QuerySet[Reconciliation]:
    return Reconciliation.objects.filter(flow=flow, finished_at__isnull=False).order_by("-id")


def _by_day(flow: Flow, first: date, last: date) -> dict[date, Reconciliation]:
    """Return the newest finished reconciliation of each single day."""
    found: dict[date, Reconciliation] = {}
    for one in _finished(flow).filter(first__gte=first, last__lte=last, first=F("last")):
        found.setdefault(one.first, one)
    return found


def _cell(day: date, found: Reconciliation | None, month: date, today: date) -> CalendarDay:
    outside = (day.year, day.month) != (month.year, month.month)
    if found is None:
        return CalendarDay(day, is_ahead=day > today, outside=outside)
    return CalendarDay(day, found.verdict, _short(found), found_words(found), found, outside=outside)


def _short(row: Reconciliation) -> str:
    return {Verdict.AGREED: _("agrees"), Verdict.UNPROVEN: _("not all seen")}.get(
        Verdict(row.verdict), _("unexplained")
    )


def found_words(row: Reconciliation) -> str:
    """Return how much is unexplained: "2 records · €150.00"; else how many records agree."""
    if not row.unexplained:
        told = ngettext("%(number)s record", "%(number)s records", row.statement["agreed"])
        return told % {"number": count_words(row.statement["agreed"])}
    told = ngettext("%(number)s record", "%(number)s records", row.unexplained)
    worth = [money_words(amount, currency) for amount, currency in unexplained_sums(row.statement)]
    return " · ".join([told % {"number": count_words(row.unexplained)}, *worth])


def unexplained_sums(statement: Mapping[str, Any]) -> Sums:
    """Return what the unexplained records come to, by currency."""
    totals: dict[str, Decimal] = {}
    for cause, part in statement["parts"].items():
        if Cause(cause) in UNEXPLAINED:
            for currency, amount in part["sums"].items():
                totals[currency] = totals.get(currency, Decimal(0)) + Decimal(amount)
    return [(amount, currency) for currency, amount in sorted(totals.items()) if amount]


def get_statement(row: Reconciliation) -> StatementPage:
    """Return a finished statement as its page, its PDF and its API show it."""
    said, rows = row.statement, list(row.rows.all())
    source, target = said["source"], said["target"]
    return StatementPage(
        row=row,
        days=span_words(row),
        verdict=str(VERDICTS[Verdict(row.verdict)]),
        source_count=source["count"],
        target_count=target["count"],
        sums=currency_lines(source["sums"], target["sums"]),
        parts=[_part(cause, said["parts"][cause]) for cause in Cause if cause in said["parts"]],
        agreed=said["agreed"],
        unproven=said["unproven"],
        differing=said["differing"],
        kept=len(rows),
        methods=method_words(row),
        intact=is_intact(row, rows),
        steps=step_lines(said),
    )


def span_words(row: Reconciliation) -> str:
    """Return the days a reconciliation is about."""
    if row.is_one_day:
        return day_words(row.first)
    return _("%(first)s to %(last)s") % {"first": day_words(row.first), "last": day_words(row.last)}


def _part(cause: Cause, stored: Mapping[str, Any]) -> Part:
    title, meaning = CAUSES[cause]
    sums = [(Decimal(amount), currency) for currency, amount in stored["sums"].items()]
    return Part(cause, str(title), str(meaning), stored["records"], stored["count"], sums)


RECORDS = ListSpec(
    key="reconciliation-records",
    columns=(
        Column("record", _lazy("Record"), value=lambda row: row.label or row.business_key, fixed=True),
        Column("cause", _lazy("Why"), sort=("rank",), value=lambda row: str(CAUSES[Cause(row.cause)][0])),
        Column("source", _lazy("Source"), value=lambda row: row.source_amount, numeric=True),
        Column("source_currency", _lazy("Currency at the source"), value=lambda row: row.source_currency, shown=False),
        Column("target", _lazy("Target"), value=lambda row: row.target_amount, numeric=True),
        Column("target_currency", _lazy("Currency at the target"), value=lambda row: row.target_currency, shown=False),
        Column("source_key", _lazy("Number at the source"), value=lambda row: row.source_key, shown=False),
        Column("target_key", _lazy("Number at the target"), value=lambda row: row.target_key),
        Column("again_key", _lazy("Made again under"), value=lambda row: row.again_key, shown=False),
        Column("step", _lazy("Step"), value=lambda row: row.step, shown=False),
    ),
    filters=(
        Filter("q", _lazy("Record or number"), "search"),
        Filter("step", _lazy("Step"), "hidden"),
        Filter("cause", _lazy("Why"), "select", tuple(Option(c.value, CAUSES[c][0]) for c in Cause), all_label=_lazy("Any reason")),
    ),
    order="cause",
    tie=("rank",),
)  # fmt: skip


def fitting_records(row: Reconciliation, state: ListState) -> QuerySet[ReconciliationRow]:
    """Return the records behind a statement that fit."""
    found = row.rows.order_by("rank")
    if cause := state.value("cause"):
        found = found.filter(cause=cause)
    if step := state.value("step"):
        found = found.filter(step=step)
    if words := state.value("q"):
        found = found.filter(Q(label__icontains=words) | Q(source_key=words) | Q(target_key=words) | Q(again_key=words))
    return found


def operations_of(rows: list[ReconciliationRow]) -> set[UUID]:
    """Return which of the records' ledger lines are still there to be linked to."""
    ids = [row.operation_id for row in rows if row.operation_id]
    return set(Operation.objects.filter(id__in=ids).values_list("id", flat=True))
