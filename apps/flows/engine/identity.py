"""Names that stay the same over every retry, replay and re-reading: business keys, idempotency keys, fingerprints."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson

BUSINESS_KEY_LENGTH = 200
SOURCE_KEY_LENGTH = 120
VERSION_LENGTH = 80
_KEY_BYTES = 16
_ORDERED_DIGITS = 19  # longer runs of digits are hashes, not numbers that grow
_PLAIN = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def business_key(canonical_type: str, source_system: str, key: str) -> str:
    """Return our own name of a record: "TimeEntry:sandbox_psa:4711". Keys no column takes are hashed."""
    name = f"{canonical_type}:{source_system}:{key}"
    if len(name) <= BUSINESS_KEY_LENGTH and "\x00" not in name:
        return name
    return f"{canonical_type}:{source_system}:{_hashed(key)}"


def source_key_of(key: str, canonical_type: str, source_system: str) -> str:
    """Return the source's own key out of a business key, "" where it is another type's or system's, or was hashed."""
    prefix = f"{canonical_type}:{source_system}:"
    own = key.removeprefix(prefix) if key.startswith(prefix) else ""
    return "" if own.startswith("hash-") else own


def fit_version(version: str) -> str:
    """Return a source version that fits its column: itself, or its hash."""
    return version if len(version) <= VERSION_LENGTH and "\x00" not in version else _hashed(version)


def fit_source_key(key: str) -> str:
    """Return a source's key that fits its column: itself, or its hash."""
    return key if len(key) <= SOURCE_KEY_LENGTH and "\x00" not in key else _hashed(key)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return a short hash of content: equal content has equal fingerprints, whatever the order of its fields."""
    return blake2b(orjson.dumps(values, _as_text, _PLAIN), digest_size=_KEY_BYTES).hexdigest()


def content_version(values: Mapping[str, Any]) -> str:
    """Return a version for records whose system keeps none: their fingerprint, marked as having no order."""
    return f"content-{fingerprint(values)}"


class EffectScope:
    """Whose effects a plan is about; makes the idempotency keys of one run cheaply.

    The key depends on partner, flow, connection, source record and its version, never on time, attempt or run.
    """

    __slots__ = ("_started",)

    def __init__(self, partner: str, flow: str, connection: str) -> None:
        self._started = blake2b("\x1f".join((partner, flow, connection, "")).encode(), digest_size=_KEY_BYTES)

    def key(self, source_key: str, source_version: str, revision: int = 0) -> str:
        """Return 32 hexadecimal digits; with ":revision" behind them once a person has mended the record."""
        effect = self._started.copy()
        effect.update(f"{source_key}\x1f{source_version}".encode(errors="backslashreplace"))
        return f"{effect.hexdigest()}:{revision}" if revision else effect.hexdigest()


def idempotency_key(
    *, partner: str, flow: str, connection: str, source_key: str, source_version: str, revision: int = 0
) -> str:
    """Return the key sent with one delivery: the same for every repeat of the same content."""
    return EffectScope(partner, flow, connection).key(source_key, source_version, revision)


def is_older(version: str, than: str) -> bool:
    """Return True when `version` surely came before `than`.

    Numbers and instants have an order; fingerprints and mixed forms have none, and are never older.
    """
    if version == than:
        return False
    if version.isdigit() and than.isdigit() and max(len(version), len(than)) <= _ORDERED_DIGITS:
        return int(version) < int(than)
    first, second = instant_of(version), instant_of(than)
    return first is not None and second is not None and first < second


def instant_of(version: str) -> datetime | None:
    """Return the instant that a version is, aware; None when it is none. One without a zone is UTC."""
    # Without the dashes of a date, fromisoformat reads plain digits as days.
    if version[4:5] != "-":
        return None
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hashed(text: str) -> str:
    return f"hash-{blake2b(text.encode(errors='backslashreplace'), digest_size=_KEY_BYTES).hexdigest()}"


def _as_text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
