"""What each vendor sends passes, and nothing that merely looks like it."""

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.connectors.capabilities import capability_sheet
from apps.connectors.contract import SignatureError, WebhookReply
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks import vendors
from apps.connectors.webhooks.deliveries import Delivery
from apps.connectors.webhooks.schemes import SCHEMES, acknowledgement, handshake, receive
from tests.connectors.webhooks.senders import NOW, SENDERS, URL, Sender, system

ALL = [pytest.param(sender, id=name) for name, sender in SENDERS.items()]
SIGNED = [pytest.param(s, id=n) for n, s in SENDERS.items() if s.webhook.scheme in {"hmac", "hubspot_v1"}]
TIMED = [pytest.param(s, id=n) for n, s in SENDERS.items() if s.timed]
SEVERAL = "first-key second-key"


def _received(
    sender: Sender,
    *,
    secret: str = "",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    now: float = NOW,
) -> list[tuple[str, str, str]]:
    told = sender.signed(sender.key, sender.body, NOW) if headers is None else headers
    delivery = Delivery.of(told, sender.body if body is None else body, URL)
    events = receive(system(sender.webhook), delivery, secret or sender.key, now)
    return [(e.object_name, e.key, e.delivery_id) for e in events]


@pytest.mark.parametrize("sender", ALL)
def test_a_delivery_of_the_sender_passes_and_its_events_are_named(sender: Sender) -> None:
    assert tuple((name, key) for name, key, _ in _received(sender)) == sender.found


@pytest.mark.parametrize("spelt", [str.upper, str.lower, str.title], ids=["upper", "lower", "title"])
@pytest.mark.parametrize("sender", ALL)
def test_headers_may_be_written_in_any_case(sender: Sender, spelt: object) -> None:
    headers = {spelt(name): value for name, value in sender.signed(sender.key, sender.body, NOW).items()}  # type: ignore[operator]
    assert _received(sender, headers=headers) == _received(sender)


@pytest.mark.parametrize("sender", ALL)
def test_events_of_one_delivery_have_ids_of_their_own(sender: Sender) -> None:
    ids = [delivery_id for _, _, delivery_id in _received(sender)]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("sender", [p for p in ALL if p.id != "Microsoft Graph"])
def test_a_delivery_that_is_sent_again_has_the_same_ids(sender: Sender) -> None:
    later = NOW + 60
    body = sender.body.replace(*sender.again)
    again = _received(sender, headers=sender.signed(sender.key, body, later), body=body, now=later)
    assert again == _received(sender)


def test_two_notifications_of_graph_in_the_same_words_are_two() -> None:
    graph = SENDERS["Microsoft Graph"]
    assert _received(graph, now=NOW) != _received(graph, now=NOW + 0.001)


@pytest.mark.parametrize("sender", ALL)
def test_another_key_opens_nothing(sender: Sender) -> None:
    with pytest.raises(SignatureError):
        _received(sender, secret=sender.other_key)


@pytest.mark.parametrize("sender", ALL)
def test_without_a_key_nothing_passes(sender: Sender) -> None:
    with pytest.raises(SignatureError):
        receive(
            system(sender.webhook), Delivery.of(sender.signed(sender.key, sender.body, NOW), sender.body, URL), " ", NOW
        )


@pytest.mark.parametrize("sender", ALL)
def test_the_old_and_the_new_key_both_pass_while_they_are_exchanged(sender: Sender) -> None:
    assert _received(sender, secret=f"{sender.other_key} {sender.key}") == _received(sender)
    assert _received(sender, secret=f"{sender.key} {sender.other_key}") == _received(sender)


