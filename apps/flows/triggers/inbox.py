"""Storing what systems announce: one statement for all that listen, exact about every change made a moment ago.

What a web process remembers of an address saves two look-ups and the unsealing of its secret. The statement that stores
checks it all the same (address open, secret and settings unchanged, partner active, who listens), so nothing stale is ever acted on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from apps.connectors import registry, vault
from apps.connectors.contract import ReceivedEvent
from apps.connectors.models import WebhookEndpoint
from apps.connectors.webhook_endpoints import hash_token
from apps.dispatch.backlog import has_room
from apps.dispatch.services import already_due
from apps.dispatch.statements import fetch_prepared
from apps.flows.services.gather import intake_key, look_at_inbox
from apps.tenants import correlation, scope
from apps.tenants.models import InboundAddress, Partner
from apps.tenants.scope import PartnerRef

REMEMBER_SECONDS = 30.0
_MOST_REMEMBERED = 2_000
_LONGEST_KEY = 75  # what is left of a dedupe key's 120 characters behind the endpoint's id

# The lock is shared among senders; the look at the inbox takes it alone before it believes that nothing is left.
_STORE = """
WITH door AS MATERIALIZED (
  SELECT e.id, e.customer_id, e.active AND c.state <> 'disabled' AS active, p.state,
    e.sealed_secret = %(sealed)s::bytea AND c.settings = %(settings)s::jsonb AS same
  FROM connectors_webhookendpoint e JOIN connectors_connection c ON c.id = e.connection_id
  JOIN public.tenants_partner p ON p.id = %(partner)s::uuid
  WHERE e.id = %(endpoint)s::uuid),
listening AS MATERIALIZED (
  SELECT t.id, t.flow_id, t.customer_id, f.state,
    pg_advisory_xact_lock_shared(hashtextextended('inbox/' || t.flow_id::text, 0)) AS held
  FROM flows_trigger t JOIN flows_flow f ON f.id = t.flow_id
  WHERE t.endpoint_id = %(endpoint)s::uuid AND t.kind = 'webhook' AND t.active AND f.state IN ('live', 'paused')
    AND EXISTS (SELECT 1 FROM door WHERE door.active AND door.same AND door.state = 'active')),
told AS (
  SELECT *, row_number() OVER () AS place FROM listening
  CROSS JOIN unnest(%(keys)s::text[], %(payloads)s::text[]) AS e(dedupe_key, payload)
  WHERE (SELECT count(*) FROM listening) <= %(listeners)s::int),
stored AS (
  INSERT INTO flows_triggerevent (id, customer_id, flow_id, trigger_id, kind, dedupe_key, payload, started_by,
    correlation_id, traceparent, received_at)
  SELECT (%(ids)s::uuid[])[place], customer_id, flow_id, id, 'webhook', dedupe_key, payload::jsonb, '',
    %(correlation)s::text, %(trace)s::text, statement_timestamp()
  FROM told
  ON CONFLICT (flow_id, dedupe_key) DO NOTHING
  RETURNING flow_id)
SELECT door.active, door.same, door.state, door.customer_id,
  (SELECT count(*) FROM listening),
  ARRAY(SELECT DISTINCT s.flow_id FROM stored s JOIN listening l ON l.flow_id = s.flow_id WHERE l.state = 'live')
FROM door
"""

# A busy address is not a row that every sender waits for: twice a minute is near enough.
_SEEN = """
UPDATE connectors_webhookendpoint SET last_received_at = statement_timestamp()
WHERE id = %s AND (last_received_at IS NULL OR last_received_at < statement_timestamp() - interval '30 seconds')
"""


@dataclass(slots=True)
class Address:
    """An open webhook address as this process remembers it. `listeners`: how many triggers listened when last seen."""

    partner: PartnerRef
    endpoint_id: UUID
    system: str
    secret: str
    sealed: bytes
    settings: dict[str, Any]  # the connection's own
    told_settings: str  # the same as JSON
    until: float
    seen_until: float = 0.0
    listeners: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database said: whether the address is open, remembered rightly, and its partner active.

    `again_seconds` is set when too much waits already: come again after so long.
    """

    open: bool = True
    same: bool = True
    active: bool = True
    again_seconds: int | None = None


_addresses: dict[str, Address] = {}


