"""Clockify, where time is recorded with a timer or by hand."""
