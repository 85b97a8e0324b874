"""The door shows a connection's client certificate, to servers that demand one, and says what is wrong with it."""

import os
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.client_certificates import ClientCertificate
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from tests.connectors.authority import Authority, Pair, demanding
from tests.connectors.conftest import door_to, reply

OURS, FOREIGN = Authority(), Authority("Somebody else")
PAIR, OTHER = OURS.issue("integration"), OURS.issue("other")
TOKEN = AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="/token", client_certificate=True)


def _signer(pair: Pair, spec: AuthSpec = TOKEN) -> Any:
    held = {"client_id": "id", "client_secret": "a secret of it"}
    return build_signer(spec, {**held, "client_certificate": pair[0], "client_key": pair[1]})


class _Desk:
    """A server that notes who asks for what, and hands out a token."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def answer(self, client: str, request: bytes) -> bytes:
        path = request.split(b" ")[1].decode()
        self.asked.append((client, path))
        return reply("200 OK", b'{"access_token": "t-4711", "expires_in": 600}' if path == "/token" else b"{}")


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
async def test_calls_and_token_requests_show_the_certificate(tmp_path: Path, newest: ssl.TLSVersion) -> None:
    desk = _Desk()
    with demanding(OURS, tmp_path, desk.answer, newest=newest) as url:
        async with door_to(url, auth=_signer(PAIR), trusted=OURS.pem) as door:
            assert (await door.request("GET", "workers")).json() == {}
    assert desk.asked == [("integration", "/token"), ("integration", "/workers")]


REFUSED = {
    "none at all": (AuthSpec(AuthScheme.BASIC), PAIR),
    "one of another authority": (TOKEN, FOREIGN.issue("integration")),
}


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize(("spec", "pair"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_certificate_that_the_server_turns_away_is_told_with_the_fix(
    tmp_path: Path, spec: AuthSpec, pair: Pair, newest: ssl.TLSVersion
) -> None:
    desk, plain = _Desk(), build_signer(spec, {"username": "u", "password": "p"}) if spec is not TOKEN else None
    with demanding(OURS, tmp_path, desk.answer, newest=newest) as url:
        async with door_to(url, auth=plain or _signer(pair), trusted=OURS.pem) as door:
            with pytest.raises(RemoteError) as caught:
                await door.request("POST", "workers", body={"a": 1})
    error = caught.value
    assert desk.asked == []
    assert error.ambiguous is False
    if plain is None or newest is ssl.TLSVersion.TLSv1_3:
        assert (error.kind, error.business_class) == (FailureKind.MISCONFIGURED, BusinessClass.PERMISSION)
        assert "demands a client certificate that it knows" in error.message


async def test_a_server_that_nobody_vouches_for_is_not_told_who_asks(tmp_path: Path) -> None:
    desk = _Desk()
    with demanding(OURS, tmp_path, desk.answer) as url:
        async with door_to(url, auth=_signer(PAIR)) as door:
            with pytest.raises(RemoteError, match="its certificate is not valid") as caught:
                await door.request("GET", "workers")
    assert (caught.value.kind, desk.asked) == (FailureKind.RETRYABLE, [])


def _edwards() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


UNUSABLE = {
    "of another key": ((PAIR[0], OTHER[1]), "does not belong to the private key"),
    "expired": (OURS.issue("integration", days=-1), "The certificate expired on"),
    "no certificate": (("-", PAIR[1]), "certificate is not in PEM form"),
    "no key": ((PAIR[0], "-"), "private key is not in PEM form"),
    "a key of an unheard kind": ((PAIR[0], _edwards()), "of another kind"),
    "none at all": (("", ""), "has no client certificate"),
}


@pytest.mark.parametrize(("pair", "said"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_cannot_be_used_is_said_before_anything_is_called(pair: Pair, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said) as caught:
        door_to("https://127.0.0.1:9", auth=_signer(pair))
    assert caught.value.business_class is BusinessClass.PERMISSION


@pytest.mark.parametrize("nameless", [True, False], ids=["in memory", "where a system has no such memory"])
def test_nothing_of_it_stays_on_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if not nameless:
        monkeypatch.delattr(os, "memfd_create")
    pasted = ClientCertificate(PAIR[0].replace("\n", " ") + FOREIGN.pem, PAIR[1].replace("\n", ""))
    assert pasted.context(time.time()).verify_mode is ssl.CERT_REQUIRED
    assert list(tmp_path.iterdir()) == []
