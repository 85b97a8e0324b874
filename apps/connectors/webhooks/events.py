"""From the content of a verified delivery to its events, each with an id of its own and the record it is about."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from apps.connectors.answers import text_at, walk_path
from apps.connectors.contract import EventError, ReceivedEvent
from apps.connectors.manifest import ChangeRead, SystemManifest
from apps.connectors.webhook_spec import EventShape, StrayEvent, WebhookSpec
from apps.connectors.webhooks.deliveries import Opened

_LONGEST_SEARCHED = 2_000  # characters of a text that a manifest's pattern is tried on


def read_events(
    manifest: SystemManifest, webhook: WebhookSpec, opened: Opened, now: float, account: str = ""
) -> list[ReceivedEvent]:
    """Return the events of a delivery in the order sent, stray ones as the manifest says.

    `account` is the id of the connection's own company: events that name another one are left out.

    Raises:
        EventError: one names no record, where the manifest wants its sender to know.

    """
    shape, entries = _entries(webhook, opened.content)
    events = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or (account and _is_anothers(entry, shape, account)):
            continue
        name, known = _our_name(manifest, webhook, _found(entry, shape.object_path, shape.object_pattern))
        key = _found(entry, shape.key_path, shape.key_pattern)
        if webhook.stray is not StrayEvent.STORE and not (known and key):
            if known and webhook.stray is StrayEvent.REFUSE:
                raise EventError(f"Event {place + 1} names no record: {shape.key_path} is missing or empty.")
            continue
        delivery_id = _id_of(entry, shape) or _id_by_delivery(webhook, opened, place, len(entries), entry, now)
        record = entry if known and key and _is_announced(manifest, name) else None
        events.append(ReceivedEvent(delivery_id=delivery_id, object_name=name, key=key, payload=entry, record=record))
    return events


def _is_announced(manifest: SystemManifest, name: str) -> bool:
    reading = manifest.object_named(name).reading
    return reading is not None and reading.change_read is ChangeRead.ANNOUNCED


def _entries(webhook: WebhookSpec, content: Any) -> tuple[EventShape, list[Any]]:
    for shape in webhook.shapes:
        if not shape.events_path and isinstance(content, dict):
            return shape, [content]  # by far the most deliveries are one event
        entries = list(walk_path(content, shape.events_path))
        if entries:
            return shape, entries
    return webhook.shapes[0], []


def _is_anothers(entry: Mapping[str, Any], shape: EventShape, account: str) -> bool:
    """Return whether an event names another company. Ids are compared without case: they are numbers or UUIDs."""
    told = text_at(entry, shape.account_path) if shape.account_path else ""
    return bool(told) and told.lower() != account.lower()


def _our_name(manifest: SystemManifest, webhook: WebhookSpec, told: str) -> tuple[str, bool]:
    """Return the manifest's name for an object, and whether it knows it; an unknown name is handed on as it is."""
    wanted = webhook.objects.get(told, told)
    for spec in manifest.objects:
        if wanted in (spec.name, spec.canonical_type):
            return spec.name, True
    return wanted, False


def _found(entry: Mapping[str, Any], path: str, pattern: str) -> str:
    plain = entry.get(path)  # most names and keys are texts at the top, and the door is in a hurry
    text = plain if isinstance(plain, str) else text_at(entry, path)
    if not pattern:
        return text
    match = _compiled(pattern).search(text[:_LONGEST_SEARCHED])
    return (match.group(1) or "") if match else ""


@lru_cache(maxsize=200)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _id_of(entry: Mapping[str, Any], shape: EventShape) -> str:
    if not shape.id_paths:
        return ""
    told = [text_at(entry, path) for path in shape.id_paths]
    return ":".join(told) if any(told) else ""


def _id_by_delivery(
    webhook: WebhookSpec, opened: Opened, place: int, number: int, entry: Mapping[str, Any], now: float
) -> str:
    if opened.delivery_id:
        return opened.delivery_id if number == 1 else f"{opened.delivery_id}.{place}"
    content = hashlib.blake2b(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    # Where repeats look like news, a repeat costs one more reading; taking news for a repeat would lose a change.
    return f"{content}@{now:.6f}.{place}" if webhook.repeats_look_alike else content
