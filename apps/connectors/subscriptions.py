"""What systems are asked to announce: rows that a worker turns into subscriptions there and keeps from ending.

While there is none, nothing is lost: changes are found by reading, from the checkpoint where the last reading stopped.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from apps.connectors import registry
from apps.connectors.models import Connection, WebhookEndpoint, WebhookSubscription
from apps.connectors.webhook_spec import SubscriptionSpec
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue

SUBSCRIPTION_KIND = "connectors.subscription"
NOT_ANNOUNCED = "Changes are not announced:"  # how the reason on a connection begins
_SHORT_TROUBLE = 3  # failures in a row before a subscription that never was is worth a word


def spec_of(system: str) -> SubscriptionSpec | None:
    """Return how the system called `system` is subscribed to, None where it is told addresses by hand or sends nothing."""
    try:
        webhook = registry.manifest(system).webhook
    except KeyError:  # it left the catalogue
        return None
    return webhook.subscription if webhook else None


def want_subscriptions(endpoint: WebhookEndpoint, objects: Collection[str] = ()) -> None:
    """Ask for announcements of `objects` (none: all that the system announces) at this address; a worker does the rest."""
    spec = spec_of(endpoint.connection.system)
    if spec is None:
        return
    for name in [name for name in spec.resources if not objects or name in objects]:
        row, _is_new = WebhookSubscription.objects.get_or_create(
            endpoint=endpoint,
            object_name=name,
            defaults={"connection_id": endpoint.connection_id, "customer_id": endpoint.customer_id},
        )
        _make_due(row)


def end_subscriptions(endpoint: WebhookEndpoint) -> None:
    """Let a worker end what the system announces to this address."""
    for row in WebhookSubscription.objects.filter(endpoint=endpoint):
        WebhookSubscription.objects.filter(id=row.id).update(state=WebhookSubscription.State.ENDING, failures=0)
        _make_due(row)


def look_again(connection_id: UUID) -> None:
    """Make a look at all subscriptions of a connection due: it was switched on again, or has other credentials."""
    for row in WebhookSubscription.objects.filter(connection_id=connection_id):
        _make_due(row)


def lapse_reason(connection_id: UUID) -> str:
    """Return why a person must look at a connection whose subscriptions ended or cannot be made, "" when all is well."""
    states = WebhookSubscription.State
    in_trouble = Q(state=states.LAPSED) | Q(state=states.WANTED, failures__gte=_SHORT_TROUBLE)
    rows = WebhookSubscription.objects.select_related("connection")
    lapsed = list(rows.filter(in_trouble, connection_id=connection_id))
    if not lapsed or spec_of(lapsed[0].connection.system) is None:
        return ""
    manifest = registry.manifest(lapsed[0].connection.system)
    labels = ", ".join(manifest.object_named(row.object_name).label.lower() for row in lapsed)
    reason = f"{NOT_ANNOUNCED} {labels}. {lapsed[0].last_error} They are found by reading meanwhile."
    return reason[: Connection._meta.get_field("state_reason").max_length]


def renew_at(row: WebhookSubscription, spec: SubscriptionSpec, now: datetime) -> datetime:
    """Return when to renew a subscription: when a third of its life is left, and not within the next minute."""
    ends = row.expires_at or now
    return max(ends - timedelta(seconds=spec.life_seconds / 3), now + timedelta(minutes=1))


def _make_due(row: WebhookSubscription) -> None:
    enqueue(
        kind=SUBSCRIPTION_KIND,
        reference=str(row.id),
        unique_key=f"subscription:{row.id}",
        priority=Priority.LIVE,
        customer_id=row.customer_id,
    )
