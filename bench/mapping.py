"""Mapping alone: 100,000 records through 20 lines on one core, reading and delivery apart, and what each kind of line costs.

Run with `python -m bench.mapping [records]`. CPU seconds, not the clock on the wall. The records come as JSON would bring
them: a tenth has an empty field, a hundredth holds a value that cannot be used; both are told as problems, none is lost.
"""

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from time import process_time
from typing import Any

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.mapping.compile import Field, compile_mapping
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.mapping.layers import merge_layers

TARGET_SECONDS = 6.0  # for 100,000 records
LINES = 20
KINDS = 100_000  # applications of one line, to see what its kind costs
COMPANIES = {"EMEA": 100, "AMER": 200, "APAC": 300, "LATAM": 400}
TIME_ENTRY = canonical_type("TimeEntry")
_K = ValueKind

READING = (
    MappingLine("id", "id"),
    MappingLine("resource", "person.id"),
    MappingLine("resource_name", "person.name", ("one_line",)),
    MappingLine("approved_by", "person.email", ("lower",)),
    MappingLine("project", "project.code", ("upper",)),
    MappingLine("project_name", "project.name"),
    MappingLine("client", "project.client.id"),
    MappingLine("client_name", "project.client.name"),
    MappingLine("task", "task.key", default="GENERAL"),
    MappingLine("task_name", "task.name"),
    MappingLine("work_date", "date"),
    MappingLine("hours", "minutes", ("minutes_to_hours",)),
    MappingLine("billable", "billable"),
    MappingLine("service_item", "activity", value_map={"dev": "SVC-1", "advise": "SVC-2"}, value_map_default="SVC-0"),
    MappingLine("note", "note", ("one_line", "shorten:200")),
    MappingLine("approval", "status", value_map={"A": "approved", "S": "submitted", "R": "rejected"}),
    MappingLine("approved_at", "approved_at"),
    MappingLine("bill_rate", "rate_cents", ("cents_to_money",)),
    MappingLine("region", "custom[name=Region].value"),
    MappingLine("bill_amount", expression="r.minutes / 60.0 * r.rate_cents / 100.0", transforms=("money_round",)),
)
TARGET = (
    FieldSpec("external_id", required=True),
    FieldSpec("company", _K.WHOLE),
    FieldSpec("project", _K.REFERENCE),
    FieldSpec("employee", _K.REFERENCE),
    FieldSpec("posting_date", _K.DATE),
    FieldSpec("quantity", _K.HOURS),
    FieldSpec("unit_price", _K.MONEY),
    FieldSpec("amount", _K.MONEY),
    FieldSpec("currency", _K.CHOICE, choices=("EUR", "USD", "GBP")),
    FieldSpec("description", max_length=120),
    FieldSpec("billable", _K.YES_NO),
    FieldSpec("item", max_length=20),
    FieldSpec("region", max_length=10),
    FieldSpec("client_name"),
    FieldSpec("task"),
    FieldSpec("period"),
    FieldSpec("mail"),
    FieldSpec("unit", _K.CHOICE, choices=("hour", "day")),
    FieldSpec("approved", _K.INSTANT),
    FieldSpec("note"),
)
DELIVERY = (
    MappingLine("external_id", "id", required=True),
    MappingLine("company", "region", value_map=COMPANIES),
    MappingLine("project", "project", reference="Project", checks=("starts_with:PRJ-",)),
    MappingLine("employee", "resource", reference="Resource"),
    MappingLine("posting_date", "work_date", ("date_format:%d.%m.%Y",)),
    MappingLine("quantity", "hours", checks=("more_than:0", "at_most:24")),
    MappingLine("unit_price", "bill_rate"),
    MappingLine("amount", expression="r.hours * r.bill_rate", transforms=("money_round",)),
    MappingLine("currency", default="EUR"),
    MappingLine("description", expression='r.task_name + " - " + r.resource_name'),
    MappingLine("billable", "billable"),
    MappingLine("item", "service_item"),
    MappingLine("region", "region"),
    MappingLine("client_name", "client_name"),
    MappingLine("task", "task", default="GENERAL"),
    MappingLine("period", "work_date", ("month_end",)),
    MappingLine("mail", "approved_by"),
    MappingLine("unit", default="hour"),
    MappingLine("approved", "approved_at"),
    MappingLine("note", "note", ("shorten:80",)),
)
ONE_KIND: Mapping[str, MappingLine] = {
    "a text as it is": MappingLine("note", "id"),
    "a nested path": MappingLine("note", "project.client.name"),
    "an entry of a list": MappingLine("note", "custom[name=Region].value"),
    "a number": MappingLine("quantity", "hours"),
    "a day": MappingLine("posting_date", "date"),
    "a point in time": MappingLine("approved", "approved_at"),
    "two steps": MappingLine("note", "text", ("one_line", "shorten:80")),
    "a table of values": MappingLine("company", "region", value_map=COMPANIES),
    "a default": MappingLine("note", "missing", default="none"),
    "a fixed value": MappingLine("unit", default="hour"),
    "an amount, rounded": MappingLine("amount", "rate", ("money_round",)),
    "two checks": MappingLine("quantity", "hours", checks=("more_than:0", "at_most:24")),
    "a pattern": MappingLine("note", "project_code", checks=("matches:^PRJ-[0-9]{4}$",)),
    "an expression": MappingLine("amount", expression="r.hours * r.rate"),
}
SAMPLE: Mapping[str, Any] = {
    "id": "TE-1", "project": {"client": {"name": "Northwind"}}, "custom": [{"name": "Region", "value": "EMEA"}],
    "hours": 7.5, "date": "2026-11-03", "approved_at": "2026-11-04T09:00:00+00:00", "text": "On site  with the client",
    "region": "EMEA", "rate": 125.5, "project_code": "PRJ-0042",
}  # fmt: skip


