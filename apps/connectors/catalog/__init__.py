"""The catalogue: one folder and one line a system."""

SYSTEMS = (
    "sandbox_psa",
    "sandbox_erp",
    "sandbox_crm",
    "sandbox_time",
    "sandbox_expense",
    "sandbox_payroll",
    "sandbox_identity",
    "sandbox_workspace",
    "sandbox_tax",
    "tryton",
    "redmine",
    "business_central",
    "okta",
    "docusign",
    "xero",
    "salesforce",
    "certinia",
    "timetagger",
    "harvest",
    "clockify",
)
