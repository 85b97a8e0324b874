"""Reading customers: the list with its counts, and what one customer's page shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from apps.accounts.models import User
from apps.customers.connection_directory import ConnectionCounts, ConnectionLine, count_connections, list_connections_of
from apps.customers.models import Customer, LegalEntity

CUSTOMERS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers are wanted; "" wants all. `page` counts from 1."""

    state: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of the list."""

    customer: Customer
    connections: ConnectionCounts
    people: int


@dataclass(frozen=True, slots=True)
class CustomerList:
    """One page of customers; `by_state` counts what fits the words, "" stands for all states."""

    rows: list[CustomerRow]
    by_state: Mapping[str, int]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Everything a customer's page shows."""

    customer: Customer
    entities: list[LegalEntity]
    connections: list[ConnectionLine]
    people: list[User]


def list_customers() -> QuerySet[Customer]:
    """Return the customers in scope, by name."""
    return Customer.objects.all()


def get_customer(customer_id: UUID) -> Customer:
    """Return one customer in scope. Raises Http404 when it does not exist or belongs to someone else."""
    customer = Customer.objects.filter(id=customer_id).first()
    if customer is None:
        raise Http404("There is no such customer.")
    return customer


def find_customers(wanted: CustomerFilter) -> CustomerList:
    """Return one page of the customers that fit, each with what belongs to it counted."""
    fitting = _fitting(wanted.words)
    by_state = dict(fitting.order_by().values_list("state").annotate(Count("id")))
    by_state[""] = sum(by_state.values())
    total = by_state.get(wanted.state, 0)
    chosen = fitting.filter(state=wanted.state) if wanted.state else fitting
    pages = max(-(-total // CUSTOMERS_A_PAGE), 1)
    page = min(wanted.page, pages)
    shown = list(
        chosen.annotate(people=Count("memberships", filter=Q(memberships__user__is_active=True))).order_by(
            "name", "id"
        )[(page - 1) * CUSTOMERS_A_PAGE : page * CUSTOMERS_A_PAGE]
    )
    counts = count_connections([customer.id for customer in shown])
    rows = [CustomerRow(c, counts.get(c.id, ConnectionCounts()), c.people) for c in shown]
    return CustomerList(rows, by_state, page, pages)


def get_customer_facts(customer: Customer) -> CustomerFacts:
    """Return a customer with its companies, connections and people."""
    people = User.objects.filter(memberships__customer=customer).order_by("-is_active", "name", "email")
    entities = list(LegalEntity.objects.filter(customer=customer))
    return CustomerFacts(customer, entities, list_connections_of(customer.id), list(people))


def get_entity(customer: Customer, entity_id: UUID) -> LegalEntity:
    """Return one of the customer's companies. Raises Http404."""
    entity = LegalEntity.objects.filter(customer=customer, id=entity_id).first()
    if entity is None:
        raise Http404("There is no such company.")
    return entity


def _fitting(words: str) -> QuerySet[Customer]:
    if not words:
        return Customer.objects.all()
    return Customer.objects.filter(
        Q(name__icontains=words) | Q(external_reference__icontains=words) | Q(segment__icontains=words)
    )