def build_records(number: int) -> list[dict[str, Any]]:
    """Return raw records of a time system, the same ones every time."""
    chance = Random(7)
    return [_record(one, chance) for one in range(number)]


def _record(number: int, chance: Random) -> dict[str, Any]:
    person, project, client = chance.randrange(600), chance.randrange(400), chance.randrange(80)
    empty, broken = chance.random() < 0.1, chance.random() < 0.01
    return {
        "id": f"TE-{number}",
        "person": {"id": f"P-{person}", "name": f"Person  {person}", "email": f"P{person}@Firm.example"},
        "project": {
            "code": f"prj-{project:04d}", "name": f"Project {project}", "client": {"id": f"C-{client}", "name": f"Client {client}"},
        },
        "task": None if empty else {"key": f"T-{number % 9}", "name": f"Task {number % 9}"},
        "date": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "minutes": "a day" if broken else chance.randrange(15, 600, 15),
        "billable": chance.random() < 0.8,
        "activity": chance.choice(("dev", "advise", "travel")),
        "note": None if empty else f"On site,\n meeting {number}",
        "status": "A",
        "approved_at": f"2026-12-{1 + number % 28:02d}T09:{number % 60:02d}:00Z",
        "rate_cents": chance.randrange(5_000, 25_000, 50),
        "custom": [{"name": "Cost centre", "value": "CC-1"}, {"name": "Region", "value": chance.choice(tuple(COMPANIES))}],
    }  # fmt: skip


def compile_lines(
    lines: Sequence[MappingLine], sources: Sequence[Field], targets: Sequence[Field], *, outgoing: bool
) -> CompiledMapping:
    """Compile lines as a system brings them."""
    return compile_mapping(merge_layers(lines), source_fields=sources, target_fields=targets, outgoing=outgoing)


def run(mapping: CompiledMapping, records: Sequence[Mapping[str, Any]]) -> tuple[float, list[dict[str, Any]], int]:
    """Map all records: CPU seconds, what came of them, and how many have a problem."""
    apply, problems, mapped = mapping.apply, 0, []
    started = process_time()
    for record in records:
        one = apply(record)
        problems += bool(one.problems)
        mapped.append(one.values)
    return process_time() - started, mapped, problems


def cost_of(line: MappingLine) -> float:
    """Return microseconds for mapping one record by one line alone, all that a record costs by itself included."""
    fields = [field for field in TARGET if field.name == line.target]
    mapping = compile_lines([line], (), fields, outgoing=True)
    started = process_time()
    for _ in range(KINDS):
        mapping.apply(SAMPLE)
    return (process_time() - started) / KINDS * 1e6


def is_right(read: Sequence[Mapping[str, Any]], written: Sequence[Mapping[str, Any]]) -> bool:
    """Check the amounts against a sum by hand, so that what is fast is not wrong."""
    pairs = [(one, other) for one, other in zip(read, written, strict=True) if "hours" in one]
    return all(
        other["amount"] == float((one["hours"] * one["bill_rate"]).quantize(Decimal("0.01"), "ROUND_HALF_UP"))
        for one, other in pairs
    )


def main() -> int:
    """Print the figures; 1 when a sum is wrong."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    records = build_records(number)
    reading = compile_lines(READING, (), TIME_ENTRY.fields, outgoing=False)
    delivery = compile_lines(DELIVERY, TIME_ENTRY.fields, TARGET, outgoing=True)
    read_seconds, read, unread = run(reading, records)
    write_seconds, written, unwritten = run(delivery, read)
    right = is_right(read, written)
    for name, seconds, problems in (("reading", read_seconds, unread), ("delivery", write_seconds, unwritten)):
        print(
            f"{name:9} {number} records x {LINES} lines: {seconds:.2f} CPU-s, {number / seconds:,.0f} records/s, "
            f"{seconds / number / LINES * 1e6:.2f} us a line; with a problem {problems}"
        )
    both = read_seconds + write_seconds
    print(f"both ways {both:.2f} CPU-s (target {TARGET_SECONDS:.0f} for 100,000 records)")
    print(f"same cents as by hand: {'yes' if right else 'NO'}")
    for kind, line in ONE_KIND.items():
        print(f"{kind:20} {cost_of(line):6.2f} us")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
