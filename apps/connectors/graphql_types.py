"""Types of a GraphQL schema as kinds of values, and references to types as introspection writes them (pure).

https://spec.graphql.org/October2021/#sec-Introspection
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.manifest import ValueKind

_K = ValueKind
_LEAVES = frozenset({"SCALAR", "ENUM"})
_DEEPEST = 8
# Scalars of the language, and custom ones as most schemas call them.
_SCALARS = {
    "int": _K.WHOLE,
    "bigint": _K.WHOLE,
    "long": _K.WHOLE,
    "float": _K.DECIMAL,
    "decimal": _K.DECIMAL,
    "bigdecimal": _K.DECIMAL,
    "numeric": _K.DECIMAL,
    "money": _K.MONEY,
    "currency": _K.MONEY,
    "boolean": _K.YES_NO,
    "date": _K.DATE,
    "localdate": _K.DATE,
    "datetime": _K.INSTANT,
    "datetimeutc": _K.INSTANT,
    "isodatetime": _K.INSTANT,
    "iso8601datetime": _K.INSTANT,
    "iso8601date": _K.DATE,
    "timestamp": _K.INSTANT,
    "timestamptz": _K.INSTANT,
    "instant": _K.INSTANT,
    "json": _K.NESTED,
    "jsonobject": _K.NESTED,
    "jsonstring": _K.TEXT,
}
_MONEY = re.compile(r"amount|price|total|cost|rate|budget|salary|fee\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TypeRef:
    """What a field holds: the named type at its heart, whether it must be there, and whether there may be several."""

    name: str
    kind: str  # "SCALAR", "ENUM", "OBJECT", "INTERFACE", "UNION" or "INPUT_OBJECT"
    required: bool = False
    is_list: bool = False
    choices: tuple[str, ...] = ()
    written: str = ""  # as the schema writes it: "[ID!]!"

    @property
    def is_leaf(self) -> bool:
        """True when nothing can be selected inside."""
        return self.kind in _LEAVES


def read_ref(told: Any) -> TypeRef:
    """Return a reference as introspection tells it: {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}."""
    wraps, required, listed = list[str](), False, False
    for depth in range(_DEEPEST):
        kind = str(told.get("kind") or "") if isinstance(told, Mapping) else ""
        if kind not in {"NON_NULL", "LIST"}:
            break
        required, listed = required or (kind == "NON_NULL" and depth == 0), listed or kind == "LIST"
        wraps.append(kind)
        told = told.get("ofType")
    if not isinstance(told, Mapping):
        return TypeRef("", "")
    written = name = str(told.get("name") or "")
    for kind in reversed(wraps):
        written = f"{written}!" if kind == "NON_NULL" else f"[{written}]"
    return TypeRef(name, str(told.get("kind") or ""), required, listed, _choices(told), written)


def _choices(told: Mapping[str, Any]) -> tuple[str, ...]:
    values = told.get("enumValues")
    entries = values if isinstance(values, list) else []
    return tuple(str(one["name"]) for one in entries if isinstance(one, Mapping) and one.get("name"))


def kind_of(field: str, ref: TypeRef) -> ValueKind:
    """Return what kind of value a field holds, by its type and, for amounts and hours, by its name."""
    if ref.is_list or not ref.is_leaf:
        return _K.NESTED
    if ref.kind == "ENUM":
        return _K.CHOICE
    kind = _SCALARS.get(ref.name.replace("_", "").lower(), _K.TEXT)
    if kind is _K.DECIMAL and "hours" in field.lower():
        return _K.HOURS
    return _K.MONEY if kind is _K.DECIMAL and _MONEY.search(field) else kind