def find_address(token: str, *, anew: bool = False) -> Address | None:
    """Return the address that `token` opens, None when nobody has it or it is closed; `anew` forgets what was remembered."""
    token_hash = hash_token(token)
    known = _addresses.get(token_hash)
    if known is not None and known.until > time.monotonic() and not anew:
        return known
    _addresses.pop(token_hash, None)
    found = _read_address(token_hash)
    if found is not None:
        if len(_addresses) >= _MOST_REMEMBERED:
            _addresses.clear()
        _addresses[token_hash] = found
    return found


def forget_addresses() -> None:
    """Drop what this process remembers; for tests."""
    _addresses.clear()


def _read_address(token_hash: str) -> Address | None:
    with scope.public(), transaction.atomic():
        row = InboundAddress.objects.select_related("partner").filter(token_hash=token_hash).first()
    if row is None or row.partner.state not in (Partner.State.ACTIVE, Partner.State.SUSPENDED):
        return None
    partner = row.partner.as_ref()
    with scope.work_in(partner):
        endpoint = WebhookEndpoint.objects.select_related("connection").filter(id=row.reference, active=True).first()
        if endpoint is None or not registry.is_listed(endpoint.connection.system):
            return None
        return Address(
            partner=partner,
            endpoint_id=endpoint.id,
            system=endpoint.connection.system,
            secret=vault.webhook_secret(endpoint),
            sealed=bytes(endpoint.sealed_secret),
            settings=endpoint.connection.settings,
            told_settings=orjson.dumps(endpoint.connection.settings).decode(),
            until=time.monotonic() + REMEMBER_SECONDS,
        )


def store_events(address: Address, events: Sequence[ReceivedEvent], body: bytes) -> Stored:
    """Store what is new of `events` for every flow that listens, and make one look at each inbox due. One transaction.

    When the answer is not `open`, `same` and `active`, or names a time to come again, nothing was stored.
    """
    with scope.work_in(address.partner):
        room = has_room(address.partner.id)
        if not room.ok:
            return Stored(again_seconds=room.retry_after_seconds)
        while True:
            active, same, state, customer_id, listeners, flows = _store(address, events, body)
            if listeners <= address.listeners:
                break
            address.listeners = listeners  # another flow listens since: once more, with enough ids
        wanted = {intake_key(flow_id): flow_id for flow_id in flows}
        due = already_due(list(wanted)) if wanted else set()
        for key, flow_id in wanted.items():
            if key not in due:
                look_at_inbox(flow_id, customer_id)
        if active and same and address.seen_until < time.monotonic():
            _note_seen(address)
    return Stored(active, same, state == Partner.State.ACTIVE)


def _store(
    address: Address, events: Sequence[ReceivedEvent], body: bytes
) -> tuple[bool, bool, str, UUID, int, list[UUID]]:
    caused_by = correlation.current()
    told = {
        "partner": address.partner.id,
        "endpoint": address.endpoint_id,
        "sealed": address.sealed,
        "settings": address.told_settings,
        "keys": [_dedupe_key(address.endpoint_id, event, body) for event in events],
        "payloads": [_payload(event) for event in events],
        "listeners": address.listeners,
        "ids": [uuid7() for _ in range(len(events) * address.listeners)],
        "correlation": caused_by.id,
        "trace": caused_by.traceparent,
    }
    row = next(iter(fetch_prepared(_STORE, **told)), None)
    return row or (False, True, Partner.State.ACTIVE, address.endpoint_id, 0, [])  # the endpoint is gone


def _payload(event: ReceivedEvent) -> str:
    """Return what is stored of an event. One that names no record has no keys: its run reads what has changed."""
    told: dict[str, Any] = {"keys": [event.key] if event.key else [], "object": event.object_name}
    if event.record is not None:  # it comes no other way; taken out again once its run has read it
        told["record"] = event.record
    return orjson.dumps(told).decode()


def _dedupe_key(endpoint_id: UUID, event: ReceivedEvent, body: bytes) -> str:
    told = f"{event.delivery_id or sha256(body).hexdigest()}:{event.key}"
    if len(told) > _LONGEST_KEY:
        told = sha256(told.encode()).hexdigest()
    return f"webhook:{endpoint_id.hex}:{told}"


def _note_seen(address: Address) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [address.endpoint_id])
    address.seen_until = time.monotonic() + REMEMBER_SECONDS
