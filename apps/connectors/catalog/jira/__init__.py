"""Jira Cloud, where the work of a project is kept in issues."""
