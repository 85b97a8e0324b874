"""A partner with a large firm's work in it: customers, people, flows, a full ledger, open and closed cases, and their history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection, connections
from psycopg import sql
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.models import Customer
from apps.customers.services import add_cut_off, add_member, create_customer
from apps.flows.models import Flow, FlowVersion, Run, Trigger
from apps.flows.services import blobs
from apps.flows.services.install import install_template
from apps.monitoring import sla_settings
from apps.monitoring.judging import judge_ledger
from apps.monitoring.risk_days import record_risk
from apps.monitoring.sla.credits import CreditBand
from apps.monitoring.sla.opening import always
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import Package
from apps.tenants import scope
from apps.tenants.provisioning import NewPartner, create_partner
from apps.tenants.scope import PartnerRef
from bench.work.firm_history import fill_history
from bench.work.full_ledger import Filling, fill_ledger

SLUG = "bench"
NOBODY = "http://127.0.0.1:9"  # where nothing answers: no page may need a system
PASSWORD = "a long enough one"
PER_RUN = 100
FAILING = 5_000
MANY = 100_000  # from here on, indexes are made after the tables are filled
BIG_TABLES = ("flows_operation", "flows_link")
TEMPLATE = "approved-time-to-bill"
# Who looks: a label for the table, and the role. Customers' people belong to the first customer.
PEOPLE = (
    ("owner", Role.OWNER),
    ("support", Role.SUPPORT),
    ("customer_owner", Role.CUSTOMER_OWNER),
)
GOLD = Package(
    name="Gold",
    summary="For firms that bill every week",
    targets=(
        Target(Promise.DETECT, 15),
        Target(Promise.ACKNOWLEDGE, 60),
        Target(Promise.RESOLVE, 480),
        Target(Promise.DELIVERY, 30),
        Target(Promise.CUT_OFF, 0),
    ),
    pauses=frozenset(),
    bands=(CreditBand(0, Decimal(1)), CreditBand(60, Decimal(5))),
    cap_percent=Decimal(8),
)

_KEYS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = ANY(%s) AND k.contype = 'u'
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = ANY(%s) AND indexname <> tablename || '_pkey'"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the firm is."""

    operations: int
    customers: int = 40
    flows: int = 200

    @property
    def flows_each(self) -> int:
        """Return how many flows a customer has."""
        return max(self.flows // self.customers, 1)


def found_partner() -> PartnerRef:
    """Make the partner with its tables."""
    return create_partner(NewPartner("Bench", SLUG)).as_ref()


def fill_partner(partner: PartnerRef, size: Size, *, now: datetime) -> None:
    """Give the partner customers, people, flows, a ledger with its cases, and what was before. Minutes for millions."""
    with scope.work_in(partner):
        for number in range(size.customers):
            _customer(number, size.flows_each)
        _people()
        _promise()
        flows = list(Flow.objects.order_by("id"))
    filled_bare = _indexed_afterwards(partner, BIG_TABLES) if size.operations >= MANY else nullcontext()
    with filled_bare, scope.work_in(partner):
        blob = blobs.pack({"again": False, "entries": []})
        fill_ledger(flows, Filling(size.operations, PER_RUN, FAILING), now=now, blob=blob)
        fill_history(read=PER_RUN, now=now)
    _analyse(partner)  # the pass over the ledger is judged by its plans, too
    with scope.enter(partner):
        judge_ledger()
        record_risk(now)
    _analyse(partner)


def grow(partner: PartnerRef, size: Size, *, now: datetime) -> int:
    """Add runs to a partner that was filled before, until the ledger is as long as asked; returns how many lines were added."""
    with scope.work_in(partner):
        flows = list(Flow.objects.order_by("id"))
        runs = Run.objects.count()
    more = size.operations - runs * PER_RUN
    if more < PER_RUN:
        return 0
    filling = Filling(more, PER_RUN, failing=0, first_run=runs)
    with _indexed_afterwards(partner, BIG_TABLES), scope.work_in(partner):
        fill_ledger(flows, filling, now=now, blob=blobs.pack({"again": False, "entries": []}))
    _analyse(partner)
    return more


@contextmanager
def _indexed_afterwards(partner: PartnerRef, tables: Sequence[str]) -> Iterator[None]:
    """Take the tables' indexes, but for the first keys, away while they are filled, and make them again: half the time."""
    keys, indexes = [], []
    with _owner(partner) as cursor:
        cursor.execute(_KEYS, [partner.schema_name, list(tables)])
        keys = list(cursor.fetchall())
        for table, name, _definition in keys:
            cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, name))))
        cursor.execute(_INDEXES, [partner.schema_name, list(tables)])
        indexes = list(cursor.fetchall())
        for name, _definition in indexes:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    with _owner(partner) as cursor:
        for table, name, definition in keys:
            words = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(*map(sql.Identifier, (table, name)))
            cursor.execute(words + sql.SQL(definition))
        for _name, definition in indexes:
            cursor.execute(definition)


