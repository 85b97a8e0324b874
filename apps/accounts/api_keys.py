"""API keys as text: made, recognised and proven.

A key reads `fl_live_<id>_<secret><check>`: a public id to find it by, 160 random bits, and a checksum that lets scanners
and this code tell a real key from a mistyped one without a query.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts.models import ApiKey

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_START = "fl_live_"
_ID_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 12, 27, 6  # 62**27 is just over 2**160
_FORM = re.compile(
    rf"^({_START}([0-9A-Za-z]{{{_ID_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{{_CHECK_LENGTH}}})$"
)
_USE_NOTED_EVERY = timedelta(minutes=1)  # a write per call would make the key's row the hottest of the schema


class KeyRefusedError(Exception):
    """An API key was presented and does not let anybody in. The message may be shown."""


@dataclass(frozen=True, slots=True)
class NewKeyText:
    """A fresh key: `text` is shown once and never stored."""

    prefix: str
    text: str

    @property
    def hash(self) -> str:
        """Return what is stored."""
        return key_hash(self.text)


def new_key_text() -> NewKeyText:
    """Return a fresh random key."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
    body = f"{_START}{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return NewKeyText(prefix, body + checksum(body))


def checksum(body: str) -> str:
    """Return the six characters that end a key: CRC-32 of all before them, in base 62."""
    rest, written = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        written = _ALPHABET[digit] + written
    return written


def key_hash(text: str) -> str:
    """Return the SHA-256 of a key: plain is enough for 160 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_presented(header: str) -> bool:
    """Return whether an Authorization header claims to carry one of our keys."""
    return header.lower().startswith("bearer ")


def prefix_of(text: str) -> str:
    """Return the public id inside a key. Raises KeyRefusedError for a text that cannot be a key."""
    parts = _FORM.match(text)
    if parts is None:
        raise KeyRefusedError("This is not an API key: it begins with fl_live_ and is used whole, as it was shown.")
    if not hmac.compare_digest(checksum(parts[1]), parts[3]):
        raise KeyRefusedError("The API key is mistyped or cut off: its checksum does not fit.")
    return parts[2]


def authenticate(header: str, *, now: datetime | None = None) -> ApiKey:
    """Return the key that "Bearer fl_live_..." presents, and note its use. Raises KeyRefusedError with the reason."""
    now = now or timezone.now()
    text = header.partition(" ")[2].strip()
    key = ApiKey.objects.filter(prefix=prefix_of(text)).first()
    # A wrong secret and an unknown id answer alike.
    if key is None or not hmac.compare_digest(key.hash, key_hash(text)):
        raise KeyRefusedError("This API key is not known here.")
    if key.revoked_at is not None:
        raise KeyRefusedError("This API key was revoked: create a new one.")
    if key.expires_at <= now:
        raise KeyRefusedError(f"This API key expired on {key.expires_at:%d %B %Y}: create a new one.")
    if key.last_used_at is None or now - key.last_used_at > _USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
