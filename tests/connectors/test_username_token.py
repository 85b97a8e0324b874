"""The sign-in inside an envelope: the digest as the profile makes it, never the password beside it."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from defusedxml.ElementTree import fromstring

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import MisconfiguredError
from apps.connectors.redaction import redact_body
from apps.connectors.username_token import PASSWORD_DIGEST, PASSWORD_TEXT, SECURITY, UTILITY, UsernameToken

ENVELOPE = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    b"<s:Header></s:Header><s:Body><a>&lt;/s:Header&gt;</a></s:Body></s:Envelope>"
)
NOW = datetime(2026, 11, 21, 10, 15, 30, 999_000, tzinfo=UTC)


def said(sealed: bytes) -> dict[str, tuple[str, str]]:
    """Return what a token says: text and type by name."""
    token = fromstring(sealed).find(f".//{{{SECURITY}}}UsernameToken")
    assert token is not None
    return {part.tag.rpartition("}")[2]: (part.text or "", part.get("Type", "")) for part in token}


def test_the_digest_is_that_of_nonce_time_and_password() -> None:
    told = said(UsernameToken("ann", "pässword", digested=True).seal(ENVELOPE, nonce=b"n" * 16, now=NOW))

    made = hashlib.sha1(b"n" * 16 + b"2026-11-21T10:15:30Z" + "pässword".encode()).digest()
    assert told == {
        "Username": ("ann", ""),
        "Password": (base64.b64encode(made).decode(), PASSWORD_DIGEST),
        "Nonce": (base64.b64encode(b"n" * 16).decode(), ""),
        "Created": ("2026-11-21T10:15:30Z", ""),
    }


def test_each_envelope_has_a_nonce_of_its_own_and_no_password() -> None:
    token = UsernameToken("ann", "right-password", digested=True)
    first, second = token.seal(ENVELOPE), token.seal(ENVELOPE)

    assert said(first)["Nonce"] != said(second)["Nonce"]
    assert b"right-password" not in first
    assert UTILITY.encode() in first
    assert "right-password" not in repr(token)


def test_a_password_as_text_is_escaped_and_what_the_body_says_is_left_alone() -> None:
    sealed = UsernameToken("a&b", "</wsse:Password><x>").seal(ENVELOPE)

    assert said(sealed) == {"Username": ("a&b", ""), "Password": ("</wsse:Password><x>", PASSWORD_TEXT)}
    assert sealed.endswith(ENVELOPE.partition(b"</s:Header>")[2])


@pytest.mark.parametrize("scheme", [AuthScheme.USERNAME_TOKEN, AuthScheme.USERNAME_DIGEST])
def test_the_signer_puts_the_token_into_what_is_sent(scheme: AuthScheme) -> None:
    signer = build_signer(AuthSpec(scheme), {"username": "ann", "password": "pass-1234"})

    assert signer.seal is not None
    assert said(signer.seal(ENVELOPE))["Username"] == ("ann", "")
    assert set(signer.secrets) >= {"pass-1234"}
    assert signer.headers == {}


@pytest.mark.parametrize("scheme", [AuthScheme.USERNAME_TOKEN, AuthScheme.USERNAME_DIGEST])
def test_no_record_shows_a_password_however_xml_holds_it(scheme: AuthScheme) -> None:
    password = "pass&word<1234'\""
    signer = build_signer(AuthSpec(scheme), {"username": "ann", "password": password})
    assert signer.seal is not None
    repeated = f"<a>pass&amp;word&lt;1234'\"</a><b c='pass&amp;word&lt;1234&apos;&quot;'/><d>{password}</d>".encode()
    shown = redact_body(signer.seal(ENVELOPE) + repeated, signer.secrets)

    assert "word" not in shown.replace("Password", "").replace("#password", "")
    assert shown.count("[hidden]") == 4


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        pytest.param({"username": "ann"}, "no password", id="nothing"),
        pytest.param({"username": "ann", "password": "a\x00b"}, "cannot be sent", id="a NUL"),
        pytest.param({"username": "a\nb", "password": "x"}, "cannot be sent", id="a line break"),
    ],
)
def test_a_sign_in_that_cannot_be_sent_is_told_in_words(secrets: dict[str, str], words: str) -> None:
    with pytest.raises(MisconfiguredError, match=words):
        build_signer(AuthSpec(AuthScheme.USERNAME_DIGEST), secrets)
