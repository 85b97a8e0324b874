"""What Float refuses of a project: 422 with a list of fields and messages, as the framework behind it words them.

https://www.yiiframework.com/doc/guide/2.0/en/rest-error-handling; the messages of single fields are from memory.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(
        FailureKind.REJECTED, business_class, statuses=(422,), pattern=pattern, field=field, sentence=sentence
    )


RULES = (
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)client.*(invalid|not exist|not found)",
        "Float does not know the project's client. Create the client there first, or correct it on the project.",
        "client",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"(?i)has already been taken",
        "Float already has a record with this value ({message}). Link the two, or give another one.",
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        r"(?i)should contain at most",
        "A text of this record is longer than Float allows. Shorten it ({message}).",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"(?i)cannot be blank",
        "Float needs a field that is empty ({message}).",
    ),
)
