"""What a table looks like: its columns, its keys, what may be done with it, and which field of a record is which column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest, ValueKind
from apps.connectors.protocols.sql_settings import OTHER, Changes, TablePlan
from apps.connectors.shapes import DiscoveredField

_KINDS = {
    "int2": ValueKind.WHOLE, "int4": ValueKind.WHOLE, "int8": ValueKind.WHOLE,
    "numeric": ValueKind.DECIMAL, "float4": ValueKind.DECIMAL, "float8": ValueKind.DECIMAL,
    "date": ValueKind.DATE, "timestamp": ValueKind.INSTANT, "timestamptz": ValueKind.INSTANT,
    "bool": ValueKind.YES_NO, "json": ValueKind.NESTED, "jsonb": ValueKind.NESTED,
}  # fmt: skip
TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})
INSTANTS = frozenset({"date", "timestamp", "timestamptz"})
NUMBERS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
DOCUMENTS = frozenset({"json", "jsonb"})
_FINE_ENOUGH = 3  # digits behind the second: below them, two changes can fall on one time


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `type` is PostgreSQL's own name of it ("int8"); `given`: the table fills it when nobody does.

    `fixed` says that nobody else may fill it. `whole_digits` are those a number may have before its point, `digits` those
    behind the second of a time stamp.
    """

    name: str
    type: str
    required: bool = False
    given: bool = False
    fixed: bool = False
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    whole_digits: int | None = None
    digits: int = 6
    readable: bool = True
    writable: bool = True

    @property
    def is_read(self) -> bool:
        """Return whether records show it: bytes are nothing that a record holds."""
        return self.readable and self.type != "bytea"


@dataclass(frozen=True, slots=True)
class Layout:
    """One table as it is now. `keys` are the single columns that are unique, `rules` the columns of each constraint."""

    plan: TablePlan
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    may_delete: bool = False

    def column(self, name: str, setting: str) -> Column:
        """Return a column that must be there. Raises MisconfiguredError that names the setting."""
        found = self.columns.get(name)
        if found is None:
            raise MisconfiguredError(
                f"The table {self.plan.name} has no column {name}, or this user may not see it: check the setting "
                f"“{setting}” of the connection.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            )
        return found

    def require_readable(self, column: Column) -> None:
        """Raise MisconfiguredError when this user may not read a column by which rows are known."""
        if not column.readable:
            raise MisconfiguredError(
                f"This user may not read the column {column.name} of {self.plan.name}: ask the database's administrator.",
                business_class=BusinessClass.PERMISSION,
            )


@dataclass(frozen=True, slots=True)
class Table:
    """One table seen as records of one kind: which column is which field, and by which columns rows are known.

    `change` None means that rows do not tell when they were changed; `own_key` None that nothing can be written.
    """

    spec: ObjectManifest
    layout: Layout
    key: Column
    change: Column | None
    own_key: Column | None
    columns: Mapping[str, Column]  # by field

    @property
    def name(self) -> str:
        """The table as people write it."""
        return self.layout.plan.name

    @property
    def versions_by_change(self) -> bool:
        """Return whether the time or number of change tells two states of a row apart."""
        if self.change is None or self.change.name == self.key.name:
            return False
        return self.change.type not in INSTANTS or (self.change.type != "date" and self.change.digits >= _FINE_ENOUGH)

    def field_of(self, column: str) -> str:
        """Return under which field a record holds a column."""
        named = next((name for name, held in self.columns.items() if held.name == column), "")
        if named:
            return named
        if self.own_key and column == self.own_key.name and self.spec.writing:
            return self.spec.writing.own_key_field
        return f"{OTHER}.{column}"


def build_table(spec: ObjectManifest, layout: Layout) -> Table:
    """Return a table seen as records of `spec`.

    Raises:
        MisconfiguredError: a column that the settings name, or that rows are known by, is not there.

    """
    plan = layout.plan
    key = layout.column(_key_name(spec, layout), "Column with the number of the record")
    change = None
    if plan.changes is not Changes.WHOLE:
        change = layout.column(_change_name(spec, plan, key), "Column that tells changes")
        _require_kind(plan, change)
    columns = {
        spec_field.name: layout.columns[spec_field.name]
        for spec_field in spec.fields
        if spec_field.name in layout.columns and spec_field.name != OTHER
    }
    columns |= {
        name: layout.column(column, f"Columns of {spec.label.lower()}") for name, column in plan.renamed.items()
    }
    columns.setdefault(spec.key_field, key)
    if change is not None:
        columns.setdefault(spec.version_field, change)
    return Table(spec, layout, key, change, layout.columns.get(plan.own_key_column), columns)


def _key_name(spec: ObjectManifest, layout: Layout) -> str:
    plan = layout.plan
    if plan.key_column:
        return plan.key_column
    if len(layout.primary_key) == 1:
        return layout.primary_key[0]
    return plan.renamed.get(spec.key_field, spec.key_field)


def _change_name(spec: ObjectManifest, plan: TablePlan, key: Column) -> str:
    if plan.change_column:
        return plan.change_column
    if plan.changes is Changes.BY_NUMBER:  # a table that only grows: its own number tells what is new
        return key.name
    return plan.renamed.get(spec.version_field, spec.version_field)


def _require_kind(plan: TablePlan, change: Column) -> None:
    by_time = plan.changes is Changes.BY_TIME
    if (change.type in INSTANTS) if by_time else (change.type in NUMBERS):
        return
    wanted = "a date or a time stamp" if by_time else "a whole number"
    raise MisconfiguredError(
        f"The column {change.name} of {plan.name} is not {wanted}: check how changes are found in the connection's settings.",
        business_class=BusinessClass.CONNECTION,
    )


def discovered_fields(table: Table) -> Iterable[DiscoveredField]:
    """Yield the columns of a table as fields of its records, each under the name that mappings use."""
    seen = set[str]()
    for name, column in table.columns.items():
        seen.add(column.name)
        yield _discovered(name, column)
    yield DiscoveredField(OTHER, ValueKind.NESTED, "Other columns", read_only=True)
    for column in table.layout.columns.values():
        if column.name not in seen:
            yield _discovered(table.field_of(column.name), column)


def _discovered(name: str, column: Column) -> DiscoveredField:
    return DiscoveredField(
        name=name,
        kind=ValueKind.CHOICE if column.choices else _KINDS.get(column.type, ValueKind.TEXT),
        required=column.required and not column.given,
        read_only=column.fixed or not column.writable,
        choices=column.choices,
        max_length=column.max_length,
    )


def fitting_keys(column: Column, keys: Iterable[str]) -> list[str] | list[int] | list[UUID]:
    """Return those of some keys that can stand in a column at all, in its own form: others name no row."""
    if column.type in NUMBERS:
        most = NUMBERS[column.type]
        return [int(key) for key in keys if _is_number(key) and -most <= int(key) < most]
    if column.type == "uuid":
        return [found for key in keys if (found := _uuid(key)) is not None]
    return [key for key in keys if "\x00" not in key]


def _is_number(key: str) -> bool:
    digits = key.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 20


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