@pytest.mark.parametrize("sender", SIGNED)
@pytest.mark.parametrize(
    "change",
    [
        lambda b: b + b" ",
        lambda b: b[:-1],
        lambda b: b"",
        lambda b: b.replace(b"e", b"E", 1),
        lambda b: b"\xef\xbb\xbf" + b,
    ],
    ids=["one blank more", "one byte less", "empty", "another letter", "a byte order mark"],
)
def test_a_body_that_was_changed_is_refused(sender: Sender, change: object) -> None:
    with pytest.raises(SignatureError):
        _received(sender, body=change(sender.body))  # type: ignore[operator]


@pytest.mark.parametrize("sender", SIGNED)
@pytest.mark.parametrize("left", ["", " ", "0", "v9", "=", ",", "t=", "Ä" * 44, "A" * 100_000])
def test_a_header_that_is_missing_or_nonsense_is_refused(sender: Sender, left: str) -> None:
    whole = sender.signed(sender.key, sender.body, NOW)
    needed = [
        name for name in whole if name not in {"X-GitHub-Delivery", "X-DocuSign-Signature-1", "BOX-SIGNATURE-PRIMARY"}
    ]
    for name in needed:
        with pytest.raises(SignatureError):
            _received(sender, headers={**whole, name: left})
    with pytest.raises(SignatureError):
        _received(sender, headers={})


@pytest.mark.parametrize("sender", SIGNED)
def test_a_signature_that_is_cut_short_is_refused(sender: Sender) -> None:
    whole = sender.signed(sender.key, sender.body, NOW)
    cut = {
        name: value[:-1] if re.search(r"signature(?!.*(version|timestamp))", name.lower()) else value
        for name, value in whole.items()
    }
    with pytest.raises(SignatureError):
        _received(sender, headers=cut)


@pytest.mark.parametrize("sender", TIMED)
def test_the_window_is_the_same_in_both_directions(sender: Sender) -> None:
    window = sender.webhook.hmac.window_seconds
    assert window == (600 if sender.webhook is vendors.BOX else 300)
    for off in (1 - window, 0, window - 1):
        assert _received(sender, now=NOW + off)
    for off in (-1 - window, window + 1):
        with pytest.raises(SignatureError, match="too old or from the future"):
            _received(sender, now=NOW + off)


@pytest.mark.parametrize("sender", TIMED)
@pytest.mark.parametrize("now", [float("nan"), float("inf")])
def test_a_broken_clock_lets_nothing_pass(sender: Sender, now: float) -> None:
    with pytest.raises(SignatureError):
        _received(sender, now=now)


@pytest.mark.parametrize("sender", TIMED)
def test_a_time_that_was_moved_is_refused(sender: Sender) -> None:
    """An old delivery does not become a fresh one by writing another time on it."""
    old, fresh = (sender.signed(sender.key, sender.body, at) for at in (NOW - 900, NOW))
    stamps = {name: value for name, value in fresh.items() if "timestamp" in name.lower()}
    moved = {**old, **stamps} if stamps else {n: re.sub(r"t=\d+", f"t={int(NOW)}", v) for n, v in old.items()}
    with pytest.raises(SignatureError, match="No signature"):
        _received(sender, headers=moved)


@pytest.mark.parametrize(
    "sender", [p for p in ALL if p.id not in {"Microsoft Graph", "Business Central", "Salesforce"}]
)
@pytest.mark.parametrize("body", [b"", b" \n"], ids=["empty", "blank"])
def test_an_empty_body_that_is_signed_holds_no_events(sender: Sender, body: bytes) -> None:
    assert _received(sender, headers=sender.signed(sender.key, body, NOW), body=body) == []


@pytest.mark.parametrize("sender", ALL)
@pytest.mark.parametrize("body", [b"<html>", b"\x00", b"\xff\xfe", b'{"a":', b"[" * 100_000], ids=repr)
def test_a_body_that_is_not_what_the_sender_writes_is_refused(sender: Sender, body: bytes) -> None:
    with pytest.raises(SignatureError):
        _received(sender, headers=sender.signed(sender.key, body, NOW), body=body)


