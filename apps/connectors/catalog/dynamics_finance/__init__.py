"""Dynamics 365 Finance, where large firms keep and bill their customers, company by company."""
