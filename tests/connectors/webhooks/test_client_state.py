"""A delivery that is not signed passes when every event in it repeats the secret."""

import json
from typing import Any

import pytest

from apps.connectors.contract import SignatureError
from apps.connectors.webhooks.deliveries import Delivery
from apps.connectors.webhooks.schemes import receive
from apps.connectors.webhooks.vendors import BUSINESS_CENTRAL, MICROSOFT_GRAPH
from tests.connectors.webhooks.senders import NOW, system


def _events(*states: Any, **more: Any) -> bytes:
    return json.dumps(
        {"value": [{"resource": "users/1", "resourceData": {"id": "1"}, "clientState": s, **more} for s in states]}
    ).encode()


def test_several_events_with_the_secret_pass() -> None:
    assert len(receive(system(MICROSOFT_GRAPH), Delivery({}, _events("s", "s", "s")), "s", NOW)) == 3


REFUSED = {
    "one of several with another": _events("s", "s", "x"),
    "empty": _events(""),
    "null": _events(None),
    "a list that holds it": _events(["x", "s"]),
    "an object": _events({"clientState": "s"}),
    "longer": _events("ss"),
    "true": _events(True),
    "no event": b'{"value": []}',
    "no value": b"{}",
    "something else among them": b'{"value": [{"clientState": "s"}, 7]}',
    "not JSON": b"value",
    "empty body": b"",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses(body: bytes) -> None:
    with pytest.raises(SignatureError):
        receive(system(MICROSOFT_GRAPH), Delivery({}, body), "s", NOW)


@pytest.mark.parametrize("told", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_what_happens_to_the_subscription_itself_names_no_record(told: str) -> None:
    body = json.dumps(
        {"value": [{"subscriptionId": "s1", "tenantId": "t1", "clientState": "s", "lifecycleEvent": told}]}
    ).encode()
    (event,) = receive(system(MICROSOFT_GRAPH, "users"), Delivery({}, body), "s", NOW)
    assert (event.object_name, event.key, event.payload["lifecycleEvent"]) == ("", "", told)


RESOURCES = {
    "a record": ("api/v2.0/companies(b18aed47)/items(26814998)", "items", "26814998"),
    "with a slash before": ("/api/v2.0/companies(b18aed47)/customers(1)", "customers", "1"),
    "a collection": (
        "/api/v2.0/companies(7d)/salesInvoices?$filter=lastDateTimeModified%20gt%202018",
        "salesInvoices",
        "",
    ),
    "a collection by a function": ("/api/v2.0/companies(7d)/salesInvoices?$filter=contains(a)", "salesInvoices", ""),
    "a publisher's own": ("api/pub/grp/v1.0/companies(b1)/jobTasks(77)", "jobTasks", "77"),
    "nothing": ("", "", ""),
}


@pytest.mark.parametrize(("resource", "name", "key"), RESOURCES.values(), ids=RESOURCES.keys())
def test_business_centrals_addresses_are_taken_apart(resource: str, name: str, key: str) -> None:
    body = json.dumps({"value": [{"clientState": "s", "resource": resource, "changeType": "updated"}]}).encode()
    (event,) = receive(system(BUSINESS_CENTRAL), Delivery({}, body), "s", NOW)
    assert (event.object_name, event.key) == (name, key)


def test_a_byte_order_mark_of_an_old_business_central_does_no_harm() -> None:
    body = b"\xef\xbb\xbf" + _events("s")
    assert len(receive(system(BUSINESS_CENTRAL), Delivery({}, body), "s", NOW)) == 1


def test_a_long_nonsense_address_is_answered_at_once() -> None:
    (event,) = receive(
        system(BUSINESS_CENTRAL), Delivery({}, _events("s", resource="/" + "a" * 900_000 + "!")), "s", NOW
    )
    assert event.key == ""
