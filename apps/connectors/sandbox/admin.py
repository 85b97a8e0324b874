"""The token that opens the sandbox's own controls: derived, so that no setting has to carry it around."""

import hashlib
import hmac


def admin_token(secret_key: str) -> str:
    """Return the token for everything under /sandbox/ of an installation with this SECRET_KEY."""
    return hmac.new(secret_key.encode(), b"sandbox administration", hashlib.sha256).hexdigest()
