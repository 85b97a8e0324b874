"""Reading, checking, mapping and planning 10,000 time entries (W1): CPU per record, beside the same work by hand.

Run with `python -m bench.planning [records]`. The mapping is the engine's own: twelve target fields with a value map, a
date format, an exact product, an expression and defaults; six rules; 90 % approved, 1 % broken.
"""

import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from time import process_time
from typing import Any

from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import FieldSpec, MappingLine, ObjectManifest, ValueKind
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import CompiledFlow, compile_flow
from apps.flows.engine.identity import EffectScope
from apps.flows.engine.pipeline import plan_batch
from apps.flows.engine.states import OperationState

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BATCH = 500
COMPANIES = {"EMEA": 100, "AMER": 200, "APAC": 300}
CURRENCIES = ("USD", "EUR", "GBP", "SEK")

SOURCE = ObjectManifest(
    name="time-entries",
    label="the time system",
    canonical_type="TimeEntry",
    reading_lines=(
        MappingLine("id", "id"),
        MappingLine("resource", "person_id"),
        MappingLine("resource_name", "person_name"),
        MappingLine("project", "project_code"),
        MappingLine("project_name", "project_name"),
        MappingLine("task", "task_id"),
        MappingLine("task_name", "task_name"),
        MappingLine("client", "custom.client.id"),
        MappingLine("client_name", "custom.client.name"),
        MappingLine("work_date", "worked_on"),
        MappingLine("hours", "hours"),
        MappingLine("billable", "billable"),
        MappingLine("note", "notes"),
        MappingLine("approval", "status"),
        MappingLine("approved_at", "approved_at"),
        MappingLine("bill_rate", "rate"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("region", "custom.region"),
        MappingLine("po_number", "custom.po_number"),
    ),
)
TARGET = ObjectManifest(
    name="time-lines",
    label="the ERP",
    canonical_type="TimeEntry",
    fields=(
        FieldSpec("external_id", required=True),
        FieldSpec("company", ValueKind.WHOLE, required=True),
        FieldSpec("project", required=True),
        FieldSpec("employee", required=True),
        FieldSpec("posting_date", required=True),
        FieldSpec("quantity", ValueKind.HOURS, required=True),
        FieldSpec("unit_price", ValueKind.MONEY, required=True),
        FieldSpec("amount", ValueKind.MONEY, required=True),
        FieldSpec("currency", required=True),
        FieldSpec("cost_center"),
        FieldSpec("description"),
        FieldSpec("po_number"),
    ),
    writing_lines=(
        MappingLine("external_id", "id"),
        MappingLine("company", "region", value_map=COMPANIES),
        MappingLine("project", "project"),
        MappingLine("employee", "resource"),
        MappingLine("posting_date", "approved_at", transforms=("date_format:%d.%m.%Y",)),
        MappingLine("quantity", "hours"),
        MappingLine("unit_price", "bill_rate"),
        MappingLine("amount", "bill_amount"),
        MappingLine("currency", "currency"),
        MappingLine("cost_center", "cost_center", default="CC-000"),
        MappingLine("description", expression='r.task_name + " - " + r.resource_name'),
        MappingLine("po_number", "po_number"),
    ),
)
DEFINITION = {
    "canonical_type": "TimeEntry",
    "filter": {"conditions": ["approved"]},
    "steps": [
        {"kind": "extract"},
        {"kind": "check", "currencies": list(CURRENCIES), "project_form": "PRJ-####", "zone": "UTC"},
        {"kind": "map"},
        {"kind": "deliver"},
    ],
}
_BROKEN = ("id", "hours", "rate", "currency", "project_code", "approved_at")


def build_entry(number: int, random: Random) -> dict[str, Any]:
    """Return one deterministic source entry of 23 fields."""
    worked = date(2026, 1, 1) + timedelta(days=number % 300)
    approved = random.random() < 0.9
    return {
        "id": f"te-{number:07d}",
        "project_code": f"PRJ-{number % 80:04d}",
        "project_name": f"Programme {number % 80}",
        "task_id": f"T{number % 400}",
        "task_name": f"Workstream {number % 400}",
        "person_id": f"E{number % 600:04d}",
        "person_name": f"Person {number % 600}",
        "worked_on": worked.isoformat(),
        "hours": random.randrange(25, 1200) / 100,
        "rate": f"{random.randrange(8000, 25000) / 100:.2f}",
        "currency": CURRENCIES[number % 4],
        "billable": True,
        "status": "approved" if approved else "submitted",
        "approved_at": f"{worked + timedelta(days=3)}T08:30:00Z" if approved else None,
        "notes": "Preparing and running the workshop with the client's finance team. " * 2,
        "cost_center": None if number % 5 == 0 else f"CC-{number % 40:03d}",
        "tags": ["onsite", "audit"],
        "custom": {
            "po_number": f"PO-{number % 90}",
            "region": ("EMEA", "AMER", "APAC")[number % 3],
            "client": {"id": f"C{number % 50}", "name": f"Client {number % 50}"},
        },
        "created_at": f"{worked}T18:00:00Z",
        "updated_at": f"{worked}T18:30:00Z",
        "location": "Berlin",
        "locked": False,
        "source": "web",
    }


def break_entry(entry: dict[str, Any], rule: str) -> None:
    """Break one of the six rules."""
    wrong: dict[str, Any] = {"id": "", "hours": 25.0, "rate": "-5.00", "currency": "DOGE", "project_code": "X-1"}
    entry[rule] = wrong.get(rule, f"{date.fromisoformat(entry['worked_on']) - timedelta(days=2)}T08:00:00Z")


def build_records(number: int) -> list[SourceRecord]:
    """Return the records of one reading; every hundredth is broken."""
    random, records = Random(7), []
    for position in range(number):
        entry = build_entry(position, random)
        if position % 100 == 13:
            break_entry(entry, _BROKEN[position // 100 % 6])
        records.append(SourceRecord("time-entries", entry["id"], entry["updated_at"], entry))
    return records


def run_engine(compiled: CompiledFlow, records: list[SourceRecord]) -> tuple[Counter[str], Decimal]:
    """Plan all records in batches; return the decisions and the sum of the delivered amounts."""
    scope = EffectScope("partner", "flow", "connection")
    decisions: Counter[str] = Counter()
    total = Decimal(0)
    for start in range(0, len(records), BATCH):
        plan = plan_batch(compiled, records[start : start + BATCH], {}, {}, {}, NOW, scope=scope)
        for entry in plan.entries:
            decisions[entry.decision] += 1
            if entry.decision is OperationState.WAITING and entry.amount:
                total += entry.amount.value
    return decisions, total


def run_by_hand(records: list[SourceRecord]) -> tuple[int, Decimal]:
    """The same rules and fields as straight Python, without ledger keys or fingerprints: the floor."""
    written, total = 0, Decimal(0)
    for record in records:
        mapped = map_by_hand(record.values)
        if mapped is not None:
            written += 1
            total += mapped["amount"]
    return written, total


def map_by_hand(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Map one entry by hand; None when it is not approved or breaks a rule."""
    if entry["status"] != "approved" or not entry["id"] or not 0 < entry["hours"] <= 24:
        return None
    rate, code = Decimal(entry["rate"]), entry["project_code"]
    approved = datetime.fromisoformat(entry["approved_at"])
    if (
        rate < 0
        or entry["currency"] not in CURRENCIES
        or code[:4] != "PRJ-"
        or len(code) != 8
        or not code[4:].isdigit()
    ):
        return None
    if approved.date() < date.fromisoformat(entry["worked_on"]):
        return None
    hours = Decimal(repr(entry["hours"]))
    return {
        "external_id": entry["id"],
        "company": COMPANIES[entry["custom"]["region"]],
        "project": code,
        "employee": entry["person_id"],
        "posting_date": approved.strftime("%d.%m.%Y"),
        "quantity": hours,
        "unit_price": rate,
        "amount": (hours * rate).quantize(Decimal("0.01"), ROUND_HALF_UP),
        "currency": entry["currency"],
        "cost_center": entry["cost_center"] or "CC-000",
        "description": f"{entry['task_name']} - {entry['person_name']}",
        "po_number": entry["custom"]["po_number"],
    }


def main() -> int:
    """Print the figures; 1 when engine and hand-written code disagree."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    records = build_records(number)
    compiled = compile_flow(parse_definition(DEFINITION), SOURCE, TARGET, source_system="bench")
    run_engine(compiled, records[:BATCH])
    started = process_time()
    decisions, total = run_engine(compiled, records)
    engine = process_time() - started
    started = process_time()
    written, expected = run_by_hand(records)
    by_hand = process_time() - started
    same = decisions[OperationState.WAITING] == written and total == expected
    print(f"records {number}, to deliver {written}, decisions {dict(decisions)}")
    print(f"engine   {engine:.3f} CPU-s, {engine / number * 1e6:.1f} us a record (target 25)")
    print(f"by hand  {by_hand:.3f} CPU-s, {by_hand / number * 1e6:.1f} us a record; ratio {engine / by_hand:.1f}")
    print(f"same records and same cents: {'yes' if same else 'NO'} ({total})")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
