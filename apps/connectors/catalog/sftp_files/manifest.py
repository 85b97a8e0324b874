"""Files over SFTP: columns are called as the canonical fields; what a customer's files call them is a matter of the mapping.

Nothing here is one vendor's: any server that speaks SFTP (https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02,
version 3, as OpenSSH does) and holds tables.
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
from apps.connectors.protocols.files_settings import SETTINGS
from apps.connectors.protocols.files_writing import DELIVERY
from apps.connectors.sheet_terms import BatchAnswer, Concurrency, DayForm, Formats, MoneyForm, TimeForm, Transport

_ROWS_AT_ONCE = 500


def _object(name: str, label: str, canonical: CanonicalType, key: str) -> ObjectManifest:
    """Return a kind of record whose columns are called as the canonical fields. Lists fit into JSON lines only."""
    flat = tuple(field for field in canonical.fields if field.kind is not ValueKind.NESTED)
    return ObjectManifest(
        name=name,
        label=label,
        canonical_type=canonical.name,
        key_field=key,
        natural_key=key,
        fields=tuple(FieldSpec(field.name, field.kind, field.label, field.required) for field in canonical.fields),
        reading=Reading(path="", change_read=ChangeRead.NEW_FILES, paging=Paging(size=_ROWS_AT_ONCE)),
        writing=Writing(
            create_path="",
            update_path="{key}",  # a change is a row in a later file
            batch_path="{object}",  # all records of a delivery are one file
            batch_size=_ROWS_AT_ONCE,
            batch_answer=BatchAnswer.PER_RECORD,
            idempotency=Idempotency.OWN_KEY_FIELD,
            own_key_field=DELIVERY,
            concurrency=Concurrency.LAST_WRITE_WINS,
        ),
        reading_lines=tuple(MappingLine(field.name, field.name, label=field.label) for field in canonical.fields),
        writing_lines=tuple(MappingLine(field.name, field.name, label=field.label) for field in flat),
    )


MANIFEST = SystemManifest(
    slug="sftp_files",
    name="Files over SFTP",
    category="Files",
    summary="CSV or JSON lines on a file server: new files are read, deliveries are written as files, also as Parquet.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/sftp-files.md",
    transport=Transport.SFTP,
    auth=AuthSpec(),  # nothing is signed: one signs in (ssh_login.py)
    secrets=(
        SecretSpec(
            "sign_in",
            "Password or private key",
            "A private key in OpenSSH or PEM form, without a passphrase and made for this connection alone; or the password.",
        ),
    ),
    settings=SETTINGS,
    rights=(
        "Listing and reading the folder that is read.",
        "Where files are moved once they are read: renaming in that folder, and making its folders done and failed.",
        "Where something is delivered: listing the folder that is written to, writing and renaming in it.",
    ),
    objects=(
        _object("time_entries", "Time entries", TIME_ENTRY, "id"),
        _object("expenses", "Expenses", EXPENSE, "id"),
        _object("people", "People", RESOURCE, "employee_no"),
        _object("projects", "Projects", PROJECT, "code"),
        _object("invoices", "Invoices", INVOICE, "number"),
    ),
    limits=Limits(at_once=1),
    deletes="absent",
    formats=Formats(money=MoneyForm.TEXT, hours=TimeForm.HOURS, days=DayForm.ISO),
)
