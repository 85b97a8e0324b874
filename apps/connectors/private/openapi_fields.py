"""Reads the fields of a record out of a schema: names with dots for what lies inside, each with its kind."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.guessing import can_be_mapped, number_kind
from apps.connectors.private.openapi import Node, OpenApiFile
from apps.connectors.private.readings import MOST_FIELDS

_DEEPEST = 3  # user.address.city; what lies deeper is rarely mapped
_MOST_CHOICES = 60

_K = ValueKind


def merged(file: OpenApiFile, schema: Any, depth: int = 0) -> Node:
    """Return a schema with the parts it is made of (allOf) laid together, and the first of its alternatives."""
    found = file.node(schema)
    if depth > 6:
        return found
    parts = found.get("allOf")
    chosen: list[Any] = next((found[key] for key in ("oneOf", "anyOf") if isinstance(found.get(key), list)), [])
    filled = [one for one in chosen if file.node(one).get("type") != "null"]
    listed = [*(parts if isinstance(parts, list) else []), *filled[:1]]
    if not listed:
        return found
    together: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    required: list[Any] = []
    for part in (*listed[:20], {key: value for key, value in found.items() if key not in {"allOf", "oneOf", "anyOf"}}):
        laid = merged(file, part, depth + 1)
        together.update(laid)
        own = laid.get("properties")
        properties.update(own if isinstance(own, Mapping) else {})
        needed = laid.get("required")
        required += needed if isinstance(needed, list) else []
    together.pop("$ref", None)
    return {**together, **({"properties": properties} if properties else {}), "required": required}


def properties_of(file: OpenApiFile, schema: Any) -> dict[str, Any]:
    """Return the properties of a schema by name."""
    found = merged(file, schema).get("properties")
    return {str(name): one for name, one in found.items()} if isinstance(found, Mapping) else {}


def type_of(schema: Node) -> str:
    """Return the one type of a schema, "" when it says none; 3.1 writes ["string", "null"]."""
    stated = schema.get("type")
    if isinstance(stated, list):
        stated = next((one for one in stated if one != "null"), "")
    if isinstance(stated, str) and stated:
        return stated
    if isinstance(schema.get("properties"), Mapping):
        return "object"
    return "array" if "items" in schema else ""


def fields_of(file: OpenApiFile, schema: Any) -> tuple[FieldSpec, ...]:
    """Return the fields of a record, at most MOST_FIELDS: those at its top first. Circles end by depth."""
    found: list[FieldSpec] = []
    level = [("", schema)]
    for depth in range(_DEEPEST):
        inside: list[tuple[str, Any]] = []
        for prefix, part in level:
            for spec, below in _fields_at(file, part, prefix):
                if spec.kind is not _K.NESTED or depth == 0:
                    found.append(spec)
                if below is not None:
                    inside.append((f"{spec.name}.", below))
                if len(found) >= MOST_FIELDS:
                    return tuple(found)
        level = inside
    return tuple(found)


def _fields_at(file: OpenApiFile, schema: Any, prefix: str) -> Iterator[tuple[FieldSpec, Any]]:
    whole = merged(file, schema)
    listed = whole.get("required")
    needed = {str(name) for name in listed} if isinstance(listed, list) and not prefix else set()
    for name, part in properties_of(file, schema).items():
        if not can_be_mapped(name):
            continue
        field = merged(file, part)
        kind = kind_of(name, field)
        stated = field.get("enum")
        choices = [str(one) for one in stated if isinstance(one, str | int)] if isinstance(stated, list) else []
        longest = field.get("maxLength")
        spec = FieldSpec(
            f"{prefix}{name}",
            kind,
            required=name in needed and field.get("readOnly") is not True,
            choices=tuple(choices) if kind is _K.CHOICE else (),
            max_length=longest if kind is _K.TEXT and isinstance(longest, int) and 0 < longest <= 100_000 else None,
        )
        yield spec, part if type_of(field) == "object" else None


def kind_of(name: str, schema: Node) -> ValueKind:
    """Return what kind of value a property holds, by its type, its format and, for numbers, its name."""
    stated, form = type_of(schema), schema.get("format")
    enum = schema.get("enum")
    if isinstance(enum, list) and 0 < len(enum) <= _MOST_CHOICES and stated in {"string", ""}:
        return _K.CHOICE
    if stated == "string":
        return {"date": _K.DATE, "date-time": _K.INSTANT}.get(str(form), _K.TEXT)
    if stated == "number":
        return number_kind(name)
    kinds = {"integer": _K.WHOLE, "boolean": _K.YES_NO, "object": _K.NESTED, "array": _K.NESTED}
    return kinds.get(stated, _K.TEXT)
