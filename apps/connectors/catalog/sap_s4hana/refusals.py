"""What SAP S/4HANA refuses, by the texts of its messages (in the language of the communication user: English here).

Codes are message class and number ("R11/112"); the classes of business partners are not published as a list, so the texts
decide. They are from memory, kept wide for that.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, pattern=pattern, field=field, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.RETRYABLE,
        BusinessClass.CONFLICT,
        pattern=r"(?i)(?:locked|being (?:processed|edited|changed)) by",
        sentence="Somebody has this record open in SAP right now: it is sent again later ({message}).",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        pattern=r"(?i)no authori[sz]ation",
        sentence="The communication user lacks a right in SAP ({message}). Add it to its communication arrangement.",
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        r"(?i)posting period .* (?:is )?not open",
        "SAP has closed this period. Choose a date in an open period, or have the period opened.",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)country(?:/region)?(?: key)? .*(?:not defined|does not exist|invalid)",
        "SAP does not know this country. Correct it.",
        "country",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        r"(?i)(?:grouping|account group|role|category) .*(?:not defined|does not exist|invalid)",
        "SAP does not know a grouping or role of this business partner ({message}). Correct it in the mapping.",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"(?i)tax number .*(?:not valid|invalid|not permitted|wrong)",
        "SAP does not take this tax number ({message}). Correct it.",
        "tax_id",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"(?i)already exists|duplicate",
        "SAP already has this business partner ({message}). Link the two.",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)does not exist|not found",
        "SAP does not know a record that this one points to ({message}).",
    ),
)
