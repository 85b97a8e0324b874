"""Delivers the webhooks of the sandbox systems: signed, tried again, and noted."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson

from apps.connectors.auth import UNSIGNED
from apps.connectors.errors import RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sandbox.firm import instant_text
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.webhook_signatures import standard_headers

_PAUSES = (1.0, 5.0, 30.0)  # seconds before the second, third and fourth attempt
_MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes, taken apart: `connect` is what is called, `host` what the receiver reads as its name."""

    connect: str
    path: str
    host: str


def target_of(url: str) -> Target:
    """Return where to connect. Names under .localhost are this machine, which not every resolver knows (RFC 6761)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    near = host == "localhost" or host.endswith(".localhost")
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        f"{parts.scheme}://{'127.0.0.1' if near else host}:{port}", f"{parts.path or '/'}{query}", parts.netloc
    )


class Announcer:
    """Sends events in the background; nothing waits for the receiver."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: set[asyncio.Task[None]] = set()

    def announce(self, company: Company, event: Record, *, copies: int = 1, delivery_id: str = "") -> str:
        """Send an event to the company's listener, several times at once when asked; return the delivery's id."""
        delivery_id = delivery_id or f"msg_{os.urandom(12).hex()}"
        if company.webhook.get("url"):
            body = orjson.dumps({"id": delivery_id, **event})
            for _ in range(min(max(copies, 1), _MOST_COPIES)):
                task = asyncio.get_running_loop().create_task(self._deliver(company, delivery_id, body))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        return delivery_id

    async def settle(self) -> None:
        """Give up what is still waiting for another attempt."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _deliver(self, company: Company, delivery_id: str, body: bytes) -> None:
        for attempt in range(1, len(_PAUSES) + 2):
            status = await self._send(company, delivery_id, body)
            at = instant_text(datetime.now(UTC))
            self._store.note_delivery(
                company, {"id": delivery_id, "at": at, "attempt": attempt, "status": status, "body": body}
            )
            if 200 <= status < 300 or status == 410 or attempt > len(_PAUSES):
                return
            await asyncio.sleep(_PAUSES[attempt - 1])

    async def _send(self, company: Company, delivery_id: str, body: bytes) -> int:
        """Return the receiver's status, 0 when it could not be reached."""
        target = target_of(company.webhook["url"])
        headers = standard_headers(
            [company.webhook["secret"]], delivery_id=delivery_id, timestamp=int(time.time()), body=body
        )
        headers |= {"Host": company.webhook.get("host") or target.host}
        try:
            door = Door(
                base_url=target.connect,
                auth=UNSIGNED,
                limits=Limits(at_once=1),
                allow=(target.connect.partition("://")[2],),
                budget=NoBudget(),
                timeout=15,
            )
            async with door:
                return (await door.send("POST", target.path, body=body, headers=headers)).status
        except RemoteError:
            return 0
