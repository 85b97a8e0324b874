"""What the sandbox systems remember: one SQLite file with companies, records and the journal of every applied effect."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

Record = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS company (
  id INTEGER PRIMARY KEY, system TEXT, slug TEXT, token TEXT, wishes TEXT, faults TEXT DEFAULT '{}', webhook TEXT DEFAULT '{}',
  UNIQUE (system, slug));
CREATE TABLE IF NOT EXISTS record (
  seq INTEGER PRIMARY KEY, company INTEGER, kind TEXT, id TEXT, natural TEXT, modified TEXT, body BLOB,
  UNIQUE (company, kind, id));
CREATE INDEX IF NOT EXISTS record_by_change ON record (company, kind, modified, seq);
CREATE INDEX IF NOT EXISTS record_by_name ON record (company, kind, natural);
CREATE TABLE IF NOT EXISTS alias (
  company INTEGER, kind TEXT, field TEXT, value TEXT, record TEXT, PRIMARY KEY (company, kind, field, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS effect (
  seq INTEGER PRIMARY KEY, company INTEGER, at TEXT, action TEXT, kind TEXT, record TEXT, natural TEXT, key TEXT, body BLOB,
  caused_by TEXT DEFAULT '');
CREATE INDEX IF NOT EXISTS effect_of_company ON effect (company, seq);
CREATE TABLE IF NOT EXISTS answered (
  company INTEGER, key TEXT, fingerprint TEXT, status INTEGER, body BLOB, at REAL, PRIMARY KEY (company, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivery (
  seq INTEGER PRIMARY KEY, company INTEGER, id TEXT, at TEXT, attempt INTEGER, status INTEGER, body BLOB);
"""


