"""What Microsoft Graph refuses, by its error codes and the texts behind them (English: the language of the API).

https://learn.microsoft.com/graph/errors. Directory errors share the code Request_BadRequest: their texts tell more.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


RULES = (
    _refused(
        BusinessClass.DUPLICATE,
        "Microsoft 365 already has a group for this project. Link the two, or check the project's code.",
        pattern="same value for property mailNickname already exists",
        field="project",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Microsoft 365 does not take this project code as the name of a mailbox: it may hold no blanks and none of "
        '@ ( ) \\ [ ] " ; : < > , and at most 64 signs.',
        pattern="Invalid value specified for property 'mailNickname'",
        field="project",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Microsoft 365 does not take this name: it is empty or longer than 256 signs.",
        pattern="Invalid value specified for property 'displayName'",
        field="name",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Microsoft 365 no longer has this group, or knows nobody by this address. Check it there.",
        code="Request_ResourceNotFound",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="Directory_QuotaExceeded",
        sentence="The directory of Microsoft 365 is full: ask its administrator for more room.",
    ),
)
