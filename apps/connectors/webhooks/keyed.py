"""HMACs as senders make them, each put together from its manifest's words: what is signed, how, and where it stands.

Xero, Intuit, DocuSign, Zendesk, HubSpot (version 3), Slack, Stripe, GitHub and many smaller senders differ in nothing else.
"""

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import count, takewhile

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_signatures import require_match
from apps.connectors.webhook_spec import HmacSpec, KeyEncoding, StampForm, WebhookSpec
from apps.connectors.webhooks.deliveries import Delivery, Opened, parsed_or_nothing

_MOST_NUMBERED = 100  # DocuSign signs with up to so many keys, each in a header of its own
_PER_MATCH = 16  # how many signatures are compared at a time
# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
_UNDONE_ESCAPES = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


def open_hmac(spec: WebhookSpec, delivery: Delivery, keys: Sequence[str], now: float) -> Opened:
    """Return what a delivery holds when one of its signatures was made with one of `keys`.

    Raises:
        SignatureError: a header is missing, the time is out of the window, no signature fits, or the body is no JSON.

    """
    offered = _offered(spec, delivery)
    if not offered:
        raise SignatureError(f"The delivery lacks its signature in {spec.signature_header}.")
    text = _signed_text(spec, delivery, now)
    expected = [_signature(spec.hmac, key, text) for key in keys]
    _require_any(expected, offered)
    return Opened(delivery.header(spec.delivery_header), parsed_or_nothing(delivery.body))


def _require_any(expected: Sequence[str], offered: Sequence[str]) -> None:
    fits = False
    for start in range(0, len(offered), _PER_MATCH):  # all of them, whichever fits: the time taken tells nothing
        try:
            require_match(expected, offered[start : start + _PER_MATCH])
        except SignatureError:
            continue
        fits = True
    if not fits:
        require_match(expected, [])


def _offered(spec: WebhookSpec, delivery: Delivery) -> list[str]:
    """Return the signatures in the delivery, without their prefix; hexadecimal ones in lower case."""
    if "{n}" in spec.signature_header:
        named = (delivery.header(spec.signature_header.replace("{n}", str(n))) for n in count(1))
        values = [value for value, _ in zip(takewhile(bool, named), range(_MOST_NUMBERED), strict=False)]
    else:
        values = [delivery.header(name) for name in spec.signature_header.split()]
    made = spec.hmac
    if made.signature_part:
        values = [value for text in values for value in _parts(text, made.signature_part)]
    bare = [value.removeprefix(made.prefix) for value in values if value.startswith(made.prefix)]
    return [value.lower() if made.encoding == "hex" else value for value in bare if value]


def _parts(text: str, name: str) -> list[str]:
    """Return the values called `name` in a header like "t=1700000000,v1=ab12,v1=cd34"."""
    pairs = (pair.strip().partition("=") for pair in text.split(","))
    return [value for key, _, value in pairs if key == name]


def _signed_text(spec: WebhookSpec, delivery: Delivery, now: float) -> bytes:
    stamp = _stamp(spec, delivery)
    if "timestamp" in spec.hmac.signed:
        _require_recent(spec.hmac, stamp, now)
    return _joined(spec, delivery, stamp)


def _stamp(spec: WebhookSpec, delivery: Delivery) -> str:
    made = spec.hmac
    if made.timestamp_part:
        return next(iter(_parts(delivery.header(spec.signature_header), made.timestamp_part)), "")
    return delivery.header(made.timestamp_header)


def _require_recent(made: HmacSpec, stamp: str, now: float) -> None:
    told = _seconds(made.stamp_form, stamp)
    if told is None:
        raise SignatureError("The delivery lacks its timestamp, or it is not written as this sender writes it.")
    if not math.isfinite(now) or abs(now - told) > made.window_seconds:
        raise SignatureError("The delivery is too old or from the future.")


def _seconds(form: StampForm, stamp: str) -> float | None:
    if form is StampForm.ISO:
        try:
            at = datetime.fromisoformat(stamp)
        except ValueError:
            return None
        return at.timestamp() if at.tzinfo else None
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        return None
    return int(stamp) / (1000 if form is StampForm.MILLISECONDS else 1)


def _joined(spec: WebhookSpec, delivery: Delivery, stamp: str) -> bytes:
    parts = {
        "body": delivery.body,
        "timestamp": stamp.encode(),
        "method": delivery.method.encode(),
        "url": delivery.url.encode(),
        "decoded_url": _unescaped(delivery.url).encode() if "decoded_url" in spec.hmac.signed else b"",
        "delivery": delivery.header(spec.delivery_header).encode(),
    }
    return b"".join(part[1:].encode() if part.startswith("=") else parts[part] for part in spec.hmac.signed)


def _unescaped(url: str) -> str:
    for escape, sign_itself in _UNDONE_ESCAPES.items():
        url = url.replace(escape, sign_itself).replace(escape.lower(), sign_itself)
    return url


def _signature(made: HmacSpec, key: str, text: bytes) -> str:
    digest = hmac.new(key_bytes(made.key_encoding, key), text, getattr(hashlib, made.algorithm)).digest()
    return digest.hex() if made.encoding == "hex" else base64.b64encode(digest).decode()


def key_bytes(encoding: KeyEncoding, key: str) -> bytes:
    """Return the bytes that sign. Raises SignatureError when the key is not written in its encoding."""
    if encoding is KeyEncoding.TEXT:
        return key.encode()
    try:
        return base64.b64decode(key, validate=True) if encoding is KeyEncoding.BASE64 else bytes.fromhex(key)
    except (binascii.Error, ValueError):
        raise SignatureError(f"The webhook's key is not {encoding} text: copy it again from the sender.") from None
