"""Okta, where the people of a company sign in."""
