"""Files over SFTP are written whole or not at all, to a real SFTP server."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyarrow import parquet

from apps.connectors.contract import UndoState, Write
from apps.connectors.errors import (
    BusinessClass,
    MisconfiguredError,
    RejectedError,
    RemoteError,
)
from tests.connectors.sftp_server import PASSWORD, SftpServer, keys_of, records_of, rows


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