@pytest.mark.parametrize("sender", [p for p in ALL if p.id not in {"Salesforce"}])
@pytest.mark.parametrize("body", [b"null", b"7", b'"text"', b"[]", b"[1, null, [2]]", b"true"])
def test_json_without_an_event_is_no_event_and_no_error(sender: Sender, body: bytes) -> None:
    headers = sender.signed(sender.key, body, NOW)
    if sender.webhook.scheme == "client_state":  # nothing shows who sent it
        with pytest.raises(SignatureError):
            _received(sender, headers=headers, body=body)
    else:
        assert _received(sender, headers=headers, body=body) == []


def test_xeros_test_of_the_intent_to_receive_is_answered_as_it_wants() -> None:
    xero = SENDERS["Xero"]
    body = b'{"events": [], "lastEventSequence": 0, "firstEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}'
    assert _received(xero, headers=xero.signed(xero.key, body, NOW), body=body) == []
    with pytest.raises(SignatureError):
        _received(xero, headers=xero.signed("not the key", body, NOW), body=body)
    assert acknowledgement(xero.webhook) == WebhookReply(200)


def test_hubspots_own_example_of_version_1_passes() -> None:
    """https://legacydocs.hubspot.com/docs/faq/v1-request-validation"""
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
        b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    )
    told = {
        "X-HubSpot-Signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de",
        "X-HubSpot-Signature-Version": "v1",
    }
    delivery = Delivery.of(told, body)
    (event,) = receive(system(vendors.HUBSPOT_V1, "contact"), delivery, "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", NOW)
    assert (event.object_name, event.key, event.delivery_id) == ("contact", "123", "1:12345:123:1564113600000")


@pytest.mark.parametrize("key", ["SamplePrimaryKey", "SampleSecondaryKey"])
def test_the_example_of_boxs_own_libraries_passes_with_either_key(key: str) -> None:
    body = (
        b'{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED",'
        b'"source":{"id":"1234567890","type":"file","name":"Test.txt"}}'
    )
    told = {
        "box-delivery-timestamp": "2020-01-01T00:00:00-07:00",
        "box-signature-primary": "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI=",
        "box-signature-secondary": "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo=",
    }
    then = datetime(2020, 1, 1, 7, 9, tzinfo=UTC).timestamp()
    (event,) = receive(system(vendors.BOX), Delivery.of(told, body), key, then)
    assert (event.object_name, event.key) == ("file", "1234567890")


@pytest.mark.parametrize("version", ["", "v2", "v3"])
def test_a_hash_of_another_version_is_not_taken_for_version_1(version: str) -> None:
    sender = SENDERS["HubSpot 1"]
    headers = {**sender.signed(sender.key, sender.body, NOW), "X-HubSpot-Signature-Version": version}
    with pytest.raises(SignatureError, match="version 1"):
        _received(sender, headers=headers)


def test_a_delivery_to_another_address_is_refused_where_the_address_is_signed() -> None:
    sender = SENDERS["HubSpot 3"]
    delivery = Delivery.of(sender.signed(sender.key, sender.body, NOW), sender.body, URL + "x")
    with pytest.raises(SignatureError):
        receive(system(sender.webhook), delivery, sender.key, NOW)


def test_every_vendors_scheme_is_known_and_has_words() -> None:
    told = [value for value in vars(vendors).values() if isinstance(value, WebhookSpec)]
    assert len(told) == 10
    assert {spec.scheme for spec in told} < set(SCHEMES)
    for scheme in SCHEMES:
        sheet = {line.name: line.sentence for line in capability_sheet(system(WebhookSpec(scheme)))}
        assert sheet["webhook"].endswith(".")


def test_every_scheme_and_every_vendor_stands_in_the_docs() -> None:
    table = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    named = [name for name, value in vars(vendors).items() if isinstance(value, WebhookSpec)]
    assert [name for name in (*SCHEMES, *named) if f"`{name}`" not in table] == []


