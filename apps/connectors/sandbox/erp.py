"""The sandbox ERP: master records, accounting periods and time lines with real business rules."""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from aiohttp import web

from apps.connectors.sandbox import erp_rules
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import AskedWrongError, answer, list_answer, page_asked, parsed, refusal
from apps.connectors.sandbox.store import Company, Effect, Record, Store
from apps.connectors.sandbox.vocabulary import COST_CENTERS, REGIONS

LINES = "time-lines"
KEY_WINDOW_SECONDS = 24 * 3600
LARGEST_BATCH = 500
# object -> the field people know its records by
NAMES = {
    "companies": "code",
    "projects": "code",
    "employees": "number",
    "cost-centers": "code",
    "periods": "code",
    LINES: "external_id",
}
_PREFIXES = {LINES: "TL"}
_OWN_FIELDS = frozenset({"id", "modified_at", "created_at"})


def fill(store: Store, company: Company, firm: Firm) -> None:
    """Store the master records of a new company; it begins without a single time line."""
    stamp = instant_text(firm.as_of)
    masters = {
        "companies": [
            {"id": f"co-{code}", "code": code, "name": f"Consulting {region}", "currency": currency}
            for region, (code, currency, _) in REGIONS.items()
        ],
        "projects": [_project(project, closed=project is firm.projects[-1]) for project in firm.projects],
        "employees": [
            {
                "id": f"em-{p['id'][2:]}",
                "number": p["id"],
                "name": p["name"],
                "company": REGIONS[p["region"]][0],
                "active": True,
            }
            for p in firm.people
        ],
        "cost-centers": [
            {"id": f"cc-{code[3:]}", "code": code, "name": f"Cost centre {code[3:]}"} for code in COST_CENTERS
        ],
        "periods": _periods(firm),
    }
    for kind, records in masters.items():
        stamped = ({**record, "modified_at": stamp} for record in records)
        store.add(company, kind, stamped, natural=NAMES[kind], modified="modified_at")


def _project(project: Record, *, closed: bool) -> Record:
    return {
        "id": f"pr-{project['code'][4:]}",
        "code": project["code"],
        "name": project["name"],
        "company": REGIONS[project["region"]][0],
        "customer": project["client_name"],
        "currency": project["currency"],
        "cost_center": project["cost_center"],
        "state": "closed" if closed else "active",
    }


