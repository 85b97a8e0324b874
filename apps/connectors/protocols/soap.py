"""The connector for services that speak SOAP, document and literal: everything is in the manifest, its SoapSpec included.

Not supported: attachments (MTOM, SwA), rpc and encoded messages, addressing (WS-Addressing), signed or encrypted messages,
elements of several types (xsi:type).
"""

from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.soap_calls import SoapCalls


class SoapConnector(RestConnector):
    """One open connection to one SOAP service."""

    calls_class = SoapCalls
