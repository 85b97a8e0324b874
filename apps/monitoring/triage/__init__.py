"""Supervised triage: what the product proposes to do about a case, what a person decided, and how often it was right."""
