"""HMACs put together from a manifest's words, whatever they are made of."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_spec import HmacSpec, KeyEncoding, StampForm, WebhookSpec
from apps.connectors.webhooks.deliveries import Delivery
from apps.connectors.webhooks.keyed import key_bytes, open_hmac
from tests.connectors.webhooks.senders import NOW

BODY = b'{"a": 1}'


def _opens(webhook: WebhookSpec, headers: dict[str, str], key: str, *, body: bytes = BODY, url: str = "") -> bool:
    try:
        open_hmac(webhook, Delivery.of(headers, body, url), [key], NOW)
    except SignatureError:
        return False
    return True


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("key_encoding", KeyEncoding)
def test_every_algorithm_encoding_and_form_of_key(algorithm: str, encoding: str, key_encoding: KeyEncoding) -> None:
    raw = b"\x00key\xff" if key_encoding is not KeyEncoding.TEXT else b"key"
    key = {"text": "key", "base64": base64.b64encode(raw).decode(), "hex": raw.hex()}[key_encoding]
    digest = hmac.new(raw, BODY, getattr(hashlib, algorithm)).digest()
    offered = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    webhook = WebhookSpec("hmac", "X-Sig", hmac=HmacSpec(algorithm, encoding, key_encoding=key_encoding))
    assert _opens(webhook, {"X-Sig": offered}, key)
    assert _opens(webhook, {"X-Sig": offered.upper()}, key) is (encoding == "hex")
    assert not _opens(webhook, {"X-Sig": offered}, key, body=BODY + b"\n")


@pytest.mark.parametrize(
    ("encoding", "key"), [(KeyEncoding.BASE64, "not base64!"), (KeyEncoding.BASE64, "äö"), (KeyEncoding.HEX, "xyz")]
)
def test_a_key_that_is_not_what_it_should_be_is_told(encoding: KeyEncoding, key: str) -> None:
    with pytest.raises(SignatureError, match=f"not {encoding} text"):
        key_bytes(encoding, key)


def test_a_prefix_must_be_there_when_it_is_declared() -> None:
    digest = hmac.new(b"k", BODY, hashlib.sha256).hexdigest()
    webhook = WebhookSpec("hmac", "X-Sig", hmac=HmacSpec(prefix="sha256="))
    assert _opens(webhook, {"X-Sig": f"sha256={digest}"}, "k")
    assert not _opens(webhook, {"X-Sig": digest}, "k")
    assert not _opens(webhook, {"X-Sig": f"sha1={digest}"}, "k")


def test_the_deliverys_id_and_the_method_can_be_signed_too() -> None:
    webhook = WebhookSpec("hmac", "X-Sig", "X-Id", hmac=HmacSpec(signed=("method", "=|", "delivery", "=|", "body")))
    digest = hmac.new(b"k", b"POST|d-1|" + BODY, hashlib.sha256).hexdigest()
    assert _opens(webhook, {"X-Sig": digest, "X-Id": "d-1"}, "k")
    assert not _opens(webhook, {"X-Sig": digest, "X-Id": "d-2"}, "k")
    assert not _opens(webhook, {"X-Sig": digest}, "k")


def test_hubspots_escapes_are_undone_and_others_kept() -> None:
    webhook = WebhookSpec("hmac", "X-Sig", hmac=HmacSpec(signed=("decoded_url", "body")))
    digest = hmac.new(b"k", b"https://x.example/in/a?q=a:b/c%20d@e" + BODY, hashlib.sha256).hexdigest()
    assert _opens(webhook, {"X-Sig": digest}, "k", url="https://x.example/in/a?q=a%3Ab%2fc%20d%40e")


STAMPS = {
    (StampForm.SECONDS, "1800000000"): True,
    (StampForm.SECONDS, "1800000000000"): False,
    (StampForm.SECONDS, "-1800000000"): False,
    (StampForm.SECONDS, "1.8e9"): False,
    (StampForm.SECONDS, "9" * 40): False,
    (StampForm.SECONDS, "١٨٠٠٠٠٠٠٠٠"): False,
    (StampForm.MILLISECONDS, "1800000000000"): True,
    (StampForm.MILLISECONDS, "1800000000"): False,
    (StampForm.ISO, "2027-01-15T08:00:00Z"): True,
    (StampForm.ISO, "2027-01-15T09:00:00+01:00"): True,
    (StampForm.ISO, "2027-01-15T08:00:00"): False,
    (StampForm.ISO, "31.02.2026"): False,
    (StampForm.ISO, "now"): False,
}


@pytest.mark.parametrize(("told", "passes"), STAMPS.items(), ids=[" ".join(told) for told in STAMPS])
def test_times_are_read_as_the_sender_writes_them(told: tuple[StampForm, str], passes: bool) -> None:
    form, stamp = told
    webhook = WebhookSpec(
        "hmac", "X-Sig", hmac=HmacSpec(signed=("timestamp", "body"), timestamp_header="X-At", stamp_form=form)
    )
    digest = hmac.new(b"k", stamp.encode() + BODY, hashlib.sha256).hexdigest()
    assert _opens(webhook, {"X-Sig": digest, "X-At": stamp}, "k") is passes


@given(body=st.binary(max_size=200), key=st.text(min_size=1, max_size=40), changed=st.binary(min_size=1, max_size=5))
def test_whatever_is_signed_only_the_very_body_fits(body: bytes, key: str, changed: bytes) -> None:
    webhook = WebhookSpec("hmac", "X-Sig", hmac=HmacSpec(encoding="base64"))
    good = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    for sent, fits in ((body, True), (body + changed, False), (changed + body, False)):
        assert _signature_fits(webhook, Delivery.of({"X-Sig": good}, sent), key) is fits


def _signature_fits(webhook: WebhookSpec, delivery: Delivery, key: str) -> bool:
    """Return whether the signature was right, whatever the body holds."""
    try:
        open_hmac(webhook, delivery, [key], NOW)
    except SignatureError as refused:
        return "holds no JSON" in str(refused)
    return True


@given(
    st.dictionaries(st.sampled_from(["x-sig", "x-at", "x-id"]), st.text(st.characters(max_codepoint=255))), st.binary()
)
def test_no_headers_and_no_body_break_it(headers: dict[str, str], body: bytes) -> None:
    made = HmacSpec(signed=("timestamp", "body"), signature_part="v1", timestamp_part="t")
    with pytest.raises(SignatureError):
        open_hmac(WebhookSpec("hmac", "X-Sig", "X-Id", hmac=made), Delivery.of(headers, body), ["k"], NOW)


WRONG = {
    "algorithm": {"algorithm": "md5"},
    "encoding": {"encoding": "base32"},
    "signed: a part nobody knows": {"signed": ("body", "cookie")},
    "signed: no body": {"signed": ("method",)},
    "signed: a time without a place": {"signed": ("timestamp", "body")},
    "signed: a place for a time that is not signed": {"timestamp_header": "X-At"},
}


@pytest.mark.parametrize(("named", "told"), WRONG.items(), ids=WRONG.keys())
def test_a_manifest_that_cannot_be_followed_names_its_field(named: str, told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"^{named.partition(':')[0]}:"):
        HmacSpec(**told)  # type: ignore[arg-type]
