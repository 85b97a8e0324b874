"""Tables as customers have them, in a real PostgreSQL: what changes is met, what cannot be read is said, nothing is lost.

What every system must hold is tried on stage (tests/conformance/stages/postgresql_tables.py).
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.connectors.contract import Page, UndoState, Write
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from apps.connectors.manifest import ValueKind
from apps.connectors.shapes import Change, ShapeSource, differences
from tests.conformance.stage import with_pages_of
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.sql_server import MANIFEST, SCHEMA, connector, database, records_of, signed_in

NUMBERED = {"changes": "by a number that grows with each change"}
WHOLE = {"changes": "everything is read each time"}
OLD = "2026-11-01T10:00:00Z"


class Hands:
    """A person at the database, who makes tables of any sort and reads them through the connector."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def do(self, *statements: str) -> None:
        for statement in statements:
            await self._connection.execute(statement)

    async def table(self, columns: str, *rows: str, name: str = "t") -> None:
        """Make a table, or something else that is read like one, and let the connection's user use it."""
        role = sql.Identifier(database())
        made = (
            f"TABLE {SCHEMA}.{name} ({columns})"
            if not columns.startswith("SELECT")
            else f"VIEW {SCHEMA}.{name} AS {columns}"
        )
        await self.do(f"CREATE {made}", *(f"INSERT INTO {SCHEMA}.{name} VALUES {row}" for row in rows))
        await self._connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(sql.Identifier(SCHEMA, name), role)
        )

    async def all(self, statement: str) -> list[Any]:
        return await (await self._connection.execute(statement)).fetchall()


@pytest.fixture
async def hands() -> AsyncIterator[Hands]:
    async with signed_in() as connection:
        made = Hands(connection)
        await made.do(f"DROP VIEW IF EXISTS {SCHEMA}.v", f"DROP TABLE IF EXISTS {SCHEMA}.t CASCADE")
        yield made
        await made.do(f"DROP VIEW IF EXISTS {SCHEMA}.v", f"DROP TABLE IF EXISTS {SCHEMA}.t CASCADE")


async def read(
    checkpoint: Mapping[str, Any] | None = None, *, table: str = "t", size: int = 2, **settings: Any
) -> list[Page]:
    """Read time entries of a table to the end, with a connection of its own and small pages."""
    async with connector(table_time_entries=f"{SCHEMA}.{table}", **settings) as opened:
        opened.manifest = with_pages_of(MANIFEST, size)
        return [page async for page in opened.read("time_entries", checkpoint)]


def keys(pages: list[Page]) -> list[str]:
    return [record.key for record in records_of(pages)]


def write(number: int, **values: Any) -> Write:
    return Write(number, values, f"PSA-{number}", f"key-{number}")


# --- how changes are found --------------------------------------------------------------------------------------------
async def test_by_a_growing_number_of_change(hands: Hands) -> None:
    await hands.table(
        "id int PRIMARY KEY, revision bigint NOT NULL, note text", "(1, 3, 'a')", "(2, 1, 'b')", "(3, 2, 'c')"
    )
    settings = {**NUMBERED, "change_column": "revision", "look_back": 0}
    first = await read(**settings)
    assert keys(first) == ["2", "3", "1"]
    await hands.do(f"UPDATE {SCHEMA}.t SET revision = 4 WHERE id = 2")
    again = await read(first[-1].checkpoint, **settings)
    assert [(record.key, record.version) for record in records_of(again)] == [("1", "3"), ("2", "4")]


async def test_a_table_that_only_grows_is_read_by_its_own_number_and_a_little_again(hands: Hands) -> None:
    await hands.table("id int PRIMARY KEY, note text", *(f"({number}, 'n')" for number in range(1, 8)))
    first = await read(**NUMBERED, look_back=2)
    assert keys(first) == [str(number) for number in range(1, 8)]
    await hands.do(f"INSERT INTO {SCHEMA}.t VALUES (8, 'n')")
    assert keys(await read(first[-1].checkpoint, **NUMBERED, look_back=2)) == ["5", "6", "7", "8"]
    assert keys(await read(first[1].checkpoint, **NUMBERED, look_back=2)) == ["5", "6", "7", "8"]


