"""Composes the statements about one table: names are quoted, values always bound; nothing is made of text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from apps.connectors.protocols.sql_layout import DOCUMENTS, INSTANTS, NUMBERS, TEXTS, Column, Table, fitting_keys

_FIXED_TYPES = {name: sql.SQL(name) for name in (*INSTANTS, *NUMBERS)}
_SHORT = frozenset({*INSTANTS, *NUMBERS, "bool", "uuid", "float4", "float8", "time", "timetz", "interval"})
Statement = tuple[sql.Composed, list[Any]]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when rows are wanted: `since` included, `until` left out. None: no bound."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reading has come: behind the row `key` (None: before the first), which was changed at `change`.

    `begun` is the server's time when the reading began, `resume` from where the next one may go on: no later than that.
    `undated` says that rows which tell no change come now. `back` says that the reading begins anew a little earlier.
    """

    key: str | None = None
    change: str | None = None
    resume: str | None = None
    begun: str = ""
    undated: bool = False
    back: bool = False

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any] | None) -> "Position":
        """Return the place that a checkpoint tells, the beginning for none."""
        kept = checkpoint or {}
        key, change, resume = (kept.get(name) for name in ("key", "change", "resume"))
        undated, back = bool(kept.get("undated")), bool(kept.get("back"))
        return cls(key, change, resume, str(kept.get("begun", "")), undated, back)

    def checkpoint(self) -> dict[str, Any]:
        """Return the place as a checkpoint."""
        return {name: value for name, value in asdict(self).items() if value}


def read_columns(table: Table) -> list[Column]:
    """Return the columns that records show, in the order in which `select_page` brings them behind its first four."""
    return [column for column in table.layout.columns.values() if column.is_read]


def select_page(table: Table, place: Position, span: Span, limit: int, longest: int) -> Statement:
    """Return what asks for up to `limit` rows behind a place, in the order in which places grow.

    Each row begins with its key, its change (as text; None where it tells none), the place from which the next reading
    may go on, and the size of its longest value; a value of more than `longest` bytes is left out.
    """
    condition, values = _behind(table, place, span)
    order = [_name(table.key)]
    if table.change is not None and not place.undated:
        order = [_name(table.change), *order] if table.change.name != table.key.name else order
    heads, head_values = _heads(table, place, longest)
    statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        heads, _table(table), condition, sql.SQL(", ").join(order), sql.Literal(limit)
    )
    return statement, [*head_values, *values]


def select_by(table: Table, column: Column, keys: Sequence[str], longest: int) -> Statement:
    """Return what asks for the rows whose `column` is among `keys`; rows are as `select_page` brings them."""
    heads, values = _heads(table, Position(undated=True), longest)
    condition, asked = _among(column, keys)
    return sql.SQL("SELECT {} FROM {} WHERE {}").format(heads, _table(table), condition), [*values, *asked]


def select_numbers(table: Table, own_key: Column, numbers: Sequence[str]) -> Statement:
    """Return what asks which of our numbers are in the table."""
    condition, values = _among(own_key, numbers)
    name = _name(own_key)
    return sql.SQL("SELECT {}::text FROM {} WHERE {}").format(name, _table(table), condition), values


def select_unknown_keys(table: Table) -> sql.Composed:
    """Return what asks whether there are rows without a key, which no reading could go past."""
    return sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)").format(_table(table), _name(table.key))


def select_clock(table: Table) -> sql.Composed:
    """Return what asks for the server's time as the column of changes holds it."""
    kind = table.change.type if table.change and table.change.type in INSTANTS else "timestamptz"
    return sql.SQL("SELECT CAST(now() AS {})::text").format(_FIXED_TYPES[kind])


def insert_record(table: Table, own_key: Column, columns: Sequence[Column], values: Sequence[Any]) -> Statement:
    """Return what makes a record, or changes the one that carries our number (the last of `values`) already."""
    names = [_bare(column) for column in columns]
    changed = names[:-1] or names
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {} RETURNING {}::text").format(
        _written(table),
        sql.SQL(", ").join(names),
        sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        _bare(own_key),
        sql.SQL(", ").join(sql.SQL("{} = EXCLUDED.{}").format(name, name) for name in changed),
        _bare(table.key),
    )
    return statement, list(values)


def update_record(table: Table, columns: Sequence[Column], values: Sequence[Any], key: Any) -> Statement:
    """Return what changes the record with this key."""
    filled = sql.SQL(", ").join(sql.SQL("{} = {}").format(_bare(column), sql.Placeholder()) for column in columns)
    statement = sql.SQL("UPDATE {} SET {} WHERE {} = {} RETURNING {}::text").format(
        _written(table), filled, _bare(table.key), sql.Placeholder(), _bare(table.key)
    )
    return statement, [*values, key]


def delete_record(table: Table, key: Any) -> Statement:
    """Return what removes the record with this key."""
    statement = sql.SQL("DELETE FROM {} WHERE {} = {} RETURNING {}::text").format(
        _written(table), _bare(table.key), sql.Placeholder(), _bare(table.key)
    )
    return statement, [key]


