"""The list of connections, those that need somebody first: its columns and filters, the rows that fit, and what hangs on each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option, choices, count_by
from apps.connectors import registry
from apps.connectors.attention import HOLDS_UP, REASONS, Look, Trouble, look_now, trouble_of, with_trouble
from apps.connectors.models import Connection
from apps.connectors.queries import End, connections, end_of, system_name
from apps.connectors.usage_directory import Stake, stakes_of
from apps.tenants.templatetags.wording import money_words

ANY_TROUBLE = "any"
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
    """One connection of the list: its system's name, why it needs somebody (None: nobody), what hangs on it, whose it is.

    `owner` is who looks after the customer, "" for nobody; `ends` is when its first secret expires. Nothing waits behind a
    connection that lets records pass: what waits in its flows waits for something else.
    """

    connection: Connection
    system_name: str
    trouble: Trouble | None
    stake: Stake
    owner: str
    ends: End | None

    @property
    def waiting(self) -> int:
        """Return how many records wait behind it."""
        holds = self.connection.state == Connection.State.DISABLED or (self.trouble and self.trouble.name in HOLDS_UP)
        return self.stake.records if holds else 0

    @property
    def worth(self) -> str:
        """Return what the records that wait behind it are worth, each currency by itself; "" where nobody knows."""
        if not self.waiting:
            return ""
        return ", ".join(money_words(amount, currency) for currency, amount in self.stake.sums)


CONNECTIONS = ListSpec(
    key="connections",
    columns=(
        Column("name", _("Connection"), sort=("name",), value=lambda row: row.connection.name, fixed=True),
        Column("customer", _("Customer"), sort=("customer__name", "name"), value=lambda row: row.connection.customer.name),
        Column("system", _("System"), sort=("system", "name"), value=lambda row: row.system_name),
        Column("environment", _("Environment"), sort=("environment", "name"), value=lambda row: row.connection.environment, shown=False),
        Column("state", _("State"), sort=("-urgency", "customer__name", "name"), value=lambda row: row.connection.state),
        Column("expires", _("Expires"), sort=("expires_on", "name"), value=lambda row: row.ends and row.ends.on, nullable=True, shown=False),
        Column("reason", _("What is wrong"), value=lambda row: row.trouble.words if row.trouble else row.connection.state_reason, shown=False),
        Column("trouble", _("Since"), value=lambda row: row.trouble.since if row.trouble else None, shown=False),
        Column("waiting", _("Waits behind it"), value=lambda row: row.waiting, numeric=True),
        Column("worth", _("Worth"), value=lambda row: row.worth, shown=False),
        Column("owner", _("Looked after by"), sort=("customer__account_owner__name", "name"), value=lambda row: row.owner, nullable=True),
        Column("success", _("Last success"), sort=("last_success_at",), value=lambda row: row.connection.last_success_at, nullable=True, large_first=True),
        Column("flows", _("Used by"), value=lambda row: row.stake.flows, numeric=True),
        Column("since", _("Connected"), sort=("created_at",), value=lambda row: row.connection.created_at, shown=False, large_first=True),
    ),
    filters=(
        Filter("q", _("Connection or customer"), "search"),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("system", _("System"), "select", all_label=_("All systems")),
        Filter("environment", _("Environment"), "select", tuple(Option(e.value, w) for e, w in _ENVIRONMENT_WORDS.items()), all_label=_("All environments")),
        Filter("state", _("State"), "select", tuple(Option(s.value, w) for s, w in _STATE_WORDS.items()), all_label=_("All states")),
        Filter("trouble", _("What they need"), "chips", (Option(ANY_TROUBLE, _("Need somebody")), *(Option(r.name, r.label) for r in REASONS))),
    ),
    order="state",
)  # fmt: skip


def connection_choices() -> dict[str, list[Option]]:
    """Return what the list can be narrowed to: customers, and the catalogue's systems."""
    return {
        "customer": choices(list_customer_names().items()),
        "system": [Option(system.slug, system.name) for system in registry.all_manifests()],
    }


def fitting_connections(state: ListState, look: Look, *, any_trouble: bool = False) -> QuerySet[Connection]:
    """Return the connections that fit; `any_trouble` leaves the filter by what they need out, to count them."""
    found = with_trouble(connections().select_related("customer__account_owner", "breaker"), look)
    for name in ("system", "environment", "state"):
        if state.value(name):
            found = found.filter(**{name: state.value(name)})
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if words := state.value("q"):
        found = found.filter(Q(name__icontains=words) | Q(customer__name__icontains=words))
    wanted = "" if any_trouble else state.value("trouble")
    if wanted:
        found = found.filter(Q(urgency__gt=0) if wanted == ANY_TROUBLE else Q(trouble=wanted))
    return found


def counted_by_trouble(state: ListState, look: Look) -> ListState:
    """Return the state with the number on each chip, and without the chips of what no connection needs. One query."""
    counts = count_by(fitting_connections(state, look, any_trouble=True), "trouble")
    needing = sum(number for name, number in counts.items() if name in {reason.name for reason in REASONS})
    counted = state.counted("trouble", {**counts, ANY_TROUBLE: needing})
    kept = ("", ANY_TROUBLE, state.value("trouble"))
    shown = [option for option in counted.options["trouble"] if option.count or option.value in kept]
    return replace(counted, options={**counted.options, "trouble": shown})


def connection_rows(shown: Sequence[Connection], look: Look) -> list[ConnectionRow]:
    """Return connections that `fitting_connections` read as the list shows them; three queries."""
    stakes = stakes_of([connection.id for connection in shown])
    return [
        ConnectionRow(
            connection=one,
            system_name=system_name(one.system),
            trouble=trouble_of(one, look),
            stake=stakes.get(one.id, Stake()),
            owner=one.customer.account_owner.name if one.customer.account_owner else "",
            ends=end_of(getattr(one, "expires_on", None)),
        )
        for one in shown
    ]


def count_needing_somebody() -> int:
    """Return how many connections in scope need somebody. One query."""
    return with_trouble(connections(), look_now()).filter(Q(urgency__gt=0)).count()
