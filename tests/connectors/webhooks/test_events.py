"""From a verified delivery to events: which object, which record, which id, and what becomes of stray ones."""

from typing import Any

import pytest

from apps.connectors.contract import ReceivedEvent
from apps.connectors.webhook_spec import EventShape, StrayEvent, WebhookSpec
from apps.connectors.webhooks.deliveries import Opened
from apps.connectors.webhooks.events import read_events
from tests.connectors.webhooks.senders import NOW, system


def _read(content: Any, *, delivery_id: str = "", now: float = NOW, **told: Any) -> list[ReceivedEvent]:
    webhook = WebhookSpec("hmac", **told)
    return read_events(system(webhook, "invoices", "projects"), webhook, Opened(delivery_id, content), now)


def test_objects_are_called_as_the_manifest_calls_them() -> None:
    told = [{"object": name, "key": "1"} for name in ("invoices", "Invoices", "INVOICE", "else")]
    assert [event.object_name for event in _read(told, objects={"INVOICE": "invoices"})] == [
        "invoices",
        "invoices",  # its canonical name
        "invoices",
        "else",
    ]


STRAYS = [
    {"object": "invoices"},
    {"object": "invoices", "key": ""},
    {"object": "unknown", "key": "1"},
    {},
    {"key": None},
]


@pytest.mark.parametrize(("stray", "left"), [(StrayEvent.STORE, len(STRAYS) + 1), (StrayEvent.IGNORE, 1)])
def test_stray_events_are_stored_or_left_out_as_the_manifest_says(stray: StrayEvent, left: int) -> None:
    events = _read([*STRAYS, {"object": "projects", "key": "P-1"}], stray=stray)
    assert len(events) == left
    assert events[-1].key == "P-1"


def test_the_senders_ids_count_first_then_the_deliverys_then_the_content() -> None:
    two = [{"object": "invoices", "key": "1", "n": 7}, {"object": "invoices", "key": "2", "n": 8}]
    by_id = (EventShape(id_paths=("n", "object")),)
    assert [e.delivery_id for e in _read(two, delivery_id="d", shapes=by_id)] == ["7:invoices", "8:invoices"]
    assert [e.delivery_id for e in _read(two, delivery_id="d")] == ["d.0", "d.1"]
    assert [e.delivery_id for e in _read(two[:1], delivery_id="d")] == ["d"]
    first, second = (e.delivery_id for e in _read(two))
    assert first != second
    assert _read([{"n": 7, "key": "1", "object": "invoices"}])[0].delivery_id == first  # the order of names is nothing
    assert _read(two, now=NOW + 900)[0].delivery_id == first


def test_where_repeats_look_like_news_each_counts() -> None:
    alike = [{"object": "invoices", "key": "1"}] * 2
    ids = {e.delivery_id for now in (NOW, NOW + 1) for e in _read(alike, now=now, repeats_look_alike=True)}
    assert len(ids) == 4


def test_the_first_shape_that_finds_something_counts() -> None:
    shapes = (EventShape("old.list", key_path="id"), EventShape("new", key_path="number"))
    assert [e.key for e in _read({"old": [{"list": [{"id": 1}]}, {"list": [{"id": 2}]}]}, shapes=shapes)] == ["1", "2"]
    assert [e.key for e in _read({"new": [{"number": 3}]}, shapes=shapes)] == ["3"]
    assert _read({"other": 1}, shapes=shapes) == []


@pytest.mark.parametrize(
    ("pattern", "key"), [(r"^(\w+)/", "abc"), (r"/(\w+)$", "9"), (r"^(x)?abc", ""), (r"(zzz)", "")]
)
def test_a_pattern_takes_its_first_group(pattern: str, key: str) -> None:
    (event,) = _read({"object": "invoices", "key": "abc/9"}, shapes=(EventShape(key_pattern=pattern),))
    assert event.key == key


OWN = [{"object": "invoices", "key": "1", "who": {"id": 7}}, {"object": "invoices", "key": "2", "who": {"id": 8}}]


@pytest.mark.parametrize(("setting", "keys"), [("7", ["1"]), ("", ["1", "2"]), ("9", [])])
def test_events_of_another_company_are_ignored(setting: str, keys: list[str]) -> None:
    webhook = WebhookSpec("hmac", shapes=(EventShape(account_path="who.id"),))
    events = read_events(system(webhook, "invoices"), webhook, Opened("", OWN), NOW, setting)
    assert [event.key for event in events] == keys


def test_an_event_that_names_no_company_is_ours() -> None:
    webhook = WebhookSpec("hmac", shapes=(EventShape(account_path="who.id"),))
    (event,) = read_events(system(webhook), webhook, Opened("", {"object": "a", "key": "1"}), NOW, "7")
    assert event.key == "1"
