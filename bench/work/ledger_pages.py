"""The portal's pages over a full ledger: each asked for several times, its statements watched, the slowest one explained.

`python -m bench.work.ledger_pages OPERATIONS` in the environment of a bench; returns 1 when a page is over its budget.
"""

import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from psycopg import sql  # noqa: E402

from apps.accounts.actions import Role  # noqa: E402
from apps.accounts.services import create_user  # noqa: E402
from apps.flows.models import Flow, Operation  # noqa: E402
from apps.flows.services import blobs, planning  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.provisioning import NewPartner, create_partner  # noqa: E402
from apps.tenants.scope import PartnerRef  # noqa: E402
from bench.work.full_ledger import Filling, fill_ledger  # noqa: E402
from bench.work.product_line import install  # noqa: E402
from bench.work.watching import Watch, explained, watched  # noqa: E402

CUSTOMERS = 10
REPEATS = 5
PAGE_BUDGET_MS = 100.0  # of the database's time: what the ledger's size can change
TABLES = ("flows_operation", "flows_link", "flows_run", "flows_triggerevent", "flows_flowday", "flows_batch")


@dataclass(slots=True)
class Row:
    """One line of the table."""

    name: str
    page_ms: float
    database_ms: float
    statements: int
    slowest_ms: float
    plan: str


def pages_of(flow: Flow, operation: Operation) -> dict[str, str]:
    """Return the addresses of the pages that read the ledger."""
    customer = flow.customer_id
    return {
        "home": "/",
        "records": "/operations/",
        "records, rejected": "/operations/?state=rejected",
        "records of a customer": f"/operations/?customer={customer}",
        "records of a flow": f"/operations/?flow={flow.id}",
        "records, of a run": f"/operations/?run={operation.run_id}",
        "records, page 3": "/operations/?page=3",
        "records, by key": f"/operations/?q={operation.source_key}",
        "record": f"/operations/{operation.id}/",
        "runs": "/runs/",
        "runs of a flow": f"/flows/{flow.id}/runs/",
        "run": f"/runs/{operation.run_id}/",
        "flows": "/flows/",
        "flow": f"/flows/{flow.id}/",
        "customer": f"/customers/{customer}/",
        "customer's runs": f"/customers/{customer}/runs/",
        "exceptions": "/exceptions/",
        "reports": "/reports/",
        "reports, a year": f"/reports/?period=chosen&since={timezone.now().date() - timedelta(days=360)}&until={timezone.now().date()}",
        "report of records": "/reports/records/",
        "search by key": f"/search/?q={operation.source_key}",
        "search by target's number": f"/search/?q={operation.target_key}",
    }


def measure(client: Client, partner: PartnerRef, name: str, address: str) -> Row:
    """Ask for a page some times and explain its slowest statement."""
    took, best = [], Watch()
    for turn in range(REPEATS + 1):
        begun = time.perf_counter()
        with watched() as watch:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        if turn:  # the first one fills the caches
            took.append(((time.perf_counter() - begun) * 1000, watch.milliseconds))
            best = watch if not best.seen or watch.milliseconds < best.milliseconds else best
    slowest = best.slowest
    plan = explained(partner, slowest[1], slowest[2])
    page, database = (min(column) for column in zip(*took, strict=True))  # the others waited for their neighbours
    return Row(name, page, database, len(best.seen), slowest[0], plan)


def hot_statements(partner: PartnerRef, flow: Flow) -> list[Row]:
    """Measure what a run asks of the ledger for each batch of 500 records."""
    keys = [f"psa:TE-{number}" for number in range(0, 500_000, 1000)]
    statements: dict[str, tuple[str, list[Any]]] = {
        "batch: known lines": (planning._KNOWN, [flow.id, "TimeEntry", keys]),
        "batch: links": (planning._LINKS, [flow.target_id, "TimeEntry", keys]),
    }
    rows = []
    for name, (statement, values) in statements.items():
        took = []
        for _ in range(REPEATS):
            with scope.work_in(partner), connection.cursor() as cursor:
                begun = time.perf_counter()
                cursor.execute(statement, values)
                cursor.fetchall()
                took.append((time.perf_counter() - begun) * 1000)
        rows.append(Row(name, min(took), min(took), 1, min(took), explained(partner, statement, values)))
    return rows


def show_indexes(partner: PartnerRef) -> None:
    """Print the indexes of the big tables: how large, and how often the pages above used them."""
    owner = connections["owner"]
    owner.set_schema_to_public()  # type: ignore[attr-defined]  # the tenants' backend has it
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT s.relname, s.indexrelname, pg_relation_size(s.indexrelid) / 1024.0 / 1024, s.idx_scan "
            "FROM pg_stat_user_indexes AS s WHERE s.schemaname = %s AND s.relname = ANY(%s) ORDER BY 1, 3 DESC",
            [partner.schema_name, list(TABLES)],
        )
        print(f"\n{'table':20}{'index':44}{'MB':>8}{'used':>8}")
        for table, index, size, used in cursor.fetchall():
            print(f"{table:20}{index:44}{float(size):8.1f}{used:8}")


def make_ledger(number: int) -> tuple[PartnerRef, Client, Flow, Operation]:
    """Make a partner with customers, flows and a full ledger, and a browser of its owner."""
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    partner = create_partner(NewPartner("Bench", "bench")).as_ref()
    flows = [install(partner, "127.0.0.1:9", 10, f"c{place}") for place in range(CUSTOMERS)]
    begun = time.perf_counter()
    client = Client(headers={"host": "bench.localhost"})
    with scope.work_in(partner):
        flows = list(Flow.objects.select_related("customer").order_by("id"))
        blob = blobs.pack({"again": False, "entries": []})
        run = fill_ledger(flows, Filling(number), now=timezone.now(), blob=blob)
        operation = Operation.objects.filter(run_id=run, state="written").order_by("id")[0]
        client.force_login(
            create_user(email="o@bench.example", name="O", role=Role.OWNER, password="a long enough one")
        )
    _analyse(partner)
    print(f"{number:,} operations of {CUSTOMERS} customers made in {time.perf_counter() - begun:.0f} s", flush=True)
    return partner, client, next(flow for flow in flows if flow.id == operation.flow_id), operation


def _analyse(partner: PartnerRef) -> None:
    owner = connections["owner"]
    owner.set_schema_to_public()  # type: ignore[attr-defined]  # the tenants' backend has it
    with owner.cursor() as cursor:
        for table in TABLES:
            name = sql.SQL("{}.{}").format(sql.Identifier(partner.schema_name), sql.Identifier(table))
            cursor.execute(sql.SQL("VACUUM ANALYZE {}").format(name))


def main() -> int:
    """Measure and print; 1 when the database takes too long for a page."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("run it by itself")
    partner, client, flow, operation = make_ledger(int(sys.argv[1]))
    rows = [measure(client, partner, name, address) for name, address in pages_of(flow, operation).items()]
    rows += hot_statements(partner, flow)
    print(f"\n{'page or statement':28}{'ms':>8}{'database':>10}{'statements':>12}{'slowest':>9}  how it reads")
    for row in rows:
        print(
            f"{row.name:28}{row.page_ms:8.0f}{row.database_ms:10.1f}{row.statements:12}{row.slowest_ms:9.1f}  {row.plan[:110]}",
            flush=True,
        )
    show_indexes(partner)
    late = [row.name for row in rows if row.database_ms > PAGE_BUDGET_MS]
    print(f"\nover {PAGE_BUDGET_MS:.0f} ms of the database: {', '.join(late) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
