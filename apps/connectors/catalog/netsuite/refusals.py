"""What NetSuite refuses, by its error codes and the texts behind them (in the language of the user whose token it is).

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1545222128.html (error codes and their answers). Most
business rules share the code USER_ERROR: only their English text tells them apart. The words for closed periods are from
memory, kept wide for that.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="INSUFFICIENT_PERMISSION",
        sentence="The token's role lacks a permission in NetSuite ({message}). Add it to the role.",
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        "NetSuite has closed this period. Choose a date in an open period, or have the period opened.",
        pattern=r"(?i)closed (?:accounting |posting |time )?period|period (?:is|has been|was) (?:closed|locked)"
        r"|(?:posting|accounting) period\b.*\b(?:closed|locked)|locked (?:accounting |posting )?period",
        field="work_date",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        "NetSuite already has a record with this id. Link the two, or give another one.",
        pattern=r"(?i)already exists|unique (?:customer|project|entity) id",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "NetSuite does not know the person of this entry, or it may not record time ({message}).",
        pattern=r"(?i)invalid .*\bemployee\b",
        field="resource",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "NetSuite does not know the project of this entry ({message}). Deliver that first, or link the two.",
        pattern=r"(?i)invalid .*\b(?:customer|job)\b",
        field="project",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "NetSuite does not know the client of this record ({message}). Deliver that first, or link the two.",
        pattern=r"(?i)invalid .*\b(?:parent|entity)\b",
        field="client",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        "NetSuite does not know a dimension of this record ({message}). Correct it, or create it there.",
        pattern=r"(?i)invalid .*\b(?:subsidiary|department|class|location|item|currency)\b",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "NetSuite does not know a record that this one points to ({message}).",
        code="INVALID_KEY_OR_REF",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "NetSuite no longer has this record.",
        code="NONEXISTENT_ID",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "Somebody changed this record in NetSuite at the same moment. Compare both, then send it again.",
        pattern=r"(?i)record has been changed",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "NetSuite needs a value that is missing ({message}).",
        pattern=r"(?i)please enter value|mandatory|required field",
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        "A text of this record is longer than NetSuite allows ({message}). Shorten it.",
        pattern=r"(?i)more than the maximum number|too long",
    ),
)
