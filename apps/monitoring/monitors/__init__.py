"""Monitors of flows: learned figures, rules, findings and their pages."""