def _periods(firm: Firm) -> list[Record]:
    """Two years of months; those before the firm's first booked day are closed."""
    this = firm.as_of.year * 12 + firm.as_of.month - 1
    months = [date(month // 12, month % 12 + 1, 1) for month in range(this - 24, this + 3)]
    first = firm.first_day.replace(day=1)
    return [
        {"id": f"pe-{month:%Y-%m}", "code": f"{month:%Y-%m}", "state": "open" if month >= first else "closed"}
        for month in months
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one record: the status, what is answered, and whether anything was changed."""

    status: int
    body: Record
    replayed: bool = False

    def response(self) -> web.Response:
        """Return the verdict as the answer to a single write."""
        return answer(self.body, status=self.status, headers={"Idempotent-Replayed": "true"} if self.replayed else None)


class Erp:
    """One request to one company's ERP."""

    def __init__(self, store: Store, company: Company, faults: Faults) -> None:
        self._store, self._company, self._faults = store, company, faults

    def whoami(self) -> web.Response:
        """Answer who is signed in and what they may do."""
        rights = ["read"] if self._faults.strikes("forbidden") else ["read", "write"]
        return answer({"company": self._company.slug, "system": "erp", "rights": rights})

    def some(self, kind: str, query: dict[str, str]) -> web.Response:
        """Answer one page of a list, oldest change first, or the records of some names."""
        name = NAMES[kind]
        asked = page_asked(query, known=frozenset({name, "modified_since"}))
        names = [part for part in query.get(name, "").split(",") if part]
        if len(names) > 200:
            raise AskedWrongError(f"{name} takes at most 200 values")
        bodies, total = self._store.page(
            self._company,
            kind,
            since=query.get("modified_since", ""),
            names=names,
            offset=asked.offset,
            size=asked.size,
        )
        return list_answer("records", bodies, page=asked.page, size=asked.size, total=total)

    def one(self, kind: str, key: str) -> web.Response:
        """Answer one record."""
        record = self._store.get(self._company, kind, key)
        return answer(record) if record else refusal(404, "not_found", f"No {kind} record {key}")

    def create(self, kind: str, body: bytes, idempotency_key: str) -> web.Response:
        """Create one record."""
        with self._store.change():
            return self._write(kind, parsed(body), key=idempotency_key, target="").response()

    def change(self, kind: str, target: str, body: bytes, idempotency_key: str) -> web.Response:
        """Change some fields of one record."""
        with self._store.change():
            return self._write(kind, parsed(body), key=idempotency_key, target=target).response()

    def batch(self, kind: str, body: bytes) -> web.Response:
        """Create or change many records; every one is judged for itself."""
        records = parsed(body).get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise AskedWrongError("records must be a list of objects")
        if len(records) > LARGEST_BATCH:
            return refusal(413, "too_large", f"At most {LARGEST_BATCH} records in one batch")
        results = list[Record]()
        with self._store.change():
            for position, record in enumerate(records):
                key, target = str(record.pop("idempotency_key", "") or ""), str(record.pop("id", "") or "")
                verdict = self._write(kind, record, key=key, target=target)
                results.append({"position": position, "status": verdict.status, **_short(verdict)})
        return answer({"results": results}, status=207 if any(r["status"] >= 400 for r in results) else 200)

    def _write(self, kind: str, record: Record, *, key: str, target: str) -> Verdict:
        fingerprint = hashlib.blake2b(
            orjson.dumps([kind, target, record], option=orjson.OPT_SORT_KEYS), digest_size=16
        ).hexdigest()
        now = time.time()
        earlier = self._store.recall(self._company, key, now - KEY_WINDOW_SECONDS) if key else None
        if earlier is not None:
            if earlier[0] != fingerprint:
                return _refused(409, "idempotency_conflict", "", "This idempotency key was used for another request")
            return Verdict(earlier[1], orjson.loads(earlier[2]), replayed=True)
        verdict = self._change(kind, record, key, target) if target else self._create(kind, record, key)
        if key and verdict.status < 400:
            self._store.remember(self._company, key, fingerprint, verdict.status, orjson.dumps(verdict.body), now)
        return verdict

    def _create(self, kind: str, wanted: Record, key: str) -> Verdict:
        record = self._renamed(kind, {name: value for name, value in wanted.items() if name not in _OWN_FIELDS})
        verdict = self._judge(kind, record)
        if verdict is not None:
            return verdict
        name = str(record[NAMES[kind]])
        twin = self._store.named(self._company, kind, name)
        if twin is not None:
            return _refused(409, "duplicate", NAMES[kind], f"{NAMES[kind]} {name} already exists as {twin['id']}")
        now = instant_text(datetime.now(UTC))
        number = self._store.next_number()
        created = {
            "id": f"{_PREFIXES.get(kind, kind[:2].upper())}-{number:07d}",
            **record,
            "created_at": now,
            "modified_at": now,
        }
        self._store.add(self._company, kind, [created], natural=NAMES[kind], modified="modified_at")
        self._store.journal(self._company, Effect("create", kind, created["id"], name, key, record), now)
        return Verdict(201, created)

    def _change(self, kind: str, wanted: Record, key: str, target: str) -> Verdict:
        record = self._store.get(self._company, kind, target)
        if record is None:
            return _refused(404, "not_found", "", f"No {kind} record {target}")
        changes = self._renamed(kind, {name: value for name, value in wanted.items() if name not in _OWN_FIELDS})
        changed = {**record, **changes}
        verdict = self._judge(kind, {name: value for name, value in changed.items() if name not in _OWN_FIELDS})
        if verdict is not None:
            return verdict
        now = instant_text(datetime.now(UTC))
        changed["modified_at"] = now
        self._store.replace(self._company, kind, changed, natural=NAMES[kind], modified="modified_at")
        name = str(changed.get(NAMES[kind]) or "")
        self._store.journal(self._company, Effect("change", kind, target, name, key, changes), now)
        return Verdict(200, changed)

    def _judge(self, kind: str, record: Record) -> Verdict | None:
        if kind != LINES:
            missing = (
                []
                if record.get(NAMES[kind])
                else [erp_rules.Problem("missing_field", NAMES[kind], f"Field {NAMES[kind]} is required")]
            )
        else:
            switches = erp_rules.Switches(
                closed=self._faults.strikes("closed_period"), no_cost_centers=self._faults.strikes("invalid_dimension")
            )
            missing = erp_rules.problems_of(record, self._look_up, switches)
        if not missing:
            return None
        problems = [problem.as_json() for problem in missing]
        return Verdict(
            422, {"error": {"code": "validation_failed", "message": problems[0]["message"], "problems": problems}}
        )

    def _look_up(self, kind: str, name: str) -> Record | None:
        return self._store.named(self._company, kind, name)

    def _renamed(self, kind: str, record: Record) -> Record:
        """With the schema fault on, the field `project` is gone and `project_no` has taken its place."""
        if kind != LINES or not self._faults.strikes("schema_change"):
            return record
        names = {"project": "project (renamed to project_no)", "project_no": "project"}
        return {names.get(name, name): value for name, value in record.items()}


def _refused(status: int, code: str, field: str, message: str) -> Verdict:
    problem = {"code": code, "field": field, "message": message}
    return Verdict(status, {"error": {"code": code, "message": message, "problems": [problem]}})


def _short(verdict: Verdict) -> dict[str, Any]:
    if verdict.status >= 400:
        return verdict.body
    return {"id": verdict.body["id"], **({"replayed": True} if verdict.replayed else {})}
