"""Webhooks: verified, deduplicated and stored before the answer; worked on afterwards."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

import orjson
import structlog
from django.db import DatabaseError
from django.db.models import F

from apps.connectors import private_shelf, registry
from apps.connectors.contract import EventError, ReceivedEvent, SignatureError, WebhookReply
from apps.connectors.models import WebhookEndpoint
from apps.flows.models import Flow, Trigger
from apps.flows.triggers.inbox import Address, find_address, store_events
from apps.tenants import scope

MAX_BODY_BYTES = 1024 * 1024
MOST_EVENTS = 1_000  # in one delivery
MOST_RECORD_BYTES = 64 * 1024  # of a record that comes by event only
AWAY_SECONDS = 30  # what a sender is told to wait while nothing can be stored
log = structlog.get_logger(__name__)


class Answer(Enum):
    """What the sender is told."""

    ACCEPTED = auto()
    UNKNOWN_ADDRESS = auto()
    BAD_SIGNATURE = auto()
    TOO_LARGE = auto()
    UNUSABLE = auto()  # signed rightly, but it names no record
    NO_ROOM = auto()  # later: too much waits already
    CLOSED = auto()  # later: nothing can be stored just now


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to one of our addresses: `url` is the whole address as it was called, `query` what stood behind "?"."""

    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer, and after how many seconds the sender should come again (None: no need).

    `reply` is what the sender's system wants to hear instead of the usual empty answer.
    """

    answer: Answer
    again_seconds: int | None = None
    reply: WebhookReply | None = None


def receive_webhook(token: str, sent: Sent) -> Receipt:
    """Store what a system sent to an inbound address; the look at the inbox is due in the same transaction.

    Safe against repeats: an event known already, in parallel too, is accepted and changes nothing. What was accepted is
    stored; what cannot be stored is refused with a time to come again.
    """
    try:
        receipt = _receive(token, sent, anew=False)
        # Only what is remembered of the address may have been wrong: a secret was changed, or the address closed.
        return receipt or _receive(token, sent, anew=True) or Receipt(Answer.BAD_SIGNATURE)
    except DatabaseError:
        log.exception("webhook_not_stored")
        return Receipt(Answer.CLOSED, AWAY_SECONDS)


def _receive(token: str, sent: Sent, *, anew: bool) -> Receipt | None:
    """Return the answer, None when what is remembered of the address must be read anew."""
    address = find_address(token, anew=anew)
    if address is None:
        return Receipt(Answer.UNKNOWN_ADDRESS)
    try:
        with _described(address):
            echo = registry.handshake(address.system, sent.query) if sent.query else None
            if echo is not None:
                return Receipt(Answer.ACCEPTED, reply=echo)
            events = registry.receive(
                address.system,
                sent.headers,
                sent.body,
                address.secret,
                time.time(),
                url=sent.url,
                settings=address.settings,
            )
            reply = registry.acknowledgement(address.system)
    except _UndescribedError:
        return Receipt(Answer.CLOSED, AWAY_SECONDS)
    except SignatureError:
        if not anew:
            return None
        return _refuse(address)
    except EventError as unusable:
        return Receipt(Answer.UNUSABLE, reply=_told(422, str(unusable)))
    if len(events) > MOST_EVENTS or any(_is_too_large(event) for event in events):
        return Receipt(Answer.TOO_LARGE)
    return _store(address, events, sent.body, reply)


def _is_too_large(event: ReceivedEvent) -> bool:
    """Say whether an event brings a record that is too large to be kept until it is worked on."""
    return event.record is not None and len(orjson.dumps(event.record)) > MOST_RECORD_BYTES


def _told(status: int, sentence: str) -> WebhookReply:
    return WebhookReply(status, orjson.dumps({"detail": sentence}), "application/json")


@contextmanager
def _described(address: Address) -> Iterator[None]:
    """Stand where the sender's system is described: its partner's schema for a private one, nowhere for the catalogue's."""
    if private_shelf.is_private(address.system):
        with scope.work_in(address.partner):
            try:
                registry.manifest(address.system)
            except KeyError as unusable:
                raise _UndescribedError from unusable
            yield
    else:
        yield


class _UndescribedError(LookupError):
    """The sender's system is a draft that cannot be used just now."""


def _store(address: Address, events: list[ReceivedEvent], body: bytes, reply: WebhookReply) -> Receipt | None:
    stored = store_events(address, events, body)
    if stored.again_seconds is not None:
        return Receipt(Answer.NO_ROOM, stored.again_seconds)
    if not stored.same:
        return None
    if not stored.open:
        return Receipt(Answer.UNKNOWN_ADDRESS)
    if not stored.active:
        return Receipt(Answer.CLOSED, AWAY_SECONDS)
    return Receipt(Answer.ACCEPTED, reply=reply)


def _refuse(address: Address) -> Receipt:
    with scope.work_in(address.partner):
        WebhookEndpoint.objects.filter(id=address.endpoint_id).update(refused_count=F("refused_count") + 1)
    log.warning("webhook_refused", endpoint=str(address.endpoint_id))
    return Receipt(Answer.BAD_SIGNATURE)


def listen(flow: Flow, endpoint: WebhookEndpoint) -> Trigger:
    """Start `flow` for the records that `endpoint` names."""
    trigger, _ = Trigger.objects.get_or_create(
        flow=flow, kind=Trigger.Kind.WEBHOOK, endpoint=endpoint, defaults={"customer_id": flow.customer_id}
    )
    return trigger
