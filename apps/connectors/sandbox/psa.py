"""The sandbox PSA: people, clients, projects, tasks and time entries that get approved."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import AskedWrongError, answer, list_answer, page_asked, parsed, refusal
from apps.connectors.sandbox.store import Company, Effect, Record, Store

ENTRIES = "time-entries"
# object -> the field people know its records by
NAMES = {"resources": "id", "clients": "id", "projects": "code", "tasks": "id", ENTRIES: "id"}
_STATUSES = ("draft", "submitted", "approved", "rejected")
_OWN_FIELDS = frozenset({"id", "created_at", "modified_at"})

Announce = Callable[[Record], None]  # hands a webhook event on for delivery


def fill(store: Store, company: Company, firm: Firm) -> None:
    """Store all records of a new company."""
    stamp = instant_text(firm.as_of)
    kinds = {"resources": firm.people, "clients": firm.clients, "projects": firm.projects, "tasks": firm.tasks}
    for kind, records in kinds.items():
        stamped = ({**record, "modified_at": stamp} for record in records)
        store.add(company, kind, stamped, natural=NAMES[kind], modified="modified_at")
    store.add(company, ENTRIES, firm.entries, natural="id", modified="modified_at")


class Psa:
    """One request to one company's PSA."""

    def __init__(self, store: Store, company: Company, faults: Faults, announce: Announce) -> None:
        self._store, self._company, self._faults, self._announce = store, company, faults, announce

    def whoami(self) -> web.Response:
        """Answer who is signed in and what they may do."""
        return answer({"company": self._company.slug, "system": "psa", "rights": ["read", "write"]})

    def some(self, kind: str, query: dict[str, str]) -> web.Response:
        """Answer one page of a list, oldest change first; `modified_since` includes its own instant."""
        asked = page_asked(query, known=frozenset({"modified_since", NAMES[kind]}))
        since, names = query.get("modified_since", ""), [n for n in query.get(NAMES[kind], "").split(",") if n]
        offset, size = asked.offset, asked.size
        if asked.page > 1 and self._faults.strikes("duplicate_pages"):
            offset, size = offset - asked.size, size * 2
        until = self._company.shows_until if kind == ENTRIES else ""
        bodies, total = self._store.page(
            self._company, kind, since=since, until=until, names=names, offset=offset, size=size
        )
        if kind == ENTRIES and self._faults.strikes("schema_change"):
            bodies = [_renamed(body) for body in bodies]
        return list_answer("results", bodies, page=asked.page, size=asked.size, total=total)

    def one(self, kind: str, key: str) -> web.Response:
        """Answer one record."""
        record = self._store.get(self._company, kind, key)
        return answer(record) if record else refusal(404, "not_found", f"No {kind} record {key}")

    def create(self, kind: str, body: bytes) -> web.Response:
        """Create a record; a time entry begins as a draft."""
        record = {name: value for name, value in parsed(body).items() if name not in _OWN_FIELDS}
        now = instant_text(datetime.now(UTC))
        with self._store.change():
            number = self._store.next_number()
            prefix = "TE-" if kind == ENTRIES else f"{kind[:2].upper()}-N"
            created = {"id": f"{prefix}{number:06d}", **record, "created_at": now, "modified_at": now}
            if kind == ENTRIES:
                created = {"status": "draft", "approved_at": None, "custom": {}, **created}
            self._store.add(self._company, kind, [created], natural=NAMES[kind], modified="modified_at")
            self._store.journal(self._company, Effect("create", kind, created["id"], "", "", record), now)
        return answer(created, status=201)

    def change(self, kind: str, key: str, body: bytes) -> web.Response:
        """Change some fields of a record."""
        changes = {name: value for name, value in parsed(body).items() if name not in _OWN_FIELDS}
        if changes.get("status", "draft") not in _STATUSES:
            raise AskedWrongError(f"status must be one of {', '.join(_STATUSES)}")
        changed = self._apply(kind, key, changes, "change")
        return answer(changed) if changed else refusal(404, "not_found", f"No {kind} record {key}")

    def approve(self, keys: list[str]) -> web.Response:
        """Approve time entries and tell whoever listens."""
        now = datetime.now(UTC)
        approval = {
            "status": "approved",
            "approved_at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "approved_by": "E-0001",
        }
        approved = list[Record]()
        for key in keys:
            entry = self._apply(ENTRIES, key, approval, "approve")
            if entry is None:
                return refusal(404, "not_found", f"No time entry {key}")
            approved.append(entry)
            self._announce(
                {"type": "time.approved", "object": ENTRIES, "key": key, "occurred_at": entry["modified_at"]}
            )
        return answer({"approved": [entry["id"] for entry in approved]})

    def _apply(self, kind: str, key: str, changes: Record, action: str) -> Record | None:
        record = self._store.get(self._company, kind, key)
        if record is None:
            return None
        now = instant_text(datetime.now(UTC))
        changed = {**record, **changes, "modified_at": now}
        with self._store.change():
            self._store.replace(self._company, kind, changed, natural=NAMES[kind], modified="modified_at")
            self._store.journal(self._company, Effect(action, kind, key, "", "", changes), now)
        return changed


def approve_keys(body: bytes) -> list[str]:
    """Return the entries an approval names. Raises AskedWrongError."""
    keys: Any = parsed(body).get("ids")
    if not isinstance(keys, list) or not keys:
        raise AskedWrongError("ids must be a list of entry numbers")
    return [str(key) for key in keys]


def _renamed(body: bytes) -> bytes:
    """With the schema fault on, the hours of an entry are called `duration`."""
    record = orjson.loads(body)
    record["duration"] = record.pop("hours", None)
    return orjson.dumps(record)
