"""Zendesk, where the people of clients ask for help."""
