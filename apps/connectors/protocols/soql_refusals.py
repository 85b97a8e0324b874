"""What a Salesforce organisation refuses, by its codes; the texts come in the language of the signed-in user.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule

_B = BusinessClass


def _refused(
    business_class: BusinessClass, code: str, sentence: str, *, pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


def _set_up(business_class: BusinessClass, code: str, sentence: str, *, pattern: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.MISCONFIGURED, business_class, code=code, pattern=pattern, sentence=sentence)


_BUSY = (
    "Somebody else holds this record, or one it belongs to, in Salesforce at the moment: it is sent again by itself."
)
_GONE = "Salesforce does not have a record that this one points to ({message}). Link it anew, or create it there first."
_NOT_ALLOWED = "The integration user of Salesforce may not write this record ({message}). Ask its administrator for the right to it."

RULES: tuple[ErrorRule, ...] = (
    ErrorRule(
        FailureKind.RATE_LIMITED,
        _B.PROVIDER_OUTAGE,
        code="REQUEST_LIMIT_EXCEEDED",
        sentence="Salesforce's calls for 24 hours are used up: the work goes on by itself when it takes calls again.",
    ),
    ErrorRule(FailureKind.RETRYABLE, _B.CONFLICT, code="UNABLE_TO_LOCK_ROW", sentence=_BUSY),
    # Triggers that run into a lock pass its name on inside their own text.
    ErrorRule(FailureKind.RETRYABLE, _B.CONFLICT, pattern="UNABLE_TO_LOCK_ROW", sentence=_BUSY),
    ErrorRule(
        FailureKind.RETRYABLE, _B.TIMEOUT, code="QUERY_TIMEOUT", sentence="Salesforce gave up answering in time."
    ),
    _set_up(
        _B.VALIDATION,
        "INVALID_FIELD",
        "This organisation of Salesforce keeps one currency: enter it in the connection's settings.",
        pattern="CurrencyIsoCode",
    ),
    _set_up(
        _B.SCHEMA_DRIFT,
        "INVALID_FIELD",
        "Salesforce does not know a field, or hides it from the integration user ({message}). Give the user the right "
        "to it, or adapt settings and mapping.",
    ),
    _set_up(
        _B.PERMISSION,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "The integration user of Salesforce may not write a field ({message}). Give the user the right to it.",
    ),
    _set_up(
        _B.PERMISSION,
        "INVALID_TYPE",
        "Salesforce does not know an object, or hides it from the integration user ({message}). Give the user the "
        "right to it.",
    ),
    _set_up(
        _B.PERMISSION,
        "API_DISABLED_FOR_ORG",
        "This edition of Salesforce has no API: ask its administrator to have it switched on.",
    ),
    _refused(
        _B.VALIDATION,
        "REQUIRED_FIELD_MISSING",
        "Salesforce needs a field that is empty ({message}). Fill it in, or give it a default in the mapping.",
    ),
    _refused(
        _B.TOO_LARGE,
        "STRING_TOO_LONG",
        "A text of this record is longer than Salesforce allows. Shorten it ({message}).",
    ),
    _refused(
        _B.VALIDATION,
        "INVALID_EMAIL_ADDRESS",
        "Salesforce does not take this e-mail address ({message}). Correct it and send the record again.",
    ),
    _refused(
        _B.VALIDATION,
        "NUMBER_OUTSIDE_VALID_RANGE",
        "A number of this record is larger than its field in Salesforce allows. Correct it ({message}).",
    ),
    _refused(
        _B.MAPPING_GAP,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Salesforce's list of choices does not hold this value ({message}). Add it to the list there, or map it.",
    ),
    _refused(
        _B.DUPLICATE,
        "DUPLICATES_DETECTED",
        "A duplicate rule of Salesforce found a record like this one. Link the two, or let the rule allow it.",
    ),
    _refused(
        _B.DUPLICATE,
        "DUPLICATE_VALUE",
        "Salesforce already has a record with this value in a field that must be unique ({message}). Link the two.",
    ),
    _refused(
        _B.DUPLICATE,
        "DUPLICATE_EXTERNAL_ID",
        "Salesforce has several records under this number of ours: let its administrator make the field unique and "
        "merge them, then send it again.",
    ),
    _refused(_B.MISSING_REFERENCE, "INVALID_CROSS_REFERENCE_KEY", _GONE),
    _refused(_B.MISSING_REFERENCE, "MALFORMED_ID", _GONE),
    _refused(
        _B.MISSING_REFERENCE,
        "ENTITY_IS_DELETED",
        "This record was deleted in Salesforce. Restore it from the recycle bin, or send it as a new one.",
    ),
    _refused(
        _B.MISSING_APPROVAL,
        "ENTITY_IS_LOCKED",
        "An approval in Salesforce has locked this record. Decide the approval there, then send it again.",
    ),
    _refused(_B.PERMISSION, "INSUFFICIENT_ACCESS_OR_READONLY", _NOT_ALLOWED),
    _refused(_B.PERMISSION, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", _NOT_ALLOWED),
    _refused(
        _B.VALIDATION,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "A rule of this organisation of Salesforce refuses the record ({message}).",
    ),
    _refused(
        _B.VALIDATION,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "An automation of this organisation of Salesforce refuses the record ({message}).",
    ),
)
