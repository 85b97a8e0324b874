"""The catalogue: one folder and one line a system."""

SYSTEMS = (
    "sandbox_psa",
    "sandbox_erp",
    "tryton",
    "redmine",
)
