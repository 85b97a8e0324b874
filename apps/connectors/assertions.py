"""Signs assertions (JWTs) with a connection's private key, and says in words what is wrong with a key or certificate.

Who wants what: Salesforce iss, sub, aud, exp with RS256 (https://help.salesforce.com, "OAuth 2.0 JWT Bearer Flow");
DocuSign besides iat and the scope inside (https://developers.docusign.com/platform/auth/jwt-get-token/); Microsoft
Entra PS256 with jti, nbf and the certificate's thumbprint "x5t#S256"
(https://learn.microsoft.com/entra/identity-platform/certificate-credentials), which a certificate registered long ago
may still give as "x5t"; NetSuite and Okta the key's id ("kid").
"""

import base64
import hashlib
import re
import textwrap
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from apps.connectors.errors import BusinessClass, MisconfiguredError

_PEM = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL)
_LOCKED = b"locked"
_SMALLEST_RSA_BITS = 2048
_CLOCK_SLACK_SECONDS = 30  # our clock may be that much ahead of theirs
_HASHES = {"x5t": hashlib.sha1, "x5t#S256": hashlib.sha256}
_CURVES = {"ES256": 256, "ES384": 384, "ES512": 521}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class Assertion:
    """What is asserted and with which key; `sign` makes one that is good for `life_seconds`.

    `audience` "" means the token address. `thumbprint` names the header that carries the certificate's fingerprint.
    """

    issuer: str
    subject: str
    private_key: str
    algorithm: str = "RS256"
    audience: str = ""
    certificate: str = ""
    thumbprint: str = ""
    key_id: str = ""
    life_seconds: int = 180
    claims: Mapping[str, str] = field(default_factory=dict)

    def sign(self, address: str, now: float) -> str:
        """Return the assertion for the token endpoint at `address`; `now` is seconds since the epoch.

        Raises:
            MisconfiguredError: key or certificate cannot be read, do not fit, or have expired.

        """
        key = read_private_key(self.private_key, self.algorithm)
        headers = {"kid": self.key_id} if self.key_id else {}
        if self.thumbprint:
            headers[self.thumbprint] = fingerprint(self.certificate, self.thumbprint, key, now)
        made_at = int(now)
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience or address,
            "iat": made_at - _CLOCK_SLACK_SECONDS,
            "nbf": made_at - _CLOCK_SLACK_SECONDS,
            "exp": made_at + self.life_seconds - _CLOCK_SLACK_SECONDS,
            "jti": str(uuid.uuid4()),
            **self.claims,
        }
        return jwt.encode(payload, key, algorithm=self.algorithm, headers=headers)


def read_private_key(text: str, algorithm: str) -> PrivateKey:
    """Return the key in a PEM text, which may have lost its line breaks on the way through a form.

    Raises:
        MisconfiguredError: no key, one behind a passphrase, one that is too short or made for other signatures.

    """
    key = _loaded(text)
    if algorithm in _CURVES:
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size == _CURVES[algorithm]:
            return key
        raise _unusable(f"This system wants a private key for {algorithm} signatures: this one is made for others.")
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _unusable("This system wants an RSA private key: this one is of another kind.")
    if key.key_size < _SMALLEST_RSA_BITS:
        raise _unusable(f"The private key has {key.key_size} bits: use one with {_SMALLEST_RSA_BITS} or more.")
    return key


def read_signing_key(text: str) -> PrivateKey:
    """Return the key in a PEM text for TLS, which takes RSA and elliptic curves alike. Raises MisconfiguredError."""
    key = _loaded(text)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _unusable("This system wants an RSA or an elliptic curve private key: this one is of another kind.")
    return key


def certificate_of(text: str) -> x509.Certificate:
    """Return the certificate in a PEM text, which may have lost its line breaks. Raises MisconfiguredError."""
    return _certificate(_pem(text, "certificate"))


def certificates_of(text: str) -> list[x509.Certificate]:
    """Return all certificates in a PEM text, the owner's first. Raises MisconfiguredError."""
    return [certificate_of(text)] + [_certificate(_lined(block)) for block in list(_PEM.finditer(text))[1:]]


def fingerprint(certificate: str, kind: str, key: PrivateKey, now: float) -> str:
    """Return the fingerprint of a PEM certificate as the header `kind` carries it. Raises MisconfiguredError."""
    read = certificate_of(certificate)
    require_pair(read, key)
    require_unexpired(read, now)
    digest = _HASHES[kind](read.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def require_pair(certificate: x509.Certificate, key: PrivateKey) -> None:
    """Return when a certificate belongs to a private key. Raises MisconfiguredError."""
    if _public(certificate.public_key()) != _public(key.public_key()):
        raise _unusable("The certificate does not belong to the private key: enter the two that were made together.")


def require_unexpired(certificate: x509.Certificate, now: float) -> None:
    """Return when a certificate is still good at `now`, seconds since the epoch. Raises MisconfiguredError."""
    ended_at = certificate.not_valid_after_utc
    if ended_at.timestamp() <= now:
        raise _unusable(
            f"The certificate expired on {ended_at.astimezone(UTC):%Y-%m-%d}: register a new one and enter it here."
        )


def _loaded(text: str) -> Any:
    pem = _pem(text, "private key")
    if pem.startswith((_LOCKED, b"-----BEGIN ENCRYPTED")):
        raise _unusable("The private key is protected by a passphrase: enter it without one, it is sealed here anyway.")
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unusable("The private key cannot be read: copy all of it again, in PEM form.") from None


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise _unusable("The certificate cannot be read: copy all of it again, in PEM form.") from None


def _pem(text: str, what: str) -> bytes:
    found = _PEM.search(text)
    if found is None:
        raise _unusable(
            f"The {what} is not in PEM form: copy all of it, from the line with BEGIN to the line with END."
        )
    return _lined(found)


def _lined(found: re.Match[str]) -> bytes:
    """Return a block of PEM text with its line breaks where they belong."""
    body = found["body"]
    if "Proc-Type" in body:  # the old form of a key behind a passphrase, which says so in a header of its own
        return _LOCKED
    lines = textwrap.wrap("".join(body.split()), 64)
    label = found["label"]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def _public(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _unusable(sentence: str) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.PERMISSION)
