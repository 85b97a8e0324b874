"""The lists of the three questions: their columns and filters, and the rows that fit what is asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.monitoring.blame import WaitingOn
from apps.monitoring.questions.rows import (
    AGES,
    BlockedInvoice,
    Blocker,
    Difference,
    Disagreement,
    UnpostedProject,
)

R = TypeVar("R", UnpostedProject, BlockedInvoice, Difference)
FILE_ONLY = ("currency", "known", "estimated", "unrated")  # numbers behind a sum: in the file wherever the sum is shown

_CUSTOMER = Filter("customer", _("Customer"), "select", all_label=_("All customers"))
_AGE = Filter(
    "age",
    _("Age"),
    "select",
    (
        Option("day", _("Older than a day")),
        Option("week", _("Older than a week")),
        Option("month", _("Older than a month")),
    ),
    all_label=_("Any age"),
)
_PARTIES = (
    Option(WaitingOn.CUSTOMER.value, _("The customer")),
    Option(WaitingOn.PARTNER.value, _("The support team")),
    Option(WaitingOn.PROVIDER.value, _("A system's provider")),
)


def _text(name: str) -> Callable[[Any], object]:
    return lambda row: getattr(row, name).casefold() or None


def _left(row: UnpostedProject | BlockedInvoice) -> str:
    return ", ".join(f"{currency} {amount:.2f}" for currency, amount in row.money.others.items())


def _money_columns() -> tuple[Column, ...]:
    total = attrgetter("money.total")
    return (
        Column("money", _("Money"), key=total, value=total, numeric=True, large_first=True),
        Column("currency", _("Currency"), value=attrgetter("money.currency"), shown=False),
        Column("known", _("Known"), value=attrgetter("money.known"), numeric=True, shown=False),
        Column("estimated", _("Estimated"), value=attrgetter("money.estimated"), numeric=True, shown=False),
        Column("unrated", _("Without a rate"), value=_left, shown=False),
    )


UNPOSTED = ListSpec(
    key="unposted",
    columns=(
        Column("project", _("Project"), key=_text("project"), value=attrgetter("project"), fixed=True),
        Column("customer", _("Customer"), key=_text("customer"), value=attrgetter("customer")),
        Column("client", _("Client"), key=_text("client"), value=attrgetter("client"), shown=False),
        Column(
            "records",
            _("Held up"),
            key=attrgetter("records"),
            value=attrgetter("records"),
            numeric=True,
            large_first=True,
        ),
        Column(
            "way",
            _("On its way"),
            key=attrgetter("on_the_way"),
            value=attrgetter("on_the_way"),
            numeric=True,
            large_first=True,
            shown=False,
        ),
        Column("hours", _("Hours"), key=attrgetter("hours"), value=attrgetter("hours"), numeric=True, large_first=True),
        *_money_columns(),
        Column("unknown", _("Without an amount"), value=attrgetter("money.unknown"), numeric=True, shown=False),
        Column("since", _("Oldest"), key=attrgetter("since"), value=attrgetter("since")),
        Column("reason", _("Why"), value=attrgetter("reason")),
        Column("waiting", _("Waiting on"), value=attrgetter("waiting_words")),
    ),
    filters=(
        Filter("q", _("Project or client"), "search"),
        _CUSTOMER,
        Filter("waiting", _("Waiting on"), "select", _PARTIES, all_label=_("Anybody")),
        _AGE,
    ),
    order="-money",
)
BLOCKED = ListSpec(
    key="blocked-invoices",
    columns=(
        Column("label", _("Record"), key=_text("label"), value=attrgetter("label"), fixed=True),
        Column("kind", _("Kind"), key=_text("kind"), value=attrgetter("kind"), shown=False),
        Column("customer", _("Customer"), key=_text("customer"), value=attrgetter("customer")),
        Column("client", _("Client"), key=_text("client"), value=attrgetter("client")),
        Column("project", _("Project"), key=_text("project"), value=attrgetter("project"), shown=False),
        *_money_columns(),
        Column("reason", _("Blocked by"), key=_text("reason"), value=attrgetter("reason")),
        Column("waiting", _("Waiting on"), key=_text("waiting_words"), value=attrgetter("waiting_words")),
        Column("owner", _("Owner"), key=_text("owner"), value=attrgetter("owner")),
        Column("team", _("Team"), key=_text("team"), value=attrgetter("team"), shown=False),
        Column("since", _("Since"), key=attrgetter("since"), value=attrgetter("since")),
        Column("due", _("Due"), key=attrgetter("due_at"), value=attrgetter("due_at"), shown=False),
        Column("flow", _("Flow"), key=_text("flow"), value=attrgetter("flow"), shown=False),
    ),
    filters=(
        Filter("q", _("Record, client or project"), "search"),
        _CUSTOMER,
        Filter(
            "waiting",
            _("Waiting on"),
            "select",
            (*_PARTIES, Option(Blocker.APPROVAL.value, _("An approval")), Option(Blocker.WAITING.value, _("Nobody"))),
            all_label=_("Anybody"),
        ),
        _AGE,
    ),
    order="-money",
)
DISAGREEMENTS = ListSpec(
    key="disagreements",
    columns=(
        Column("label", _("Record"), key=_text("label"), value=attrgetter("label"), fixed=True),
        Column("kind", _("Kind"), key=_text("type_words"), value=attrgetter("type_words"), shown=False),
        Column("customer", _("Customer"), key=_text("customer"), value=attrgetter("customer")),
        Column("project", _("Project"), key=_text("project"), value=attrgetter("project"), shown=False),
        Column("has", _("Says so"), key=_text("has"), value=attrgetter("has")),
        Column("lacks", _("Says otherwise"), key=_text("lacks"), value=attrgetter("lacks")),
        Column("field", _("Field"), key=_text("field"), value=attrgetter("field")),
        Column("there", _("Its value"), value=attrgetter("value_there"), shown=False),
        Column("here", _("The other's value"), value=attrgetter("value_here"), shown=False),
        Column("reason", _("Why"), key=_text("reason"), value=attrgetter("reason")),
        Column("waiting", _("Waiting on"), key=_text("waiting_words"), value=attrgetter("waiting_words")),
        Column("owner", _("Owner"), key=_text("owner"), value=attrgetter("owner"), shown=False),
        Column("since", _("Since"), key=attrgetter("since"), value=attrgetter("since")),
        Column("flow", _("Flow"), key=_text("flow"), value=attrgetter("flow"), shown=False),
    ),
    filters=(
        Filter("q", _("Record, field or project"), "search"),
        _CUSTOMER,
        Filter(
            "what",
            _("What happened"),
            "chips",
            (
                Option(Disagreement.DECISION.value, _("To decide")),
                Option(Disagreement.REFUSED.value, _("Not taken")),
                Option(Disagreement.UNEXPLAINED.value, _("Unexplained")),
                Option(Disagreement.CHANGED.value, _("Changed after posting")),
            ),
        ),
        _AGE,
    ),
    order="since",
)


def for_one_customer(spec: ListSpec) -> ListSpec:
    """Return a list as a customer's own people have it: of one customer there is nothing to choose."""
    columns = tuple(column for column in spec.columns if column.name not in {"customer", "team"})
    filters = tuple(
        replace(one, options=tuple(map(_own_words, one.options))) for one in spec.filters if one is not _CUSTOMER
    )
    return replace(spec, key=f"own-{spec.key}", columns=columns, filters=filters)


