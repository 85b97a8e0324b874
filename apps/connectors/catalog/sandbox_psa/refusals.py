"""What the sandbox PSA refuses, in the words a delivery person can act on."""

from apps.connectors.errors import BusinessClass
from apps.connectors.sandbox_family import common_refusals, gone, no_number, refused

ERROR_RULES = (
    refused(
        "unknown_client",
        BusinessClass.MISSING_REFERENCE,
        "The PSA knows no client {value}. Create the client there first, or correct it on the project.",
        "client",
    ),
    refused(
        "unknown_parent",
        BusinessClass.MISSING_REFERENCE,
        "The PSA knows no client {value} that this one could belong to. Create that client first, or correct it.",
        "parent",
    ),
    refused(
        "client_inactive",
        BusinessClass.VALIDATION,
        "Client {value} is inactive in the PSA. Make it active there before the project begins.",
        "client",
    ),
    refused(
        "unknown_project",
        BusinessClass.MISSING_REFERENCE,
        "The PSA knows no project {value}. Create it there first, or correct it on the record.",
        "project",
    ),
    refused(
        "project_closed",
        BusinessClass.INACTIVE_PROJECT,
        "Project {value} is closed in the PSA. Reopen it there, or choose another project.",
        "project",
    ),
    refused(
        "unknown_person",
        BusinessClass.MISSING_REFERENCE,
        "The PSA knows no active person {value}. Create the person there, or correct the record.",
        "resource",
    ),
    refused(
        "ends_before_start",
        BusinessClass.VALIDATION,
        "The assignment ends before it begins. Correct its days.",
        "ends",
    ),
    refused("invalid_date", BusinessClass.PARSE, "{value} is no day the PSA can read. Correct {field} on the record."),
    no_number("the PSA"),
    refused(
        "invalid_currency",
        BusinessClass.VALIDATION,
        "The PSA is not set up for the currency {value}. Correct it on the record.",
        "currency",
    ),
    refused(
        "invalid_country",
        BusinessClass.VALIDATION,
        "The PSA knows no country {value}: it takes two capital letters such as DE. Correct it on the client.",
        "country",
    ),
    refused(
        "duplicate",
        BusinessClass.DUPLICATE,
        "The PSA already holds this record under another number. Check both before work is booked on either.",
    ),
    gone("the PSA", "record"),
    *common_refusals("The PSA"),
)
