"""Salesforce, where clients, their people and the deals with them are kept."""