async def test_a_whole_table_is_read_each_time_and_changes_show_in_the_contents(hands: Hands) -> None:
    await hands.table("id text PRIMARY KEY, note text", "('b', 'x')", "('a', 'y')", "('c', 'z')")
    first = await read(**WHOLE)
    await hands.do(f"UPDATE {SCHEMA}.t SET note = 'new' WHERE id = 'a'")
    again = await read(first[-1].checkpoint, **WHOLE)
    assert keys(first) == keys(again) == ["a", "b", "c"]
    before, after = ({record.key: record.version for record in records_of(pages)} for pages in (first, again))
    assert {key for key in before if before[key] != after[key]} == {"a"}


async def test_rows_without_a_time_are_read_each_time_and_from_every_checkpoint(hands: Hands) -> None:
    rows = [f"({number}, NULL)" for number in (1, 2, 3)] + [f"({number}, '{OLD}')" for number in (4, 5, 6)]
    await hands.table("id int PRIMARY KEY, updated_at timestamptz", *rows)
    first = await read()
    assert keys(first) == ["1", "2", "3", "4", "5", "6"]
    for cut in range(len(first) - 1):
        assert keys(first[: cut + 1]) + keys(await read(first[cut].checkpoint)) == keys(first)
    await hands.do(f"INSERT INTO {SCHEMA}.t VALUES (7, NULL)")
    assert keys(await read(first[-1].checkpoint, look_back=0)) == ["1", "2", "3", "7", "4", "5", "6"]


@pytest.mark.parametrize("late", ["2999-01-01T00:00:00Z", "infinity"])
async def test_a_row_that_lies_in_the_future_hides_no_later_change(hands: Hands, late: str) -> None:
    await hands.table("id int PRIMARY KEY, updated_at timestamptz NOT NULL", f"(1, '{OLD}')", f"(2, '{late}')")
    first = await read()
    assert keys(first) == ["1", "2"]
    await hands.do(f"INSERT INTO {SCHEMA}.t VALUES (3, clock_timestamp())")
    assert keys(await read(first[-1].checkpoint)) == ["3", "2"]


@pytest.mark.parametrize(
    ("kind", "at"),
    [("date", "2026-11-01"), ("timestamp(0)", "2026-11-01 10:00:00"), ("timestamp", "2026-11-01 10:00:00.5")],
)
async def test_times_too_coarse_to_tell_two_changes_apart_are_not_relied_on(hands: Hands, kind: str, at: str) -> None:
    await hands.table(f"id int PRIMARY KEY, updated_at {kind} NOT NULL, note text", f"(1, '{at}', 'a')")
    first = await read()
    await hands.do(f"UPDATE {SCHEMA}.t SET note = 'b'")
    again = await read(first[-1].checkpoint)
    told = records_of(first)[0].version != records_of(again)[0].version
    assert told is (kind != "timestamp")


async def test_a_span_of_time_is_read_to_its_end_and_no_further(hands: Hands) -> None:
    rows = [f"({day}, '2026-11-{day:02}T00:00:00Z')" for day in range(1, 10)]
    await hands.table("id int PRIMARY KEY, updated_at timestamptz NOT NULL", *rows)
    span = datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 7, tzinfo=UTC)
    async with connector(table_time_entries=f"{SCHEMA}.t") as opened:
        assert keys([page async for page in opened.read_window("time_entries", *span)]) == ["3", "4", "5", "6"]
    async with connector(table_time_entries=f"{SCHEMA}.t", **NUMBERED) as opened:
        with pytest.raises(MisconfiguredError, match="span of time"):
            await anext(opened.read_window("time_entries", *span))


