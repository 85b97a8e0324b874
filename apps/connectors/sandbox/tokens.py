"""The access tokens of a sandbox company: bought with client credentials, signed, and good for a while only."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote

from apps.connectors.sandbox.store import Company

_PREFIX = "at"


def hand_out(company: Company, now: float) -> str:
    """Return a new access token. Nothing is stored: a restarted sandbox knows its tokens again."""
    told = f"{_PREFIX}_{int(now * 1000)}_{secrets.token_hex(6)}"
    return f"{told}_{_seal(company, told)}"


def holds(company: Company, token: str, *, seconds: float, now: float) -> bool:
    """Return whether a token was handed out here, no longer than `seconds` ago. The lifetime is judged at use."""
    told, _, seal = token.rpartition("_")
    if not hmac.compare_digest(seal.encode(), _seal(company, told).encode()):
        return False
    return now - int(told.split("_")[1]) / 1000 < seconds


def may_buy(company: Company, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a token request carries the company's client id (its name) and client secret (RFC 6749, 2.3.1)."""
    client_id, client_secret = _offered(headers.get("Authorization", ""), body)
    right_id = hmac.compare_digest(client_id.encode(), company.slug.encode())
    return hmac.compare_digest(client_secret.encode(), company.token.encode()) and right_id


def wants_client_credentials(body: bytes) -> bool:
    """Return whether a token request asks for the one grant there is."""
    return _form(body).get("grant_type") == "client_credentials"


def _seal(company: Company, told: str) -> str:
    return hmac.new(company.token.encode(), told.encode(), hashlib.sha256).hexdigest()[:40]


def _offered(authorization: str, body: bytes) -> tuple[str, str]:
    scheme, _, pair = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return unquote(name), unquote(secret)
    form = _form(body)
    return form.get("client_id", ""), form.get("client_secret", "")


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
