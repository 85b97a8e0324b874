"""What HubSpot refuses, by the codes of its single problems, else by the category of the whole.

https://developers.hubspot.com/docs/api-reference/error-handling names the form; the codes are those its answers show and
stand in no list of its own, so that an unknown one is told with HubSpot's own sentence.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule

_B = BusinessClass


def _refused(business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, sentence=sentence)


def _set_up(business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.MISCONFIGURED, business_class, code=code, pattern=pattern, sentence=sentence)


RULES = (
    _set_up(
        _B.PERMISSION,
        "HubSpot's access token lacks a scope ({message}). Add it on the private app's page “Scopes”.",
        code="MISSING_SCOPES",
    ),
    _set_up(
        _B.SCHEMA_DRIFT,
        "HubSpot has no unique property for our key: make the property “integration_key” as the help page says.",
        pattern=r"(?i)integration_key.*(does not exist|not.*unique)|(does not exist|not.*unique).*integration_key",
    ),
    _set_up(
        _B.SCHEMA_DRIFT,
        "HubSpot has no such property ({message}). Adapt the mapping, or make the property there.",
        code="PROPERTY_DOESNT_EXIST",
    ),
    _set_up(
        _B.PERMISSION,
        "HubSpot keeps a property for itself that the mapping writes ({message}). Take it out of the mapping.",
        code="READ_ONLY_VALUE",
    ),
    _refused(
        _B.VALIDATION,
        "HubSpot does not take this e-mail address. Correct it and send the record again.",
        code="INVALID_EMAIL",
    ),
    _refused(
        _B.MAPPING_GAP,
        "HubSpot's list of choices does not hold this value ({message}). Add it to the property, or map it.",
        code="INVALID_OPTION",
    ),
    _refused(
        _B.TOO_LARGE,
        "A text of this record is longer than HubSpot allows. Shorten it ({message}).",
        pattern=r"(?i)too long|longer than|exceeds? the (maximum )?(length|limit)",
    ),
    _refused(
        _B.DUPLICATE,
        "HubSpot already has this record under another number ({message}). Link the two.",
        code="CONFLICT",
    ),
    _refused(
        _B.DUPLICATE,
        "HubSpot already has this record under another number ({message}). Link the two.",
        pattern=r"(?i)already (exists|has that value)",
    ),
    _refused(
        _B.MISSING_REFERENCE,
        "HubSpot no longer has this record ({message}). Restore it there, or send it as a new one.",
        code="OBJECT_NOT_FOUND",
    ),
    _refused(_B.VALIDATION, "HubSpot refuses a value of the record ({message}).", code="VALIDATION_ERROR"),
)
