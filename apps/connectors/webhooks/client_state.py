"""Senders that sign nothing and repeat a secret in every event instead: Microsoft Graph and Business Central.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/dynamics-subscriptions
"""

from collections.abc import Mapping, Sequence

from apps.connectors.answers import text_at, walk_path
from apps.connectors.contract import SignatureError
from apps.connectors.webhook_signatures import require_match
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks.deliveries import Delivery, Opened, parsed_or_nothing


def open_client_state(spec: WebhookSpec, delivery: Delivery, keys: Sequence[str], now: float) -> Opened:  # noqa: ARG001
    """Return what a delivery holds when each of its events carries one of `keys` at `client_state_path`.

    Raises:
        SignatureError: an event carries another secret or none, there is no event at all, or the body is no JSON.

    """
    content = parsed_or_nothing(delivery.body)
    events = [entry for shape in spec.shapes for entry in walk_path(content, shape.events_path)]
    if not events:
        raise SignatureError("The delivery holds no event, so nothing in it shows who sent it.")
    for event in events:
        state = text_at(event, spec.client_state_path) if isinstance(event, Mapping) else ""
        require_match(keys, [state])
    return Opened(delivery.header(spec.delivery_header), content)
