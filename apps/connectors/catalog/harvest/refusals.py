"""What Harvest refuses of a client or a project: 422 with one message, and no code.

https://help.getharvest.com/api-v2/introduction/overview/general/ (status codes). The messages are from memory, in the words that the
framework behind them uses: an answer that none of them fits is shown as it came.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str) -> ErrorRule:
    return ErrorRule(
        FailureKind.REJECTED, business_class, statuses=(422,), pattern=pattern, field=field, sentence=sentence
    )


RULES = (
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)client (must exist|can't be blank|is invalid|not found)",
        "Harvest does not know the project's client. Create the client there first, or correct it on the project.",
        "client",
    ),
    _refused(
        BusinessClass.INACTIVE_PROJECT,
        r"(?i)archived",
        "Harvest has archived what this record belongs to ({message}). Restore it there, then send it again.",
        "",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"(?i)name has already been taken",
        "Harvest already has a record of this name. Link the two, or give another name.",
        "name",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"(?i)currency .*(not included|invalid)",
        "Harvest does not know this currency. Use a code such as EUR or USD.",
        "currency",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"(?i)name can't be blank",
        "The record has no name, and Harvest wants one. Fill it in.",
        "name",
    ),
)
