"""Asks a GraphQL service what the records of its lists look like: their types, and the inputs that new ones are made of.

Only the types that a manifest names are asked for, all in one question, and the types inside them in a second one: whole
schemas have thousands. https://spec.graphql.org/October2021/#sec-Schema-Introspection
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.graphql_paths import named_type
from apps.connectors.graphql_spec import GraphQLField
from apps.connectors.graphql_types import TypeRef, kind_of, read_ref
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.graphql_calls import GraphQLCalls
from apps.connectors.protocols.graphql_query import Question, described, record_of
from apps.connectors.shapes import MOST_CHOICES, DiscoveredField, DiscoveredShape, live_shape

_MOST_TYPES = 80  # in one question
_DEEPEST = 4  # of the names a manifest gives: "project.client.name" has three
_REF = "kind name enumValues(includeDeprecated: true) { name }"
_KNOWN = (
    "fragment Known on __Type { name fields(includeDeprecated: true) { name type { ...Ref } } "
    f"inputFields {{ name defaultValue type {{ ...Ref }} }} }} fragment Ref on __Type {{ {_REF} "
    f"ofType {{ {_REF} ofType {{ {_REF} ofType {{ {_REF} ofType {{ {_REF} }} }} }} }} }}"
)

Types = dict[str, Mapping[str, Any]]


async def describe(calls: GraphQLCalls, specs: Sequence[ObjectManifest]) -> dict[str, DiscoveredShape]:
    """Return the shapes of the objects whose types the service knows, by name. Raises RemoteError."""
    types = Types()
    wanted = {name for spec in specs for name in (record_of(spec).type, _input_type(spec)) if name}
    for _ in range(_DEEPEST):
        missing = sorted(wanted - types.keys())
        for start in range(0, len(missing), _MOST_TYPES):
            types |= await _asked(calls, missing[start : start + _MOST_TYPES])
        wanted = {name for spec in specs for name in _inner_types(spec, types)}
        if wanted <= types.keys():
            break
    shapes = {spec.name: _shape(spec, types) for spec in specs}
    return {name: shape for name, shape in shapes.items() if shape is not None}


async def _asked(calls: GraphQLCalls, names: Sequence[str]) -> Types:
    """Return what the service tells about types; one it does not know is told as nothing."""
    declared = ", ".join(f"$name{place}: String!" for place in range(len(names)))
    asked = " ".join(f"type{place}: __type(name: $name{place}) {{ ...Known }}" for place in range(len(names)))
    variables = {f"name{place}": name for place, name in enumerate(names)}
    question = Question(f"query Describe({declared}) {{ {asked} }} {_KNOWN}", variables, "Describe", "")
    _, told = await calls.put(question, writes=False, of=GraphQLField())
    found = {name: at_path(told, f"type{place}") for place, name in enumerate(names)}
    return {name: one if isinstance(one, Mapping) else {} for name, one in found.items()}


def _input_type(spec: ObjectManifest) -> str:
    """Return the type of what new records are made of; "" where its fields are arguments of their own, or nobody says."""
    if spec.writing is None or not spec.writing.record_path:
        return ""
    arguments = described(spec, spec.writing.create_path).arguments
    return named_type(arguments.get(spec.writing.record_path, ""))


def _inner_types(spec: ObjectManifest, types: Types) -> Iterator[str]:
    """Yield the types of what lies inside a record, as far as the manifest names fields in there and types are known."""
    for field in spec.fields:
        held = record_of(spec).type
        for step in field.name.split(".")[:-1]:
            ref = dict(_fields(types.get(held, {}))).get(step)
            if ref is None or ref.is_leaf:
                break
            held = ref.name
            yield held


def _fields(told: Mapping[str, Any], part: str = "fields") -> Iterator[tuple[str, TypeRef]]:
    listed = told.get(part)
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield entry["name"], read_ref(entry.get("type"))


def _shape(spec: ObjectManifest, types: Types) -> DiscoveredShape | None:
    own = types.get(record_of(spec).type, {})
    known = dict(_fields(own))
    if not known:
        return None
    fields = {name: _field(name, ref) for name, ref in known.items()}
    for named in spec.fields:
        ref = _ref_of(own, named.name, types)
        if ref is not None:
            fields[named.name] = _field(named.name, ref)
    return live_shape(spec, _with_input(fields, spec, types.get(_input_type(spec), {})).values())


def _ref_of(told: Mapping[str, Any], name: str, types: Types) -> TypeRef | None:
    """Return the type of a field by its dotted name, None when the schema has none such."""
    *outer, last = name.split(".")
    for step in outer:
        ref = dict(_fields(told)).get(step)
        told = types.get(ref.name, {}) if ref is not None else {}
    return dict(_fields(told)).get(last)


def _field(name: str, ref: TypeRef) -> DiscoveredField:
    return DiscoveredField(name, kind_of(name.rpartition(".")[2], ref), choices=ref.choices[:MOST_CHOICES])


def _with_input(
    fields: dict[str, DiscoveredField], spec: ObjectManifest, taken: Mapping[str, Any]
) -> dict[str, DiscoveredField]:
    """Say which fields new records need and which they cannot take, and add those that records themselves do not have."""
    only = record_of(spec).input_only
    if not taken:
        return {**fields, **{name: DiscoveredField(name) for name in only if name not in fields}}
    inputs, defaults = dict(_fields(taken, "inputFields")), _with_default(taken)
    merged = {name: replace(field, read_only=name not in inputs) for name, field in fields.items()}
    for name, ref in inputs.items():
        known = merged.get(name) or (_field(name, ref) if name in only else None)
        if known is not None:
            merged[name] = replace(known, required=ref.required and name not in defaults)
    return merged


def _with_default(taken: Mapping[str, Any]) -> frozenset[str]:
    listed = taken.get("inputFields")
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return frozenset(str(one.get("name")) for one in entries if one.get("defaultValue") is not None)
