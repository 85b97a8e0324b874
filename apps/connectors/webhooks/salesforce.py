"""Salesforce's outbound messages: SOAP, up to a hundred notifications, tried again for a day until it reads its Ack.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm

Nothing is signed. The unguessable address keeps strangers out; the message must name the organisation whose id the
connection holds, and a session in it must be one of that organisation. The session itself opens Salesforce to whoever
holds it, so it is looked at here and goes no further.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_signatures import require_match
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks.deliveries import Delivery, Opened

ACK_TYPE = "text/xml; charset=utf-8"
ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ID_LENGTH = 15  # the other three of eighteen letters only check the first fifteen


def open_outbound_message(spec: WebhookSpec, delivery: Delivery, keys: Sequence[str], now: float) -> Opened:  # noqa: ARG001
    """Return {"notifications": [{"id", "type", "fields"}, ...]} of a message from one of the organisations `keys`.

    Raises:
        SignatureError: it is no outbound message, or comes from another organisation.

    """
    message = _message(delivery.body)
    organisation = short_id(_text(message, "OrganizationId"))
    require_match([short_id(key) for key in keys], [organisation])
    session = _text(message, "SessionId")
    if session and not ("!" in session and short_id(session.partition("!")[0]) == organisation):
        raise SignatureError("The session in the message belongs to another organisation.")
    return Opened("", {"notifications": list(_notifications(message))})


def _message(body: bytes) -> Element:
    try:
        envelope = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise SignatureError("The delivery is no XML without a document type.") from None
    message: Element | None = envelope.find(f"{_SOAP}Body/{_OUTBOUND}notifications")
    if message is None:
        raise SignatureError("The delivery is no outbound message of Salesforce.")
    return message


def _text(message: Element, name: str) -> str:
    return (message.findtext(f"{_OUTBOUND}{name}") or "").strip()


def short_id(text: str) -> str:
    """Return the letters of an id that tell it from others. Raises SignatureError when it is none of Salesforce."""
    if len(text) not in {_ID_LENGTH, _ID_LENGTH + 3} or not (text.isascii() and text.isalnum()):
        raise SignatureError("The organisation's id is not one of Salesforce: 15 or 18 letters and digits.")
    return text[:_ID_LENGTH]


def _notifications(message: Element) -> Iterator[dict[str, Any]]:
    for notification in message.findall(f"{_OUTBOUND}Notification"):
        record = notification.find(f"{_OUTBOUND}sObject")
        fields = {_local(child.tag): child.text or "" for child in record} if record is not None else {}
        kind = record.get(_TYPE, "") if record is not None else ""
        yield {"id": _text(notification, "Id"), "type": kind.rpartition(":")[2], "fields": fields}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
