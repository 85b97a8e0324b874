"""The JSON Schema of a canonical type: the promise to whoever reads or sends its records.

Numbers with decimals are texts ("7.50"), as `write_plain` writes and `restore` reads them, so that nothing is rounded on
the way; days are 2026-11-30, instants carry their zone. What JSON Schema has no word for stands under x-: the unit of a
field, who owns it, by what a record is known again, its rules in words.
"""

from collections.abc import Mapping
from typing import Any

from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.manifest import ValueKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LARGEST = 10**15 - 1
_WITHOUT_NULL = r"^[^\u0000]*$"  # PostgreSQL keeps no text with a null character
_DECIMAL = {"type": "string", "pattern": r"^[+-]?[0-9]{1,15}(\.[0-9]{1,12})?$"}
_TEXT = {"type": "string", "pattern": _WITHOUT_NULL}
_FORMS: Mapping[ValueKind, Mapping[str, Any]] = {
    ValueKind.TEXT: _TEXT,
    ValueKind.CHOICE: _TEXT,
    ValueKind.REFERENCE: _TEXT,
    ValueKind.WHOLE: {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
    ValueKind.DECIMAL: _DECIMAL,
    ValueKind.MONEY: _DECIMAL,
    ValueKind.HOURS: _DECIMAL,
    ValueKind.DATE: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    ValueKind.INSTANT: {"type": "string", "format": "date-time"},
    ValueKind.YES_NO: {"type": "boolean"},
    ValueKind.NESTED: {"type": ["array", "object"]},
}
_LOOSE = ["string", "number", "boolean", "null"]  # the entries of a list come as the system sends them


def schema_name(described: CanonicalType) -> str:
    """Return how the schema of this version is called: "TimeEntry.v1"."""
    return f"{described.name}.v{described.version}"


def build_schema(described: CanonicalType) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a type, ready to be written as JSON."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:canonical-type:{described.name}:{described.version}",
        "title": described.label,
        "description": described.summary,
        "type": "object",
        "properties": {field.name: _property(field, described) for field in described.fields},
        "required": [field.name for field in described.fields if field.required],
        "additionalProperties": False,
        "x-name": described.name,
        "x-version": described.version,
        "x-owner": str(described.owner),
        "x-key": list(described.key_fields),
        "x-identity": [list(fields) for fields in described.identity],
        "x-amount": described.amount_rule,
        "x-checks": [{"name": check.name, "summary": check.summary} for check in described.checks],
        "x-sentence": described.sentence,
    }


def _property(field: CanonicalField, described: CanonicalType) -> dict[str, Any]:
    told = {"title": field.label, "description": field.summary, **_FORMS[field.kind], **_choices(field)}
    if field.parts:
        told |= {"type": "array", "items": _entry(field.parts)}
    told |= {"x-kind": str(field.kind), "x-owner": str(described.owner_of(field.name)), **_measure(field)}
    if field.sensitive:
        told["x-sensitive"] = True
    return _without_empty(told)


def _entry(parts: tuple[CanonicalField, ...]) -> dict[str, Any]:
    properties = {
        part.name: _without_empty(
            {"title": part.label, "description": part.summary, "type": _LOOSE, "x-kind": str(part.kind)}
            | _measure(part)
        )
        for part in parts
    }
    return {"type": "object", "properties": properties, "required": [part.name for part in parts if part.required]}


def _choices(field: CanonicalField) -> dict[str, Any]:
    return {"enum": list(field.choices)} if field.choices else {}


def _measure(field: CanonicalField) -> dict[str, Any]:
    money = {"x-currency-field": field.currency} if field.kind is ValueKind.MONEY else {}
    return {"x-unit": field.measured_in, **money}


def _without_empty(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value != ""}
