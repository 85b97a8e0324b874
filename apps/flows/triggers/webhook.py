"""Webhooks: verified, deduplicated and stored before the answer; worked on afterwards."""

import hashlib
import time
from collections.abc import Mapping
from enum import Enum, auto
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.connectors import vault
from apps.connectors.contract import ReceivedEvent, SignatureError
from apps.connectors.models import WebhookEndpoint
from apps.connectors.services import hash_token, open_connector
from apps.flows.models import Flow, Run, Trigger, TriggerEvent
from apps.flows.services.start_run import start_run
from apps.tenants import scope
from apps.tenants.models import InboundAddress

MAX_BODY_BYTES = 1024 * 1024
log = structlog.get_logger(__name__)


class Answer(Enum):
    """What the sender is told."""

    ACCEPTED = auto()
    UNKNOWN_ADDRESS = auto()
    BAD_SIGNATURE = auto()


def receive_webhook(token: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Store what a system sent to an inbound address, and queue a run for each event that is new.

    Safe against repeats: an event known already, in parallel too, is accepted and changes nothing.
    """
    with scope.public(), transaction.atomic():
        address = InboundAddress.objects.select_related("partner").filter(token_hash=hash_token(token)).first()
    if address is None:
        return Answer.UNKNOWN_ADDRESS
    with scope.work_in(address.partner.as_ref()):
        return _receive(address.reference, headers, body)


def _receive(endpoint_id: UUID, headers: Mapping[str, str], body: bytes) -> Answer:
    endpoint = WebhookEndpoint.objects.select_related("connection").filter(id=endpoint_id, active=True).first()
    if endpoint is None:
        return Answer.UNKNOWN_ADDRESS
    try:
        connector = open_connector(endpoint.connection, correlation_id="")
        events = connector.receive(headers, body, vault.webhook_secret(endpoint), time.time())
    except SignatureError:
        WebhookEndpoint.objects.filter(id=endpoint.id).update(refused_count=F("refused_count") + 1)
        log.warning("webhook_refused", endpoint=str(endpoint.id))
        return Answer.BAD_SIGNATURE
    WebhookEndpoint.objects.filter(id=endpoint.id).update(last_received_at=timezone.now())
    triggers = Trigger.objects.select_related("flow").filter(
        endpoint=endpoint, active=True, kind=Trigger.Kind.WEBHOOK, flow__state=Flow.State.LIVE
    )
    for trigger in triggers:
        for event in events:
            _start(trigger, event, body)
    return Answer.ACCEPTED


def _start(trigger: Trigger, event: ReceivedEvent, body: bytes) -> None:
    delivery = event.delivery_id or hashlib.sha256(body).hexdigest()
    start_run(
        trigger.flow,
        kind=TriggerEvent.Kind.WEBHOOK,
        dedupe_key=f"webhook:{trigger.id}:{delivery}:{event.key}"[:120],
        mode=Run.Mode.RECORDS,
        payload={"keys": [event.key], "object": event.object_name},
        trigger=trigger,
    )


def listen(flow: Flow, endpoint: WebhookEndpoint) -> Trigger:
    """Start `flow` for the records that `endpoint` names."""
    trigger, _ = Trigger.objects.get_or_create(
        flow=flow, kind=Trigger.Kind.WEBHOOK, endpoint=endpoint, defaults={"customer_id": flow.customer_id}
    )
    return trigger
