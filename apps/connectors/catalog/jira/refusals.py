"""What Jira refuses of a project, by the messages it gives under the names of its fields (English, whatever the account speaks).

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-project-key-and-name-validation/ for keys and names; that of the
lead is from memory.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule, ErrorShape

ERRORS = ErrorShape(message_path="errorMessages", by_field_path="errors")


def _refused(business_class: BusinessClass, pattern: str, field: str, sentence: str) -> ErrorRule:
    return ErrorRule(
        FailureKind.REJECTED, business_class, statuses=(400,), pattern=pattern, field=field, sentence=sentence
    )


RULES = (
    _refused(
        BusinessClass.DUPLICATE,
        r"project key already exists|uses this project key",
        "code",
        "Jira already has a project with this key. Link the two, or give another project code.",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"with that name already exists",
        "name",
        "Jira already has a project of this name, and takes each name once. Give one of the two another name.",
    ),
    _refused(
        BusinessClass.VALIDATION,
        r"[Pp]roject keys? must (start|not)",
        "code",
        "Jira takes keys of at most ten capital letters and digits that begin with a letter. Give the project such a "
        "code, or let the mapping make one of it.",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"valid project lead",
        "manager",
        "Jira does not know the project's lead. Enter the Atlassian account id of somebody there, on the project or in the "
        "connection's settings.",
    ),
)
