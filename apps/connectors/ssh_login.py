"""How one connection signs in to a file server, and by which keys it knows that server; no call is made here."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.connectors.errors import BusinessClass, MisconfiguredError

# As ssh-keygen -l prints it, https://man.openbsd.org/ssh-keygen#E: the SHA-256 of the key in base64 without its padding.
_FINGERPRINT = re.compile(r"SHA256:([A-Za-z0-9+/]{43})=?(?![A-Za-z0-9+/=])")
_PUBLIC_KEY = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+\s+([A-Za-z0-9+/]{40,}={0,2})")
_PEM = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL)
_LINE = 70


@dataclass(frozen=True, slots=True)
class SshLogin:
    """Who signs in, with what, and the fingerprints of the server's keys; none of those means that nothing is sent.

    Exactly one of `password` and `private_key` (PEM text with its line breaks) is there.
    """

    user: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    host_keys: frozenset[str] = frozenset()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        return tuple(secret for secret in (self.password, self.private_key) if secret)


def build_login(secrets: Mapping[str, str], settings: Mapping[str, Any]) -> SshLogin:
    """Return the login of a connection: its secret "sign_in", its settings "user" and "host_key".

    Raises:
        MisconfiguredError: the user or the secret is missing, or the host key cannot be read.

    """
    user, secret = str(settings.get("user") or "").strip(), secrets.get("sign_in", "")
    if not user:
        raise _wrong("The connection has no user: fill it in on the connection's page.")
    if not secret:
        raise _wrong("The connection holds neither a password nor a private key: enter one on the connection's page.")
    pins = read_host_keys(str(settings.get("host_key") or ""))
    if "-----BEGIN" in secret:
        return SshLogin(user, private_key=_with_lines(secret), host_keys=pins)
    return SshLogin(user, password=secret, host_keys=pins)


def read_host_keys(text: str) -> frozenset[str]:
    """Return the fingerprints ("SHA256:...") in a text that holds fingerprints or public keys, none for an empty one.

    Several may stand there, for a server that is about to change its key. Raises MisconfiguredError when there is none.
    """
    if not text.strip():
        return frozenset()
    pins = {f"SHA256:{match[1]}" for match in _FINGERPRINT.finditer(text)}
    pins |= {fingerprint for match in _PUBLIC_KEY.finditer(text) if (fingerprint := _fingerprint_of(match[1]))}
    if not pins:
        raise _wrong(
            "The host key of the connection cannot be read: write its fingerprint (SHA256:… with 43 characters behind the "
            "colon), or the whole public key (ssh-ed25519 AAAA…)."
        )
    return frozenset(pins)


def _fingerprint_of(blob: str) -> str:
    try:
        key = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _with_lines(text: str) -> str:
    """Return a private key with the line breaks that a form may have taken out of it."""
    found = _PEM.search(text)
    if found is None:
        raise _wrong("The private key is not complete: copy all of it, from the line with BEGIN to the line with END.")
    if ":" in found["body"]:  # an older form with headers inside, which is locked by a passphrase
        raise _wrong("The private key is locked with a passphrase: enter one without, made for this connection alone.")
    body = "".join(found["body"].split())
    lines = [body[start : start + _LINE] for start in range(0, len(body), _LINE)]
    return "\n".join((f"-----BEGIN {found['label']}-----", *lines, f"-----END {found['label']}-----", ""))


def _wrong(sentence: str) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)
