"""Words that several canonical types share for their choices."""

BILLING_KINDS = ("time_material", "fixed_fee", "milestone", "retainer", "recurring")
APPROVALS = ("open", "submitted", "approved", "rejected", "locked")
