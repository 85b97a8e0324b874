"""Seals the secrets of connections: AES-256-GCM, one data key a partner, each ciphertext bound to its own row.

The operator's key (`CREDENTIALS_KEY`) only wraps data keys; a new one brings new data keys, under which everything is sealed
anew (key_rotation.py). What a sealed value is bound to (partner, table, row, field, key version) is authenticated: a ciphertext copied to another row does not open.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12  # the 96 bits GCM is made for
_KEY_BYTES = 32
_TAG_BYTES = 16


class UnsealError(Exception):
    """A sealed value does not open: wrong key, another row's value, or damaged."""


class CredentialsKeyError(ValueError):
    """`CREDENTIALS_KEY` is missing or is not 32 bytes in base64."""


def read_kek(text: str) -> bytes:
    """Return the operator's key from its base64 text.

    Raises:
        CredentialsKeyError: the text is not base64 of exactly 32 bytes.

    """
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise CredentialsKeyError(
            "CREDENTIALS_KEY must be base64 of 32 random bytes: make one with `openssl rand -base64 32`."
        )
    return key


def binding(*, partner_id: str, table: str, row_id: str, field: str, key_version: int) -> str:
    """Return the text a secret is bound to. Raises ValueError when a part holds the separator."""
    parts = (str(partner_id), table, str(row_id), field, str(key_version))
    if any("|" in part for part in parts):
        raise ValueError("A part of a binding must not hold '|'.")
    return "|".join(parts)


def new_wrapped_key(kek: bytes, partner_id: str) -> bytes:
    """Make a fresh data key and return it wrapped for this partner; only the wrapped form is ever stored."""
    return _encrypt(kek, AESGCM.generate_key(bit_length=256), _wrap_binding(partner_id))


def unwrap(kek: bytes, wrapped: bytes, partner_id: str) -> bytes:
    """Return the data key inside `wrapped`. Raises UnsealError."""
    return _decrypt(kek, wrapped, _wrap_binding(partner_id))


def seal(key: bytes, plain: str, *, bound_to: str) -> bytes:
    """Return `plain` sealed with the partner's data key for the place named by `bound_to`."""
    return _encrypt(key, plain.encode(), bound_to)


def unseal(key: bytes, sealed: bytes, *, bound_to: str) -> str:
    """Return the secret inside `sealed`. Raises UnsealError when it was not sealed for this very place."""
    return _decrypt(key, sealed, bound_to).decode()


def _wrap_binding(partner_id: str) -> str:
    return f"data-key|{partner_id}"


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    sealed = bytes(sealed)  # a database driver may hand out a memoryview
    if sealed[:1] != _FORMAT or len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise UnsealError("This is not a sealed value of a known form.")
    nonce, cipher = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, cipher, bound_to.encode())
    except InvalidTag:
        raise UnsealError("The sealed value does not belong here, or the key is another one.") from None
