"""Dynamics 365 Business Central, where customers are kept and billed."""
