"""Mail over SMTP: one message for each record, to the desk that must know of it. Target only.

A message has no canonical type of its own: it tells of a record of another type, so there is one object for each type that is worth
telling of, with the same three fields. What they say by default are the writing lines below; every flow may map its own.
Nothing here is one vendor's: https://www.rfc-editor.org/rfc/rfc5321, with signing in (RFC 4954) and TLS (RFC 3207, RFC 8314).
"""

from apps.connectors.auth_spec import AuthSpec, SecretSpec
from apps.connectors.canonical.contract import CONTRACT
from apps.connectors.canonical.invoice import INVOICE
from apps.connectors.canonical.opportunity import OPPORTUNITY
from apps.connectors.canonical.project import PROJECT
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.canonical.workspace import WORKSPACE
from apps.connectors.manifest import (
    FieldSpec,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    SystemManifest,
    ValueKind,
    Writing,
)
from apps.connectors.protocols.mail_message import SUBJECT, TEXT, TO
from apps.connectors.sheet_terms import Formats, Transport
from apps.connectors.smtp_login import MailEncryption

_FIELDS = (
    FieldSpec(TO, label="Further recipients"),
    FieldSpec(SUBJECT, label="Subject", required=True, max_length=200),
    FieldSpec(TEXT, label="Text", required=True),
)
# What a message says by default, label and field; fields without a value are left out.
_TOLD = {
    "Project": (("Code", "code"), ("Name", "name"), ("Client", "client_name"), ("Starts", "starts"), ("Ends", "ends"),
                ("Purchase order", "po_number"), ("State", "state")),
    "Opportunity": (("Deal", "name"), ("Client", "client_name"), ("Stage", "stage"), ("Owner", "owner_name"),
                    ("Starts", "starts"), ("Ends", "ends"), ("Note", "note")),
    "Contract": (("Contract", "name"), ("Number", "number"), ("Client", "client_name"), ("State", "state"),
                 ("Starts", "starts"), ("Ends", "ends")),
    "Workspace": (("Workspace", "name"), ("Project", "project"), ("Name of the project", "project_name"),
                  ("Client", "client_name"), ("Address", "url")),
    "Invoice": (("Invoice", "number"), ("Client", "client_name"), ("Day", "issue_date"), ("Due", "due_date"),
                ("Amount", "gross"), ("Currency", "currency"), ("State", "state")),
}  # fmt: skip


def _line(label: str, field: str) -> str:
    """Return the expression of one line of a text, empty where the record has no such value."""
    return f"(has(r.{field}) ? '{label}: ' + string(r.{field}) + '\\n' : '')"


def _object(name: str, label: str, canonical: CanonicalType, subject: str) -> ObjectManifest:
    """Return a kind of record that is told of; `subject` is an expression over the record `r`."""
    return ObjectManifest(
        name=name,
        label=label,
        canonical_type=canonical.name,
        key_field="message_id",
        fields=_FIELDS,
        writing=Writing(
            create_path="",
            update_path="{key}",  # a change is told in an answer to the first message
            idempotency=Idempotency.NONE,
        ),
        writing_lines=(
            MappingLine(SUBJECT, expression=subject, required=True, label="Subject"),
            MappingLine(
                TEXT,
                expression=" + ".join(_line(*told) for told in _TOLD[canonical.name]),
                required=True,
                label="Text",
            ),
        ),
    )


MANIFEST = SystemManifest(
    slug="smtp",
    name="Mail (SMTP)",
    category="Mail",
    summary="Tells a desk outside of what happened: one message for each record.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/smtp.md",
    transport=Transport.SMTP,
    auth=AuthSpec(),  # nothing is signed: one signs in (smtp_login.py)
    secrets=(
        SecretSpec(
            "password", "Password", "Of the mail account, or one made for programs where the server wants that."
        ),
    ),
    settings=(
        FieldSpec("user", label="User", required=True),
        FieldSpec("sender", label="Sender (desk@example.com)", required=True),
        FieldSpec("recipients", label="Recipients, with commas between them", max_length=2000),
        FieldSpec("domains", label="Domains of those whom a record may name as recipients (example.com, example.org)"),
        FieldSpec("encryption", ValueKind.CHOICE, "Encryption", choices=tuple(MailEncryption)),
        FieldSpec(
            "authority",
            label="Certificate of the authority that vouches for the server (PEM; empty for the public ones)",
            max_length=20_000,
        ),
    ),
    rights=("Signing in by password, and sending in the name of the sender.",),
    objects=(
        _object("projects", "Messages about projects", PROJECT, "'Project ' + r.code + ': ' + r.name"),
        _object("deals", "Messages about deals", OPPORTUNITY, "'Deal ' + r.name + ': ' + r.stage"),
        _object("contracts", "Messages about contracts", CONTRACT, "'Contract ' + r.name + ': ' + r.state"),
        _object("workspaces", "Messages about workspaces", WORKSPACE, "'Workspace ' + r.name"),
        _object("invoices", "Messages about invoices", INVOICE, "'Invoice ' + r.?number.orValue('')"),
    ),
    limits=Limits(calls=60, seconds=60, at_once=1),
    deletes="absent",
    formats=Formats(days=None, zone=None),
)
