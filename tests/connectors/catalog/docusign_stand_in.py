"""A DocuSign account that keeps its envelopes and refuses every request that the vendor's published contract does not hold.

What the contract holds stands in `docusign_contract.json`, with its source. Besides it:
- tokens are bought with a signed assertion whose audience is the sign-in host and whose scope stands inside
  (https://developers.docusign.com/platform/auth/jwt/jwt-get-token/);
- a list begins at `from_date` and is of the envelopes whose status changed since; one without any has no list at all;
- subjects have at most 100 characters, roles are those of the template, only what was sent can be voided, what is signed
  cannot be changed (codes as published examples have them);
- Connect signs the raw body with every active key (https://developers.docusign.com/platform/webhooks/connect/validate).
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    offset_page,
    require,
    require_properties,
    require_query,
)

CONTRACT = json.loads(Path(__file__).with_name("docusign_contract.json").read_text())
ACCOUNT, USER, APP = (
    "3f1c8a52-7d8e-4c0b-9a57-0d2f4f3a1b01",
    "9b2e6f04-1a6e-4a4f-8d0a-5b8a2f0e9c12",
    "5c7d9e31-6f6f-4c39-a5f5-2b1f9a0d7e23",
)
SIGN_IN_HOST = "account-d.docusign.com"
TEMPLATE, ROLE = "7a1d2c3b-5a35-4c0b-9d8e-2f4f3a1b7c24", "Client"
SETTINGS = {"sign_in_host": SIGN_IN_HOST, "account": ACCOUNT, "signer_role": ROLE}
_ENVELOPES = f"/restapi/v2.1/accounts/{ACCOUNT}/envelopes"
_LIST, _ONE = CONTRACT["paths"]
_STATES = {"created", "sent", "delivered", "completed", "declined", "voided"}
_LONGEST_SUBJECT = 100


@cache
def private_key() -> rsa.RSAPrivateKey:
    """Return the key that the app signs with; made once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    """Return the private key as a person enters it."""
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class DocuSignStandIn(StandIn):
    """One account."""

    lists = ("envelopes",)
    key = "envelopeId"
    stamp_field = "statusChangedDateTime"
    stamp_form = InstantForm.ISO_MILLIS

    def new_key(self, name: str) -> str:
        """Return a key as DocuSign makes them."""
        return str(uuid.uuid4())

    async def token(self, request: web.Request) -> web.Response:
        """Sell a token for an assertion that this app signed for this user."""
        sent = await request.post()
        if sent.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            self.violations.append(f"token asked with {sorted(sent)}")
        try:
            claims = jwt.decode(
                str(sent.get("assertion")), private_key().public_key(), algorithms=["RS256"], audience=SIGN_IN_HOST
            )
        except jwt.PyJWTError:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if (claims["iss"], claims["sub"]) != (APP, USER):
            return web.json_response({"error": "invalid_grant", "error_description": "user_not_found"}, status=400)
        if claims.get("scope") != "signature impersonation":
            self.violations.append(f"scope {claims.get('scope')}")
        return web.json_response({"access_token": self.bearer, "token_type": "Bearer", "expires_in": 3600})

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "The access token provided is expired or invalid.", code="AUTHORIZATION_INVALID_TOKEN")

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"errorCode": error.code, "message": error.message}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.path.startswith(_ENVELOPES), f"no path {request.path}")
        key = request.path.removeprefix(_ENVELOPES).removeprefix("/")
        held = CONTRACT["paths"][_ONE if key else _LIST]
        require(request.method in held, f"{request.method} {request.path}")
        require_query(request, held[request.method])
        if not key:
            return await self._create(request) if request.method == "POST" else self._list(request)
        if request.method == "GET":
            return web.json_response(self._envelope(key))
        return await self._change(request, key)

    def _envelope(self, key: str) -> Row:
        try:
            return self.row("envelopes", key)
        except RefusedError:
            said = "The envelope specified either does not exist or you have no rights to it."
            raise RefusedError(400, said, code="ENVELOPE_DOES_NOT_EXIST") from None

    def _list(self, request: web.Request) -> web.Response:
        query = request.query
        require("from_date" in query, "a list without from_date")
        require(query.get("from_to_status", "changed") == "changed", "another from_to_status")
        since = read_instant(query["from_date"], InstantForm.ISO)
        rows = [row for row in self.rows["envelopes"] if self.changed_at("envelopes", row) >= since]
        if "custom_field" in query:
            name, _, value = query["custom_field"].partition("=")
            rows = [row for row in rows if {"name": name, "value": value}.items() <= _own_field(row).items()]
        if "order_by" in query:
            require((query["order_by"], query.get("order")) == ("status_changed", "asc"), "another order")
            rows.sort(key=lambda row: (row[self.stamp_field], row[self.key]))
        shown = offset_page(request, rows, size="count", offset="start_position", largest=1000)
        start = int(query.get("start_position", "0"))
        answer = {"resultSetSize": str(len(shown)), "totalSetSize": str(len(rows)), "startPosition": str(start)}
        return web.json_response({**answer, **({"envelopes": shown} if shown else {})})

    async def _create(self, request: web.Request) -> web.Response:
        sent = await body_of(request, CONTRACT["envelopeDefinition"], ["status", "emailSubject"])
        require(sent["status"] in {"created", "sent"}, f"a new envelope that is {sent['status']!r}")
        own = _require_parts(sent)
        if sent.get("templateId") != TEMPLATE:
            said = "The template specified either does not exist or you have no rights to it."
            raise RefusedError(400, said, code="TEMPLATE_ID_INVALID")
        _require_subject(sent)
        (role,) = sent["templateRoles"]
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", str(role.get("email") or "")):
            said = "The email address for the recipient is invalid. The recipient Id follows."
            raise RefusedError(400, said, code="INVALID_EMAIL_ADDRESS_FOR_RECIPIENT")
        self.tick(milliseconds=37)
        row = self.enter("envelopes", **envelope(sent, own, role["name"], role["email"]))
        summary = {"envelopeId": row["envelopeId"], "status": row["status"], "uri": f"/envelopes/{row['envelopeId']}"}
        return web.json_response(summary, status=201)

    async def _change(self, request: web.Request, key: str) -> web.Response:
        sent = await body_of(request, CONTRACT["envelope"])
        row = self._envelope(key)
        if sent.get("status") == "voided":
            require(bool(sent.get("voidedReason")), "a void without a reason")
            if row["status"] not in {"sent", "delivered"}:
                said = "Only envelopes in the 'Sent' or 'Delivered' states may be voided."
                raise RefusedError(400, said, code="ENVELOPE_CANNOT_VOID_INVALID_STATE")
        elif row["status"] in {"completed", "declined", "voided"}:
            raise RefusedError(400, "Invalid envelope status.", code="ENVELOPE_INVALID_STATUS")
        _require_subject(sent)
        self.tick(milliseconds=37)
        if sent.get("status", row["status"]) != row["status"]:
            self.stamp("envelopes", row)
        row |= sent
        return web.json_response({"envelopeId": key})

    async def announce(self, url: str, *keys: str) -> None:
        """Let Connect tell of the first envelope, signed with each key."""
        row = self.rows["envelopes"][0]
        body = json.dumps({
            "event": "envelope-completed", "apiVersion": "v2.1", "retryCount": 0, "configurationId": 101,
            "generatedDateTime": self.written(self.clock),
            "data": {"accountId": ACCOUNT, "userId": USER, "envelopeId": row["envelopeId"]},
        }).encode()  # fmt: skip
        signed = {
            f"X-DocuSign-Signature-{place}": base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
            for place, key in enumerate(keys, 1)
        }
        headers = {"Content-Type": "application/json; charset=utf-8", **signed}
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            await answer.read()


