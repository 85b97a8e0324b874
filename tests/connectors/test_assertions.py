"""Assertions hold what each vendor's page asks for, and an unusable key or certificate is told with its fix."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from apps.connectors.assertions import Assertion, read_private_key
from apps.connectors.errors import FailureKind, MisconfiguredError

TOKEN_ADDRESS = "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pem(key: Any, *, old: bool = False, encryption: KeySerializationEncryption | None = None) -> str:
    """The text of a private key, in its usual or its old form."""
    form = PrivateFormat.TraditionalOpenSSL if old else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()  # type: ignore[no-any-return]


def certificate(key: Any = KEY, *, days: int = 30) -> str:
    """A self-signed certificate that ends so many days after NOW."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "integration")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def assertion(**changes: Any) -> Assertion:
    return Assertion(**{"issuer": "app-id", "subject": "robot@acme.example", "private_key": pem(KEY), **changes})


def claims(signed: str, *, algorithm: str = "RS256", key: Any = KEY, audience: str = TOKEN_ADDRESS) -> dict[str, Any]:
    """Verify as the vendor would, at the moment of the signing, and return what is claimed."""
    return jwt.decode(
        signed,
        key.public_key(),
        algorithms=[algorithm],
        audience=audience,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )


def test_it_claims_what_the_standard_asks_for_and_is_good_for_minutes() -> None:
    claimed = claims(assertion().sign(TOKEN_ADDRESS, NOW.timestamp()))
    assert (claimed["iss"], claimed["sub"], claimed["aud"]) == ("app-id", "robot@acme.example", TOKEN_ADDRESS)
    assert NOW.timestamp() - 60 <= claimed["iat"] == claimed["nbf"] < NOW.timestamp()
    assert NOW.timestamp() + 60 <= claimed["exp"] <= NOW.timestamp() + 180


def test_no_two_are_the_same() -> None:
    one, other = (claims(assertion().sign(TOKEN_ADDRESS, NOW.timestamp()))["jti"] for _ in range(2))
    assert one != other


def test_the_audience_and_further_claims_are_the_manifests() -> None:
    signed = assertion(audience="account-d.docusign.com", claims={"scope": "signature impersonation"}).sign(
        TOKEN_ADDRESS, NOW.timestamp()
    )
    assert claims(signed, audience="account-d.docusign.com")["scope"] == "signature impersonation"


@pytest.mark.parametrize(("header", "digest"), [("x5t", hashlib.sha1), ("x5t#S256", hashlib.sha256)])
def test_the_certificate_is_named_by_its_fingerprint(header: str, digest: Any) -> None:
    text = certificate()
    signed = assertion(algorithm="PS256", certificate=text, thumbprint=header).sign(TOKEN_ADDRESS, NOW.timestamp())
    expected = digest(x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)).digest()
    assert jwt.get_unverified_header(signed)[header] == base64.urlsafe_b64encode(expected).decode().rstrip("=")
    assert claims(signed, algorithm="PS256")["iss"] == "app-id"


def test_the_key_is_named_where_the_vendor_gave_it_an_id() -> None:
    signed = assertion(key_id="kid-1", private_key=pem(CURVE_KEY), algorithm="ES256").sign(TOKEN_ADDRESS, 0)
    assert jwt.get_unverified_header(signed)["kid"] == "kid-1"
    assert claims(signed, algorithm="ES256", key=CURVE_KEY)["iss"] == "app-id"


KEY_TEXTS = {
    "as it is": pem(KEY),
    "the old form": pem(KEY, old=True),
    "on one line, as a form field leaves it": pem(KEY).replace("\n", ""),
    "with blanks for line breaks": pem(KEY).replace("\n", " "),
    "with Windows line breaks": pem(KEY).replace("\n", "\r\n"),
    "with words around it": f"Here is the key:\n{pem(KEY)}\nRegards",
}


@pytest.mark.parametrize("text", KEY_TEXTS.values(), ids=KEY_TEXTS.keys())
def test_a_key_is_read_however_it_was_pasted(text: str) -> None:
    assert read_private_key(text, "RS256").private_numbers() == KEY.private_numbers()


LOCKED = BestAvailableEncryption(b"a passphrase")
UNUSABLE = {
    "no key at all": ("secret", "RS256", "not in PEM form"),
    "half a key": (pem(KEY)[:300], "RS256", "not in PEM form"),
    "a damaged key": (pem(KEY).replace("A", "B"), "RS256", "cannot be read"),
    "a certificate instead": (certificate(), "RS256", "cannot be read"),
    "behind a passphrase": (pem(KEY, encryption=LOCKED), "RS256", "passphrase"),
    "behind a passphrase, old form": (pem(KEY, old=True, encryption=LOCKED), "RS256", "passphrase"),
    "too short": (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "RS256", "1024 bits"),
    "of another kind": (pem(CURVE_KEY), "RS256", "RSA"),
    "of an unheard kind": (pem(ed25519.Ed25519PrivateKey.generate()), "PS256", "RSA"),
    "RSA where a curve is wanted": (pem(KEY), "ES256", "ES256"),
    "another curve": (pem(ec.generate_private_key(ec.SECP384R1())), "ES256", "ES256"),
}


@pytest.mark.parametrize(("text", "algorithm", "said"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_key_is_told_with_its_fix_and_never_shown(text: str, algorithm: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said) as caught:
        read_private_key(text, algorithm)
    assert caught.value.kind is FailureKind.MISCONFIGURED
    assert (text[40:80] or text) not in caught.value.message


BAD_CERTIFICATES = {
    "none": ("", "not in PEM form"),
    "damaged": (certificate().replace("M", "N"), "cannot be read"),
    "of another key": (certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048)), "does not belong"),
    "expired": (certificate(days=-1), "expired on 2026-11-20"),
}


@pytest.mark.parametrize(("text", "said"), BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES.keys())
def test_an_unusable_certificate_is_told_with_its_fix(text: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        assertion(certificate=text, thumbprint="x5t#S256").sign(TOKEN_ADDRESS, NOW.timestamp())
