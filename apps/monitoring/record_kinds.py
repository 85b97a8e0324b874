"""Which kinds of record are asked about together: work that is to be billed, and invoices (pure)."""

WORK = ("TimeEntry", "Expense")
INVOICES = ("Invoice", "BillingMilestone")
# What is none of these is an update of what several systems know: assignments, people, projects, clients.
NO_UPDATES = (*WORK, *INVOICES, "Payment")
# As the address of a list of records names them.
KINDS = {"work": WORK, "invoices": INVOICES}
