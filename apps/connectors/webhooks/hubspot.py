"""HubSpot's first signature: a hash of the app's secret and the body. It has no time in it: prefer version 3.

https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
"""

import hashlib
from collections.abc import Sequence

from apps.connectors.contract import SignatureError
from apps.connectors.webhook_signatures import require_match
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks.deliveries import Delivery, Opened, parsed_or_nothing


def open_hubspot_v1(spec: WebhookSpec, delivery: Delivery, keys: Sequence[str], now: float) -> Opened:  # noqa: ARG001
    """Return what a delivery holds when it was hashed with one of `keys`, the client secrets of the app.

    Raises:
        SignatureError: it was not, is signed by another version, or holds no JSON.

    """
    if delivery.header("x-hubspot-signature-version").lower() != "v1":
        raise SignatureError("The delivery is not signed by version 1: X-HubSpot-Signature-Version says otherwise.")
    expected = [hashlib.sha256(key.encode() + delivery.body).hexdigest() for key in keys]
    require_match(expected, [delivery.header("x-hubspot-signature").lower()])
    return Opened(delivery.header(spec.delivery_header), parsed_or_nothing(delivery.body))
