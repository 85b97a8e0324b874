"""The list of customers: its columns and filters, the rows that fit, and what is counted for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option, count_by
from apps.customers.connection_directory import ConnectionCounts, count_connections
from apps.customers.health_directory import CustomerHealth, health_by_customer
from apps.customers.models import Customer, Membership

_STATE_WORDS = {
    Customer.State.LIVE: _("Live"),
    Customer.State.ONBOARDING: _("Onboarding"),
    Customer.State.PAUSED: _("Paused"),
    Customer.State.LEFT: _("Left"),
}


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of the list."""

    customer: Customer
    connections: ConnectionCounts
    people: int
    health: CustomerHealth


CUSTOMERS = ListSpec(
    key="customers",
    columns=(
        Column("name", _("Customer"), sort=("name",), value=lambda row: row.customer.name, fixed=True),
        Column("reference", _("Reference"), sort=("external_reference",), value=lambda row: row.customer.external_reference, shown=False),
        Column("segment", _("Segment"), sort=("segment", "name"), value=lambda row: row.customer.segment, shown=False),
        Column("state", _("State"), sort=("state", "name"), value=lambda row: row.customer.state),
        Column("health", _("Health"), value=lambda row: row.health.colour),
        Column("cases", _("Open exceptions"), value=lambda row: row.health.open_cases, numeric=True),
        Column("success", _("Last success"), value=lambda row: row.health.last_success_at),
        Column("connections", _("Connections"), value=lambda row: row.connections.total, numeric=True),
        Column("people", _("People"), sort=("people", "name"), value=lambda row: row.people, numeric=True, large_first=True),
        Column("country", _("Country"), sort=("country", "name"), value=lambda row: row.customer.country, shown=False),
        Column("currency", _("Currency"), sort=("currency", "name"), value=lambda row: row.customer.currency, shown=False),
        Column("zone", _("Time zone"), sort=("time_zone", "name"), value=lambda row: row.customer.time_zone, shown=False),
        Column("since", _("Added"), sort=("created_at",), value=lambda row: row.customer.created_at, shown=False, large_first=True),
    ),
    filters=(
        Filter("q", _("Name, reference or segment"), "search"),
        Filter("state", _("State"), "chips", tuple(Option(state.value, words) for state, words in _STATE_WORDS.items())),
    ),
    order="name",
)  # fmt: skip


def fitting_customers(state: ListState) -> QuerySet[Customer]:
    """Return the customers that fit, each with its `people` who can sign in."""
    members = Membership.objects.filter(customer=OuterRef("pk"), user__is_active=True).order_by().values("customer")
    number = Subquery(members.annotate(number=Count("id")).values("number"), output_field=IntegerField())
    found = _named(state.value("q")).annotate(people=Coalesce(number, 0))
    return found.filter(state=state.value("state")) if state.value("state") else found


def count_by_state(words: str) -> dict[str, int]:
    """Return how many customers that go by `words` are in each state; "" stands for all."""
    return count_by(_named(words), "state")


def customer_rows(shown: Sequence[Customer]) -> list[CustomerRow]:
    """Return customers with their connections counted and how they are doing; as many queries for one as for fifty."""
    counts, health = count_connections([customer.id for customer in shown]), health_by_customer(timezone.now())
    return [
        CustomerRow(
            customer=one,
            connections=counts.get(one.id, ConnectionCounts()),
            people=one.people,  # type: ignore[attr-defined]  # annotated
            health=health.get(one.id, CustomerHealth()),
        )
        for one in shown
    ]


def _named(words: str) -> QuerySet[Customer]:
    if not words:
        return Customer.objects.all()
    return Customer.objects.filter(
        Q(name__icontains=words) | Q(external_reference__icontains=words) | Q(segment__icontains=words)
    )
