"""Sends what goes to a channel: tried a few times, its answer kept, and mails in its place where a channel is dead."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.language import speaking
from apps.accounts.models import User
from apps.connectors import vault
from apps.connectors.credentials import UnsealError
from apps.connectors.models import KeptSecret
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.monitoring.alerting import bodies, wording
from apps.monitoring.alerting.messages import mail_to
from apps.monitoring.alerting.pace import next_try
from apps.monitoring.alerting.posting import Said, post
from apps.monitoring.alerting.route_book import owners
from apps.monitoring.models import AlertChannel, AlertMessage, AlertOccasion, ExceptionCase

_State = AlertMessage.State


def send_due(work: LeasedWork) -> RunAgain | None:
    """Send the message a piece of due work stands for; one that was settled before is left alone.

    A crash between the answer and its note sends the message once more, under the same id: better than never.
    """
    with transaction.atomic():
        work.confirm()
        message = _waiting(UUID(work.reference))
        posted = _prepared(message, timezone.now()) if message else None
    if message is None:
        return None
    said = posted if isinstance(posted, Said) else asyncio.run(post(**posted)) if posted else _gone()
    with transaction.atomic():
        work.confirm()
        seconds = settle(message, said, timezone.now())
    return RunAgain(timezone.now() + timedelta(seconds=seconds)) if seconds else None


def settle(message: AlertMessage, said: Said, now: datetime) -> int | None:
    """Note what came of a try; returns in how many seconds the next one follows, None when it is settled."""
    message.attempts += 1
    message.answer = said.words[:300]
    place = message.channel or message.subscription
    is_dead = place is None or place.failing_since is not None
    wait = None if said.is_ok or not said.may_retry or is_dead or _is_trial(message) else next_try(message.attempts)
    if wait is None:
        message.state = _State.SENT if said.is_ok else _State.FAILED
        message.settled_at = now
        _note_health(message, said, now)
    message.save(update_fields=["attempts", "answer", "state", "settled_at"])
    if message.state == _State.FAILED and not _is_trial(message):
        _tell_others(message, now)
    return wait


def _waiting(message_id: UUID) -> AlertMessage | None:
    return (
        AlertMessage.objects.filter(id=message_id, state=_State.WAITING)
        .select_related("channel__secret", "subscription__secret", "subscription__person")
        .first()
    )


def _prepared(message: AlertMessage, now: datetime) -> dict[str, Any] | Said | None:
    """Return what is posted where; what is said instead when it cannot be, None when the channel is gone."""
    place = message.channel or message.subscription
    if place is None or place.secret is None:
        return None
    try:
        opened = opened_secret(place.secret)
    except UnsealError:
        return Said(is_ok=False, words="The stored address cannot be opened any more: enter it again.")
    language = message.channel.language if message.channel else message.subscription.person.language  # type: ignore[union-attr]
    with speaking(language or settings.LANGUAGE_CODE):
        body = body_of(message, now)
    return {"address": opened["address"], "signing": opened["signing"], "body": body, "message_id": str(message.id)}


def body_of(message: AlertMessage, now: datetime) -> Any:
    """Return a message in the form its channel takes, in the language that is spoken now."""
    text = wording.text_of(
        cases_of(message),
        message.occasion,
        for_customer=message.subscription_id is not None,
        held_back=message.held_back,
    )
    if message.by == AlertChannel.Kind.SLACK:
        return bodies.slack_body(text)
    if message.by == AlertChannel.Kind.TEAMS:
        return bodies.teams_body(text)
    if message.by == AlertChannel.Kind.TICKET:
        return bodies.ticket_body(text, message.channel.ticket_template if message.channel else "")
    return bodies.webhook_body(text, message_id=str(message.id), moment=now.isoformat())


def cases_of(message: AlertMessage) -> list[ExceptionCase]:
    """Return the cases a message is about, the most urgent first."""
    found = ExceptionCase.objects.filter(id__in=message.cases).select_related("customer", "flow")
    return list(found.order_by("due_at", "id"))


def sealed_secret(address: str, signing: str, held: KeptSecret | None = None) -> KeptSecret:
    """Seal where messages go and what signs them."""
    return vault.keep_secret(json.dumps({"address": address, "signing": signing}), held)


def opened_secret(kept: KeptSecret) -> dict[str, str]:
    """Return address and signing key in clear, for the process that posts. Raises UnsealError."""
    parts: dict[str, str] = json.loads(vault.kept_value(kept))
    return parts


def _gone() -> Said:
    return Said(is_ok=False, words="The channel is not there any more.")


def _is_trial(message: AlertMessage) -> bool:
    return message.occasion == AlertOccasion.TEST


def _note_health(message: AlertMessage, said: Said, now: datetime) -> None:
    """Keep with the channel since when it does not work, and why; a message that got through clears it."""
    place = message.channel or message.subscription
    if place is None:
        return
    place.failing_since = None if said.is_ok else place.failing_since or now
    place.problem = "" if said.is_ok else said.words[:300]
    place.save(update_fields=["failing_since", "problem"])


def _tell_others(message: AlertMessage, now: datetime) -> None:
    """Mail what a dead channel could not take: to the owners, or to the customer's person whose webhook it is."""
    cases = cases_of(message)
    if not cases:
        return
    subscription = message.subscription
    people: Sequence[User] = [subscription.person] if subscription is not None else owners()
    draft = AlertMessage(
        occasion=AlertOccasion.FALLBACK, route_id=message.route_id, cases=message.cases, created_at=now
    )
    mail_to(people, draft, cases, for_customer=subscription is not None, failed=message.receiver)