@dataclass(slots=True)
class Company:
    """One customer of a sandbox system: its own token, records, faults and webhook."""

    id: int
    system: str
    slug: str
    token: str
    wishes: Record
    faults: Record = field(default_factory=dict)
    webhook: Record = field(default_factory=dict)
    # What changed later is not shown in lists yet; empty shows all. Not stored: a new process stands in the present.
    shows_until: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One applied change, as the checker reads it."""

    action: str
    kind: str
    record: str
    natural: str
    key: str
    body: Record
    caused_by: str = ""  # the caller's X-Correlation-Id


class Store:
    """The file. One process owns it; a killed process loses nothing that was answered."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # The sandbox must survive the death of its process, not of the machine: no flush to the disk per write.
        self._named = dict[
            tuple[int, str, str], Record
        ]()  # what was looked up by name since the last change of a record
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_TABLES}")
        if "caused_by" not in {row[1] for row in self._db.execute("PRAGMA table_info(effect)")}:
            self._db.execute("ALTER TABLE effect ADD COLUMN caused_by TEXT DEFAULT ''")  # a file of an earlier release

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Apply everything inside or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._named.clear()
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def found_company(self, system: str, slug: str, token: str, wishes: Record) -> Company:
        """Store a new company, in place of an earlier one of that name, and return it."""
        self._named.clear()
        earlier = self.company(system, slug)
        if earlier is not None:
            for table in ("record", "alias", "effect", "answered", "delivery"):
                self._db.execute(f"DELETE FROM {table} WHERE company = ?", (earlier.id,))  # noqa: S608  names of our own
            self._db.execute("DELETE FROM company WHERE id = ?", (earlier.id,))
        cursor = self._db.execute(
            "INSERT INTO company (system, slug, token, wishes) VALUES (?, ?, ?, ?)",
            (system, slug, token, orjson.dumps(wishes)),
        )
        return Company(cursor.lastrowid or 0, system, slug, token, wishes)

    def company(self, system: str, slug: str) -> Company | None:
        """Return the company, None when there is none of that name."""
        return next(self._companies("WHERE system = ? AND slug = ?", (system, slug)), None)

    def companies(self) -> list[Company]:
        """Return all companies, by system and name."""
        return list(self._companies("ORDER BY system, slug", ()))

    def save_company(self, company: Company) -> None:
        """Keep the company's faults, webhook and token."""
        self._db.execute(
            "UPDATE company SET token = ?, faults = ?, webhook = ? WHERE id = ?",
            (company.token, orjson.dumps(company.faults), orjson.dumps(company.webhook), company.id),
        )

    def _companies(self, where: str, values: Sequence[Any]) -> Iterator[Company]:
        columns = "SELECT id, system, slug, token, wishes, faults, webhook FROM company "
        for row in self._db.execute(columns + where, values):
            yield Company(*row[:4], *(orjson.loads(part) for part in row[4:]))

    def add(self, company: Company, kind: str, records: Iterable[Record], *, natural: str, modified: str) -> None:
        """Store new records; `natural` and `modified` name the fields of their name and time of change."""
        self._db.executemany(
            "INSERT INTO record (company, kind, id, natural, modified, body) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (company.id, kind, r["id"], str(r.get(natural) or ""), str(r.get(modified) or ""), orjson.dumps(r))
                for r in records
            ),
        )

    def replace(self, company: Company, kind: str, record: Record, *, natural: str, modified: str) -> None:
        """Store a changed record."""
        self._named.clear()
        self._db.execute(
            "UPDATE record SET natural = ?, modified = ?, body = ? WHERE company = ? AND kind = ? AND id = ?",
            (
                str(record.get(natural) or ""),
                str(record.get(modified) or ""),
                orjson.dumps(record),
                company.id,
                kind,
                record["id"],
            ),
        )

    def remove(self, company: Company, kind: str, key: str) -> None:
        """Take a record away. Its row stays under another kind, so that no later record is made with its number."""
        self._named.clear()
        self._db.execute(
            "UPDATE record SET kind = 'removed ' || kind, id = id || ' ' || seq, natural = '', body = '{}' WHERE company = ? AND kind = ? AND id = ?",
            (company.id, kind, key),
        )
        self._db.execute("DELETE FROM alias WHERE company = ? AND kind = ? AND record = ?", (company.id, kind, key))

    def name_by(self, company: Company, kind: str, field: str, record: Record) -> None:
        """Keep a record findable by a further field of its own ("external_id"); "" keeps nothing."""
        if not field:
            return
        self._db.execute(
            "DELETE FROM alias WHERE company = ? AND kind = ? AND field = ? AND record = ?",
            (company.id, kind, field, record["id"]),
        )
        if record.get(field) not in (None, ""):
            self._db.execute(
                "INSERT INTO alias (company, kind, field, value, record) VALUES (?, ?, ?, ?, ?)",
                (company.id, kind, field, str(record[field]), record["id"]),
            )

    def named_by(self, company: Company, kind: str, field: str, value: str) -> Record | None:
        """Return the record whose further field, kept by `name_by`, has this value."""
        row = self._db.execute(
            "SELECT record FROM alias WHERE company = ? AND kind = ? AND field = ? AND value = ?",
            (company.id, kind, field, value),
        ).fetchone()
        return self.get(company, kind, row[0]) if row else None

    def get(self, company: Company, kind: str, key: str) -> Record | None:
        """Return one record by its id."""
        row = self._db.execute(
            "SELECT body FROM record WHERE company = ? AND kind = ? AND id = ?", (company.id, kind, key)
        ).fetchone()
        return orjson.loads(row[0]) if row else None

    def named(self, company: Company, kind: str, name: str) -> Record | None:
        """Return one record by its natural name. Read only: the same record may be handed out again."""
        key = (company.id, kind, name)
        if key not in self._named:
            row = self._db.execute(
                "SELECT body FROM record WHERE company = ? AND kind = ? AND natural = ? LIMIT 1", key
            ).fetchone()
            if row is None:
                return None
            self._named[key] = orjson.loads(row[0])
        return self._named[key]

    def is_used(self, company: Company, kind: str, field: str, value: str) -> bool:
        """Return whether any record of a kind has this value in a field. Looks at all of them: for rare questions."""
        sql = "SELECT 1 FROM record WHERE company = ? AND kind = ? AND json_extract(CAST(body AS TEXT), ?) = ? LIMIT 1"
        return self._db.execute(sql, (company.id, kind, f"$.{field}", value)).fetchone() is not None

    def count(self, company: Company, kind: str) -> int:
        """Return how many records of a kind there are."""
        sql = "SELECT count(*) FROM record WHERE company = ? AND kind = ?"
        return int(self._db.execute(sql, (company.id, kind)).fetchone()[0])

    def next_number(self) -> int:
        """Return a number no record was made with before."""
        return int(self._db.execute("SELECT ifnull(max(seq), 0) + 1 FROM record").fetchone()[0])

    def page(  # noqa: PLR0913  each is one part of the question, all by name
        self,
        company: Company,
        kind: str,
        *,
        since: str = "",
        until: str = "",
        names: Sequence[str] = (),
        by: str = "",
        offset: int = 0,
        size: int = 100,
    ) -> tuple[list[bytes], int]:
        """Return some records as JSON, oldest change first, and how many there are in all.

        `names` are natural names, or values of the further field `by`.
        """
        where, values = "company = ? AND kind = ?", [company.id, kind]
        if since:
            where, values = f"{where} AND modified >= ?", [*values, since]
        if until:
            where, values = f"{where} AND modified <= ?", [*values, until]
        if names and by:
            chosen = (
                f"SELECT record FROM alias WHERE company = ? AND kind = ? AND field = ? AND value IN ({_places(names)})"  # noqa: S608
            )
            where, values = f"{where} AND id IN ({chosen})", [*values, company.id, kind, by, *names]
        elif names:
            where, values = f"{where} AND natural IN ({_places(names)})", [*values, *names]
        total = self._db.execute(f"SELECT count(*) FROM record WHERE {where}", values).fetchone()[0]  # noqa: S608
        rows = self._db.execute(
            f"SELECT body FROM record WHERE {where} ORDER BY modified, seq LIMIT ? OFFSET ?",  # noqa: S608
            [*values, size, offset],
        )
        return [row[0] for row in rows], int(total)

    def every(self, company: Company, kind: str) -> Iterator[Record]:
        """Yield all records of a kind, in the order they were made."""
        sql = "SELECT body FROM record WHERE company = ? AND kind = ? ORDER BY seq"
        for row in self._db.execute(sql, (company.id, kind)):
            yield orjson.loads(row[0])

    def journal(self, company: Company, effect: Effect, at: str) -> None:
        """Note an applied change; called in the same transaction that applies it."""
        self._db.execute(
            "INSERT INTO effect (company, at, action, kind, record, natural, key, body, caused_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                company.id,
                at,
                effect.action,
                effect.kind,
                effect.record,
                effect.natural,
                effect.key,
                orjson.dumps(effect.body),
                effect.caused_by,
            ),
        )

    def effects(self, company: Company, *, after: int = 0, limit: int = 100_000) -> list[Record]:
        """Return the journal from the entry after `after` on."""
        return self._effects("seq > ? ORDER BY seq LIMIT ?", (company.id, after, limit))

    def latest_effects(self, company: Company, count: int) -> list[Record]:
        """Return the newest entries of the journal, newest first."""
        return self._effects("seq > 0 ORDER BY seq DESC LIMIT ?", (company.id, count))

    def _effects(self, condition: str, values: Sequence[Any]) -> list[Record]:
        columns = (
            "SELECT seq, at, action, kind, record, natural, key, caused_by, body FROM effect WHERE company = ? AND "
        )
        names = ("seq", "at", "action", "object", "record", "external_id", "idempotency_key", "correlation_id")
        rows = self._db.execute(columns + condition, values)
        return [{**dict(zip(names, row[:8], strict=True)), "values": orjson.loads(row[8])} for row in rows]

    def remember(self, company: Company, key: str, fingerprint: str, status: int, body: bytes, at: float) -> None:
        """Keep the answer given under an idempotency key."""
        self._db.execute(
            "INSERT OR REPLACE INTO answered (company, key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?, ?)",
            (company.id, key, fingerprint, status, body, at),
        )

    def recall(self, company: Company, key: str, since: float) -> tuple[str, int, bytes] | None:
        """Return what was answered under a key within the window: fingerprint of the request, status, body."""
        row = self._db.execute(
            "SELECT fingerprint, status, body FROM answered WHERE company = ? AND key = ? AND at >= ?",
            (company.id, key, since),
        ).fetchone()
        return row and (row[0], row[1], row[2])

    def note_delivery(self, company: Company, delivery: Record) -> None:
        """Note one attempt to deliver an event."""
        self._db.execute(
            "INSERT INTO delivery (company, id, at, attempt, status, body) VALUES (?, ?, ?, ?, ?, ?)",
            (company.id, delivery["id"], delivery["at"], delivery["attempt"], delivery["status"], delivery["body"]),
        )

    def deliveries(self, company: Company) -> list[Record]:
        """Return the attempts, newest first."""
        rows = self._db.execute(
            "SELECT id, at, attempt, status, body FROM delivery WHERE company = ? ORDER BY seq DESC LIMIT 200",
            (company.id,),
        )
        return [{"id": r[0], "at": r[1], "attempt": r[2], "status": r[3], "event": orjson.loads(r[4])} for r in rows]


def _places(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