def test_a_scheme_nobody_knows_opens_nothing() -> None:
    with pytest.raises(SignatureError, match="not known"):
        receive(system(WebhookSpec("rot13")), Delivery({}, b"{}"), "key", NOW)


@pytest.mark.parametrize("sender", ALL)
def test_each_sender_hears_what_it_wants(sender: Sender) -> None:
    reply = acknowledgement(sender.webhook)
    assert reply.status == sender.status
    if sender.webhook is vendors.SALESFORCE:
        assert b"<Ack>true</Ack>" in reply.body
        assert reply.content_type.startswith("text/xml")
    else:
        assert (reply.body, reply.content_type) == (b"", "")


ECHOES = {
    "a token": ("validationToken=abc", b"abc"),
    "blanks and signs": ("validationToken=Validation%3a+Testing+client%20app%2B", b"Validation: Testing client app+"),
    "among others": ("x=1&validationToken=abc&y=2", b"abc"),
    "markup stays text": ("validationToken=%3Cscript%3E", b"<script>"),
    "letters": ("validationToken=%C3%BC", "ü".encode()),
    "none": ("x=1", None),
    "nothing": ("", None),
    "empty": ("validationToken=", None),
    "two": ("validationToken=a&validationToken=b", None),
    "another spelling": ("validationtoken=abc", None),
    "a line break": ("validationToken=a%0Ab", None),
    "a NUL": ("validationToken=a%00", None),
    "too long": ("validationToken=" + "a" * 4_001, None),
    "too many": ("a=1&" * 30 + "validationToken=abc", None),
}


@pytest.mark.parametrize(("query", "echoed"), ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize(
    "webhook", [vendors.MICROSOFT_GRAPH, vendors.BUSINESS_CENTRAL], ids=["Graph", "Business Central"]
)
def test_microsofts_handshake_is_echoed_as_text(webhook: WebhookSpec, query: str, echoed: bytes | None) -> None:
    reply = handshake(webhook, query)
    assert (reply.body if reply else None) == echoed
    if reply:
        assert (reply.status, reply.content_type) == (200, "text/plain; charset=utf-8")


def test_nobody_elses_address_echoes() -> None:
    others = [s.webhook for s in SENDERS.values() if s.webhook.scheme != "client_state"]
    assert [handshake(webhook, "validationToken=abc") for webhook in others] == [None] * len(others)


def test_more_keys_than_a_sender_may_have_are_not_tried() -> None:
    xero, docusign = SENDERS["Xero"], SENDERS["DocuSign"]
    with pytest.raises(SignatureError):
        _received(xero, secret=f"a b {xero.key}")
    assert _received(docusign, secret=f"a b c d e f g h i {docusign.key}")


def test_a_hundred_signatures_of_docusign_are_looked_at_and_no_more() -> None:
    docusign = SENDERS["DocuSign"]
    right = docusign.signed(docusign.key, docusign.body, NOW)["X-DocuSign-Signature-2"]
    for place, passes in ((100, True), (101, False)):
        headers = {f"X-DocuSign-Signature-{n}": "AAAA" for n in range(1, 102)} | {
            f"X-DocuSign-Signature-{place}": right
        }
        if passes:
            assert _received(docusign, headers=headers)
        else:
            with pytest.raises(SignatureError):
                _received(docusign, headers=headers)


def test_a_secret_in_a_header_and_a_plain_hexadecimal_hash_still_pass() -> None:
    plain = dataclasses.replace(WebhookSpec("secret_path"), signature_header="X-Token")
    (event,) = receive(system(plain), Delivery.of({"x-token": "abc"}, b'{"object": "a", "key": "b"}'), "abc", NOW)
    assert (event.object_name, event.key) == ("a", "b")
    with pytest.raises(SignatureError):
        receive(system(plain), Delivery.of({"x-token": "abd"}, b"{}"), "abc", NOW)
