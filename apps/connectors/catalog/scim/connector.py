"""SCIM 2.0: the protocol and the manifest say it all."""

from apps.connectors.protocols.scim import ScimConnector

CONNECTOR = ScimConnector