@contextmanager
def _owner(partner: PartnerRef) -> Iterator[Any]:
    owner = connections["owner"]
    owner.set_schema_to_public()  # type: ignore[attr-defined]  # the tenants' backend has it
    with owner.cursor() as cursor:
        cursor.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(partner.schema_name)))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        yield cursor
        cursor.execute("RESET maintenance_work_mem")


def _customer(number: int, flows: int) -> None:
    customer = create_customer(name=f"Customer {number:02}", currency="EUR", segment=f"Segment {number % 5}")
    Customer.objects.filter(id=customer.id).update(state=Customer.State.LIVE)
    source, target = _connect(customer, "sandbox_psa"), _connect(customer, "sandbox_erp")
    first = install_template(
        template=TEMPLATE, name=f"Time {number:02}-0", source=source, target=target, installed_by="bench"
    )
    for place in range(1, flows):
        _copy(first, f"Time {number:02}-{place}")
    add_cut_off(customer, name="Invoice run", purpose="", rule=Rule(Rhythm.WEEKLY, number % 5, time(16)))


def _copy(first: Flow, name: str) -> None:
    """Make another flow like the first one, without trying the template's samples again."""
    flow, version = Flow.objects.get(id=first.id), FlowVersion.objects.get(id=first.live_version_id)
    triggers = list(Trigger.objects.filter(flow=first))
    flow.pk, flow.name, flow.live_version = uuid7(), name, None
    flow.save(force_insert=True)
    version.pk, version.flow = uuid7(), flow
    version.save(force_insert=True)
    Flow.objects.filter(id=flow.id).update(live_version=version)
    for trigger in triggers:
        trigger.pk, trigger.flow = uuid7(), flow
        trigger.save(force_insert=True)


def _connect(customer: Customer, system: str) -> Connection:
    return create_connection(
        customer, NewConnection(system=system, name=system, base_url=NOBODY, secrets={"token": "bench"}, settings={})
    )


def _people() -> None:
    first = Customer.objects.order_by("name")[0]
    for label, role in PEOPLE:
        person = create_user(email=f"{label}@bench.example", name=label, role=role, password=PASSWORD)
        if label.startswith("customer"):
            add_member(user=person, customer_id=first.id)
    for number in range(12):
        create_user(email=f"s{number}@bench.example", name=f"Sam {number}", role=Role.SUPPORT, password=PASSWORD)


def _promise() -> None:
    somebody = User.objects.get(email="owner@bench.example").as_actor()
    policy = sla_settings.save_policy(None, GOLD, by=somebody)
    calendar = sla_settings.save_calendar(None, name="Always", hours=always(), by=somebody)
    for customer in Customer.objects.all():
        sla_settings.agree(customer, policy=policy, calendar=calendar, fee=Decimal(900), currency="EUR", by=somebody)


def count_rows(partner: PartnerRef) -> list[tuple[str, int]]:
    """Return the partner's tables with about how many rows each holds, the fullest first."""
    with scope.work_in(partner), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = %s AND n_live_tup > 0 ORDER BY 2 DESC, 1",
            [partner.schema_name],
        )
        return list(cursor.fetchall())


def _analyse(partner: PartnerRef) -> None:
    with _owner(partner) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [partner.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
