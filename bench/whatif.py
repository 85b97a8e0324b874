"""What-if alone: 10,000 recorded time entries through two versions that differ in two lines, on one core.

Run with `python -m bench.whatif [records]`. The entries are those of bench.planning, kept in batches as the ledger keeps them:
what is measured is opening the batches, judging each record twice, comparing and counting. CPU seconds, not the clock on
the wall; the database's share (four statements for a thousand records) is not in it.
"""

import sys
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from time import perf_counter, process_time

from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import ValueKind
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import compile_flow
from apps.flows.engine.verdict import Seen, Side
from apps.flows.engine.what_if import Kind, Tally, compare
from apps.flows.mapping.layers import NO_LAYERS, Layers, LineChange
from apps.flows.services import blobs
from bench.planning import BATCH, DEFINITION, NOW, SOURCE, TARGET, build_records

TARGET_SECONDS = 60.0  # for 10,000 records
CHANGED = Layers(
    customer=(
        LineChange("description", {"transforms": ("upper",)}),
        LineChange("amount", {"source": "", "expression": "r.bill_amount * 1.1", "transforms": ("money_round",)}),
    )
)


def build_side(layers: Layers) -> Side:
    """Return one version, compiled."""
    return Side(compile_flow(parse_definition(DEFINITION), SOURCE, TARGET, layers, source_system="bench"))


def keep(records: Sequence[SourceRecord]) -> list[bytes]:
    """Return the records as batches keep them."""
    return [
        blobs.pack({
            "entries": [
                {"object": one.object_name, "key": one.key, "version": one.version, "values": one.values}
                for one in records[start : start + BATCH]
            ]
        })
        for start in range(0, len(records), BATCH)
    ]  # fmt: skip


def run(before: Side, after: Side, batches: Sequence[bytes]) -> Tally:
    """Open every batch and compare what both versions make of its records."""
    tally = Tally({spec.name for spec in TARGET.fields if spec.kind is ValueKind.MONEY})
    for batch in batches:
        for entry in blobs.unpack(batch)["entries"]:
            record = SourceRecord(entry["object"], entry["key"], entry["version"], entry["values"])
            tally.add(record.key, compare(before, after, Seen(record, NOW)))
    return tally


def is_right(tally: Tally, number: int) -> bool:
    """Check the counts, and the sum of the dearer amounts against one by hand."""
    dearer = tally.fields["amount"]
    exact = abs((dearer.after or 0) - (dearer.before or Decimal(0)) * Decimal("1.1"))
    rounding = Decimal("0.005") * dearer.count
    whole = tally.total == number and tally.counts[Kind.CHANGED] == dearer.count == tally.fields["description"].count
    return whole and exact.quantize(Decimal("0.01"), ROUND_HALF_UP) <= rounding


def main() -> int:
    """Print the figures; 1 when a count or sum is wrong, or the target is missed."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    batches = keep(build_records(number))
    before, after = build_side(NO_LAYERS), build_side(CHANGED)
    run(before, after, batches[:1])
    began, started = perf_counter(), process_time()
    tally = run(before, after, batches)
    seconds, wall = process_time() - started, perf_counter() - began
    right = is_right(tally, number)
    print(f"records {number}, {', '.join(f'{kind.value} {count}' for kind, count in tally.counts.items())}")
    print(
        f"{seconds:.2f} CPU-s, {wall:.2f} s on the wall, {number / seconds:,.0f} records/s, {seconds / number * 1e6:.0f} us a record"
    )
    print(
        f"target {TARGET_SECONDS:.0f} s for 10,000 records: {'met' if seconds / number * 10_000 <= TARGET_SECONDS else 'MISSED'}"
    )
    print(f"same counts and cents as by hand: {'yes' if right else 'NO'}")
    return 0 if right and seconds / number * 10_000 <= TARGET_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
