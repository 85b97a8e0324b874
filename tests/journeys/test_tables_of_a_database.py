"""Time leaves into a table and comes in from it: whole flows over the real database, with a ledger line for every row."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.flows.models import Flow, Operation
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.tenants import scope
from tests.connectors.sql_server import PASSWORD, SCHEMA, admin_url, database, port, settings
from tests.lines import Line

TARGET = f"{SCHEMA}.billed"


@pytest.fixture
def hands() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A person at the database, who has made one table more: called in the customer's own words, strict where it can be."""
    with psycopg.connect(admin_url(), dbname=database(), autocommit=True, row_factory=dict_row) as connection:
        connection.execute(f"DELETE FROM {SCHEMA}.time_entries")
        connection.execute(f"DROP TABLE IF EXISTS {TARGET}")
        connection.execute(
            f"CREATE TABLE {TARGET} (nr bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person text NOT NULL, "
            "worked numeric(6,2) NOT NULL CHECK (worked <= 7.5), day date NOT NULL, external_id text UNIQUE, "
            "updated_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        connection.execute(f'GRANT SELECT, INSERT, UPDATE ON {TARGET} TO "{database()}"')
        yield connection
        connection.execute(f"DROP TABLE {TARGET}")


def _database(line: Line, name: str, **changes: str) -> Connection:
    return create_connection(
        line.customer,
        NewConnection(
            system="postgresql_tables",
            name=name,
            base_url=f"postgresql://127.0.0.1:{port()}",
            secrets={"password": PASSWORD},
            settings=settings(**changes),
        ),
    )


def _install(line: Line, name: str, source: Connection, target: Connection) -> Flow:
    return install_template(
        template="approved-time-to-bill", name=name, source=source, target=target, installed_by="test"
    )


def _run(line: Line, flow: Flow) -> Counter[str]:
    """Carry a run to its end and return the states of all the flow's ledger lines."""
    with scope.work_in(line.partner):
        run = run_now(Flow.objects.get(id=flow.id), started_by="test")
    line.work()
    with scope.work_in(line.partner):
        states = Counter(Operation.objects.filter(flow_id=flow.id, run=run).values_list("state", flat=True))
    assert line.reload(run).state in {"clean", "empty", "partial"}
    return states


def test_time_goes_into_a_table_and_on_into_another_once(
    make_line: Callable[..., Line], hands: psycopg.Connection[dict[str, Any]], settings: Any
) -> None:
    line = make_line()
    settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{port()}")
    with scope.work_in(line.partner):
        first = _database(line, "Warehouse")
        second = _database(
            line,
            "Billing",
            table_time_entries=TARGET,
            columns_time_entries="resource=person, hours=worked, work_date=day",
        )
        outward = _install(line, "Time to the warehouse", line.source, first)
        onward = _install(line, "Warehouse to billing", first, second)

    written = _run(line, outward)["written"]
    assert written > 20
    assert not _run(line, outward)["written"], "a second run has nothing to add"
    there = hands.execute(f"SELECT * FROM {SCHEMA}.time_entries").fetchall()
    assert len(there) == written == len({row["external_id"] for row in there})

    fitting = [row for row in there if row["hours"] <= Decimal("7.5")]
    states = _run(line, onward)
    assert states["written"] == len(fitting)
    assert states["rejected"] == len(there) - len(fitting)
    billed = hands.execute(f"SELECT * FROM {TARGET}").fetchall()
    assert Counter((row["person"], row["worked"], row["day"]) for row in billed) == Counter(
        (row["resource"], row["hours"], row["work_date"]) for row in fitting
    )
    with scope.work_in(line.partner):
        refused = Operation.objects.filter(flow_id=onward.id, state="rejected").first()
    if refused is not None:
        assert "does not allow this value of Hours" in refused.error_message