def _own_words(option: Option) -> Option:
    return replace(option, label=_("You")) if option.value == WaitingOn.CUSTOMER else option


OWN: Mapping[str, ListSpec] = {spec.key: for_one_customer(spec) for spec in (UNPOSTED, BLOCKED, DISAGREEMENTS)}


def with_sums(state: ListState) -> ListState:
    """Return what is asked of a file: wherever money is shown, with the numbers behind it."""
    if "money" not in state.shown:
        return state
    return replace(state, shown=(*state.shown, *(name for name in FILE_ONLY if name not in state.shown)))


def fitting_unposted(rows: Iterable[UnpostedProject], state: ListState, now: datetime) -> list[UnpostedProject]:
    """Return the projects that fit what is asked."""
    party = state.value("waiting")
    found = _fitting(rows, state, now, ("project", "client"))
    return [row for row in found if not party or party in row.waiting_on]


def fitting_blocked(rows: Iterable[BlockedInvoice], state: ListState, now: datetime) -> list[BlockedInvoice]:
    """Return the invoices that fit what is asked."""
    party = state.value("waiting")
    found = _fitting(rows, state, now, ("label", "client", "project"))
    return [row for row in found if not party or row.waiting_on == party]


def fitting_disagreements(
    rows: Iterable[Difference], state: ListState, now: datetime, *, any_kind: bool = False
) -> list[Difference]:
    """Return the differences that fit what is asked; `any_kind` leaves the filter by kind out, to count them."""
    kind = "" if any_kind else state.value("what")
    found = _fitting(rows, state, now, ("label", "field", "project"))
    return [row for row in found if not kind or row.kind == kind]


def _fitting(rows: Iterable[R], state: ListState, now: datetime, searched: Sequence[str]) -> list[R]:
    words, customer, age = state.value("q").casefold(), state.id_of("customer"), state.value("age")
    before = now - AGES[age] if age in AGES else None
    return [
        row
        for row in rows
        if (not customer or row.customer_id == customer)
        and (before is None or row.since < before)
        and (not words or any(words in getattr(row, name).casefold() for name in searched))
    ]
