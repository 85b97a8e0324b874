"""The sandbox tax service: says whether a tax number is valid, and to whom it belongs."""

from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
)
from apps.connectors.sandbox_family import NO_COMPANY, list_of, sandbox_system
from apps.connectors.sheet_terms import Formats

# A number stands for whoever it belongs to; one that is not valid belongs to nobody, so it has no name.
_NUMBERS = list_of(
    "numbers",
    "Tax numbers",
    "Customer",
    known_by="number",
    fields=(
        FieldSpec("id", label="Record number", required=True),
        FieldSpec("number", label="Tax number", required=True),
        FieldSpec("country", label="Country"),
        FieldSpec("name", label="Belongs to"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("valid", "invalid")),
        FieldSpec("evidence", label="Number of the enquiry"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("tax_id", "number", required=True),
        MappingLine("name", "name"),
        MappingLine("legal_name", "name"),
        MappingLine("country", "country"),
        MappingLine("tax_status", "status", required=True),
        MappingLine("tax_checked_at", "modified_at"),
        MappingLine("tax_evidence", "evidence"),
        MappingLine("updated_at", "modified_at"),
    ),
)

MANIFEST = sandbox_system(
    "sandbox_tax",
    "Sandbox tax service",
    category="Tax",
    summary="A simulated service that knows which tax numbers are valid and whose they are, for trying things out.",
    objects=(_NUMBERS,),
    rights="The right to read: nothing is written.",
    at_once=4,
    error_rules=(NO_COMPANY,),
    formats=Formats(days=None),
)
