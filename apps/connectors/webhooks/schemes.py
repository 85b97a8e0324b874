"""The table of schemes: how a delivery of each is opened, and how it is acknowledged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from apps.connectors.contract import ReceivedEvent, SignatureError, WebhookReply
from apps.connectors.manifest import SystemManifest
from apps.connectors.webhook_signatures import active_secrets, verify_lowered, verify_secret_path
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks.client_state import open_client_state
from apps.connectors.webhooks.deliveries import Delivery, Opened, parsed, parsed_or_nothing
from apps.connectors.webhooks.events import read_events
from apps.connectors.webhooks.hubspot import open_hubspot_v1
from apps.connectors.webhooks.keyed import key_bytes, open_hmac
from apps.connectors.webhooks.salesforce import ACK, ACK_TYPE, open_outbound_message, short_id

_MOST_PARAMETERS = 20
_LONGEST_TOKEN = 4_000


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way of proving who sent a delivery. `body` and `content_type` acknowledge it.

    `open` raises SignatureError for a delivery that is not the sender's, `check` for a key that cannot be one.
    """

    open: Callable[[WebhookSpec, Delivery, Sequence[str], float], Opened]
    body: bytes = b""
    content_type: str = ""
    check: Callable[[WebhookSpec, str], object] = lambda _spec, _key: None


def _open_standard(_: WebhookSpec, delivery: Delivery, keys: Sequence[str], now: float) -> Opened:
    delivery_id = verify_lowered(keys, delivery.headers, delivery.body, now)
    return Opened(delivery_id, parsed(delivery.body))


def _open_secret_path(spec: WebhookSpec, delivery: Delivery, keys: Sequence[str], _: float) -> Opened:
    verify_secret_path(keys, delivery.header(spec.signature_header))
    return Opened(delivery.header(spec.delivery_header), parsed_or_nothing(delivery.body))


SCHEMES: Mapping[str, Scheme] = {
    "standard": Scheme(_open_standard),
    "hmac": Scheme(open_hmac, check=lambda spec, key: key_bytes(spec.hmac.key_encoding, key)),
    "hubspot_v1": Scheme(open_hubspot_v1),
    "client_state": Scheme(open_client_state),
    "outbound_message": Scheme(open_outbound_message, ACK, ACK_TYPE, lambda _, key: short_id(key)),
    "secret_path": Scheme(_open_secret_path),
}


def receive(
    manifest: SystemManifest, delivery: Delivery, secret: str, now: float, settings: Mapping[str, Any] | None = None
) -> list[ReceivedEvent]:
    """Verify a delivery and return its events. Raises SignatureError.

    `secret` holds the keys parted by spaces; `settings` are those of the connection, which may say whose events count.
    """
    webhook = manifest.webhook
    if webhook is None:
        raise SignatureError(f"{manifest.name} sends no webhooks.")
    scheme = SCHEMES.get(webhook.scheme)
    if scheme is None:
        raise SignatureError(f"{manifest.name} signs its webhooks in a way that is not known here: {webhook.scheme}.")
    opened = scheme.open(webhook, delivery, active_secrets(secret, webhook.most_keys), now)
    account = str((settings or {}).get(webhook.account_setting) or "").strip() if webhook.account_setting else ""
    return read_events(manifest, webhook, opened, now, account)


def check_keys(webhook: WebhookSpec, keys: Sequence[str]) -> None:
    """Raise SignatureError when one of `keys` cannot be a key of this sender."""
    for key in keys:
        SCHEMES[webhook.scheme].check(webhook, key)


def acknowledgement(webhook: WebhookSpec) -> WebhookReply:
    """Return what the sender wants to hear when its delivery is stored."""
    scheme = SCHEMES[webhook.scheme]
    return WebhookReply(webhook.answer_status, scheme.body, scheme.content_type)


def handshake(webhook: WebhookSpec, query: str) -> WebhookReply | None:
    """Return the echo a sender asks for while it tries an address out, None when `query` asks for none.

    Microsoft's senders do so whenever a subscription is made, and Business Central at each renewal. The token is told
    as plain text and only if it can be printed, so that no browser takes it for a page.
    """
    if not webhook.handshake_parameter:
        return None
    try:
        tokens = parse_qs(query, max_num_fields=_MOST_PARAMETERS).get(webhook.handshake_parameter, [])
    except ValueError:
        return None
    if len(tokens) != 1 or len(tokens[0]) > _LONGEST_TOKEN or not tokens[0].isprintable():
        return None
    return WebhookReply(200, tokens[0].encode(), "text/plain; charset=utf-8")
