"""Redmine, read for time, projects and people."""
