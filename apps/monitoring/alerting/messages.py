"""Writes messages down and hands them on: a mail at once, what goes to a channel as due work. All of it commits with the caller."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from apps.accounts.language import speaking
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.dispatch.services import enqueue
from apps.monitoring.alerting import wording
from apps.monitoring.models import AlertChannel, AlertMessage, AlertOccasion, AlertSubscription, ExceptionCase

SEND_ALERT = "monitoring.alert"


def post_to(channel: AlertChannel, message: AlertMessage) -> None:
    """Write down a message to a channel and make its sending due; both commit with the caller."""
    message.by, message.receiver, message.channel = channel.kind, channel.name, channel
    message.save()
    # One lane a channel: a ticket is opened before it is closed.
    enqueue(kind=SEND_ALERT, reference=str(message.id), lane=f"alert-{channel.id}")


def post_to_subscriber(subscription: AlertSubscription, message: AlertMessage) -> None:
    """Do the same with what goes to the webhook of a customer's person."""
    message.by, message.receiver, message.subscription = AlertChannel.Kind.WEBHOOK, subscription.host, subscription
    message.save()
    enqueue(
        kind=SEND_ALERT,
        reference=str(message.id),
        lane=f"alert-{subscription.id}",
        customer_id=subscription.customer_id,
    )


def mail_to(
    people: Iterable[User],
    draft: AlertMessage,
    cases: Sequence[ExceptionCase],
    *,
    for_customer: bool = False,
    failed: str = "",
) -> None:
    """Hand a mail to each of these people, in their language; it commits with the caller."""
    sent = []
    for person in people:
        with speaking(person.language, time_zone=person.time_zone):
            context = wording.mail_context(
                cases, draft.occasion, for_customer=for_customer, held_back=draft.held_back, failed=failed
            )
            send_branded("mail/alert", person.email, {**context, "name": person.name})
        sent.append(
            AlertMessage(
                occasion=draft.occasion,
                by="mail",
                receiver=person.email,
                route_id=draft.route_id,
                step=draft.step,
                cases=draft.cases,
                held_back=draft.held_back,
                state=AlertMessage.State.SENT,
                created_at=draft.created_at,
                settled_at=draft.created_at,
            )
        )
    AlertMessage.objects.bulk_create(sent)


def send_trial(channel: AlertChannel, now: datetime) -> None:
    """Post a message to a channel that says it is a test; it goes the way of every other."""
    with transaction.atomic():
        post_to(channel, AlertMessage(occasion=AlertOccasion.TEST, created_at=now))