# --- what rows are -----------------------------------------------------------------------------------------------------
async def test_columns_have_the_names_that_settings_give_them_and_others_stand_in_a_group(hands: Hands) -> None:
    await hands.table(
        'no int PRIMARY KEY, person text, worked numeric(6,2), "Tag" date, changed timestamptz NOT NULL, team text, picture bytea',
        f"(7, 'ann', 7.50, '2026-11-03', '{OLD}', 'North', 'x')",
    )
    settings = {"columns_time_entries": "resource=person, hours=worked; work_date=Tag", "change_column": "changed"}
    (record,) = records_of(await read(**settings))
    assert record.values == {
        "id": 7, "resource": "ann", "hours": "7.50", "work_date": "2026-11-03", "updated_at": OLD, "columns": {"team": "North"},
    }  # fmt: skip
    assert record.version == "2026-11-01T10:00:00.000000Z"
    found = read_canonical(MANIFEST.object_named("time_entries"), {**record.values, "project": "NW-1"})
    assert (found["hours"], found["work_date"], found["id"]) == (Decimal("7.50"), date(2026, 11, 3), "7")


async def test_values_that_python_cannot_hold_are_left_as_they_are_written(hands: Hands) -> None:
    await hands.table(
        "id int PRIMARY KEY, work_date date, start_at timestamptz, hours numeric, bill_rate float8, a text[], u uuid, i interval, r int4range",
        "(1, '0044-03-15 BC', 'infinity', 'NaN', 0.1, '{x,y}', '0d4d1a52-4ce5-4a31-9d3c-6d8f7a3a3b11', '1 day', '[1,5)')",
    )
    (record,) = records_of(await read(**WHOLE))
    values = record.values
    assert (values["work_date"], values["start_at"], values["hours"]) == ("0044-03-15 BC", "infinity", "NaN")
    assert (values["bill_rate"], values["columns"]["a"], values["columns"]["r"]) == (0.1, ["x", "y"], "[1,5)")


async def test_a_view_is_read_like_a_table(hands: Hands) -> None:
    await hands.table("id int PRIMARY KEY, updated_at timestamptz NOT NULL", f"(1, '{OLD}')", f"(2, '{OLD}')")
    await hands.table(f"SELECT id * 10 AS id, updated_at FROM {SCHEMA}.t", name="v")
    assert keys(await read(table="v")) == ["10", "20"]


@pytest.mark.parametrize(
    ("columns", "rows", "settings", "words", "business_class"),
    [
        ("id int, note text", ("(1, 'a')", "(1, 'b')"), WHOLE, "several rows with 1 in id", BusinessClass.SCHEMA_DRIFT),
        ("id int, note text", ("(1, 'a')", "(NULL, 'b')"), WHOLE, "rows without a value in id", BusinessClass.SCHEMA_DRIFT),
        ("no int, note text", (), WHOLE, "has no column id", BusinessClass.SCHEMA_DRIFT),
        ("id int PRIMARY KEY", (), {}, "has no column updated_at", BusinessClass.SCHEMA_DRIFT),
        ("id int PRIMARY KEY, updated_at text", (), {}, "is not a date or a time stamp", BusinessClass.CONNECTION),
        ("id text PRIMARY KEY", (), NUMBERED, "is not a whole number", BusinessClass.CONNECTION),
        ("id int PRIMARY KEY", (), {**WHOLE, "columns_time_entries": "hours=worked"}, "no column worked", BusinessClass.SCHEMA_DRIFT),
        (
            "id int PRIMARY KEY, note text", ("(1, repeat('x', 5 * 1024 * 1024))",), WHOLE, "more than 4 MiB in the row 1",
            BusinessClass.TOO_LARGE,
        ),
    ],
)  # fmt: skip
async def test_a_table_that_cannot_be_read_without_doubt_is_not_read(
    hands: Hands,
    columns: str,
    rows: tuple[str, ...],
    settings: dict[str, Any],
    words: str,
    business_class: BusinessClass,
) -> None:
    await hands.table(columns, *rows)
    with pytest.raises(MisconfiguredError, match=words) as refused:
        await read(**settings)
    assert refused.value.business_class is business_class


