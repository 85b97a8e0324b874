"""Only the sender's own, fresh and untouched deliveries pass."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_signatures import (
    active_secrets,
    new_secret,
    sign_standard,
    standard_headers,
    verify_secret_path,
    verify_standard,
)

NOW = 1_800_000_000
SECRET, OTHER = new_secret(), new_secret()
BODY = b'{"type":"time.approved","key":"TE-1"}'


def _headers(**changes: str) -> dict[str, str]:
    return {**standard_headers([SECRET], delivery_id="msg_1", timestamp=NOW, body=BODY), **changes}


def test_it_accepts_its_own_signature_and_returns_the_deliverys_id() -> None:
    assert verify_standard([SECRET], _headers(), BODY, NOW) == "msg_1"


def test_header_names_may_be_written_in_any_case() -> None:
    assert verify_standard([SECRET], {k.title(): v for k, v in _headers().items()}, BODY, NOW) == "msg_1"


def test_it_agrees_with_the_standards_own_library() -> None:
    theirs = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert theirs == sign_standard(SECRET, delivery_id="msg_1", timestamp=NOW, body=BODY)


@pytest.mark.parametrize("secrets", [[OTHER, SECRET], [SECRET, OTHER]], ids=["old one fits", "new one fits"])
def test_both_secrets_of_a_rotation_pass(secrets: list[str]) -> None:
    assert verify_standard(secrets, _headers(), BODY, NOW) == "msg_1"


def test_one_fitting_signature_among_several_is_enough() -> None:
    offered = f"v1,AAAA v1a,BBBB {_headers()['webhook-signature']}"
    assert verify_standard([SECRET], _headers(**{"webhook-signature": offered}), BODY, NOW) == "msg_1"


good = _headers()["webhook-signature"]
REFUSED = {
    "no id": ({"webhook-id": ""}, BODY, NOW),
    "no timestamp": ({"webhook-timestamp": ""}, BODY, NOW),
    "no signature": ({"webhook-signature": ""}, BODY, NOW),
    "another id": ({"webhook-id": "msg_2"}, BODY, NOW),
    "another timestamp": ({"webhook-timestamp": str(NOW + 1)}, BODY, NOW),
    "timestamp no number": ({"webhook-timestamp": "now"}, BODY, NOW),
    "timestamp negative": ({"webhook-timestamp": f"-{NOW}"}, BODY, NOW),
    "timestamp huge": ({"webhook-timestamp": "9" * 40}, BODY, NOW),
    "timestamp in other digits": ({"webhook-timestamp": "١٨"}, BODY, NOW),
    "body changed": ({}, BODY + b" ", NOW),
    "body empty": ({}, b"", NOW),
    "too old": ({}, BODY, NOW + 301),
    "from the future": ({}, BODY, NOW - 301),
    "clock broken": ({}, BODY, float("nan")),
    "version missing": ({"webhook-signature": good.removeprefix("v1,")}, BODY, NOW),
    "another version": ({"webhook-signature": good.replace("v1,", "v2,")}, BODY, NOW),
    "cut short": ({"webhook-signature": good[:-4]}, BODY, NOW),
    "only the version": ({"webhook-signature": "v1,"}, BODY, NOW),
    "not ascii": ({"webhook-signature": "v1,ÄÖÜ"}, BODY, NOW),
    "hexadecimal": ({"webhook-signature": "v1," + hmac.new(b"x", BODY, hashlib.sha256).hexdigest()}, BODY, NOW),
    "hidden behind many": ({"webhook-signature": "v1,AA " * 16 + good}, BODY, NOW),
}


@pytest.mark.parametrize(("changes", "body", "now"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses(changes: dict[str, str], body: bytes, now: float) -> None:
    with pytest.raises(SignatureError):
        verify_standard([SECRET], _headers(**changes), body, now)


@pytest.mark.parametrize(
    "secrets", [[], [OTHER], ["whsec_"], ["whsec_not base64"]], ids=["none", "another", "empty", "broken"]
)
def test_it_refuses_without_the_right_secret(secrets: list[str]) -> None:
    with pytest.raises(SignatureError):
        verify_standard(secrets, _headers(), BODY, NOW)


def test_a_secret_path_must_be_the_very_one() -> None:
    verify_secret_path(["abc"], "abc")
    for offered in ("", "ab", "abcd", "ABC"):
        with pytest.raises(SignatureError):
            verify_secret_path(["abc"], offered)


def test_at_most_two_secrets_are_active() -> None:
    assert active_secrets("new old older") == ("new", "old")
    assert active_secrets("") == ()
