"""What Dataverse refuses, by its codes and, where those say little, by its sentences (English: the language of the API user).

https://learn.microsoft.com/power-apps/developer/data-platform/reference/web-service-error-codes
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
        _B.SCHEMA_DRIFT,
        "Dataverse has no alternate key on the column that the connection's settings name: make one, and wait until it "
        "is active.",
        pattern=r"(?i)not defined as an entity key|specified key properties are not defined",
    ),
    _set_up(
        _B.SCHEMA_DRIFT,
        "Dataverse does not know a column that is asked for or sent ({message}). Adapt settings and mapping.",
        pattern=r"(?i)could not find a property named|undeclared property",
    ),
    _set_up(
        _B.PERMISSION,
        "The application user of Dataverse lacks a privilege ({message}). Add it to its security role.",
        code="0x80040220",
    ),
    _refused(
        _B.TOO_LARGE,
        "A text of this record is longer than Dataverse allows. Shorten it ({message}).",
        code="0x80044331",
    ),
    _refused(
        _B.TOO_LARGE,
        "A text of this record is longer than Dataverse allows. Shorten it ({message}).",
        pattern=r"(?i)exceeded the maximum allowed length",
    ),
    _refused(
        _B.DUPLICATE,
        "Dataverse already has a record with this key ({message}). Link the two.",
        code="0x80040237",
    ),
    _refused(
        _B.DUPLICATE,
        "Dataverse already has a record with this key ({message}). Link the two.",
        code="0x80060892",
    ),
    _refused(
        _B.DUPLICATE,
        "A rule of Dataverse against duplicates found a record like this one. Link the two, or let the rule allow it.",
        code="0x80040333",
    ),
    _refused(
        _B.MISSING_REFERENCE,
        "Dataverse does not have a record that is meant here ({message}). Link it anew, or create it there first.",
        code="0x80040217",
    ),
    _refused(
        _B.CONFLICT,
        "Somebody changed this record in Dataverse at the same moment. Compare both, then send it again.",
        code="0x80060882",
    ),
    _refused(
        _B.VALIDATION,
        "A number of this record is outside what Dataverse allows. Correct it ({message}).",
        pattern=r"(?i)outside the valid range",
    ),
    _refused(_B.VALIDATION, "A process of Dataverse refuses the record ({message}).", code="0x80040265"),
)
