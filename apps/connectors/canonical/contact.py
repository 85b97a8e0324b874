"""Contact: a person at a client, who orders, signs or receives the invoices."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    LedgerReferences,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.canonical.values import shown
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Contact id")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name")),
    CanonicalField("given", ValueKind.TEXT, gettext_noop("Given name")),
    CanonicalField("family", ValueKind.TEXT, gettext_noop("Family name")),
    CanonicalField("email", ValueKind.TEXT, gettext_noop("E-mail")),
    # As the source writes it: which country a number without one belongs to is nobody's to guess.
    CanonicalField("phone", ValueKind.TEXT, gettext_noop("Phone")),
    CanonicalField("role", ValueKind.TEXT, gettext_noop("Role")),
    CanonicalField("job_title", ValueKind.TEXT, gettext_noop("Job title")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("consent", ValueKind.YES_NO, gettext_noop("Agrees to be written to")),
    CanonicalField("locale", ValueKind.TEXT, gettext_noop("Language")),
    CanonicalField("active", ValueKind.YES_NO, gettext_noop("Active")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def derive_name(values: CanonicalValues) -> Mapping[str, Any]:
    """Return the whole name where the source keeps only its parts."""
    parts = [values[field] for field in ("given", "family") if values.get(field)]
    return {"name": " ".join(parts)} if parts and not values.get("name") else {}


def reachable_or_named() -> Check:
    """Build the rule that a contact has a name or an e-mail: without either nobody can tell who it is."""
    sentence = "The contact has neither a name nor an e-mail. Fill in one of the two at {source}."
    nobody = problem("name", sentence, BusinessClass.MISSING_REFERENCE, "missing")

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return () if any(values.get(field) for field in ("name", "given", "family", "email")) else nobody

    return Check("named_or_reachable", "a contact has a name or an e-mail", find)


def email_form() -> Check:
    """Build the rule that an e-mail, where given, has one sign @ with something on both sides and no blanks."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        email = values.get("email")
        if not email:
            return ()
        name, _, host = email.partition("@")
        if name and host and "@" not in host and not any(sign.isspace() for sign in email):
            return ()
        return problem(
            "email", f"{shown(email)} is not an e-mail address. Correct it in {{source}}.", code="wrong_form"
        )

    return Check("email_form", "the e-mail can be an address", find)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return the client the person belongs to."""
    return LedgerReferences(values.get("client_name") or values.get("client") or "")


CONTACT = CanonicalType(
    name="Contact",
    label=gettext_noop("Contact"),
    plural=gettext_noop("Contacts"),
    summary="A person at a client, who orders, signs or receives the invoices.",
    owner=Owner.CRM,
    fields=FIELDS,
    key_fields=("client", "email"),
    identity=(("client", "email"), ("id",)),
    checks=(
        reachable_or_named(),
        checks.not_longer_than("name", 255, "name"),
        email_form(),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Contact {name}, {email}"),
    derive=derive_name,
)
