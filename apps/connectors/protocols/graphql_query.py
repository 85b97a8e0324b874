"""Questions in GraphQL out of a manifest's words: paths, arguments as variables, selections (pure).

No value ever becomes part of a question's text: all of them travel as variables.
https://spec.graphql.org/October2021/#sec-Language
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.answers import nested
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.graphql_paths import PathError, Step, field_names, is_name, is_type, named_type, parse_path
from apps.connectors.graphql_spec import GraphQLField, GraphQLRecord
from apps.connectors.manifest import ObjectManifest

_WORDS = {"true": True, "false": False}
_NOTHING, _UNKNOWN = GraphQLRecord(), GraphQLField()


@dataclass(frozen=True, slots=True)
class Question:
    """What is posted; `path` leads from the answer's data to the payload of the last field."""

    text: str
    variables: Mapping[str, Any]
    operation: str
    path: str

    def to_json(self) -> dict[str, Any]:
        """Return the body of the call."""
        return {"query": self.text, "variables": dict(self.variables), "operationName": self.operation}


def described(spec: ObjectManifest | None, path: str) -> GraphQLField:
    """Return what the manifest says about the last field of a path; nothing at all where it does not know it."""
    return record_of(spec).fields.get(field_names(path)[-1], _UNKNOWN)


def record_of(spec: ObjectManifest | None) -> GraphQLRecord:
    """Return what the manifest says about the records of an object."""
    return spec.graphql if spec is not None and spec.graphql is not None else _NOTHING


def selected(spec: ObjectManifest) -> tuple[str, ...]:
    """Return the fields to ask for of one record: those the manifest names and records have, each once."""
    taken = record_of(spec).input_only
    own = spec.writing.own_key_field if spec.writing else ""
    names = (spec.key_field, spec.version_field, spec.natural_key, own, *(field.name for field in spec.fields))
    return tuple(dict.fromkeys(name for name in names if name and name not in taken))


def ask(
    kind: str, path: str, values: Mapping[str, Any], names: Iterable[str], fields: Mapping[str, GraphQLField]
) -> Question:
    """Return a question of a `kind` ("query" or "mutation") that asks for `names` in the payload of a path's last field.

    `values` are the arguments of that field, dotted or nested; those in the path's own brackets go before them. `fields`
    say what is known about the fields on the way.

    Raises MisconfiguredError for names that no schema has, and for arguments whose type the manifest does not know.
    """
    try:
        steps = parse_path(path)
    except PathError:
        raise _unusable(f"{path!r} is no path of fields") from None
    variables, types = dict[str, Any](), dict[str, str]()
    heads = list[str]()
    for place, (step, name) in enumerate(zip(steps, field_names(path), strict=True)):
        own = fields.get(name, _UNKNOWN)
        given = values if place == len(steps) - 1 else {}
        heads.append(step.name + _head(step, given, own, variables, types))
    last = fields.get(field_names(path)[-1], _UNKNOWN)
    text = heads[-1] if last.is_plain else f"{heads[-1]} {selection(names)}"
    for head in reversed(heads[:-1]):
        text = f"{head} {{ {text} }}"
    declared = ", ".join(f"${name}: {written}" for name, written in types.items())
    operation = f"{kind.capitalize()}{steps[-1].name[:1].upper()}{steps[-1].name[1:]}"
    whole = f"{kind} {operation}{f'({declared})' if declared else ''} {{ {text} }}"
    return Question(whole, variables, operation, ".".join(step.name for step in steps))


def _head(
    step: Step, given: Mapping[str, Any], own: GraphQLField, variables: dict[str, Any], types: dict[str, str]
) -> str:
    """Return the arguments of one field as they stand in the text, and take their values and types down."""
    arguments = _together(given, step.arguments)
    written = list[str]()
    for name, value in arguments.items():
        kind = own.arguments.get(name, "")
        if not is_name(name) or not is_type(kind):
            raise _unusable(f"the type of the argument {name!r} of {step.name!r} is not known")
        variable = name if name not in types else f"{name}{len(types)}"
        variables[variable], types[variable] = typed(value, name, own.arguments), kind
        written.append(f"{name}: ${variable}")
    return f"({', '.join(written)})" if written else ""


def _together(given: Mapping[str, Any], bracketed: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return arguments by name, nested: what stands in brackets is put into what is given."""
    arguments = nested(given)
    for name, value in bracketed:
        arguments = nested({**_flat_at(arguments, name), name: value})
    return arguments


def _flat_at(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    """Return arguments without what stands at a dotted name, so that it can be put there anew."""
    first, dot, rest = name.partition(".")
    inside = arguments.get(first)
    if not dot or not isinstance(inside, dict):
        return {key: value for key, value in arguments.items() if key != first}
    return {**arguments, first: _flat_at(inside, rest)}


def typed(value: Any, name: str, types: Mapping[str, str]) -> Any:
    """Return a value as JSON carries the type of what is called `name`; what fits no type stays as it is.

    Numbers that leave as text elsewhere must be numbers where the schema says Int or Float; one that a double cannot hold
    exactly stays text, so that the service refuses it instead of us rounding it.
    """
    if isinstance(value, Mapping):
        return {key: typed(one, f"{name}.{key}", types) for key, one in value.items()}
    written = types.get(name, "").rstrip("!")
    if written.startswith("["):
        return [_plain(one, named_type(written)) for one in (value if isinstance(value, list) else [value])]
    if isinstance(value, list):
        return [typed(one, name, types) if isinstance(one, Mapping) else one for one in value]
    return _plain(value, written)


def _plain(value: Any, kind: str) -> Any:
    if kind in {"Int", "Float"} and isinstance(value, str | Decimal):
        return _number(value, whole=kind == "Int")
    if kind == "Boolean" and isinstance(value, str):
        return _WORDS.get(value.lower(), value)
    if kind in {"String", "ID"} and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return value


def _number(value: str | Decimal, *, whole: bool) -> Any:
    try:
        exact = Decimal(value)
        number: int | float = int(exact) if whole else float(exact)
    except (InvalidOperation, ValueError, OverflowError):
        return value
    return number if Decimal(repr(number)) == exact else value


def selection(names: Iterable[str]) -> str:
    """Return what is asked for in brackets: "project.id" becomes { project { id } }. Places in lists ("lines.0.hours")
    are none of a schema's names. What is asked for nothing gives its type's name, as something must be asked for.

    Raises MisconfiguredError for what can be no name.
    """
    tree = dict[str, Any]()
    for name in names:
        steps = [step for step in name.split(".") if not step.isdecimal()]
        if not steps or not all(is_name(step) for step in steps):
            raise _unusable(f"{name!r} is no name of a field")
        place = tree
        for step in steps:
            place = place.setdefault(step, {})
    return _written(tree or {"__typename": {}})


def _written(tree: Mapping[str, Any]) -> str:
    parts = (f"{name} {_written(inside)}" if inside else name for name, inside in tree.items())
    return f"{{ {' '.join(parts)} }}"


def _unusable(what: str) -> MisconfiguredError:
    return MisconfiguredError(
        f"The description of this system cannot be asked for as it stands: {what}.",
        business_class=BusinessClass.VALIDATION,
    )
