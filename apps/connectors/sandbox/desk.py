"""What all sandbox systems do alike with their records: lists, look-ups, creation, change, removal, and the journal."""

import hashlib
import hmac
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
from aiohttp import web

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.descriptions import described
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import AskedWrongError, answer, list_answer, page_asked, parsed, refusal
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Effect, Record, Store

KEY_WINDOW_SECONDS = 24 * 3600
OWN_FIELDS = frozenset({"id", "created_at", "modified_at"})
_MOST_NAMES = 200

Announce = Callable[[Record], None]  # hands a webhook event on for delivery


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record of a system, and how the sandbox's pages show it."""

    name: str  # the field people know its records by; no two records share it
    columns: tuple[str, ...]  # what a page shows of each record
    prefix: str = ""  # how the ids of new records begin
    own_key: str = ""  # the field that carries the caller's own number; no two records share it either
    writable: bool = True  # False: callers only read it; a person may still mend it
    removable: bool = False
    renamed: tuple[str, str] | None = None  # a field, and what lists call it while the schema fault is on
    hours: str = ""  # the field whose sum is shown as hours
    money: str = ""  # the field whose sum is shown by currency
    counted: tuple[str, str] | None = None  # a field and the value of it that is counted
    # What the system tells about its fields; id and the times of making and changing are its own and told besides.
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person can do with one record on its page, by one button."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one record: the status, what is answered, and whether anything was changed."""

    status: int
    body: Record
    replayed: bool = False

    def response(self) -> web.Response:
        """Return the verdict as the answer to a single write."""
        return answer(self.body, status=self.status, headers={"Idempotent-Replayed": "true"} if self.replayed else None)


