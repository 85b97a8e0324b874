"""What the settings of a database connection say: which table holds which records, and by which columns they are known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind
from apps.connectors.sql_login import Encryption

TABLE, COLUMNS = "table_", "columns_"  # how the settings of one kind of record begin
OTHER = "columns"  # the group under which a record holds what the manifest does not name
LOOK_BACK = 300
_LONGEST_NAME = 63  # https://www.postgresql.org/docs/current/limits.html


class Changes(StrEnum):
    """How rows that are new or changed are found; the value is what people choose."""

    BY_TIME = "by a time of change"
    BY_NUMBER = "by a number that grows with each change"
    WHOLE = "everything is read each time"


_ENTRANCE = (
    FieldSpec("user", label="User", required=True),
    FieldSpec("database", label="Database", required=True),
    FieldSpec("encryption", ValueKind.CHOICE, "Encryption", choices=tuple(Encryption)),
    FieldSpec(
        "authority",
        label="Certificate of the authority that vouches for the server (PEM; empty for the public ones)",
        max_length=20_000,
    ),
)
_ROWS = (
    FieldSpec("changes", ValueKind.CHOICE, "How changes are found", choices=tuple(Changes)),
    FieldSpec("change_column", label="Column that tells changes (updated_at)"),
    FieldSpec("look_back", ValueKind.WHOLE, f"How much is read again: seconds, or steps of the number ({LOOK_BACK})"),
    FieldSpec("key_column", label="Column with the number of the record (when it is not the primary key)"),
    FieldSpec("own_key_column", label="Column that carries our number of the record (external_id)"),
)


def settings_for(objects: tuple[tuple[str, str], ...]) -> tuple[FieldSpec, ...]:
    """Return what a connection is asked for besides address and password; `objects` are names and labels."""
    tables = tuple(
        spec
        for name, label in objects
        for spec in (
            FieldSpec(TABLE + name, label=f"Table of {label.lower()} (schema.table)"),
            FieldSpec(COLUMNS + name, label=f"Columns of {label.lower()} that are called otherwise (field=column, …)"),
        )
    )
    return (*_ENTRANCE, *tables, *_ROWS)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Where the records of one kind are. `renamed` leads from fields to columns; "" columns are found out from the table."""

    schema: str
    table: str
    renamed: Mapping[str, str]
    changes: Changes
    change_column: str
    look_back: int
    key_column: str
    own_key_column: str

    @property
    def name(self) -> str:
        """The table as people write it."""
        return f"{self.schema}.{self.table}"


def is_planned(settings: Mapping[str, Any], spec: ObjectManifest) -> bool:
    """Return whether a table is entered for this kind of record."""
    return bool(_text(settings, TABLE + spec.name))


def read_plan(settings: Mapping[str, Any], spec: ObjectManifest) -> TablePlan:
    """Return what a connection's settings say about one kind of record. Raises MisconfiguredError that names the setting."""
    schema, table = _table(settings, spec)
    own_key = spec.writing.own_key_field if spec.writing else ""
    return TablePlan(
        schema=schema,
        table=table,
        renamed=_renamed(settings, spec),
        changes=_changes(settings),
        change_column=_name(settings, "change_column"),
        look_back=_look_back(settings),
        key_column=_name(settings, "key_column"),
        own_key_column=_name(settings, "own_key_column") or own_key,
    )


def _table(settings: Mapping[str, Any], spec: ObjectManifest) -> tuple[str, str]:
    written = _text(settings, TABLE + spec.name)
    if not written:
        raise MisconfiguredError(
            f"No table of {spec.label.lower()} is entered: fill it in on the connection's page.",
            business_class=BusinessClass.CONNECTION,
        )
    schema, dot, table = written.rpartition(".")
    schema = schema if dot else "public"
    if not _is_name(schema) or not _is_name(table):
        raise _wrong(f"Table of {spec.label.lower()}", "write it as sales.invoices, without quotation marks")
    return schema, table


def _renamed(settings: Mapping[str, Any], spec: ObjectManifest) -> dict[str, str]:
    label, renamed = f"Columns of {spec.label.lower()}", dict[str, str]()
    known = {field.name for field in spec.fields} - {OTHER}
    for part in re.split(r"[,;\n]", _text(settings, COLUMNS + spec.name)):
        field, equals, column = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not equals or not _is_name(column):
            raise _wrong(label, "write field and column as hours=worked, with commas between several")
        if field not in known:
            raise _wrong(label, f"{field[:60]} is none of the fields {', '.join(sorted(known))[:200]}")
        renamed[field] = column
    return renamed


def _changes(settings: Mapping[str, Any]) -> Changes:
    chosen = _text(settings, "changes") or Changes.BY_TIME.value
    try:
        return Changes(chosen)
    except ValueError:
        raise _wrong("How changes are found", f"choose among {'; '.join(Changes)}") from None


def _look_back(settings: Mapping[str, Any]) -> int:
    text = _text(settings, "look_back")
    if text and not (text.isdecimal() and len(text) < 10):
        raise _wrong("How much is read again", "write a whole number of seconds, such as 300")
    return int(text) if text else LOOK_BACK


def _name(settings: Mapping[str, Any], name: str) -> str:
    written = _text(settings, name)
    if written and not _is_name(written):
        label = next(spec.label for spec in _ROWS if spec.name == name)
        raise _wrong(label.partition(" (")[0], "write the name of a column, without quotation marks")
    return written


def _is_name(text: str) -> bool:
    return bool(text) and text.isprintable() and '"' not in text and len(text.encode()) <= _LONGEST_NAME


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _wrong(label: str, mend: str) -> MisconfiguredError:
    return MisconfiguredError(
        f"The setting “{label}” of the connection is not right: {mend}.", business_class=BusinessClass.CONNECTION
    )
