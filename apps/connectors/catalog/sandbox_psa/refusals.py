"""What the sandbox PSA refuses, in the words a delivery person can act on."""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(code: str, business_class: BusinessClass, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


ERROR_RULES = (
    _refused(
        "unknown_client",
        BusinessClass.MISSING_REFERENCE,
        "The PSA knows no client {value}. Create the client there first, or correct it on the project.",
        "client",
    ),
    _refused(
        "client_inactive",
        BusinessClass.VALIDATION,
        "Client {value} is inactive in the PSA. Make it active there before the project begins.",
        "client",
    ),
    _refused(
        "missing_field", BusinessClass.VALIDATION, "The PSA needs {field}, which is empty. Fill it in on the record."
    ),
    _refused("too_long", BusinessClass.TOO_LARGE, "The text for {field} is longer than the PSA allows. Shorten it."),
    _refused(
        "invalid_choice",
        BusinessClass.MAPPING_GAP,
        "{value} is none of the values the PSA takes for {field}. Map it to one of them.",
    ),
    _refused(
        "invalid_number",
        BusinessClass.PARSE,
        "{value} is not a number the PSA takes for {field}. Correct it on the record.",
    ),
    _refused(
        "invalid_currency",
        BusinessClass.VALIDATION,
        "The PSA is not set up for the currency {value}. Correct it on the record.",
        "currency",
    ),
    _refused(
        "invalid_country",
        BusinessClass.VALIDATION,
        "The PSA knows no country {value}: it takes two capital letters such as DE. Correct it on the client.",
        "country",
    ),
    _refused(
        "duplicate",
        BusinessClass.DUPLICATE,
        "The PSA already holds this record under another number. Check both before work is booked on either.",
    ),
    _refused(
        "not_found",
        BusinessClass.MISSING_REFERENCE,
        "The record to change no longer exists in the PSA. Check whether somebody deleted it there.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.SCHEMA_DRIFT,
        code="unknown_field",
        sentence="The PSA no longer knows a field that is sent to it: {message}. Adapt the mapping.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.CONNECTION,
        code="no_company",
        sentence="The sandbox has no such company: check the base address.",
    ),
)
