"""Senders as their own pages describe them, signing by hand: what the product verifies is never made by the product."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.connectors.auth_spec import AuthSpec
from apps.connectors.manifest import ObjectManifest, ProofLabel, SystemManifest
from apps.connectors.webhook_spec import EventShape, HmacSpec, WebhookSpec
from apps.connectors.webhooks import vendors

NOW = 1_800_000_000.0
URL = "https://portal.example.com/in/abcDEF-123_xyz"
ORGANISATION = "00D24000000aBcDEAU"

Headers = dict[str, str]


def system(webhook: WebhookSpec | None, *names: str) -> SystemManifest:
    """Return a system that signs so and knows objects of these names."""
    kinds = tuple(ObjectManifest(name=name, label=name, canonical_type=name.title()) for name in names)
    return SystemManifest(
        "vendor", "Vendor", "ERP", "It sends.", ProofLabel.SIMULATED, "https://docs.example.com", AuthSpec(), kinds,
        webhook=webhook,
    )  # fmt: skip


def keyed(key: str, text: bytes, algorithm: str = "sha256") -> bytes:
    """Return an HMAC."""
    return hmac.new(key.encode(), text, algorithm).digest()


def based(digest: bytes) -> str:
    """Return base64 text."""
    return base64.b64encode(digest).decode()


@dataclass(frozen=True)
class Sender:
    """One vendor: `signed` makes its headers out of (key, body, seconds), `found` is (object, key) of each event."""

    webhook: WebhookSpec
    body: bytes
    signed: Callable[[str, bytes, float], Headers]
    found: tuple[tuple[str, str], ...]
    key: str = "s3cret-of-the-äpp"
    other_key: str = "another-key"
    timed: bool = False
    status: int = 200
    again: tuple[bytes, bytes] = (b"", b"")  # what alone differs when the same events are sent again


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _hubspot(key: str, body: bytes, at: float) -> Headers:
    stamp = str(int(at * 1000))
    text = b"POST" + URL.encode() + body + stamp.encode()
    return {"X-HubSpot-Signature-v3": based(keyed(key, text)), "X-HubSpot-Request-Timestamp": stamp}


def _hubspot_v1(key: str, body: bytes, _: float) -> Headers:
    digest = hashlib.sha256(key.encode() + body).hexdigest()
    return {"X-HubSpot-Signature": digest, "X-HubSpot-Signature-Version": "v1"}


def _docusign(key: str, body: bytes, _: float) -> Headers:
    old = based(keyed("a key that is still active elsewhere", body))
    return {"X-DocuSign-Signature-1": old, "X-DocuSign-Signature-2": based(keyed(key, body))}


def _plain(header: str) -> Callable[[str, bytes, float], Headers]:
    return lambda key, body, _at: {header: based(keyed(key, body))}


def _zendesk(key: str, body: bytes, at: float) -> Headers:
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = based(keyed(key, stamp.encode() + body))
    return {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": stamp}


def _box(key: str, body: bytes, at: float) -> Headers:
    stamp = datetime.fromtimestamp(at, UTC).isoformat()
    return {
        "BOX-SIGNATURE-PRIMARY": based(keyed("the other of the two keys", body + stamp.encode())),
        "BOX-SIGNATURE-SECONDARY": based(keyed(key, body + stamp.encode())),
        "BOX-DELIVERY-TIMESTAMP": stamp,
    }


def _slack(key: str, body: bytes, at: float) -> Headers:
    stamp = str(int(at))
    digest = keyed(key, b"v0:" + stamp.encode() + b":" + body).hex()
    return {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}


def _parts(key: str, body: bytes, at: float) -> Headers:
    stamp = str(int(at))
    return {"X-Parts-Signature": f"t={stamp},v0=00,v1={keyed(key, stamp.encode() + b'.' + body).hex()}"}


def _github(key: str, body: bytes, _: float) -> Headers:
    return {"X-Hub-Signature-256": "sha256=" + keyed(key, body).hex(), "X-GitHub-Delivery": "72d3162e"}


def outbound_message(organisation: str = ORGANISATION, session: str = "", notifications: str = "") -> bytes:
    """Return an outbound message of Salesforce."""
    told = notifications or (
        '<Notification><Id>04l24000002nrC5AAI</Id><sObject xsi:type="sf:Opportunity"'
        ' xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>0062400000AbCdEAAV</sf:Id>'
        "<sf:Name>Überprüfung &amp; Søn 🚀</sf:Name></sObject></Notification>"
    )
    held = f"<SessionId>{session}</SessionId>" if session else '<SessionId xsi:nil="true"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{organisation}</OrganizationId><ActionId>04k24000000XyZ</ActionId>{held}"
        "<EnterpriseUrl>https://x.my.salesforce.com/services/Soap/c/60.0</EnterpriseUrl>"
        f"<PartnerUrl>https://x.my.salesforce.com/services/Soap/u/60.0</PartnerUrl>{told}"
        "</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


_HUBSPOT_BODY = _json(
    [
        {"eventId": 1, "subscriptionId": 12345, "portalId": 62515, "occurredAt": 1564113600000, "attemptNumber": 0,
         "subscriptionType": "contact.creation", "objectId": 123, "changeSource": "CRM"},
        {"eventId": 1, "subscriptionId": 12346, "portalId": 62515, "occurredAt": 1564113600000, "attemptNumber": 0,
         "subscriptionType": "deal.propertyChange", "objectId": 9007199254740993, "propertyValue": "Ünïcode 🚀"},
    ]
)  # fmt: skip
_GRAPH_ID = "7ba5a2c2"
SENDERS = {
    "HubSpot 3": Sender(
        vendors.HUBSPOT, _HUBSPOT_BODY, _hubspot, (("contact", "123"), ("deal", "9007199254740993")), timed=True,
        again=(b'"attemptNumber": 0', b'"attemptNumber": 1'),
    ),
    "HubSpot 1": Sender(
        vendors.HUBSPOT_V1, _HUBSPOT_BODY, _hubspot_v1, (("contact", "123"), ("deal", "9007199254740993"))
    ),
    "DocuSign": Sender(
        vendors.DOCUSIGN,
        _json(
            {"event": "envelope-completed", "retryCount": 0, "configurationId": 10418598, "apiVersion": "v2.1",
             "generatedDateTime": "2026-09-15T21:08:09.4390000Z",
             "data": {"accountId": "a1", "envelopeId": "e-1", "note": "Łukasz 🖊"}}
        ),
        _docusign,
        (("envelope", "e-1"),),
        again=(b'"retryCount": 0', b'"retryCount": 3'),
    ),
    "Xero": Sender(
        vendors.XERO,
        _json(
            {"events": [
                {"resourceId": "717f2bfc", "eventDateUtc": "2026-06-21T01:15:39.902", "eventType": "Update",
                 "eventCategory": "INVOICE", "tenantId": "c2cc9b6e", "tenantType": "ORGANISATION"},
                {"resourceId": "717f2bfd", "eventDateUtc": "2026-06-21T01:15:39.902", "eventType": "Create",
                 "eventCategory": "CONTACT", "tenantId": "c2cc9b6e", "tenantType": "ORGANISATION"}],
             "lastEventSequence": 2, "firstEventSequence": 1, "entropy": "S0m3r4Nd0mt3xt"}
        ),
        _plain("x-xero-signature"),
        (("INVOICE", "717f2bfc"), ("CONTACT", "717f2bfd")),
        again=(b"S0m3r4Nd0mt3xt", b"an0th3r"),
    ),
    "Intuit": Sender(
        vendors.INTUIT,
        _json(
            [{"specversion": "1.0", "id": "88cd52aa", "source": "intuit.dsnBg=", "type": "qbo.invoice.created.v1",
              "time": "2026-05-31T21:31:25.179Z", "intuitentityid": "95", "intuitaccountid": "310687", "data": {}}]
        ),
        _plain("intuit-signature"),
        (("invoice", "95"),),
    ),
    "Intuit until 2026": Sender(
        vendors.INTUIT,
        _json(
            {"eventNotifications": [{"realmId": "1185883450", "dataChangeEvent": {"entities": [
                {"name": "Customer", "id": "1", "operation": "Create", "lastUpdated": "2015-10-05T14:42:19-0700"},
                {"name": "Vendor", "id": "1", "operation": "Create", "lastUpdated": "2015-10-05T14:42:19-0700"}]}}]}
        ),
        _plain("intuit-signature"),
        (("Customer", "1"), ("Vendor", "1")),
    ),
    "Zendesk": Sender(
        vendors.ZENDESK,
        _json(
            {"type": "zen:event-type:ticket.created", "account_id": 88888888, "id": "01HNX", "subject": "zen:ticket:35436",
             "time": "2026-04-17T17:18:10Z", "detail": {"id": "35436", "subject": "日本語"}, "event": {}}
        ),
        _zendesk,
        (("ticket", "35436"),),
        timed=True,
    ),
    "Box": Sender(
        vendors.BOX,
        _json(
            {"type": "webhook_event", "id": "eb0c4e06", "created_at": "2026-07-11T10:10:32-07:00",
             "trigger": "FILE.UPLOADED", "source": {"id": "73835521473", "type": "file", "name": "Vertrag ü.pdf"}}
        ),
        _box,
        (("file", "73835521473"),),
        timed=True,
    ),
    "Salesforce": Sender(
        vendors.SALESFORCE,
        outbound_message(),
        lambda _key, _body, _at: {"Content-Type": "text/xml; charset=utf-8"},
        (("Opportunity", "0062400000AbCdEAAV"),),
        key=ORGANISATION,
        other_key="00D24000000XXXXEAU",
    ),
    "Microsoft Graph": Sender(
        vendors.MICROSOFT_GRAPH,
        _json(
            {"value": [
                {"subscriptionId": "s1", "subscriptionExpirationDateTime": "2026-12-01T11:00:00Z", "tenantId": "t1",
                 "clientState": "whsec_state", "changeType": "updated", "resource": "users/7ba5a2c2",
                 "resourceData": {"@odata.type": "#Microsoft.Graph.User", "id": _GRAPH_ID}}]}
        ),
        lambda _key, _body, _at: {},
        (("users", _GRAPH_ID),),
        key="whsec_state",
        status=202,
    ),
    "Business Central": Sender(
        vendors.BUSINESS_CENTRAL,
        _json(
            {"value": [
                {"subscriptionId": "items", "clientState": "whsec_state", "expirationDateTime": "2026-10-29T07:52:31Z",
                 "resource": "api/v2.0/companies(b18aed47)/items(26814998)", "changeType": "updated",
                 "lastModifiedDateTime": "2026-10-26T12:54:20.467Z"},
                {"subscriptionId": "invoices", "clientState": "whsec_state", "expirationDateTime": "2026-10-29T07:52:31Z",
                 "resource": "/api/v2.0/companies(7dbba574)/salesInvoices?$filter=lastDateTimeModified%20gt%202018-10-15",
                 "changeType": "collection", "lastModifiedDateTime": "2026-10-26T12:54:30.503Z"}]}
        ),
        lambda _key, _body, _at: {},
        (("items", "26814998"), ("salesInvoices", "")),
        key="whsec_state",
    ),
    "like Slack": Sender(
        WebhookSpec(
            "hmac", "X-Slack-Signature",
            hmac=HmacSpec(
                prefix="v0=", signed=("=v0:", "timestamp", "=:", "body"), timestamp_header="X-Slack-Request-Timestamp"
            ),
            shapes=(EventShape(object_path="event.type", key_path="event.id"),),
        ),
        _json({"event": {"type": "message", "id": "Ev08"}}),
        _slack,
        (("message", "Ev08"),),
        timed=True,
        status=202,
    ),
    "several parts in one header": Sender(
        WebhookSpec(
            "hmac", "X-Parts-Signature",
            hmac=HmacSpec(signed=("timestamp", "=.", "body"), signature_part="v1", timestamp_part="t"),
        ),
        _json({"object": "deals", "key": "D-1"}),
        _parts,
        (("deals", "D-1"),),
        timed=True,
        status=202,
    ),
    "like GitHub": Sender(
        WebhookSpec("hmac", "X-Hub-Signature-256", "X-GitHub-Delivery", hmac=HmacSpec(prefix="sha256=")),
        _json({"object": "issues", "key": 7}),
        _github,
        (("issues", "7"),),
        status=202,
    ),
}  # fmt: skip
__all__ = ["NOW", "ORGANISATION", "SENDERS", "URL", "Sender", "based", "keyed", "outbound_message", "system"]
