"""Secrets that travel in a link: made here, stored only as their SHA-256 (pure)."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits for an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
