"""What Zendesk refuses, by the codes beside its sentences.

https://developer.zendesk.com/api-reference/introduction/requests/ names the form, not every code: an unknown one is told with
Zendesk's own sentence.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule

_B = BusinessClass


def _refused(business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.RETRYABLE,
        _B.CONFLICT,
        statuses=(409,),
        sentence="Somebody changed this record in Zendesk at the same moment: it is sent again by itself.",
    ),
    _refused(
        _B.DUPLICATE,
        "Zendesk already has a record with this value ({message}). Link the two, or give another one.",
        code="DuplicateValue",
    ),
    _refused(
        _B.TOO_LARGE,
        "A text of this record is longer than Zendesk allows. Shorten it ({message}).",
        pattern=r"(?i)too long",
    ),
    _refused(
        _B.VALIDATION,
        "Zendesk needs a field that is empty ({message}). Fill it in, or give it a default in the mapping.",
        code="BlankValue",
    ),
    _refused(
        _B.VALIDATION,
        "Zendesk does not take this value ({message}). Correct it and send the record again.",
        code="InvalidValue",
    ),
    _refused(
        _B.VALIDATION,
        "Zendesk does not take this value ({message}). Correct it and send the record again.",
        code="InvalidFormat",
    ),
    _refused(
        _B.MISSING_REFERENCE,
        "Zendesk no longer has this record. Send it as a new one.",
        code="RecordNotFound",
    ),
)
