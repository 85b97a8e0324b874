"""What sandbox systems share in which records are approved: the deed, the journal, and the event that tells of it."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from apps.connectors.sandbox.desk import Deed, Desk
from apps.connectors.sandbox.firm import instant_text
from apps.connectors.sandbox.replies import AskedWrongError, answer, parsed, refusal
from apps.connectors.sandbox.store import Effect, Record

STATES = ("draft", "submitted", "approved", "rejected")


class ApprovingDesk(Desk):
    """One request to a system whose records of the main kind are approved by a person."""

    noun: ClassVar[str]  # what such a record is called: "time entry"

    def post(self, kind: str, key: str, body: bytes, idempotency_key: str) -> web.Response:
        """Answer a POST: without a key it makes a record."""
        if kind == self.main and key == "approve":
            return self.approve(keys_in(body))
        if kind == self.main and key.endswith("/approve"):
            return self.approve([key.removesuffix("/approve")])
        return super().post(kind, key, body, idempotency_key)

    def deeds(self, kind: str, record: Record) -> list[Deed]:
        """Return what a person can do with a record besides changing its fields."""
        is_open = kind == self.main and record.get("status") in {"draft", "submitted", "rejected"}
        return [Deed("approve", f"Approve this {self.noun}")] if is_open else []

    def do(self, deed: str, kind: str, key: str) -> web.Response:
        """Do what `deeds` offered."""
        return self.approve([key]) if (deed, kind) == ("approve", self.main) else super().do(deed, kind, key)

    def approve(self, keys: list[str]) -> web.Response:
        """Approve records and tell whoever listens."""
        now = datetime.now(UTC)
        approval = {
            "status": "approved",
            "approved_at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "approved_by": "E-0001",
        }
        for key in keys:
            record = self._store.get(self._company, self.main, key)
            if record is None:
                return refusal(404, "not_found", f"No {self.noun} {key}")
            record.update(approval)
            with self._store.change():
                self.save(self.main, record)
                effect = Effect("approve", self.main, key, "", "", approval)
                self._store.journal(self._company, effect, instant_text(now))
            self._announce({"type": self.event, "object": self.main, "key": key, "occurred_at": record["modified_at"]})
        return answer({"approved": keys})


def keys_in(body: bytes) -> list[str]:
    """Return the records a request names. Raises AskedWrongError."""
    keys: Any = parsed(body).get("ids")
    if not isinstance(keys, list) or not keys:
        raise AskedWrongError("ids must be a list of record numbers")
    return [str(key) for key in keys]
