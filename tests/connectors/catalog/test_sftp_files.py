"""Files over SFTP, against a real SFTP server: read once and whole, written whole or not at all, to the right server only.

The checks of the conformance suite stand here under their own names where they apply: that suite's front speaks HTTP.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pyarrow import parquet

from apps.connectors.contract import CallCounts, UndoState, Write
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sftp_door import SftpDoor
from apps.connectors.ssh_login import build_login
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.sftp_server import OWN_KEY, PASSWORD, USER, SftpServer, keys_of, records_of, serve

HEADING = "id,resource,project,work_date,hours,note\r\n"
NOON = 1_790_000_000


def rows(*numbers: int, hours: str = "7.5") -> str:
    return HEADING + "".join(f"T{number},ann,NW-{number},2026-11-03,{hours},Workshop\r\n" for number in numbers)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SftpServer]:
    async with serve(tmp_path) as running:
        yield running


# --- reading ----------------------------------------------------------------------------------------------------------
async def test_every_record_comes_once_oldest_file_first_and_every_checkpoint_goes_on(server: SftpServer) -> None:
    server.put("in/time_entries-2.csv", rows(4, 5, 6), NOON)
    server.put("in/time_entries-1.csv", rows(1, 2, 3), NOON + 60)
    server.put("in/expenses-1.csv", "id,amount\r\nE1,5\r\n", NOON)

    pages = await server.read()

    assert keys_of(pages) == ["T4", "T5", "T6", "T1", "T2", "T3"]
    assert [page.last for page in pages] == [False, True]
    assert keys_of(await server.read(checkpoint=pages[0].checkpoint)) == ["T1", "T2", "T3"]
    assert keys_of(await server.read(checkpoint=pages[-1].checkpoint)) == []
    assert records_of(pages)[0].values == {
        "id": "T4",
        "resource": "ann",
        "project": "NW-4",
        "work_date": "2026-11-03",
        "hours": "7.5",
        "note": "Workshop",
    }
    by_name = await server.read(order="name")
    assert keys_of(by_name) == ["T1", "T2", "T3", "T4", "T5", "T6"]


@pytest.mark.parametrize("cut", [0, 1, 2])
async def test_a_long_file_goes_on_at_the_row_where_it_was_left(server: SftpServer, cut: int) -> None:
    server.put("in/time_entries.csv", rows(*range(1200)))

    pages = await server.read()

    assert [len(page.records) for page in pages] == [500, 500, 200]
    rest = await server.read(checkpoint=pages[cut].checkpoint)
    assert keys_of(pages[: cut + 1]) + keys_of(rest) == [f"T{number}" for number in range(1200)]


async def test_a_file_that_arrives_late_with_an_old_time_is_not_missed(server: SftpServer) -> None:
    server.put("in/time_entries-b.csv", rows(2), NOON)
    settled = (await server.read())[-1].checkpoint
    server.put("in/time_entries-a.csv", rows(1), NOON)  # the same second, an earlier name
    server.put("in/time_entries-c.csv", rows(3), NOON - 86_400)  # uploaded long ago, renamed now

    assert keys_of(await server.read(checkpoint=settled)) == ["T3", "T1"]


async def test_a_file_that_was_changed_is_read_again(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1), NOON)
    first = await server.read()
    server.put("in/time_entries.csv", rows(1, hours="8"), NOON + 5)

    again = await server.read(checkpoint=first[-1].checkpoint)

    assert keys_of(again) == ["T1"]
    assert records_of(again)[0].version != records_of(first)[0].version


@pytest.mark.parametrize(
    "name", ["time_entries.csv.part", "time_entries.csv.tmp", ".time_entries.csv", "time_entries.csv.filepart"]
)
async def test_a_file_that_is_not_complete_by_its_name_is_left_alone(server: SftpServer, name: str) -> None:
    server.put(f"in/{name}", rows(1))
    assert keys_of(await server.read()) == []


async def test_a_file_that_grows_while_it_is_read_is_read_when_it_is_whole(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("in/time_entries.csv", rows(1), NOON)
    fetch = SftpDoor.read_file

    async def growing(door: SftpDoor, path: str, size: int) -> bytes:
        content = await fetch(door, path, size)
        server.put("in/time_entries.csv", rows(1, 2), NOON + 1)
        return content

    with monkeypatch.context() as patch:
        patch.setattr(SftpDoor, "read_file", growing)
        pages = await server.read()
    assert (keys_of(pages), pages[-1].last) == ([], True)
    assert keys_of(await server.read(checkpoint=pages[-1].checkpoint)) == ["T1", "T2"]


async def test_the_same_bytes_under_another_name_are_not_read_twice(server: SftpServer) -> None:
    server.put("in/time_entries-1.csv", rows(1, 2), NOON)
    first = await server.read()
    server.put("in/time_entries-1 (copy).csv", rows(1, 2), NOON + 60)
    server.put("in/time_entries-2.csv", rows(3), NOON + 90)

    again = await server.read(checkpoint=first[-1].checkpoint)

    assert keys_of(again) == ["T3"]
    assert keys_of(await server.read(checkpoint=again[-1].checkpoint)) == []


async def test_a_checksum_beside_a_file_is_held_against_it(server: SftpServer) -> None:
    content = rows(1).encode()
    server.put("in/time_entries.csv", content)
    server.put("in/time_entries.csv.sha256", f"{hashlib.sha256(content).hexdigest()}  time_entries.csv\n")
    assert keys_of(await server.read()) == ["T1"]

    server.put("in/time_entries.csv", content[:-8])
    os.truncate(server.root / "in/time_entries.csv.sha256", 64 * 1024**2)  # no more of it is read than a checksum needs
    with pytest.raises(MisconfiguredError, match=r"checksum beside time_entries\.csv") as refused:
        await server.read()
    assert refused.value.business_class is BusinessClass.PARSE


async def test_files_are_put_aside_only_when_their_rows_are_settled(server: SftpServer) -> None:
    move = {"after_reading": "move it to done or failed"}
    server.put("in/time_entries-1.csv", rows(1))
    server.put("in/time_entries-1.csv.sha256", hashlib.sha256(rows(1).encode()).hexdigest())
    server.put("in/done/time_entries-1.csv", "an older one of the same name")

    pages = await server.read(**move)
    assert "time_entries-1.csv" in server.names("in"), "nothing says yet that its rows were kept"
    await server.read(checkpoint=pages[-1].checkpoint, **move)

    assert server.names("in") == ["done"]
    assert server.names("in/done") == [
        "time_entries-1-1790000000.csv",
        "time_entries-1-1790000000.csv.sha256",
        "time_entries-1.csv",
    ]


async def test_an_unreadable_file_stops_the_reading_and_is_put_aside_so_that_others_pass(server: SftpServer) -> None:
    server.put("in/time_entries-1.csv", rows(1) + "T2,ann\r\n", NOON)
    server.put("in/time_entries-2.csv", rows(3), NOON + 1)
    for _ in range(2):
        with pytest.raises(MisconfiguredError, match="2 values in line 3 and 6 columns"):
            await server.read()

    with pytest.raises(MisconfiguredError, match=r"moved to in/failed/time_entries-1\.csv"):
        await server.read(after_reading="move it to done or failed")
    assert keys_of(await server.read()) == ["T3"]


async def test_looking_at_a_folder_moves_nothing(server: SftpServer) -> None:
    server.put("in/time_entries-1.csv", "one column only\r\nand, more\r\n")
    async with server.connector(after_reading="move it to done or failed") as connector:
        shapes = await connector.discover(["time_entries"])
    assert shapes[0].fields
    assert server.names("in") == ["time_entries-1.csv"]


async def test_records_are_found_by_their_number_in_the_newest_file(server: SftpServer) -> None:
    server.put("in/people-1.csv", "employee_no,name\r\n7,Ann\r\n8,Ben\r\n", NOON)
    server.put("in/people-2.csv", "employee_no,name\r\n7,Ann Brown\r\n", NOON + 1)
    async with server.connector() as connector:
        found = await connector.find("people", ["7", "9"])
        named = [page async for page in connector.read("people", {"floor": 3}, ["8"])]
    assert {key: record.values["name"] for key, record in found.items()} == {"7": "Ann Brown"}
    assert (keys_of(named), named[0].checkpoint) == (["8"], {"floor": 3})


async def test_records_of_files_that_were_put_aside_are_found_until_newer_ones_come(server: SftpServer) -> None:
    move = {"after_reading": "move it to done or failed"}
    async with server.connector(**move) as connector:
        assert await connector.find("people", ["7"]) == {}
        server.put("in/people-1.csv", "employee_no,name\r\n7,Ann\r\n8,Ben\r\n")
        pages = [page async for page in connector.read("people", None)]
        assert keys_of([page async for page in connector.read("people", pages[-1].checkpoint)]) == []
        assert server.names("in") == ["done"]
        server.put("in/people-2.csv", "employee_no,name\r\n7,Ann Brown\r\n", NOON + 1)
        found = await connector.find("people", ["7", "8"])
    assert {key: record.values["name"] for key, record in found.items()} == {"7": "Ann Brown", "8": "Ben"}


async def test_a_span_of_time_is_that_of_the_files(server: SftpServer) -> None:
    for number in range(4):
        server.put(f"in/time_entries-{number}.csv", rows(number), NOON + number)
    since, until = datetime.fromtimestamp(NOON + 1, UTC), datetime.fromtimestamp(NOON + 3, UTC)
    async with server.connector() as connector:
        pages = [page async for page in connector.read_window("time_entries", since, until)]
        rest = [page async for page in connector.read_window("time_entries", since, until, pages[0].checkpoint)]
    assert keys_of(pages) == ["T1", "T2"]
    assert keys_of(rest) == ["T2"]


async def test_a_server_that_goes_away_between_two_files_costs_no_row(server: SftpServer) -> None:
    for number in range(3):
        server.put(f"in/time_entries-{number}.csv", rows(number), NOON + number)
    pages = []
    async with server.connector() as connector:
        with pytest.raises(RetryableError, match="closed the connection") as gone:
            async for page in connector.read("time_entries", None):
                pages.append(page)
                server.fails["open"] = 1
        assert connector.take_counts().failed == 1
        rest = [page async for page in connector.read("time_entries", pages[-1].checkpoint)]
    assert not gone.value.ambiguous
    assert gone.value.exchange is not None
    assert gone.value.exchange.url.endswith("in/time_entries-1.csv")
    assert keys_of(pages) + keys_of(rest) == ["T0", "T1", "T2"]


async def test_links_and_names_that_lead_elsewhere_are_left_alone(server: SftpServer, tmp_path: Path) -> None:
    server.put("secret.csv", rows(9))
    (tmp_path / "in" / "time_entries-link.csv").symlink_to("../secret.csv")
    (tmp_path / "in" / "time_entries-folder.csv").mkdir()
    server.put("in/time_entries-\\..\\secret.csv", rows(8))
    assert keys_of(await server.read()) == []


async def test_a_large_file_is_refused_by_its_size_before_a_byte_is_read(server: SftpServer) -> None:
    path = server.put("in/time_entries.csv", "x")
    os.truncate(path, 2 * 1024**3)  # takes no room
    with pytest.raises(MisconfiguredError, match="2048 MiB; files of up to 32 MiB") as refused:
        await server.read()
    assert refused.value.business_class is BusinessClass.TOO_LARGE
    assert "open" not in server.done


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param({"folder_in": "../other"}, "Folder that is read", id="a way up"),
        pytest.param({"folder_in": "nowhere"}, "has no nowhere", id="no such folder"),
        pytest.param({"pattern": "in/*.csv"}, "Files that are read", id="a folder in the pattern"),
        pytest.param({"separator": ";"}, "choose among comma", id="no such choice"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(server: SftpServer, setting: dict[str, str], said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        await server.read(**setting)


BAD = [
    pytest.param("work_date", "31.02.2026", "“31.02.2026” is not a date", id="a day that does not exist"),
    pytest.param("hours", "7.5.1", "is not a number", id="an amount that is none"),
    pytest.param("note", "a\0b", "null character", id="NUL"),
]


@pytest.mark.parametrize(("column", "written", "said"), BAD)
async def test_a_bad_value_refuses_its_record_and_no_other(
    server: SftpServer, column: str, written: str, said: str
) -> None:
    cells = {"id": "T1", "resource": "ann", "project": "NW-1", "work_date": "03.11.2026", "hours": "7,5", "note": "x"}
    lines = [";".join(row.values()) for row in (cells, {**cells, "id": "T2", column: written})]
    server.put("in/time_entries.csv", "\n".join([";".join(cells), *lines]))

    good, bad = records_of(await server.read(days="30.11.2026", decimal_comma=True))

    values, problems = canonical("sftp_files", "time_entries", good.values)
    assert (values["hours"], values["work_date"], problems) == (Decimal("7.5"), date(2026, 11, 3), ())
    _, problems = canonical("sftp_files", "time_entries", bad.values)
    assert [problem.field for problem in problems] == [column]
    assert said in problems[0].message


# --- the way there ----------------------------------------------------------------------------------------------------
async def test_without_a_host_key_nothing_is_sent_and_the_test_says_which_one_the_server_shows(
    server: SftpServer,
) -> None:
    async with server.connector(host_key="") as connector:
        report = await connector.test()
    steps = {step.name: (step.ok, step.sentence) for step in report.steps}
    assert steps["reachable"][0] is True
    assert steps["allowed"][0] is False
    assert server.fingerprint in steps["allowed"][1]
    assert steps["can read"][0] is None
    assert server.asked == []


async def test_a_server_with_another_key_gets_nothing(server: SftpServer) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    with pytest.raises(MisconfiguredError, match="not the one entered") as refused:
        await server.read(host_key=other)
    assert server.fingerprint in refused.value.message
    assert server.asked == []


async def test_a_key_signs_in_as_well_as_a_password_and_the_host_key_may_be_written_whole(server: SftpServer) -> None:
    from tests.connectors.sftp_server import HOST_KEY

    server.put("in/time_entries.csv", rows(1))
    pem = OWN_KEY.export_private_key().decode()
    public = HOST_KEY.export_public_key().decode()
    pages = await server.read(sign_in=pem.replace("\n", " "), host_key=f"{public} old SHA256:{'a' * 43}")
    assert keys_of(pages) == ["T1"]


@pytest.mark.parametrize("how", ["password", "key"])
async def test_a_refused_sign_in_is_the_connections_matter_and_tells_no_secret(server: SftpServer, how: str) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    secret = stranger if how == "key" else "not-" + PASSWORD
    async with server.connector(sign_in=secret) as connector:
        with pytest.raises(AuthExpiredError, match=f"does not let {USER} in") as refused:
            await anext(connector.read("time_entries", None))
        assert connector.take_counts() == CallCounts(), "a refused sign-in says nothing of the server's health"
    assert refused.value.exchange is not None
    assert refused.value.exchange.status == 401
    assert secret not in f"{refused.value!r} {refused.value.exchange}"


async def test_a_private_address_is_refused_unless_the_operator_allows_it(server: SftpServer) -> None:
    with pytest.raises(MisconfiguredError, match="private address"):
        async with server.connector(allow=False) as connector:
            await anext(connector.read("time_entries", None))
    assert server.connections == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://files.example.com", "begin with sftp://"),
        ("sftp://10.0.0.1", "number address"),
        ("sftp://169.254.169.254", "number address"),
        ("sftp://user@files.example.com", "before the host"),
        ("sftp://files.example.com/in", "folders are settings"),
    ],
)
def test_an_address_that_cannot_be_a_file_server_is_refused(address: str, said: str) -> None:
    login = build_login({"sign_in": "x"}, {"user": "u"})
    with pytest.raises(MisconfiguredError, match=said):
        SftpDoor(base_url=address, login=login, allow=(), budget=NoBudget())


async def test_the_connection_test_says_what_is_there(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1))
    async with server.connector(folder_out="nowhere") as connector:
        report = await connector.test()
    told = {step.name: (step.ok, step.sentence) for step in report.steps}
    assert [told[name][0] for name in ("reachable", "allowed", "can read", "can write", "limits")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert "time entries 1, expenses 0" in told["can read"][1]
    assert "nowhere" in told["can write"][1]


async def test_a_folder_one_may_not_read_is_a_matter_of_rights(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1))
    server.denied.add("open")
    async with server.connector() as connector:
        with pytest.raises(MisconfiguredError, match="ask its administrator") as refused:
            await anext(connector.read("time_entries", None))
        counts = connector.take_counts()
    assert refused.value.business_class is BusinessClass.PERMISSION
    assert refused.value.exchange is not None
    assert (refused.value.exchange.status, counts.failed) == (403, 0)
    assert counts.ok == 3, "listing, looking, being refused: the server is well"


# --- writing ----------------------------------------------------------------------------------------------------------
def write(number: int, **values: Any) -> Write:
    whole = {"id": f"T{number}", "resource": "ann", "hours": 7.5, "work_date": "2026-11-03", "billable": True, **values}
    return Write(number, whole, f"T{number}", f"delivery-{number}")


async def send(server: SftpServer, *writes: Write, **settings: Any) -> list[Any]:
    async with server.connector(**settings) as connector:
        outcomes = await connector.upsert("time_entries", writes)
    return sorted(outcomes, key=lambda outcome: outcome.position)


async def test_a_delivery_is_one_file_that_is_read_back_as_it_was_sent(server: SftpServer) -> None:
    outcomes = await send(server, write(1, note='He said "no",\r\nthen left; Łódź 東京'), write(2), checksums=True)

    assert [(outcome.target_key, outcome.error, outcome.created) for outcome in outcomes] == [
        ("T1", None, True),
        ("T2", None, True),
    ]
    name, checksum = server.names("out")
    assert (name[:13], name[-4:], checksum) == ("time_entries-", ".csv", f"{name}.sha256")
    content = (server.root / "out" / name).read_bytes()
    assert (server.root / "out" / checksum).read_text() == f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    back = records_of(await server.read(folder_in="out"))
    assert [record.key for record in back] == ["T1", "T2"]
    assert back[0].values["note"] == 'He said "no",\r\nthen left; Łódź 東京'
    assert (back[0].values["hours"], back[0].values["billable"]) == ("7.5", "true")


async def test_sent_twice_is_one_file(server: SftpServer) -> None:
    first = await send(server, write(1), write(2))
    again = await send(server, write(2), write(1))
    assert len(server.names("out")) == 1
    assert [outcome.target_key for outcome in again] == [outcome.target_key for outcome in first]
    assert [outcome.created for outcome in again] == [False, False]


async def test_a_write_in_doubt_is_probed_and_stays_one_file(server: SftpServer) -> None:
    server.fails["rename"], server.late = 1, {"rename"}
    writes = [write(1), write(2)]

    outcomes = await send(server, *writes)
    assert all(outcome.error is not None and outcome.error.ambiguous for outcome in outcomes)
    async with server.connector() as connector:
        arrived = await connector.probe("time_entries", [*writes, write(3)])
    await send(server, *writes)

    assert {position: found.key for position, found in arrived.items()} == {1: "T1", 2: "T2"}
    assert arrived[1].values == writes[0].values
    assert len(server.names("out")) == 1


async def test_a_delivery_that_breaks_off_leaves_nothing_that_looks_whole(server: SftpServer) -> None:
    server.fails["rename"] = 1
    outcomes = await send(server, write(1))
    assert [name[-5:] for name in server.names("out")] == [".part"]
    assert outcomes[0].error is not None
    async with server.connector() as connector:
        assert await connector.probe("time_entries", [write(1)]) == {}

    assert (await send(server, write(1)))[0].error is None
    assert [name[-4:] for name in server.names("out")] == [".csv"]


async def test_a_server_that_takes_nothing_refuses_the_whole_delivery(server: SftpServer) -> None:
    server.denied.add("write")
    with pytest.raises(MisconfiguredError) as refused:
        await send(server, write(1), write(2))
    assert refused.value.business_class is BusinessClass.PERMISSION
    assert server.names("out") == []


async def test_a_batch_answers_for_each_record(server: SftpServer) -> None:
    good, bad = await send(server, write(1), write(2, note="→"), encoding="Windows-1252")
    assert good.error is None
    assert isinstance(bad.error, RejectedError)
    assert (bad.error.problems[0].field, "“→”" in bad.error.message) == ("note", True)
    assert keys_of(await server.read(folder_in="out", encoding="Windows-1252")) == ["T1"]


async def test_amounts_and_days_are_written_as_the_settings_say(server: SftpServer) -> None:
    local = {"decimal_comma": True, "days": "30.11.2026", "separator": "semicolon", "formula_safe": True}
    await send(server, write(1, note="=1+1", hours=-7.25), **local)

    text = (server.root / "out" / server.names("out")[0]).read_text()

    assert "03.11.2026" in text
    assert ";-7,25;" in text
    assert ";'=1+1;" in text
    back = records_of(await server.read(folder_in="out", **local))[0].values
    assert (back["work_date"], back["hours"]) == ("2026-11-03", "-7.25")


async def test_json_lines_hold_every_value_as_it_is(server: SftpServer) -> None:
    lines = {"format": "JSON lines"}
    await send(server, write(1, note="a\x1fb"), **lines)
    back = records_of(await server.read(folder_in="out", **lines))[0].values
    assert (back["hours"], back["billable"], back["note"]) == (7.5, True, "a\x1fb")


# --- Parquet ----------------------------------------------------------------------------------------------------------
PARQUET: dict[str, Any] = {"format": "Parquet"}


async def test_a_parquet_file_has_typed_columns_and_is_the_same_file_when_it_is_sent_again(server: SftpServer) -> None:
    values = {"hours": "7.10", "bill_rate": 120.5, "updated_at": "2026-11-03T10:00:00+01:00", "note": "Łódź 東京"}
    for _ in range(2):
        outcomes = await send(server, write(1, **values), write(2, note=None, extra=7), **PARQUET, checksums=True)
        assert [outcome.error for outcome in outcomes] == [None, None]

    name, checksum = server.names("out")
    assert (name[-8:], checksum) == (".parquet", f"{name}.sha256")
    table = parquet.read_table(server.root / "out" / name)
    first, second = table.to_pylist()
    assert table.column_names[:2] == ["delivery", "id"]
    assert {
        field: str(table.schema.field(field).type) for field in ("work_date", "hours", "updated_at", "billable")
    } == {
        "work_date": "date32[day]",
        "hours": "decimal128(38, 9)",
        "updated_at": "timestamp[us, tz=UTC]",
        "billable": "bool",
    }
    assert (first["delivery"], first["id"], first["work_date"]) == ("delivery-1", "T1", date(2026, 11, 3))
    assert (first["hours"], first["bill_rate"], first["billable"]) == (Decimal("7.10"), Decimal("120.5"), True)
    assert (first["updated_at"], first["note"]) == (datetime(2026, 11, 3, 9, tzinfo=UTC), "Łódź 東京")
    assert (second["note"], second["extra"]) == (None, "7")


async def test_a_value_that_fits_no_column_is_refused_for_its_record_alone(server: SftpServer) -> None:
    good, bad = await send(server, write(1), write(2, hours="7,5"), **PARQUET)
    assert good.error is None
    assert isinstance(bad.error, RejectedError)
    assert (bad.error.problems[0].field, "decimal comma" in bad.error.message) == ("hours", True)


async def test_a_parquet_delivery_in_doubt_is_probed_and_stays_one_file(server: SftpServer) -> None:
    server.fails["rename"], server.late = 1, {"rename"}
    writes = [write(1), write(2)]
    assert all(outcome.error.ambiguous for outcome in await send(server, *writes, **PARQUET))

    async with server.connector(**PARQUET) as connector:
        arrived = await connector.probe("time_entries", [*writes, write(3)])
    await send(server, *writes, **PARQUET)

    assert {position: found.key for position, found in arrived.items()} == {1: "T1", 2: "T2"}
    assert arrived[1].values == writes[0].values
    assert len(server.names("out")) == 1


async def test_parquet_is_not_read_and_says_so(server: SftpServer) -> None:
    server.put("in/time_entries.parquet", "PAR1")
    with pytest.raises(MisconfiguredError, match="written, not read"):
        await server.read(**PARQUET)
    with pytest.raises(MisconfiguredError, match="written, not read"):
        await server.read(keys=["T1"], **PARQUET)
    async with server.connector(**PARQUET) as connector:
        assert await connector.find("time_entries", ["T1"]) == {}
        (shape,) = await connector.discover(["time_entries"])
        report = await connector.test()
    assert {field.name for field in shape.fields} >= {"id", "hours"}
    assert [(step.ok, "not read" in step.sentence) for step in report.steps if step.name == "can read"] == [
        (None, True)
    ]


async def test_what_was_handed_over_is_not_taken_back(server: SftpServer) -> None:
    async with server.connector() as connector:
        outcome = await connector.undo("time_entries", "T1", idempotency_key="u1")
    assert (outcome.state, server.connections) == (UndoState.REFUSED, [])


async def test_no_secret_is_in_the_evidence_of_any_call(server: SftpServer) -> None:
    server.put("in/time_entries.csv", rows(1))
    outcomes = await send(server, write(1))
    server.fails["open"] = 1
    with pytest.raises(RemoteError) as gone:
        await server.read()
    assert PASSWORD not in f"{outcomes} {gone.value!r} {gone.value.exchange}"
