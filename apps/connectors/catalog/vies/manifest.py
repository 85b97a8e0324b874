"""VIES: says of a tax number of the European Union whether it is valid, and to whom it belongs.

Technical information: https://ec.europa.eu/taxation_customs/vies/#/technical-information. A number is asked for one at a time; with
a number of one's own the answer has an identifier of the enquiry, which is the proof. Failures come as HTTP 200, with another word
than VALID and INVALID, and are no verdict.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    ErrorShape,
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
)
from apps.connectors.sheet_terms import Formats

NUMBERS = ObjectManifest(
    name="numbers",
    label="Tax numbers",
    canonical_type="Customer",
    key_field="number",
    natural_key="number",
    fields=(
        FieldSpec("number", label="Tax number"),
        FieldSpec("country", label="Country"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("valid", "invalid")),
        FieldSpec("name", label="Belongs to"),
        FieldSpec("address", label="Address"),
        FieldSpec("evidence", label="Number of the enquiry"),
        FieldSpec("checked_at", ValueKind.INSTANT, "Checked at"),
    ),
    reading=Reading(path="", change_read=ChangeRead.BY_NAME),
    reading_lines=(
        MappingLine("id", "number", required=True, label="Client id"),
        MappingLine("tax_id", "number", required=True, label="Tax number"),
        MappingLine("name", "name", label="Name"),
        MappingLine("legal_name", "name", label="Legal name"),
        MappingLine("street", "address", label="Address"),
        MappingLine("country", "country", label="Country"),
        MappingLine("tax_status", "status", required=True, label="Tax number checked"),
        MappingLine("tax_checked_at", "checked_at", label="Tax number checked at"),
        MappingLine("tax_evidence", "evidence", label="Evidence of the check"),
        MappingLine("updated_at", "checked_at", label="Last changed"),
    ),
)


def _later(code: str, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.RETRYABLE, BusinessClass.PROVIDER_OUTAGE, code=code, sentence=sentence)


def _never(code: str, business_class: BusinessClass, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.MISCONFIGURED, business_class, code=code, sentence=sentence)


_BUSY = "VIES is asked too much at the moment and gave no verdict: it is asked again by itself."
_AWAY = "The register of that country does not answer VIES at the moment: it is asked again by itself."
RULES = (
    _later("GLOBAL_MAX_CONCURRENT_REQ", _BUSY),
    _later("GLOBAL_MAX_CONCURRENT_REQ_TIME", _BUSY),
    _later("MS_MAX_CONCURRENT_REQ", _BUSY),
    _later("MS_MAX_CONCURRENT_REQ_TIME", _BUSY),
    _later("SERVICE_UNAVAILABLE", "VIES is not available at the moment: it is asked again by itself."),
    _later("MS_UNAVAILABLE", _AWAY),
    _later("TIMEOUT", _AWAY),
    _never(
        "INVALID_REQUESTER_INFO",
        BusinessClass.VALIDATION,
        "VIES does not accept your own tax number: correct it on the connection's page.",
    ),
    _never("VAT_BLOCKED", BusinessClass.PERMISSION, "VIES has blocked your own tax number: ask the Commission why."),
    _never("IP_BLOCKED", BusinessClass.PERMISSION, "VIES has blocked the address that asks: ask the operator."),
)

MANIFEST = SystemManifest(
    slug="vies",
    name="VIES",
    category="Tax",
    summary="Tax numbers of the European Union are checked, with the number of the enquiry as proof.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/vies.md",
    address="https://ec.europa.eu/taxation_customs/vies/rest-api",
    auth=AuthSpec(AuthScheme.NONE),
    settings=(FieldSpec("own_number", label="Your own tax number, with its country"),),
    objects=(NUMBERS,),
    test_path="check-status",
    limits=Limits(at_once=2),
    error_shape=ErrorShape(problems_path="errorWrappers", code_path="error", message_path="message"),
    error_rules=RULES,
    formats=Formats(days=None),
)