async def test_a_table_that_is_not_there_or_not_entered_is_named() -> None:
    with pytest.raises(MisconfiguredError, match=r"There is no table delivery\.nowhere"):
        await read(table="nowhere")
    async with connector(table_time_entries="") as opened:
        with pytest.raises(MisconfiguredError, match="No table of time entries is entered"):
            await anext(opened.read("time_entries", None))


# --- writing ------------------------------------------------------------------------------------------------------------
async def test_names_with_signs_in_them_are_quoted_and_values_stay_values(hands: Hands) -> None:
    await hands.table('id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Bemerk; -- %s" text, external_id text UNIQUE')
    nasty = "'); DROP TABLE delivery.t; --"
    async with connector(
        table_time_entries=f"{SCHEMA}.t", columns_time_entries="note=Bemerk; -- %s", **WHOLE
    ) as opened:
        with pytest.raises(MisconfiguredError, match="Columns of time entries"):
            await opened.upsert("time_entries", [write(1, note=nasty)])
    await hands.do(f'ALTER TABLE {SCHEMA}.t RENAME "Bemerk; -- %s" TO "Bemerk -- %s {{}}"')
    async with connector(
        table_time_entries=f"{SCHEMA}.t", columns_time_entries="note=Bemerk -- %s {}", **WHOLE
    ) as opened:
        (made,) = await opened.upsert("time_entries", [write(1, note=nasty)])
    assert (made.error, made.target_key) == (None, "1")
    assert await hands.all(f"SELECT * FROM {SCHEMA}.t") == [(1, nasty, "PSA-1")]


@pytest.mark.parametrize(
    ("columns", "words"),
    [("id int PRIMARY KEY", "has no column external_id"), ("id int PRIMARY KEY, external_id text", "no unique index")],
)
async def test_nothing_is_written_where_a_repeat_could_not_be_told(hands: Hands, columns: str, words: str) -> None:
    await hands.table(columns)
    async with connector(table_time_entries=f"{SCHEMA}.t", **WHOLE) as opened:
        with pytest.raises(MisconfiguredError, match=words):
            await opened.upsert("time_entries", [write(1, note="x")])


async def test_our_number_can_be_the_key_itself_and_unknown_fields_are_left_out(hands: Hands) -> None:
    await hands.table("id text PRIMARY KEY, note text")
    async with connector(table_time_entries=f"{SCHEMA}.t", own_key_column="id", **WHOLE) as opened:
        outcomes = await opened.upsert("time_entries", [write(1, id="TE-1", note="x", hours=7), write(2, note="y")])
    assert [outcome.target_key for outcome in outcomes] == ["PSA-1", "PSA-2"]
    assert await hands.all(f"SELECT * FROM {SCHEMA}.t ORDER BY id") == [("PSA-1", "x"), ("PSA-2", "y")]


async def test_what_is_only_refused_at_the_end_is_refused_for_its_record(hands: Hands) -> None:
    await hands.table(
        f"id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project text REFERENCES {SCHEMA}.projects DEFERRABLE INITIALLY DEFERRED, "
        "external_id text UNIQUE"
    )
    await hands.do(f"INSERT INTO {SCHEMA}.projects (code) VALUES ('NW-1')")
    async with connector(table_time_entries=f"{SCHEMA}.t", **WHOLE) as opened:
        outcomes = await opened.upsert(
            "time_entries", [write(1, project="NW-1"), write(2, project="NW-2"), write(3, project="NW-1")]
        )
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    error = outcomes[1].error
    assert isinstance(error, RejectedError)
    assert (error.problems[0].field, error.problems[0].business_class) == ("project", BusinessClass.MISSING_REFERENCE)
    assert len(await hands.all(f"SELECT * FROM {SCHEMA}.t")) == 2


