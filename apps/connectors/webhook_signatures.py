"""Signs and verifies webhooks: Standard Webhooks, and a secret in the path.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import math
import os
from collections.abc import Mapping, Sequence

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_spec import STANDARD_WINDOW_SECONDS

TOLERANCE_SECONDS = STANDARD_WINDOW_SECONDS
_PREFIX = "whsec_"
_MOST_SECRETS = 2  # the old and the new one while a secret is rotated
_MOST_SIGNATURES = 16


def new_secret() -> str:
    """Return a fresh Standard Webhooks secret of 32 random bytes."""
    return _PREFIX + base64.b64encode(os.urandom(32)).decode()


def active_secrets(text: str, most: int = _MOST_SECRETS) -> tuple[str, ...]:
    """Return the secrets in a stored text: one, or the new and the old one parted by a space during rotation."""
    return tuple(text.split()[:most])


def sign_standard(secret: str, *, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return one Standard Webhooks signature ("v1,<base64>"). Raises SignatureError for a secret that is not base64."""
    message = f"{delivery_id}.{timestamp}.".encode() + body
    digest = hmac.new(_standard_key(secret), message, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def standard_headers(secrets: Sequence[str], *, delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery, signed with every active secret."""
    signatures = (sign_standard(secret, delivery_id=delivery_id, timestamp=timestamp, body=body) for secret in secrets)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify_standard(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the delivery's id when one of its signatures was made with one of `secrets`.

    Raises:
        SignatureError: a header is missing, the time is more than five minutes off, or no signature fits.

    """
    return verify_lowered(secrets, {name.lower(): value for name, value in headers.items()}, body, now)


def verify_lowered(secrets: Sequence[str], present: Mapping[str, str], body: bytes, now: float) -> str:
    """Do as `verify_standard` with headers whose names are in lower case already."""
    delivery_id, stamp = present.get("webhook-id", ""), present.get("webhook-timestamp", "")
    offered = present.get("webhook-signature", "").split()
    if not delivery_id or not stamp or not offered:
        raise SignatureError("The delivery lacks webhook-id, webhook-timestamp or webhook-signature.")
    timestamp = _timestamp(stamp, now)
    expected = [sign_standard(s, delivery_id=delivery_id, timestamp=timestamp, body=body) for s in secrets]
    require_match(expected, offered)
    return delivery_id


def verify_secret_path(secrets: Sequence[str], offered: str) -> None:
    """Accept a token that equals one of the secrets. Raises SignatureError."""
    require_match(list(secrets), [offered])


def require_match(expected: Sequence[str], offered: Sequence[str]) -> None:
    """Accept when one of the first sixteen of `offered` equals one of `expected`. Raises SignatureError."""
    if not expected:
        raise SignatureError("This connection holds no webhook secret: set one first.")
    # Every pair is compared in constant time and none ends the loop early.
    matches = [
        hmac.compare_digest(wanted.encode(), given.encode())
        for wanted in expected
        for given in offered[:_MOST_SIGNATURES]
    ]
    if not any(matches):
        raise SignatureError("No signature of the delivery was made with this connection's secret.")


def _timestamp(stamp: str, now: float) -> int:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise SignatureError("webhook-timestamp is not a number of seconds.")
    timestamp = int(stamp)
    if not math.isfinite(now) or abs(now - timestamp) > TOLERANCE_SECONDS:
        raise SignatureError("The delivery is more than five minutes old or from the future.")
    return timestamp


def _standard_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise SignatureError("The webhook secret is not base64 text: copy it again from the sender.")
    return key
