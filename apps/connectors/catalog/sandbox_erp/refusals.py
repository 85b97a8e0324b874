"""What the sandbox ERP refuses, in the words a finance person can act on."""

from apps.connectors.errors import BusinessClass
from apps.connectors.sandbox_family import common_refusals, gone, no_number, refused

ERROR_RULES = (
    refused(
        "closed_period",
        BusinessClass.CLOSED_PERIOD,
        "The accounting period of {value} is closed in the ERP. Ask finance to reopen it, or have it approved in an open period.",
        "approved_at",
    ),
    refused(
        "unknown_project",
        BusinessClass.MISSING_REFERENCE,
        "Project {value} does not exist in the ERP. Create it there, or correct the project on the entry.",
        "project",
    ),
    refused(
        "project_inactive",
        BusinessClass.INACTIVE_PROJECT,
        "Project {value} is closed in the ERP. Reopen it there, or move the entry to an active project.",
        "project",
    ),
    refused(
        "unknown_employee",
        BusinessClass.MISSING_REFERENCE,
        "The ERP knows no active employee {value}. Create the person there, or correct the person on the entry.",
        "resource",
    ),
    refused(
        "unknown_company",
        BusinessClass.MAPPING_GAP,
        "The ERP has no company {value}. Correct which company the region belongs to in the mapping.",
        "region",
    ),
    refused(
        "invalid_cost_center",
        BusinessClass.INVALID_DIMENSION,
        "Cost centre {value} is not set up in the ERP. Map it to a valid one, or set it up there.",
        "cost_center",
    ),
    refused(
        "unknown_supplier",
        BusinessClass.MISSING_REFERENCE,
        "The ERP knows no supplier {value}. Set the supplier up there first, or correct it on the request.",
        "supplier",
    ),
    refused(
        "supplier_blocked",
        BusinessClass.VALIDATION,
        "Supplier {value} is blocked in the ERP. Ask finance to release it, or choose another.",
        "supplier",
    ),
    refused(
        "unknown_customer",
        BusinessClass.MISSING_REFERENCE,
        "The ERP knows no customer {value}. Create the customer there first, or correct it on the project.",
        "client",
    ),
    refused(
        "unknown_parent",
        BusinessClass.MISSING_REFERENCE,
        "The ERP knows no customer {value} that this one could belong to. Create that customer first, or correct it.",
        "parent",
    ),
    refused(
        "customer_blocked",
        BusinessClass.VALIDATION,
        "Customer {value} is blocked in the ERP. Ask finance to release it before the project begins.",
        "client",
    ),
    refused(
        "invalid_country",
        BusinessClass.VALIDATION,
        "The ERP knows no country {value}: it takes two capital letters such as DE. Correct it on the client.",
        "country",
    ),
    refused(
        "in_use",
        BusinessClass.CONFLICT,
        "The ERP keeps this record because others already refer to it. Take those back first, or leave it there.",
    ),
    refused(
        "invoice_posted",
        BusinessClass.CONFLICT,
        "The invoice is posted in the ERP, so nothing of it may change any more. Issue a credit and a new invoice there.",
    ),
    refused(
        "lines_differ",
        BusinessClass.VALIDATION,
        "The lines of the invoice do not add up to {value}. Correct the mapping of the amounts.",
        "net",
    ),
    refused(
        "hours_out_of_range",
        BusinessClass.VALIDATION,
        "{value} hours on one day cannot be posted: the ERP takes more than 0 and at most 24. Correct the hours of the entry.",
        "hours",
    ),
    refused(
        "amount_mismatch",
        BusinessClass.VALIDATION,
        "The amount {value} is not hours times rate. Correct the mapping of the amount.",
        "bill_amount",
    ),
    refused(
        "tax_above_amount",
        BusinessClass.VALIDATION,
        "The tax of {value} is more than the amount itself. Correct the tax of the record.",
        "tax_amount",
    ),
    refused(
        "invalid_currency",
        BusinessClass.VALIDATION,
        "The ERP does not post in {value}. Correct the currency of the record.",
        "currency",
    ),
    refused(
        "invalid_date",
        BusinessClass.PARSE,
        "The date {value} cannot be read by the ERP. Correct the mapping of the posting date.",
    ),
    no_number("the ERP"),
    refused(
        "duplicate",
        BusinessClass.DUPLICATE,
        "The ERP already holds this record under another number. Check both before either of them is billed.",
    ),
    refused(
        "idempotency_conflict",
        BusinessClass.CONFLICT,
        "The ERP has already taken an earlier version of this record. Compare both before it is sent again.",
    ),
    gone("the ERP", "record"),
    *common_refusals("The ERP"),
)
