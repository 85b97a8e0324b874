"""Tempo, where time is recorded on the issues of Jira and charged to accounts."""
