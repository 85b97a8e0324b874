"""The sandbox tax service: says whether a tax number is valid, and to whom it belongs."""

from apps.connectors.manifest import (
    AuthScheme,
    AuthSpec,
    ErrorShape,
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    SecretSpec,
    SystemManifest,
    ValueKind,
)
from apps.connectors.sandbox_family import DESCRIBE, NO_COMPANY, reading_of
from apps.connectors.sheet_terms import Formats

# A number stands for whoever it belongs to; one that is not valid belongs to nobody, so it has no name.
_NUMBERS = ObjectManifest(
    name="numbers",
    label="Tax numbers",
    canonical_type="Customer",
    version_field="modified_at",
    natural_key="number",
    find_parameter="number",
    find_at_once=50,
    reading=reading_of("numbers"),
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
        MappingLine("state", "status", required=True),
        MappingLine("updated_at", "modified_at"),
    ),
)

MANIFEST = SystemManifest(
    slug="sandbox_tax",
    name="Sandbox tax service",
    category="Tax",
    summary="A simulated service that knows which tax numbers are valid and whose they are, for trying things out.",
    proof=ProofLabel.SIMULATED,
    documentation="docs/sandbox.md",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(SecretSpec("token", "Access token", "Shown once when the sandbox company is made."),),
    objects=(_NUMBERS,),
    rights=("The right to read: nothing is written.",),
    test_path="whoami",
    identity_path="company",
    account_path="company",
    limits=Limits(at_once=4),
    error_shape=ErrorShape(problems_path="error.problems"),
    error_rules=(NO_COMPANY,),
    describe=DESCRIBE,
    formats=Formats(days=None),
)
