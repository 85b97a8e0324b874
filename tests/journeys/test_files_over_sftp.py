"""Time leaves as files and comes in as files: whole flows over a real file server, with a ledger line for every row."""

import csv
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.flows.models import Flow, Operation
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.tenants import scope
from tests.connectors.sftp_server import PASSWORD, USER, SftpServer, in_background
from tests.lines import Line


def _file_server(line: Line, server: SftpServer, name: str, **folders: str) -> Connection:
    return create_connection(
        line.customer,
        NewConnection(
            system="sftp_files",
            name=name,
            base_url=f"sftp://127.0.0.1:{server.port}",
            secrets={"sign_in": PASSWORD},
            settings={"user": USER, "host_key": server.fingerprint, **folders},
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
    assert line.reload(run).state in {"clean", "empty"}
    with scope.work_in(line.partner):
        return Counter(Operation.objects.filter(flow_id=flow.id).values_list("state", flat=True))


def _rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of all files in a folder, the rows of the oldest file first."""
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [row for path in files for row in csv.DictReader(path.read_text().splitlines())]


def test_time_goes_out_as_a_file_and_comes_in_from_it_once(
    make_line: Callable[..., Line], tmp_path: Path, settings: Any
) -> None:
    line = make_line()
    with in_background(tmp_path) as server:
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.port}")
        bureau, out = tmp_path / "bureau", tmp_path / "out"
        bureau.mkdir()
        with scope.work_in(line.partner):
            first = _file_server(line, server, "Export", folder_in="in", folder_out="out")
            second = _file_server(line, server, "Import", folder_in="out", folder_out="bureau")
            outward = _install(line, "Time to files", line.source, first)
            onward = _install(line, "Files to the bureau", second, second)

        server.fails["rename"], server.late = 1, {"rename"}  # the first file arrives, its acknowledgement does not
        written = _run(line, outward)["written"]
        assert _run(line, outward)["written"] == written, "a second run has nothing to add"
        assert written == len(_rows(out)) == len({row["delivery"] for row in _rows(out)}) > 20
        assert [path.suffix for path in out.iterdir()] == [".csv"]

        assert _run(line, onward) == {"written": written}
        assert _run(line, onward) == {"written": written}
        assert [row["id"] for row in _rows(bureau)] == [row["id"] for row in _rows(out)]
        assert [Decimal(row["hours"]) for row in _rows(bureau)] == [Decimal(row["hours"]) for row in _rows(out)]


def test_a_file_with_one_bad_row_brings_the_others_in_and_names_the_bad_one(
    make_line: Callable[..., Line], tmp_path: Path, settings: Any
) -> None:
    line = make_line()
    with in_background(tmp_path) as server:
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.port}")
        with scope.work_in(line.partner):
            both = _file_server(line, server, "Files", folder_in="in", folder_out="out")
            flow = _install(line, "Files to files", both, both)
        heading = "id,resource,project,work_date,hours,approval\n"
        days = ("2026-11-02", "31.02.2026", "2026-11-03")
        lines = [f"T{number},ann,NW-1,{day},7.5,approved\n" for number, day in enumerate(days)]
        server.put("in/time_entries.csv", heading + "".join(lines))

        with scope.work_in(line.partner):
            run = run_now(Flow.objects.get(id=flow.id), started_by="test")
        line.work()

        with scope.work_in(line.partner):
            told = {o.source_key: (o.state, o.error_message) for o in Operation.objects.filter(run_id=run.id)}
        assert [told[key][0] for key in ("T0", "T1", "T2")] == ["written", "rejected", "written"]
        assert "31.02.2026" in told["T1"][1]
        assert [row["id"] for row in _rows(tmp_path / "out")] == ["T0", "T2"]
