"""The list of connections: its columns and filters, the rows that fit, and which flows use each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option, choices, count_by
from apps.connectors import registry
from apps.connectors.models import Connection, Credential
from apps.connectors.queries import End, connections, end_of, system_name
from apps.connectors.usage_directory import count_uses_of

_STATE_WORDS = {
    Connection.State.ATTENTION: _("Need attention"),
    Connection.State.WORKING: _("Working"),
    Connection.State.UNTESTED: _("Not tested"),
    Connection.State.DISABLED: _("Switched off"),
}
_ENVIRONMENT_WORDS = {
    Connection.Environment.PRODUCTION: _("Production"),
    Connection.Environment.SANDBOX: _("Sandbox"),
}


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection of the list with its system's name; `flows` is how many use it, `ends` when its first secret does."""

    connection: Connection
    system_name: str
    flows: int
    ends: End | None


CONNECTIONS = ListSpec(
    key="connections",
    columns=(
        Column("name", _("Connection"), sort=("name",), value=lambda row: row.connection.name, fixed=True),
        Column("customer", _("Customer"), sort=("customer__name", "name"), value=lambda row: row.connection.customer.name),
        Column("system", _("System"), sort=("system", "name"), value=lambda row: row.system_name),
        Column("environment", _("Environment"), sort=("environment", "name"), value=lambda row: row.connection.environment),
        Column("state", _("State"), sort=("state", "name"), value=lambda row: row.connection.state),
        Column("expires", _("Expires"), sort=("expires_on", "name"), value=lambda row: row.ends and row.ends.on, nullable=True),
        Column("reason", _("What is wrong"), value=lambda row: row.connection.state_reason, shown=False),
        Column("success", _("Last success"), sort=("last_success_at",), value=lambda row: row.connection.last_success_at, nullable=True, large_first=True),
        Column("flows", _("Used by"), value=lambda row: row.flows, numeric=True),
        Column("since", _("Connected"), sort=("created_at",), value=lambda row: row.connection.created_at, shown=False, large_first=True),
    ),
    filters=(
        Filter("q", _("Connection or customer"), "search"),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("system", _("System"), "select", all_label=_("All systems")),
        Filter("environment", _("Environment"), "select", tuple(Option(e.value, w) for e, w in _ENVIRONMENT_WORDS.items()), all_label=_("All environments")),
        Filter("state", _("State"), "chips", tuple(Option(s.value, w) for s, w in _STATE_WORDS.items())),
    ),
    order="customer",
)  # fmt: skip


def connection_choices() -> dict[str, list[Option]]:
    """Return what the list can be narrowed to: customers, and the catalogue's systems."""
    return {
        "customer": choices(list_customer_names().items()),
        "system": [Option(system.slug, system.name) for system in registry.all_manifests()],
    }


def fitting_connections(state: ListState, *, any_state: bool = False) -> QuerySet[Connection]:
    """Return the connections that fit; `any_state` leaves the filter by state out, to count them."""
    found = connections() if any_state else connections().annotate(expires_on=_first_end())
    for name in ("system", "environment", *(() if any_state else ("state",))):
        if state.value(name):
            found = found.filter(**{name: state.value(name)})
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if words := state.value("q"):
        found = found.filter(Q(name__icontains=words) | Q(customer__name__icontains=words))
    return found


def _first_end() -> Subquery:
    """Return the day on which the first of a connection's secrets expires, as a column."""
    known = Credential.objects.filter(connection=OuterRef("pk"), expires_on__isnull=False)
    return Subquery(known.order_by("expires_on").values("expires_on")[:1])


def count_by_state(state: ListState) -> dict[str, int]:
    """Return how many connections that fit the other filters are in each state; "" stands for all."""
    return count_by(fitting_connections(state, any_state=True), "state")


def connection_rows(shown: Sequence[Connection]) -> list[ConnectionRow]:
    """Return connections as the list shows them; one query."""
    uses = count_uses_of([connection.id for connection in shown])
    return [
        ConnectionRow(one, system_name(one.system), uses.get(one.id, 0), end_of(getattr(one, "expires_on", None)))
        for one in shown
    ]
