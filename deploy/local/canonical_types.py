"""Write the pages and JSON Schemas of the canonical types into `docs/types/`, one of each for every type.

`python -m deploy.local.canonical_types` rewrites them; a test fails while they are out of date. A schema that is released
stays as it was: a change that breaks those who use it is refused until the type has its next version.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apps.connectors.canonical.compatibility import breaking_changes
from apps.connectors.canonical.json_schema import build_schema, schema_name
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.manifest import ValueKind
from deploy.local.house_map import table_of
from deploy.local.places import Places

_BEFORE_A_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_KINDS: Mapping[ValueKind, str] = {
    ValueKind.TEXT: "text",
    ValueKind.CHOICE: "choice",
    ValueKind.REFERENCE: "reference",
    ValueKind.WHOLE: "whole number",
    ValueKind.DECIMAL: "number",
    ValueKind.MONEY: "money",
    ValueKind.HOURS: "hours",
    ValueKind.DATE: "day",
    ValueKind.INSTANT: "point in time",
    ValueKind.YES_NO: "yes or no",
    ValueKind.NESTED: "list or group",
}
_INTRODUCTION = """# The canonical types

What a time entry, a project or an invoice is, whichever system it came from. Every system's records are read into these
types and written from them; a mapping line names their fields. The pages and schemas are written from the code by
`python -m deploy.local.canonical_types`.

Amounts of money are exact numbers in the currency that stands beside them, hours are decimal, shares are fractions (0.25 is
a quarter), days have no zone, points in time are in UTC. In JSON a number with decimals is a text (`"7.50"`), so that nothing
is rounded on its way.

A type has a version. What is only added (a field, a choice) leaves it as it is; whatever would break those who read or send
the type's records needs the next version, and the schema of the old one stays beside it. The schemas are served at
`/api/v1/types/`.
"""


class BrokenPromiseError(ValueError):
    """A type changed in a way that needs its next version; the text says what changed and what to do."""


def page_name(described: CanonicalType) -> str:
    """Return how the page of a type is called: "time-entry.md"."""
    return f"{_BEFORE_A_CAPITAL.sub('-', described.name).lower()}.md"


def files_of(types: Mapping[str, CanonicalType] = CANONICAL_TYPES) -> dict[str, str]:
    """Return every file that is written, by its path below `docs/types/`."""
    files = {"README.md": index_of(types)}
    for described in types.values():
        files[page_name(described)] = page_of(described)
        files[schema_path(described)] = json.dumps(build_schema(described), indent=2, ensure_ascii=False) + "\n"
    return files


def schema_path(described: CanonicalType) -> str:
    """Return where the schema of this version lies: "schemas/TimeEntry.v1.json"."""
    return f"schemas/{schema_name(described)}.json"


def index_of(types: Mapping[str, CanonicalType]) -> str:
    """Return the page that lists the types."""
    rows = [
        (f"[{described.label}]({page_name(described)})", f"`{name}`", str(described.version), described.summary)
        for name, described in types.items()
    ]
    return f"{_INTRODUCTION}\n{table_of(('type', 'name', 'version', 'what it is'), rows)}\n"


def page_of(described: CanonicalType) -> str:
    """Return the page of one type: what it is, its fields, its rules."""
    return "\n\n".join([*_head(described), *_fields(described), *_rules(described)]) + "\n"


def _head(described: CanonicalType) -> Iterator[str]:
    yield f"# {described.label}"
    yield described.summary
    known_by = "; ".join(" + ".join(f"`{name}`" for name in fields) for fields in described.identity)
    yield table_of(
        ("", ""),
        [
            ("name", f"`{described.name}`, version {described.version}"),
            ("schema", f"[{schema_name(described)}]({schema_path(described)})"),
            ("kind of system whose values win", f"{described.owner}, where a field names no other"),
            ("known again by", known_by),
            ("what it is worth", described.amount_rule),
            ("shown as", described.sentence),
        ],
    )


def _fields(described: CanonicalType) -> Iterator[str]:
    yield "## Fields"
    yield "A field marked * must be mapped by every system that reads the type."
    yield _table_of_fields(described.fields, with_owner=True)
    for field in described.fields:
        if field.parts:
            yield f"### Each of `{field.name}`"
            yield _table_of_fields(field.parts, with_owner=False)


def _table_of_fields(fields: tuple[CanonicalField, ...], *, with_owner: bool) -> str:
    head = ("field", "label", "kind", *(("whose value wins",) if with_owner else ()), "note")
    rows = [
        (
            f"`{field.name}`{'*' if field.required else ''}",
            field.label,
            _kind(field),
            *((str(field.owner or ""),) if with_owner else ()),
            _note(field),
        )
        for field in fields
    ]
    return table_of(head, rows)


def _kind(field: CanonicalField) -> str:
    word, unit = _KINDS[field.kind], field.measured_in
    if unit.startswith(word):  # "money per hour" says it is money
        return unit
    return f"{word} ({unit})" if unit else word


def _note(field: CanonicalField) -> str:
    parts = [", ".join(f"`{choice}`" for choice in field.choices) + "." if field.choices else "", field.summary]
    parts += [f"In `{field.currency}`." if field.kind is ValueKind.MONEY else ""]
    parts += ["Only few people may see it." if field.sensitive else ""]
    return " ".join(part for part in parts if part)


def _rules(described: CanonicalType) -> Iterator[str]:
    yield "## Rules"
    yield "Each is judged for every record before it is delivered."
    yield table_of(("rule", "what it asks"), [(f"`{check.name}`", f"{check.summary}.") for check in described.checks])


def broken_promises(folder: Path, types: Mapping[str, CanonicalType] = CANONICAL_TYPES) -> dict[str, tuple[str, ...]]:
    """Return what each type breaks of the schema that is stored for its version; types that break nothing are left out."""
    broken = {}
    for described in types.values():
        path = folder / schema_path(described)
        changes = breaking_changes(_stored(path), build_schema(described)) if path.exists() else ()
        if changes:
            broken[described.name] = changes
    return broken


def _stored(path: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def write_types(folder: Path, types: Mapping[str, CanonicalType] = CANONICAL_TYPES) -> None:
    """Write every file anew; schemas of earlier versions stay. Raises BrokenPromiseError before anything is written."""
    broken = broken_promises(folder, types)
    if broken:
        told = " ".join(f"{name}: {' '.join(changes)}" for name, changes in broken.items())
        raise BrokenPromiseError(f"{told} Give the type its next version.")
    for name, content in files_of(types).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def main() -> int:
    """Write the pages and schemas; say what needs a new version instead."""
    try:
        write_types(Places().root / "docs" / "types")
    except BrokenPromiseError as broken:
        print(broken, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
