"""What Clockify refuses: 400 with a message and a number that many refusals share (501).

https://docs.clockify.me/ names neither; the words are from memory, and an answer that none of them fits is shown as it came.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(
        FailureKind.REJECTED, business_class, statuses=(400,), pattern=pattern, field=field, sentence=sentence
    )


RULES = (
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)^client.*(doesn't belong|not exist|not found)",
        "Clockify does not know the project's client. Create the client there first, or correct it on the project.",
        "client",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"(?i)doesn't belong to workspace",
        "Clockify no longer has this record in the workspace ({message}).",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"(?i)already exists",
        "Clockify already has a record of this name. Link the two, or give another name.",
        "name",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"(?i)name has to be between",
        "Clockify takes names of 2 to 250 characters. Change the name.",
        "name",
    ),
)
