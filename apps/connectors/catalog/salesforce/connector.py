"""Salesforce over SOQL and its REST API: the manifest says it all."""

from apps.connectors.protocols.soql import SoqlConnector

CONNECTOR = SoqlConnector