def _heads(table: Table, place: Position, longest: int) -> tuple[sql.Composed, list[Any]]:
    values = list[Any]()
    change = sql.SQL("NULL") if table.change is None else sql.SQL("{}::text").format(_name(table.change))
    resume: sql.Composable = change
    if table.change is not None and table.change.type in INSTANTS and place.begun:
        kind = _FIXED_TYPES[table.change.type]
        resume = sql.SQL("LEAST({}, CAST({} AS {}))::text").format(_name(table.change), sql.Placeholder(), kind)
        values.append(place.begun)
    sizes = [_size(column) for column in read_columns(table) if column.type not in _SHORT]
    largest = sql.SQL("GREATEST({})").format(sql.SQL(", ").join(sizes)) if sizes else sql.SQL("0")
    shown = [_shown(column, longest) for column in read_columns(table)]
    heads = [sql.SQL("{}::text").format(_name(table.key)), change, resume, largest, *shown]
    return sql.SQL(", ").join(heads), values


def _behind(table: Table, place: Position, span: Span) -> tuple[sql.Composed, list[Any]]:
    key, change = _name(table.key), table.change
    conditions, values = [sql.SQL("{} IS NOT NULL").format(key)], list[Any]()
    if change is None or change.name == table.key.name or place.undated:
        if place.undated and change is not None and change.name != table.key.name:
            conditions.append(sql.SQL("{} IS NULL").format(_name(change)))
        if place.key is not None and (place.undated or not place.back):
            conditions.append(sql.SQL("{} > {}").format(key, sql.Placeholder()))
            values.append(place.key)
        elif place.key is not None:
            conditions.append(sql.SQL("{} >= CAST({} AS int8) - CAST({} AS int8)").format(
                key, sql.Placeholder(), sql.Placeholder()
            ))  # fmt: skip
            values += [place.key, table.layout.plan.look_back]
    else:
        conditions += [sql.SQL("{} IS NOT NULL").format(_name(change)), *_of_span(change, span, values)]
        conditions += _since(table, change, place, values)
    return sql.SQL(" AND ").join(conditions), values


def _since(table: Table, change: Column, place: Position, values: list[Any]) -> list[sql.Composed]:
    if place.change is None:
        return []
    name, kind, back = _name(change), _FIXED_TYPES[change.type], table.layout.plan.look_back
    if not place.back:
        values += [place.change, place.key]
        return [sql.SQL("({}, {}) > (CAST({} AS {}), {})").format(
            name, _name(table.key), sql.Placeholder(), kind, sql.Placeholder()
        )]  # fmt: skip
    values += [place.change, back]
    earlier = sql.SQL("make_interval(secs => {})") if change.type in INSTANTS else sql.SQL("CAST({} AS int8)")
    return [sql.SQL("{} >= CAST({} AS {}) - {}").format(
        name, sql.Placeholder(), kind, earlier.format(sql.Placeholder())
    )]  # fmt: skip


def _of_span(change: Column, span: Span, values: list[Any]) -> list[sql.Composed]:
    kind, conditions = _FIXED_TYPES[change.type], list[sql.Composed]()
    for sign, bound in ((sql.SQL(">="), span.since), (sql.SQL("<"), span.until)):
        if bound is not None:
            conditions.append(
                sql.SQL("{} {} CAST(CAST({} AS timestamptz) AS {})").format(
                    _name(change), sign, sql.Placeholder(), kind
                )
            )
            values.append(bound.isoformat())
    return conditions


def _among(column: Column, keys: Sequence[str]) -> Statement:
    fitting = fitting_keys(column, keys)
    if column.type in NUMBERS or column.type == "uuid" or column.type in TEXTS:
        return sql.SQL("{} = ANY({})").format(_name(column), sql.Placeholder()), [fitting]
    return sql.SQL("{}::text = ANY({})").format(_name(column), sql.Placeholder()), [fitting]


def _size(column: Column) -> sql.Composed:
    """Return how large a value is, as far as that can be told without unfolding it."""
    if column.type in TEXTS and column.type != "name":
        return sql.SQL("octet_length({})").format(_name(column))
    return sql.SQL("pg_column_size({})").format(_name(column))


def _shown(column: Column, longest: int) -> sql.Composed:
    if column.type in _SHORT:
        return sql.Composed([_name(column)])
    kept = sql.SQL("CASE WHEN {} > {} THEN NULL ELSE {} END")
    return kept.format(_size(column), sql.Literal(longest), _name(column))


def _table(table: Table) -> sql.Composed:
    return sql.SQL("{} AS r").format(_written(table))


def _name(column: Column) -> sql.Identifier:
    """Return a column of what is read: with the table's short name, as what is brought can be called the same."""
    return sql.Identifier("r", _unmarked(column.name))


def _written(table: Table) -> sql.Identifier:
    plan = table.layout.plan
    return sql.Identifier(_unmarked(plan.schema), _unmarked(plan.table))


def _bare(column: Column) -> sql.Identifier:
    return sql.Identifier(_unmarked(column.name))


def _unmarked(name: str) -> str:
    """Return a name in which nothing is taken for the place of a value."""
    return name.replace("%", "%%")


__all__ = [
    "DOCUMENTS",
    "Position",
    "Span",
    "Statement",
    "delete_record",
    "insert_record",
    "read_columns",
    "select_by",
    "select_clock",
    "select_numbers",
    "select_page",
    "select_unknown_keys",
    "update_record",
]
