"""Files over SFTP are read once and whole, from a real SFTP server.

The checks of the conformance suite stand here and beside under their own names where they apply: that suite's front speaks HTTP.
"""

import hashlib
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from apps.connectors.errors import (
    BusinessClass,
    MisconfiguredError,
    RetryableError,
)
from apps.connectors.sftp_door import SftpDoor
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.sftp_server import NOON, SftpServer, keys_of, records_of, rows


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
