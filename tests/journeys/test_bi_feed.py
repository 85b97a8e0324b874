"""Delivery's records on their way to where reports read them: a table of a real database, and Parquet files."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest
from psycopg.rows import dict_row

from apps.connectors.models import Connection
from apps.connectors.protocols.files_settings import PARQUET
from apps.connectors.services import NewConnection, create_connection
from apps.flows.models import Flow, Operation, Run
from apps.flows.services.flow_settings import change_settings
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.tenants import scope
from tests.connectors.sftp_server import PASSWORD as FILE_PASSWORD
from tests.connectors.sftp_server import USER, SftpServer, in_background
from tests.connectors.sql_server import PASSWORD, SCHEMA, TABLES, admin_url, database, port, settings
from tests.lines import Line

Hands = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def hands() -> Iterator[Hands]:
    """A person at the database whose tables are empty."""
    with psycopg.connect(admin_url(), dbname=database(), autocommit=True, row_factory=dict_row) as connection:
        connection.execute(";".join(f"DELETE FROM {table}" for table in TABLES.values()))
        yield connection


def _warehouse(line: Line) -> Connection:
    return create_connection(
        line.customer,
        NewConnection(
            system="postgresql_tables",
            name="Warehouse",
            base_url=f"postgresql://127.0.0.1:{port()}",
            secrets={"password": PASSWORD},
            settings=settings(),
        ),
    )


def _file_server(line: Line, server: SftpServer) -> Connection:
    return create_connection(
        line.customer,
        NewConnection(
            system="sftp_files",
            name="Lake",
            base_url=f"sftp://127.0.0.1:{server.port}",
            secrets={"sign_in": FILE_PASSWORD},
            settings={"user": USER, "host_key": server.fingerprint, "folder_out": "lake", "format": PARQUET},
        ),
    )


def _install(line: Line, template: str, source: Connection, target: Connection) -> Flow:
    with scope.work_in(line.partner):
        return install_template(template=template, name=template, source=source, target=target, installed_by="test")


def _run(line: Line, flow: Flow) -> Run:
    with scope.work_in(line.partner):
        run = run_now(Flow.objects.get(id=flow.id), started_by="test")
    line.work()
    return line.reload(run)


def test_time_and_projects_are_in_the_warehouse_once_and_follow_their_sources(
    make_line: Callable[..., Line], hands: Hands, settings: Any
) -> None:
    settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{port()}")
    line = make_line(problems=True)
    with scope.work_in(line.partner):
        warehouse = _warehouse(line)
    time = _install(line, "bi-time", line.source, warehouse)
    run = _run(line, time)
    assert run.state == "partial"  # 25 hours on a day, a decimal comma, no project: each has its reason
    rows = hands.execute(f"SELECT * FROM {SCHEMA}.time_entries").fetchall()
    assert run.written == len(rows) == len({row["external_id"] for row in rows}) > 20
    assert {row["resource_name"] for row in rows} == {None}
    assert {"approved", "submitted"} <= {row["approval"] for row in rows}
    with scope.work_in(line.partner):
        refused = Operation.objects.filter(flow_id=time.id, state="rejected")
        assert run.rejected == refused.count() >= 3
        sentences = sorted(one.error_message for one in refused)
    assert any(sentence.startswith("25") for sentence in sentences), sentences

    entry = next(one for one in line.entries(status="approved") if one["id"] == rows[0]["external_id"].split(":")[-1])
    line.psa("PATCH", f"time-entries/{entry['id']}", {"hours": 1.25})
    assert _run(line, time).written == 1
    (row,) = hands.execute(f"SELECT hours FROM {SCHEMA}.time_entries WHERE external_id = %s", [rows[0]["external_id"]])
    assert row["hours"] == Decimal("1.25")
    assert _run(line, time).written == 0

    line.run()  # the time is posted in the ERP, which now knows what the projects cost
    projects = _install(line, "bi-projects", line.target, warehouse)
    assert _run(line, projects).state == "clean"
    held = hands.execute(f"SELECT code, actual_hours, actual_cost FROM {SCHEMA}.projects").fetchall()
    assert sum(one["actual_hours"] or 0 for one in held) == sum(
        Decimal(str(one["quantity"])) for one in line.time_lines()
    )
    assert {one["actual_cost"] for one in held} == {None}


def test_people_and_invoices_lie_as_parquet_where_reports_read_them(
    make_line: Callable[..., Line], tmp_path: Path, settings: Any
) -> None:
    line = make_line()
    invoice = {
        "customer_number": "C-001",
        "currency": "EUR",
        "net": "4000.00",
        "issued_on": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    made = line.sandbox.do(lambda client: client.create_record("erp", line.company, "invoices", **invoice))
    (tmp_path / "lake").mkdir()
    with in_background(tmp_path) as server:
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.port}")
        with scope.work_in(line.partner):
            lake = _file_server(line, server)
        people, invoices = (
            _install(line, "bi-people", line.source, lake),
            _install(line, "bi-invoices", line.target, lake),
        )
        with scope.work_in(line.partner):
            change_settings(Flow.objects.get(id=people.id), settings={"share_names": True}, changed_by="test")
        run = _run(line, people)
        assert (run.state, run.written) == ("clean", 6), run.error_message
        assert [_run(line, invoices).written for _ in range(2)] == [1, 0]
        line.sandbox.do(
            lambda client: client.change_record("erp", line.company, "invoices", made["id"], state="posted")
        )
        assert _run(line, invoices).written == 1
    files = sorted((tmp_path / "lake").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    persons, *bills = [pyarrow.parquet.read_table(path).to_pylist() for path in files]
    assert {row["employee_no"] for row in persons} == {f"E-{number:04d}" for number in range(1, 7)}
    assert all(row["name"] and row.get("cost_rate") is None for row in persons)
    assert [(row["number"], row["net"], row["state"]) for rows in bills for row in rows] == [
        (made["number"], Decimal(4_000), "draft"),
        (made["number"], Decimal(4_000), "posted"),
    ]
