"""Posts a message to an address outside, through the one door to the network, and says what came of it."""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from apps.connectors.auth import Signer
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.errors import FailureKind, RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget
from apps.connectors.webhook_signatures import standard_headers

_SECONDS = 15.0
_MOST_BYTES = 64 * 1024
_TRY_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Said:
    """What the other side said. `may_retry`: it may take the same message later."""

    is_ok: bool
    words: str
    may_retry: bool = False


async def post(address: str, body: object, *, message_id: str, signing: str = "") -> Said:
    """Post a message; with a signing secret it is signed as Standard Webhooks says. Nothing that it answers is followed.

    The message's id goes along ("webhook-id"), the same at every try: who has seen it may leave the repeat alone.
    """
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    content = orjson.dumps(body)
    headers = (
        standard_headers([signing], delivery_id=message_id, timestamp=int(time.time()), body=content) if signing else {}
    )
    try:
        async with Door(
            base_url=f"{parts.scheme}://{parts.netloc}",
            auth=Signer(secrets=(address, path, signing) if signing else (address, path)),
            limits=Limits(at_once=1),
            allow=settings.EGRESS_ALLOW,
            budget=NoBudget(),
            timeout=_SECONDS,
            max_bytes=_MOST_BYTES,
        ) as door:
            answer = await door.send("POST", path.lstrip("/"), body=content, headers=headers)
    except RemoteError as error:
        return Said(is_ok=False, words=error.message[:300], may_retry=error.kind == FailureKind.RETRYABLE)
    words = f"{answer.status} {_printable(answer.body)}".strip()
    is_ok = 200 <= answer.status < 300
    return Said(is_ok, words, may_retry=not is_ok and (answer.status >= 500 or answer.status in _TRY_LATER))


def check_address(address: str) -> str:
    """Return the host of an address that may be posted to. Raises EgressRefusedError, whose text says what to mend."""
    parts = urlsplit(address)
    if not parts.netloc or parts.fragment:
        raise EgressRefusedError("Write the whole address, as it was given to you: https://host/path.")
    return parse_destination(f"{parts.scheme}://{parts.netloc}", settings.EGRESS_ALLOW).host


def _printable(body: bytes) -> str:
    """Return the first words of an answer, such as Slack's "channel_is_archived"; pages are left out."""
    words = " ".join(body[:400].decode(errors="replace").split())
    return "" if words.startswith("<") or not words.isprintable() else words[:120]
