"""The lists of systems and of one system's connections: what can be seen, sorted, filtered and taken as a file."""

from collections.abc import Sequence
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.monitoring.telemetry.fleet_providers import FleetSystem
from apps.monitoring.telemetry.provider_words import STANDINGS, milliseconds_words, share_words, word_of
from apps.monitoring.telemetry.providers import ConnectionState, SystemState
from apps.monitoring.telemetry.standing import Trouble

_Row = TypeVar("_Row", SystemState, FleetSystem)
_STANDING = Filter("standing", _("State"), "chips", tuple(Option(one.value, STANDINGS[one][1]) for one in Trouble))

_CALLS = (
    Column("calls", _("Calls in a day"), key=lambda row: row.day.calls, value=lambda row: row.day.calls, numeric=True, large_first=True),
    Column("failed", _("Failed"), key=lambda row: row.day.failed_share, value=lambda row: share_words(row.day.failed_share), numeric=True, large_first=True),
    Column("limited", _("Came too often"), key=lambda row: row.day.limited_share, value=lambda row: share_words(row.day.limited_share), numeric=True, large_first=True),
    Column("median", _("Median"), key=lambda row: row.lately.within(0.5), value=lambda row: milliseconds_words(row.lately.within(0.5)), numeric=True, large_first=True),
    Column("slow", _("Nine of ten within"), key=lambda row: row.lately.within(0.9), value=lambda row: milliseconds_words(row.lately.within(0.9)), numeric=True, large_first=True, shown=False),
)  # fmt: skip

SYSTEMS = ListSpec(
    key="providers",
    columns=(
        Column("name", _("System"), key=lambda row: row.name.casefold(), value=lambda row: row.name, fixed=True),
        Column("state", _("State"), key=lambda row: (row.verdict.rank, row.name), value=lambda row: word_of(row.verdict.trouble)),
        Column("since", _("Since"), key=lambda row: row.verdict.since, value=lambda row: row.verdict.since, shown=False),
        Column("connections", _("Connections"), key=lambda row: len(row.connections), value=lambda row: len(row.connections), numeric=True, large_first=True),
        Column("customers", _("Customers"), key=lambda row: row.customers, value=lambda row: row.customers, numeric=True, large_first=True),
        Column("touched", _("Customers touched"), key=lambda row: row.touched, value=lambda row: row.touched, numeric=True, large_first=True, shown=False),
        Column("paused", _("Not called just now"), key=lambda row: row.paused, value=lambda row: row.paused, numeric=True, large_first=True, shown=False),
        *_CALLS,
    ),
    filters=(Filter("q", _("System"), "search"), _STANDING),
    order="state",
)  # fmt: skip
CONNECTIONS = ListSpec(
    key="provider-connections",
    columns=(
        Column("name", _("Connection"), key=lambda row: row.name.casefold(), value=lambda row: row.name, fixed=True),
        Column("customer", _("Customer"), key=lambda row: row.customer.casefold(), value=lambda row: row.customer),
        Column("state", _("State"), key=lambda row: (row.standing.trouble.rank, row.customer), value=lambda row: word_of(row.standing.trouble)),
        Column("since", _("Since"), key=lambda row: row.standing.since, value=lambda row: row.standing.since),
        *_CALLS[:-1],
        Column("usual", _("Usually within"), key=lambda row: row.usual_ms, value=lambda row: milliseconds_words(row.usual_ms), numeric=True, large_first=True),
    ),
    filters=(_STANDING,),
    order="state",
)  # fmt: skip

_FIGURES = (
    Column("connections", _("Connections"), key=lambda row: row.connections, value=lambda row: row.connections, numeric=True, large_first=True),
    Column("customers", _("Customers"), key=lambda row: row.customers, value=lambda row: row.customers, numeric=True, large_first=True, shown=False),
    Column("paused", _("Not called just now"), key=lambda row: row.paused, value=lambda row: row.paused, numeric=True, large_first=True, shown=False),
    *_CALLS,
)  # fmt: skip
FLEET = ListSpec(
    key="fleet-providers",
    columns=(
        *SYSTEMS.columns[:2],
        Column("partners", _("Partners"), key=lambda row: len(row.parts), value=lambda row: len(row.parts), numeric=True, large_first=True),
        Column("touched", _("Partners touched"), key=lambda row: row.partners_touched, value=lambda row: row.partners_touched, numeric=True, large_first=True),
        *_FIGURES,
    ),
    filters=SYSTEMS.filters,
    order="state",
)  # fmt: skip
PARTNERS = ListSpec(
    key="fleet-provider-partners",
    columns=(
        Column("name", _("Partner"), key=lambda row: row.partner.casefold(), value=lambda row: row.partner, fixed=True),
        Column("state", _("State"), key=lambda row: (row.verdict.rank, row.partner), value=lambda row: word_of(row.verdict.trouble)),
        Column("touched", _("Customers touched"), key=lambda row: row.touched, value=lambda row: row.touched, numeric=True, large_first=True),
        *_FIGURES,
    ),
    order="state",
)  # fmt: skip


def fitting_systems(rows: Sequence[_Row], state: ListState) -> list[_Row]:
    """Return the systems that fit what is asked."""
    words, standing = state.value("q").casefold(), state.value("standing")
    return [
        row for row in rows if words in row.name.casefold() and (not standing or row.verdict.trouble.value == standing)
    ]


def fitting_states(rows: tuple[ConnectionState, ...], state: ListState) -> list[ConnectionState]:
    """Return the connections that fit what is asked."""
    standing = state.value("standing")
    return [row for row in rows if not standing or row.standing.trouble.value == standing]
