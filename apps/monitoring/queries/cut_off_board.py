"""The cut-off board: what must be posted by each coming cut-off, what stands in its way, and whether it will be reached."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.customers.cut_offs import previous_occurrence
from apps.customers.models import Customer, CutOff
from apps.customers.queries import rule_words
from apps.flows.engine.states import OperationState
from apps.flows.models import ApprovalRequest, Flow, FlowDay, Operation, Run
from apps.monitoring import impact
from apps.monitoring.cut_off_flows import NOT_POSTED, CutOffFlows, flows_before_cut_offs
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseAmount, ExceptionCase
from apps.monitoring.queries.ledger_rows import id_at
from apps.monitoring.sla_pages import CutOffRow
from apps.tenants.templatetags.wording import count_words

RUNS_LOOKED_AT = timedelta(days=14)
_WITHIN = {"2": timedelta(days=2), "7": timedelta(days=7), "31": timedelta(days=31)}
_USUAL_WITHIN = timedelta(days=14)


def _money(row: CutOffRow) -> str:
    return ", ".join(f"{part.currency} {part.amount:.2f}" for part in row.money)


CUT_OFFS = ListSpec(
    "cut-offs",
    columns=(
        Column("name", gettext_lazy("Cut-off"), key=lambda row: row.name.casefold(), value=lambda row: row.name, fixed=True),
        Column("customer", gettext_lazy("Customer"), key=lambda row: row.customer.casefold(), value=lambda row: row.customer),
        Column("when", gettext_lazy("Falls due"), key=lambda row: row.next_at, value=lambda row: row.next_at),
        Column("state", gettext_lazy("At risk"), key=lambda row: (not row.risks, row.next_at), value=lambda row: " ".join(row.risks)),
        Column("all", gettext_lazy("In all"), key=lambda row: row.must_be_posted, value=lambda row: row.must_be_posted, numeric=True, large_first=True),
        Column("posted", gettext_lazy("Posted"), key=lambda row: row.posted, value=lambda row: row.posted, numeric=True, large_first=True, shown=False),
        Column("ready", gettext_lazy("Ready"), key=lambda row: row.ready, value=lambda row: row.ready, numeric=True, large_first=True),
        Column("approve", gettext_lazy("To approve"), key=lambda row: row.to_approve, value=lambda row: row.to_approve, numeric=True, large_first=True),
        Column("blocked", gettext_lazy("Blocked"), key=lambda row: row.blocked, value=lambda row: row.blocked, numeric=True, large_first=True),
        Column("money", gettext_lazy("Money blocked"), value=_money, numeric=True, shown=False),
        Column("finish", gettext_lazy("Expected"), key=lambda row: row.expected_at, value=lambda row: row.expected_at),
    ),
    filters=(
        Filter("risk", gettext_lazy("At risk"), "chips", (Option("yes", gettext_lazy("At risk")), Option("no", gettext_lazy("On time")))),
        Filter("within", gettext_lazy("Within"), "select", (Option("2", gettext_lazy("2 days")), Option("7", gettext_lazy("7 days")), Option("31", gettext_lazy("31 days"))), all_label=gettext_lazy("14 days")),
        Filter("customer", gettext_lazy("Customer"), "select", all_label=gettext_lazy("All customers")),
    ),
    order="when",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Left:
    """What is not posted of one flow."""

    ready: int = 0
    to_approve: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class _Pace:
    """How fast a flow was lately, measured over `runs` ended runs."""

    per_second: float
    runs: int

    @property
    def per_hour(self) -> int:
        """Return how many records that is in an hour, whole ones."""
        return round(self.per_second * 3600)

    def seconds_for(self, records: int) -> float:
        """Return how long so many records take."""
        return records / self.per_second


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not posted of one flow, and how long what is ready will take at the pace of its last runs; None: nobody knows."""

    ready: int
    to_approve: int
    blocked: int
    seconds: float | None
    per_hour: int | None
    runs: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for all customers at once, by flow."""

    left: Mapping[UUID, _Left]
    pace: Mapping[UUID, _Pace]
    money: Mapping[UUID, Sequence[impact.Sum]]
    days: Mapping[UUID, Sequence[tuple[Any, int]]]
    paused: frozenset[UUID]


def list_rows(state: ListState, now: datetime) -> list[CutOffRow]:
    """Return the cut-offs that fall due within the span asked for, at risk or not. Eight queries, however many there are."""
    return coming_cut_offs(
        now=now, within=_WITHIN.get(state.value("within"), _USUAL_WITHIN), customer_id=state.id_of("customer")
    )


def fitting(rows: Iterable[CutOffRow], state: ListState) -> list[CutOffRow]:
    """Return the rows that are at risk, or those that are not, as is asked."""
    wanted = state.value("risk")
    return [row for row in rows if not wanted or bool(row.risks) is (wanted == "yes")]


def coming_cut_offs(*, now: datetime, within: timedelta, customer_id: UUID | None = None) -> list[CutOffRow]:
    """Return the cut-offs to come in scope, the soonest first, with what stands in their way."""
    found = CutOff.objects.select_related("customer").exclude(customer__state=Customer.State.LEFT)
    if customer_id:
        found = found.filter(customer_id=customer_id)
    coming = sorted(
        ((one.next_at(now), one) for one in found), key=lambda pair: (pair[0], pair[1].customer.name, pair[1].name)
    )
    coming = [(at, one) for at, one in coming if at <= now + within]
    since = {one.id: previous_occurrence(one.rule, ZoneInfo(one.customer.time_zone), at).date() for at, one in coming}
    flows = flows_before_cut_offs({one.customer_id for _at, one in coming})
    flow_ids = {flow_id for counted in flows.values() for flow_id in counted.flow_ids}
    known = _read(flow_ids, min(since.values(), default=now.date()), now)
    nothing = CutOffFlows((), chosen=False)
    return [_row(one, at, since[one.id], flows.get(one.customer_id, nothing), known, now) for at, one in coming]


def backlog_of(flow_id: UUID, now: datetime) -> Backlog:
    """Return what is left of one flow. Two queries."""
    left, pace = _left([flow_id]).get(flow_id, _Left()), _pace([flow_id], now).get(flow_id)
    return Backlog(
        left.ready,
        left.to_approve,
        left.blocked,
        seconds=pace.seconds_for(left.ready) if pace else None,
        per_hour=pace.per_hour if pace else None,
        runs=pace.runs if pace else 0,
    )


def _read(flow_ids: Collection[UUID], since: date, now: datetime) -> _Known:
    paused = Flow.objects.filter(id__in=flow_ids, state=Flow.State.PAUSED)
    return _Known(
        left=_left(flow_ids),
        pace=_pace(flow_ids, now),
        money=_blocked_money(flow_ids),
        days=_days(flow_ids, since),
        paused=frozenset(paused.values_list("id", flat=True)),
    )


def _left(flow_ids: Collection[UUID]) -> dict[UUID, _Left]:
    asked = ApprovalRequest.objects.filter(operation=OuterRef("pk"), state=ApprovalRequest.State.OPEN)
    rows = (
        Operation.objects.filter(flow_id__in=flow_ids, state__in=NOT_POSTED)
        .order_by()
        .annotate(asked=Exists(asked))
        .values_list("flow_id")
        .annotate(
            ready=Count("id", filter=Q(state=OperationState.WAITING, asked=False)),
            to_approve=Count("id", filter=Q(state=OperationState.WAITING, asked=True)),
            blocked=Count("id", filter=Q(state=OperationState.REJECTED)),
        )
    )
    return {flow_id: _Left(*counts) for flow_id, *counts in rows}


def _pace(flow_ids: Collection[UUID], now: datetime) -> dict[UUID, _Pace]:
    ended = Run.objects.filter(
        flow_id__in=flow_ids,
        id__gte=id_at(now - RUNS_LOOKED_AT),
        started_at__isnull=False,
        finished_at__gt=F("started_at"),
    )
    moved = ended.exclude(mode=Run.Mode.COMPARE).filter(Q(written__gt=0) | Q(unchanged__gt=0))
    rows = (
        moved.order_by()
        .values_list("flow_id")
        .annotate(
            records=Sum(F("written") + F("unchanged")),
            took=Sum(F("finished_at") - F("started_at"), output_field=DurationField()),
            runs=Count("id"),
        )
    )
    return {flow_id: _Pace(records / took.total_seconds(), runs) for flow_id, records, took, runs in rows}


def _blocked_money(flow_ids: Collection[UUID]) -> dict[UUID, list[impact.Sum]]:
    found: defaultdict[UUID, list[impact.Sum]] = defaultdict(list)
    amounts = CaseAmount.objects.filter(case__flow_id__in=flow_ids).exclude(case__state=ExceptionCase.State.CLOSED)
    rows = amounts.order_by("id").values_list("case__flow_id", "currency", "amount", "quality", "records")
    for flow_id, currency, amount, quality, records in rows:
        found[flow_id].append(impact.Sum(currency, amount, Quality(quality), records))
    return found


def _days(flow_ids: Collection[UUID], since: date) -> dict[UUID, list[tuple[Any, int]]]:
    """Return what was posted on each day after one."""
    found: defaultdict[UUID, list[tuple[Any, int]]] = defaultdict(list)
    days = FlowDay.objects.filter(flow_id__in=flow_ids, day__gt=since)
    rows = days.order_by().values_list("flow_id", "day").annotate(posted=Sum(F("written") + F("unchanged")))
    for flow_id, day, posted in rows:
        found[flow_id].append((day, posted))
    return found


def _row(cut_off: CutOff, at: datetime, since: date, flows: CutOffFlows, known: _Known, now: datetime) -> CutOffRow:
    left = [known.left.get(flow_id, _Left()) for flow_id in flows.flow_ids]
    expected, pace, measured = _expected(flows, known, now)
    ready, to_approve, blocked = (
        sum(getattr(one, name) for one in left) for name in ("ready", "to_approve", "blocked")
    )
    return CutOffRow(
        id=cut_off.id,
        name=cut_off.name,
        words=rule_words(cut_off.rule),
        purpose=cut_off.purpose,
        customer_id=cut_off.customer_id,
        customer=cut_off.customer.name,
        next_at=at,
        flows=len(flows.flow_ids),
        flows_chosen=flows.chosen,
        posted=sum(number for flow_id in flows.flow_ids for day, number in known.days.get(flow_id, ()) if day > since),
        ready=ready,
        to_approve=to_approve,
        blocked=blocked,
        money=impact.added(part for flow_id in flows.flow_ids for part in known.money.get(flow_id, ())),
        expected_at=expected,
        per_hour=pace.per_hour if pace else None,
        sample=pace.runs if pace else 0,
        risks=tuple(_risks(at, flows, known, _Left(ready, to_approve, blocked), expected, measured=measured)),
    )


def _expected(flows: CutOffFlows, known: _Known, now: datetime) -> tuple[datetime | None, _Pace | None, bool]:
    """Return when what is ready will be posted, the pace of the flow that is through last, and whether all were measured."""
    busy = [flow_id for flow_id in flows.flow_ids if known.left.get(flow_id, _Left()).ready]
    if not busy:
        return None, None, True
    if any(flow_id not in known.pace for flow_id in busy):
        return None, None, False
    spans = {flow_id: known.pace[flow_id].seconds_for(known.left[flow_id].ready) for flow_id in busy}
    last = max(busy, key=spans.__getitem__)
    return now + timedelta(seconds=spans[last]), known.pace[last], True


def _risks(
    at: datetime, flows: CutOffFlows, known: _Known, left: _Left, expected: datetime | None, *, measured: bool
) -> Iterable[str]:
    if left.blocked:
        words = ngettext("%(number)s record is blocked.", "%(number)s records are blocked.", left.blocked)
        yield words % {"number": count_words(left.blocked)}
    if left.to_approve:
        words = ngettext("%(number)s waits for an approval.", "%(number)s wait for an approval.", left.to_approve)
        yield words % {"number": count_words(left.to_approve)}
    if expected is not None and expected > at:
        yield _("At the present rate it ends too late.")
    if not measured:
        yield _("How long what is ready takes is not known yet: no run of it has ended lately.")
    if known.paused & set(flows.flow_ids):
        yield _("A flow that counts for it is paused.")
