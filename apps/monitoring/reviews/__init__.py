"""The monthly review of a customer: it is drafted by itself, edited, approved, sent once, and read in the portal."""