async def test_a_change_of_a_row_that_is_gone_and_one_that_others_name_are_told(hands: Hands) -> None:
    await hands.do(f"INSERT INTO {SCHEMA}.projects (code, external_id) VALUES ('NW-1', 'x')")
    await hands.table(f"id int, project text REFERENCES {SCHEMA}.projects", "(1, 'NW-1')")
    async with connector() as opened:
        (gone,) = await opened.upsert("projects", [Write(1, {"name": "N"}, "P", "k", target_key="NW-9")])
        kept = await opened.undo("projects", "NW-1", idempotency_key="u")
    assert isinstance(gone.error, RejectedError)
    assert "no longer in delivery.projects" in gone.error.message
    assert (kept.state, bool(kept.error)) == (UndoState.REFUSED, True)


async def test_a_large_delivery_is_several_transactions(hands: Hands) -> None:
    writes = [write(number, employee_no=f"E-{number}", name="N") for number in range(230)]
    async with connector() as opened:
        outcomes = await opened.upsert("people", writes)
        opened.take_counts()
        again = await opened.upsert("people", writes[:1])
    assert [outcome.created for outcome in outcomes] == [True] * 230
    assert [outcome.created for outcome in again] == [False]
    assert await hands.all(f"SELECT count(*) FROM {SCHEMA}.people") == [(230,)]


# --- what is told -------------------------------------------------------------------------------------------------------
async def test_shapes_come_from_the_database_and_show_what_was_changed_there(hands: Hands) -> None:
    await hands.table(
        f"id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hours numeric(6,2) NOT NULL, approval {SCHEMA}.approval, note varchar(40), "
        "team text, external_id text UNIQUE"
    )
    async with connector(table_time_entries=f"{SCHEMA}.t", table_expenses="", **WHOLE) as opened:
        before, not_entered = await opened.discover(["time_entries", "expenses"])
        await hands.do(
            f"ALTER TABLE {SCHEMA}.t DROP COLUMN hours", f"ALTER TABLE {SCHEMA}.t ALTER team TYPE int USING 1"
        )
        (after,) = await opened.discover(["time_entries"])
    fields = {field.name: field for field in before.fields}
    assert (before.source, not_entered.source) == (ShapeSource.LIVE, ShapeSource.MANIFEST)
    assert (fields["hours"].kind, fields["hours"].required) == (ValueKind.DECIMAL, True)
    assert (fields["id"].read_only, fields["id"].required) == (True, False)
    assert (fields["note"].max_length, fields["approval"].choices[:2]) == (40, ("open", "submitted"))
    assert {"columns", "columns.team", "external_id"} <= fields.keys()
    found = {
        (difference.change, difference.field) for difference in differences(before.fields, after.fields, after.source)
    }
    assert {(Change.GONE, "hours"), (Change.OTHER_KIND, "columns.team")} <= found


async def test_the_connection_test_says_who_one_is_and_what_may_be_read_and_written(hands: Hands) -> None:
    await hands.table("id int PRIMARY KEY, updated_at timestamptz NOT NULL, note text", f"(1, '{OLD}', 'x')")
    async with connector(table_time_entries=f"{SCHEMA}.t") as opened:
        report = await opened.test()
    said = {step.name: step.sentence for step in report.steps}
    assert report.ok
    assert report.account == database()
    assert f"as {database()}. The way there is not encrypted." in said["allowed"]
    assert "time entries from delivery.t; expenses from delivery.expenses" in said["can read"]
    assert "Time entries cannot be written: The table delivery.t has no column external_id" in said["can write"]
    assert "Expenses can be written." in said["can write"]
    assert said["clock"] == "Its clock agrees with ours."


async def test_a_test_names_what_cannot_be_read_and_a_connection_without_tables(hands: Hands) -> None:
    async with connector(table_time_entries="delivery.nowhere") as opened:
        failed = {step.name: step for step in (await opened.test()).steps}
    assert failed["can read"].ok is False
    assert "There is no table delivery.nowhere" in failed["can read"].sentence
    async with connector(**{f"table_{spec.name}": "" for spec in MANIFEST.objects}) as opened:
        empty = {step.name: step for step in (await opened.test()).steps}
    assert "No table is entered" in empty["can read"].sentence
