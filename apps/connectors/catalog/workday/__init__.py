"""Workday, where a company keeps its people."""
