"""Business Central over OData v4: the manifest says it all."""

from apps.connectors.protocols.odata import ODataConnector

CONNECTOR = ODataConnector