def envelope(sent: Row, own: str, name: str, email: str) -> Row:
    """Return an envelope as the account holds it."""
    return {
        "status": sent["status"],
        "emailSubject": sent["emailSubject"],
        "emailBlurb": sent.get("emailBlurb", ""),
        "customFields": {"textCustomFields": [{"fieldId": "1", "name": "Reference", "value": own}]},
        "recipients": {
            "signers": [
                {"recipientId": "2", "routingOrder": "2", "name": "Ours", "email": "legal@brightforge.example"},
                {"recipientId": "1", "routingOrder": "1", "name": name, "email": email, "roleName": ROLE},
            ]
        },
    }


def _require_parts(sent: Row) -> str:
    """Return our number. Raises ViolationError for parts that the contract does not hold."""
    for role in sent.get("templateRoles", []):
        require_properties(role, CONTRACT["templateRole"], ["name", "email", "roleName"])
        require(role["roleName"] == ROLE, f"role {role['roleName']!r}")
    require_properties(sent["customFields"], CONTRACT["customFields"])
    (own,) = sent["customFields"]["textCustomFields"]
    require_properties(own, CONTRACT["textCustomField"], ["name", "value"])
    texts = [*own.values(), *(value for value in sent.values() if not isinstance(value, dict | list))]
    require(all(isinstance(value, str) for value in texts), "a value that is no text")
    return str(own["value"])


def _require_subject(sent: Row) -> None:
    if len(sent.get("emailSubject", "")) > _LONGEST_SUBJECT:
        said = "The emailSubject exceeds its maximum length of 100 characters."
        raise RefusedError(400, said, code="INVALID_REQUEST_PARAMETER")


def _own_field(row: Row) -> dict[str, Any]:
    return dict(row["customFields"]["textCustomFields"][0])
