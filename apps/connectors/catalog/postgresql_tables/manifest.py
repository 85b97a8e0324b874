"""PostgreSQL tables: columns are called as the canonical fields, or by the names that the connection's settings give them.

Nothing here is one vendor's: any PostgreSQL (https://www.postgresql.org/docs/current/), and what speaks its protocol as
far as the system catalogs go. Tried against PostgreSQL 18; older ones, and services that only imitate it, are not tried.
"""

from apps.connectors.auth_spec import AuthSpec, SecretSpec
from apps.connectors.canonical.expense import EXPENSE
from apps.connectors.canonical.invoice import INVOICE
from apps.connectors.canonical.project import PROJECT
from apps.connectors.canonical.resource import RESOURCE
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.canonical.time_entry import TIME_ENTRY
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    Writing,
)
from apps.connectors.protocols.sql_settings import LOOK_BACK, OTHER, settings_for
from apps.connectors.sheet_terms import BatchAnswer, Concurrency, DayForm, Formats, MoneyForm, TimeForm, Transport

_ROWS_AT_ONCE = 500
_WRITTEN_AT_ONCE = 100
_OWN_KEY, _CHANGED = "external_id", "updated_at"


def _object(name: str, label: str, canonical: CanonicalType, key: str) -> ObjectManifest:
    """Return a kind of record whose columns are called as the canonical fields; other columns are read in a group."""
    fields = tuple(FieldSpec(field.name, field.kind, field.label) for field in canonical.fields)
    return ObjectManifest(
        name=name,
        label=label,
        canonical_type=canonical.name,
        key_field=key,
        version_field=_CHANGED,
        natural_key=key,
        fields=(*fields, FieldSpec(OTHER, ValueKind.NESTED, "Other columns")),
        reading=Reading(
            path=name,
            change_read=ChangeRead.MODIFIED_SINCE,
            overlap_seconds=LOOK_BACK,
            since_sorted=True,
            paging=Paging(size=_ROWS_AT_ONCE),
        ),
        writing=Writing(
            create_path=name,
            update_path="{key}",
            batch_path=name,
            batch_size=_WRITTEN_AT_ONCE,
            batch_answer=BatchAnswer.PER_RECORD,
            idempotency=Idempotency.OWN_KEY_FIELD,
            own_key_field=_OWN_KEY,
            undo_method="DELETE",
            undo_path="{key}",
            concurrency=Concurrency.LAST_WRITE_WINS,
        ),
        reading_lines=tuple(MappingLine(field.name, field.name, label=field.label) for field in canonical.fields),
        writing_lines=tuple(
            MappingLine(field.name, field.name, label=field.label)
            for field in canonical.fields
            if field.name != _CHANGED  # the table's own: that of the source would hide changes from who reads it
        ),
    )


_OBJECTS = (
    _object("time_entries", "Time entries", TIME_ENTRY, "id"),
    _object("expenses", "Expenses", EXPENSE, "id"),
    _object("people", "People", RESOURCE, "employee_no"),
    _object("projects", "Projects", PROJECT, "code"),
    _object("invoices", "Invoices", INVOICE, "number"),
)

MANIFEST = SystemManifest(
    slug="postgresql_tables",
    name="PostgreSQL tables",
    category="Database",
    summary="Tables and views of a PostgreSQL database: changed rows are read, records are written row by row.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/postgresql-tables.md",
    transport=Transport.SQL,
    auth=AuthSpec(),  # nothing is signed: one signs in (sql_login.py)
    secrets=(SecretSpec("password", "Password", "Of the database user that was made for this connection alone."),),
    settings=settings_for(tuple((spec.name, spec.label) for spec in _OBJECTS)),
    rights=(
        "Connecting to the database, and using the schema of each table.",
        "Where something is read: selecting from the table or view.",
        "Where something is written: selecting, inserting and updating; deleting too if records are to be taken back.",
    ),
    objects=_OBJECTS,
    limits=Limits(at_once=1),
    deletes="absent",
    formats=Formats(money=MoneyForm.TEXT, hours=TimeForm.HOURS, days=DayForm.ISO),
)