class Desk(ABC):
    """One request to one company's system. Each system is a subclass that says what it holds and by which rules."""

    slug: ClassVar[str]
    title: ClassVar[str]
    kinds: ClassVar[Mapping[str, Kind]]
    main: ClassVar[str]  # the kind shown first
    event: ClassVar[str] = ""  # what an announcement of a record of the main kind is called; "": nothing is announced
    list_name: ClassVar[str] = "records"
    takes_keys: ClassVar[bool] = False  # whether an Idempotency-Key is honoured
    hands_out_tokens: ClassVar[bool] = False  # whether callers buy short-lived tokens with client credentials

    def __init__(self, store: Store, company: Company, faults: Faults, announce: Announce) -> None:
        self._store, self._company, self._faults, self._announce = store, company, faults, announce
        self.caused_by = ""  # the caller's X-Correlation-Id, for the journal

    @classmethod
    @abstractmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store all records of a new company."""

    @classmethod
    def fill_kind(cls, store: Store, company: Company, kind: str, records: list[Record], stamp: str) -> None:
        """Store records of one kind, last changed at `stamp` where they do not say it themselves."""
        stamped = ({**record, "modified_at": record.get("modified_at") or stamp} for record in records)
        store.add(company, kind, stamped, natural=cls.kinds[kind].name, modified="modified_at")

    @classmethod
    def admits(cls, company: Company, _faults: Faults, offered: str) -> bool:
        """Return whether an Authorization header opens this company."""
        return hmac.compare_digest(offered.encode(), f"Bearer {company.token}".encode())

    def whoami(self) -> web.Response:
        """Answer who is signed in and what they may do."""
        rights = ["read"] if self._faults.strikes("forbidden") else ["read", "write"]
        return answer({"company": self._company.slug, "system": self.slug, "rights": rights})

    def describe(self, kind: str) -> web.Response:
        """Answer which fields the records of a kind have just now."""
        known = self.kinds[kind]
        told = described(
            own=OWN_FIELDS,
            fields=known.fields,
            required=known.required if known.writable else (),
            choices=known.choices,
            longest=known.longest,
            writable=known.writable,
        )
        if known.renamed and self._faults.strikes("schema_change"):
            name, other = known.renamed
            told = [{**one, "name": other} if one["name"] == name else one for one in told]
        return answer({"object": kind, "fields": told})

    def some(self, kind: str, query: dict[str, str]) -> web.Response:
        """Answer one page of a list, oldest change first, or the records of some names.

        `modified_since` includes its own instant.
        """
        known = self.kinds[kind]
        keys = [name for name in (known.name, known.own_key) if name]
        asked = page_asked(query, known=frozenset({"modified_since", *keys}))
        key = next((name for name in keys if query.get(name)), known.name)
        names = [part for part in query.get(key, "").split(",") if part]
        if len(names) > _MOST_NAMES:
            raise AskedWrongError(f"{key} takes at most {_MOST_NAMES} values")
        offset, size = asked.offset, asked.size
        if asked.page > 1 and self._faults.strikes("duplicate_pages"):
            offset, size = offset - asked.size, size * 2
        bodies, total = self._store.page(
            self._company,
            kind,
            since=_moment(query.get("modified_since", "")),
            until=self._company.shows_until if kind == self.main else "",
            names=names,
            by=key if key != known.name else "",
            offset=offset,
            size=size,
        )
        if known.renamed and self._faults.strikes("schema_change"):
            bodies = [_renamed(body, *known.renamed) for body in bodies]
        return list_answer(self.list_name, bodies, page=asked.page, size=asked.size, total=total)

    def one(self, kind: str, key: str) -> web.Response:
        """Answer one record."""
        record, known = self._store.get(self._company, kind, key), self.kinds[kind]
        if record is None:
            return refusal(404, "not_found", f"No {kind} record {key}")
        if known.renamed and self._faults.strikes("schema_change"):
            return answer(_renamed(orjson.dumps(record), *known.renamed))
        return answer(record)

    def post(self, kind: str, key: str, body: bytes, idempotency_key: str) -> web.Response:
        """Answer a POST: without a key it makes a record."""
        if key:
            return refusal(405, "method_not_allowed", "POST is not possible here")
        return self.create(kind, body, idempotency_key)

    def create(self, kind: str, body: bytes, idempotency_key: str = "") -> web.Response:
        """Create one record."""
        with self._store.change():
            verdict = self.write(kind, parsed(body), key=idempotency_key, target="")
        return verdict.response()

    def change(self, kind: str, target: str, body: bytes, idempotency_key: str = "") -> web.Response:
        """Change some fields of one record."""
        with self._store.change():
            verdict = self.write(kind, parsed(body), key=idempotency_key, target=target)
        return verdict.response()

    def remove(self, kind: str, target: str) -> web.Response:
        """Take one record away, unless something still needs it."""
        record = self._store.get(self._company, kind, target)
        if record is None:
            return refused(404, "not_found", "", f"No {kind} record {target}").response()
        problem = self.kept_by(kind, record)
        if problem is not None:
            return refused(409, problem.code, problem.field, problem.message).response()
        with self._store.change():
            self._store.remove(self._company, kind, target)
            self._note("remove", kind, record, "", {})
        return answer({"id": target, "removed": True})

    def deeds(self, _kind: str, _record: Record) -> list[Deed]:
        """Return what a person can do with a record besides changing its fields."""
        return []

    def do(self, _deed: str, _kind: str, _key: str) -> web.Response:
        """Do what `deeds` offered."""
        return refusal(404, "not_found", "There is no such deed")

    def prepared(self, _kind: str, record: Record, _number: int) -> Record:
        """Return a new record with what the system adds by itself; `number` was never used before."""
        return record

    def completed(self, _kind: str, _before: Record, changed: Record) -> Record:
        """Return a changed record with what follows from the change."""
        return changed

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        return rules.missing(record, [self.kinds[kind].name])

    def kept_by(self, _kind: str, _record: Record) -> Problem | None:
        """Return why a record cannot be removed, None when it can."""
        return None

    def noted(self, _kind: str, _before: Record | None, _record: Record) -> None:  # noqa: B027  most have nothing to do
        """Do what follows from a record that was made (`before` is None) or changed, in the same transaction."""

    def incoming(self, _kind: str, record: Record) -> Record:
        """Return what a caller sent under the names the system knows."""
        return record

    def write(self, kind: str, wanted: Record, *, key: str, target: str) -> Verdict:
        """Create a record, or change the one called `target`; call it inside `store.change()`.

        A key that was used for the same request is answered as before, for a day.
        """
        key = key if self.takes_keys else ""
        fingerprint = _fingerprint(kind, target, wanted) if key else ""
        now = time.time()
        earlier = self._store.recall(self._company, key, now - KEY_WINDOW_SECONDS) if key else None
        if earlier is not None:
            if earlier[0] != fingerprint:
                return refused(409, "idempotency_conflict", "", "This idempotency key was used for another request")
            answered = orjson.loads(earlier[2])
            if self._store.get(self._company, kind, answered["id"]) is None:
                gone = f"What was made under this idempotency key, {answered['id']}, was removed since"
                return refused(409, "idempotency_conflict", "", gone)
            return Verdict(earlier[1], answered, replayed=True)
        fields = self.incoming(kind, {name: value for name, value in wanted.items() if name not in OWN_FIELDS})
        verdict = self._change(kind, fields, key, target) if target else self._create(kind, fields, key)
        if key and verdict.status < 400:
            self._store.remember(self._company, key, fingerprint, verdict.status, orjson.dumps(verdict.body), now)
        return verdict

    def _create(self, kind: str, fields: Record, key: str) -> Verdict:
        known, number = self.kinds[kind], self._store.next_number()
        now = instant_text(datetime.now(UTC))
        made = {"id": f"{known.prefix or kind[:2].upper() + '-'}{number:07d}", **self.prepared(kind, fields, number)}
        problems = self.judge(kind, _judged(known, made))
        if problems:
            return _unfit(problems)
        twin = self._twin(kind, made, itself="")
        if twin is not None:
            return twin
        created = {**made, "created_at": now, "modified_at": now}
        self._store.add(self._company, kind, [created], natural=known.name, modified="modified_at")
        self._store.name_by(self._company, kind, known.own_key, created)
        self._note("create", kind, created, key, fields)
        self.noted(kind, None, created)
        return Verdict(201, created)

    def _change(self, kind: str, changes: Record, key: str, target: str) -> Verdict:
        record = self._store.get(self._company, kind, target)
        if record is None:
            return refused(404, "not_found", "", f"No {kind} record {target}")
        changed = self.completed(kind, record, {**record, **changes})
        problems = self.judge(kind, _judged(self.kinds[kind], changed))
        if problems:
            return _unfit(problems)
        twin = self._twin(kind, changed, itself=target)
        if twin is not None:
            return twin
        self.save(kind, changed)
        self._note("change", kind, changed, key, changes)
        self.noted(kind, record, changed)
        return Verdict(200, changed)

    def save(self, kind: str, record: Record) -> None:
        """Store a changed record, changed now."""
        record["modified_at"] = instant_text(datetime.now(UTC))
        self._store.replace(self._company, kind, record, natural=self.kinds[kind].name, modified="modified_at")
        self._store.name_by(self._company, kind, self.kinds[kind].own_key, record)

    def look_up(self, kind: str, name: str) -> Record | None:
        """Return a record by the name people know it by, None when there is none. Read only."""
        return self._store.named(self._company, kind, name)

    def _twin(self, kind: str, record: Record, *, itself: str) -> Verdict | None:
        """Another record of the same name, or of the same number of the caller's, refuses this one."""
        known = self.kinds[kind]
        for name, other in self._namesakes(known, kind, record):
            if other is not None and other["id"] != itself:
                message = f"{name} {record[name]} already exists as {other['id']}"
                return refused(409, "duplicate", name, message)
        return None

    def _namesakes(self, known: Kind, kind: str, record: Record) -> Iterator[tuple[str, Record | None]]:
        if record.get(known.name) not in (None, ""):
            yield known.name, self.look_up(kind, str(record[known.name]))
        if known.own_key and record.get(known.own_key) not in (None, ""):
            yield known.own_key, self._store.named_by(self._company, kind, known.own_key, str(record[known.own_key]))

    def _note(self, action: str, kind: str, record: Record, key: str, values: Record) -> None:
        known = self.kinds[kind]
        name = str(record.get(known.own_key) or record.get(known.name) or "")
        effect = Effect(action, kind, record["id"], name, key, values, self.caused_by)
        self._store.journal(self._company, effect, instant_text(datetime.now(UTC)))


def refused(status: int, code: str, field: str, message: str) -> Verdict:
    """Return the verdict that refuses a write for one reason."""
    problem = Problem(code, field, message).as_json()
    return Verdict(status, {"error": {"code": code, "message": message, "problems": [problem]}})


def _moment(text: str) -> str:
    """Return an instant as the records hold it: written with whole seconds it would come after those of its own second."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise AskedWrongError("modified_since must be an instant such as 2026-11-20T18:00:00Z") from None
    return instant_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _unfit(problems: list[Problem]) -> Verdict:
    told = [problem.as_json() for problem in problems]
    return Verdict(422, {"error": {"code": "validation_failed", "message": told[0]["message"], "problems": told}})


def _judged(known: Kind, record: Record) -> Record:
    """Return what the rules look at: not what the system itself stamps on a record, but for its name."""
    return {name: value for name, value in record.items() if name not in OWN_FIELDS or name == known.name}


def _fingerprint(kind: str, target: str, record: Record) -> str:
    told = orjson.dumps([kind, target, record], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def _renamed(body: bytes, name: str, other: str) -> bytes:
    """With the schema fault on, a field is gone and another has taken its place."""
    record = orjson.loads(body)
    record[other] = record.pop(name, None)
    return orjson.dumps(record)
