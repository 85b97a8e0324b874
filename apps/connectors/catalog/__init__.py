"""The catalogue: one folder and one line a system."""

SYSTEMS = (
    "sandbox_psa",
    "sandbox_erp",
    "sandbox_crm",
    "sandbox_workspace",
    "sandbox_tax",
    "tryton",
    "redmine",
    "business_central",
    "timetagger",
    "harvest",
    "clockify",
    "float",
)
