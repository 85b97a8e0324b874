"""The login to a file server: what is needed, which form it may have, and by which keys the server is known."""

import asyncssh
import pytest

from apps.connectors.errors import MisconfiguredError
from apps.connectors.ssh_login import build_login, read_host_keys

KEY = asyncssh.generate_private_key("ssh-ed25519")
ECDSA = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
PRINT = KEY.get_fingerprint()


@pytest.mark.parametrize(
    ("text", "prints"),
    [
        pytest.param("", set(), id="nothing"),
        pytest.param(f" {PRINT}\n", {PRINT}, id="a fingerprint"),
        pytest.param(f"256 {PRINT} files.example.com (ED25519)", {PRINT}, id="as ssh-keygen prints it"),
        pytest.param(f"{PRINT}=", {PRINT}, id="with its padding"),
        pytest.param(KEY.export_public_key().decode(), {PRINT}, id="a public key"),
        pytest.param("files.example.com " + KEY.export_public_key().decode(), {PRINT}, id="as in known_hosts"),
        pytest.param(
            f"{PRINT}, {ECDSA.export_public_key().decode()}",
            {PRINT, ECDSA.get_fingerprint()},
            id="two, before a change",
        ),
    ],
)
def test_a_host_key_is_read_in_the_forms_people_get_it(text: str, prints: set[str]) -> None:
    assert read_host_keys(text) == prints


@pytest.mark.parametrize(
    "text", ["SHA256:short", "MD5:aa:bb", "anything", f"{PRINT}x"], ids=["too short", "MD5", "a word", "too long"]
)
def test_a_host_key_that_is_none_is_not_taken_for_no_host_key(text: str) -> None:
    with pytest.raises(MisconfiguredError, match="SHA256"):
        read_host_keys(text)


@pytest.mark.parametrize("joint", ["\n", " ", "\r\n", ""])
def test_a_private_key_may_have_lost_its_line_breaks(joint: str) -> None:
    pem = joint.join(KEY.export_private_key().decode().splitlines())
    login = build_login({"sign_in": pem}, {"user": "u"})
    assert asyncssh.import_private_key(login.private_key).public_data == KEY.public_data
    assert (login.password, login.private_key in repr(login)) == ("", False)


@pytest.mark.parametrize(
    ("secret", "user", "said"),
    [
        ("", "u", "neither a password nor a private key"),
        ("x", " ", "no user"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "u", "not complete"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nabc\n-----END RSA PRIVATE KEY-----",
            "u",
            "passphrase",
        ),
    ],
)
def test_what_is_missing_is_named_before_any_call(secret: str, user: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        build_login({"sign_in": secret}, {"user": user})
