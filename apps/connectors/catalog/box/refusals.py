"""What Box refuses, by its error codes.

https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, sentence: str, code: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


def _later(code: str, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.RETRYABLE, BusinessClass.PROVIDER_OUTAGE, code=code, sentence=sentence)


RULES = (
    _later("name_temporarily_reserved", "Box is still working on a folder of this name: it is tried again by itself."),
    _later("operation_blocked_temporary", "Box is still working on this folder: it is tried again by itself."),
    _refused(
        BusinessClass.DUPLICATE,
        "Box already has something of this name in the same folder. Link the two, or give another name.",
        "item_name_in_use",
        "name",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Box does not take this name: it holds a slash or a sign that cannot be printed, or begins or ends with a blank.",
        "item_name_invalid",
        "name",
    ),
    _refused(
        BusinessClass.TOO_LARGE, "The name is longer than Box allows (255 characters). Shorten it.", "item_name_too_long",
        "name",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "Somebody has put something into the folder: look at it, then a person may delete it at Box.",
        "folder_not_empty",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Box has no such folder, or the connection's account may not see it. Check whether somebody deleted it there.",
        "not_found",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "This folder is in the trash of Box. Restore it there, or make another one.",
        "trashed",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="storage_limit_exceeded",
        sentence="The storage of the Box account is used up: ask the account's owner for more.",
    ),
)  # fmt: skip
