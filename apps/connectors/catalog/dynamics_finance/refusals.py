"""What Dynamics 365 Finance refuses. Its codes are empty and its statuses coarse: what counts is the "infolog" in a text.

https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/odata has the form ("innererror"); the sentences are
those that the application shows to people, in English where the language of the integration's user is (en-us). They come
with 400 and with 500 alike.
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import text_at
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule
from apps.connectors.protocols.rest_problems import Problem

_B = BusinessClass
# What stands around a sentence: Write failed for table row of type 'CustCustomerV3Entity'. Infolog: Error: ...
_AROUND = re.compile(r"\A(?:Write|Validation) failed for table row of type '[^']*'\.\s*Infolog:\s*", re.IGNORECASE)
_LEVEL = re.compile(r"\b(?:Info|Warning|Error):\s*")


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, pattern=pattern, field=field, sentence=sentence)


def _set_up(business_class: BusinessClass, pattern: str, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.MISCONFIGURED, business_class, pattern=pattern, sentence=sentence)


def _related(table: str, sentence: str, field: str) -> ErrorRule:
    return _refused(_B.MISSING_REFERENCE, rf"(?i)not found in the related table '{table}'", sentence, field)


RULES = (
    _set_up(
        _B.VALIDATION,
        r"(?i)not found in the related table 'customer groups?'|customer group.{0,30}must be filled in",
        "Dynamics 365 Finance does not know the customer group of new customers: correct it in the connection's settings.",
    ),
    _set_up(
        _B.SCHEMA_DRIFT,
        r"(?i)property '[^']+' does not exist on type|could not find a property named",
        "Dynamics 365 Finance does not know a property that is asked for or sent ({message}). Adapt the mapping.",
    ),
    _set_up(
        _B.VALIDATION,
        r"(?i)number sequence.{0,80}manual|not allowed to .{0,40}manual",
        "Dynamics 365 Finance gives customer accounts itself: let the number sequence of customer accounts be manual, so"
        " that records carry our number.",
    ),
    _refused(
        _B.DUPLICATE,
        r"(?i)record already exists|duplicate key",
        "Dynamics 365 Finance already has a record with this number. Link the two, or give another number.",
        "number",
    ),
    _related("Currency", "Dynamics 365 Finance does not know this currency. Correct it, or add it there.", "currency"),
    _related(
        "Country/region", "Dynamics 365 Finance does not know this country. Correct it, or add it there.", "country"
    ),
    _refused(
        _B.MISSING_REFERENCE,
        r"(?i)not found in the related table",
        "Dynamics 365 Finance does not know a value that this record points to ({message}).",
    ),
    _refused(
        _B.TOO_LARGE,
        r"(?i)maximum length|exceeds the (allowed )?length|longer than",
        "A text of this record is longer than Dynamics 365 Finance allows. Shorten it ({message}).",
    ),
    _refused(
        _B.CONFLICT,
        r"(?i)update conflict occurred|changed by another",
        "Somebody changed this record in Dynamics 365 Finance at the same moment. Compare both, then send it again.",
    ),
    _refused(
        _B.VALIDATION,
        r"(?i)must be filled in|validation failed|cannot (create|edit|delete) a record",
        "Dynamics 365 Finance refuses the record ({message}).",
    ),
)


def problems_of(said: Mapping[str, Any]) -> list[Problem]:
    """Return what an answer complains of, without what its protocol puts around it."""
    told = text_at(said, "error.innererror.message") or text_at(said, "error.message") or text_at(said, "Message")
    return [
        {"code": text_at(said, "error.code"), "message": _LEVEL.sub("", _AROUND.sub("", told)).strip(), "field": ""}
    ]
