"""What is missing of clients, deals, contracts and projects before work can be booked and billed (pure; a table)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.monitoring.insights.found import LOOK, SOON, Cause, Finding, Found

# What each field is needed for: to send an invoice, to tax it, to book on it, to know when it is too much.
INVOICE, TAX, BOOKING, BUDGET = "invoice", "tax", "booking", "budget"
NEEDED: Mapping[str, Mapping[str, str]] = {
    "Customer": {
        "legal_name": INVOICE,
        "currency": INVOICE,
        "payment_terms_days": INVOICE,
        "invoice_email": INVOICE,
        "country": TAX,
        "tax_id": TAX,
    },
    "Opportunity": {
        "client_legal_name": INVOICE,
        "client_country": TAX,
        "client_tax_id": TAX,
        "invoice_email": INVOICE,
        "payment_terms_days": INVOICE,
        "amount": BUDGET,
        "currency": INVOICE,
        "legal_entity": INVOICE,
        "billing_kind": INVOICE,
        "budget_hours": BUDGET,
        "starts": BOOKING,
        "ends": BUDGET,
    },
    "Contract": {
        "legal_entity": INVOICE,
        "amount": BUDGET,
        "currency": INVOICE,
        "billing_kind": INVOICE,
        "payment_terms_days": INVOICE,
        "starts": BOOKING,
        "ends": BUDGET,
        "signed_at": BOOKING,
    },
    "Project": {
        "client": INVOICE,
        "manager": BOOKING,
        "currency": INVOICE,
        "billing_kind": INVOICE,
        "budget_hours": BUDGET,
        "budget_money": BUDGET,
        "ends": BUDGET,
    },
}
# One of these is enough.
EITHER: Mapping[str, tuple[frozenset[str], ...]] = {"Project": (frozenset({"budget_hours", "budget_money"}),)}
# Only what is agreed on is worked on.
_COUNTS: Mapping[str, tuple[str, frozenset[str]]] = {"Opportunity": ("stage", frozenset({"won"}))}
_OVER = frozenset({"closed", "done", "cancelled", "void", "lost", "inactive", "expired", "completed"})
_FEW = 5  # of so few records it cannot be told whether a field is in use at all
_BLOCKS = frozenset({INVOICE, TAX})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One record with its values, wherever it was read, and the fields that are read of it at all.

    `operation_id` is the ledger line that carried it, None where none did.
    """

    key: str
    canonical_type: str
    label: str
    values: Mapping[str, Any]
    fields: frozenset[str]
    client: str = ""
    project: str = ""
    operation_id: UUID | None = None


def incomplete(sheets: Sequence[Sheet]) -> Found:
    """Return the records that lack what is needed of them.

    A field that none of enough records has is not in use, and nobody is asked for it.
    """
    found = Found()
    for kind in sorted({sheet.canonical_type for sheet in sheets} & set(NEEDED)):
        rows = [sheet for sheet in sheets if sheet.canonical_type == kind]
        counted = [sheet for sheet in rows if counts(sheet)]
        filled = {name: sum(has(sheet, name) for sheet in counted) for name in NEEDED[kind]}
        found.seen |= {(Cause.INCOMPLETE, sheet.key) for sheet in rows}
        for sheet in counted:
            lacking = missing_of(sheet)
            unused = {name for name in lacking if not filled[name] and len(counted) >= _FEW}
            if told := [name for name in lacking if name not in unused]:
                found.add(_finding(sheet, told, filled, len(counted)))
    return found


def counts(sheet: Sheet) -> bool:
    """Return whether anything is still to come of a record."""
    field, wanted = _COUNTS.get(sheet.canonical_type, ("", frozenset[str]()))
    if field and sheet.values.get(field) not in wanted:
        return False
    return sheet.values.get("state") not in _OVER


def missing_of(sheet: Sheet) -> list[str]:
    """Return the fields that a record should have, that are read of it, and that are empty, in the table's order."""
    needed: Collection[str] = NEEDED[sheet.canonical_type]
    enough = set[str]()
    for group in EITHER.get(sheet.canonical_type, ()):
        if any(has(sheet, name) for name in group):
            enough |= group
    return [name for name in needed if name in sheet.fields and name not in enough and not has(sheet, name)]


def has(sheet: Sheet, name: str) -> bool:
    """Return whether a record says something in a field."""
    return sheet.values.get(name) not in (None, "")


def _finding(sheet: Sheet, lacking: Sequence[str], filled: Mapping[str, int], number: int) -> Finding:
    needs = sorted({NEEDED[sheet.canonical_type][name] for name in lacking})
    facts = {
        "type": sheet.canonical_type,
        "fields": list(lacking),
        "needs": needs,
        "others": [filled[name] for name in lacking],
        "seen": number,
    }
    return Finding(
        Cause.INCOMPLETE,
        sheet.key,
        sheet.label,
        facts,
        SOON if _BLOCKS & set(needs) else LOOK,
        sheet.canonical_type,
        sheet.operation_id,
        project=sheet.project,
        client=sheet.client,
    )
