"""Which mutations of a GraphQL schema make, change and remove the records of a list, and what they take and answer (pure).

Matched by name (createTimeEntry, timeEntryCreate) and by what they answer: the record itself, or a payload that holds it,
with the problems of the record beside it where it lists any.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from graphql import GraphQLArgument, GraphQLField, GraphQLInputField, GraphQLSchema, is_required_argument
from graphql import is_required_input_field as is_required_part

from apps.connectors.graphql_types import kind_of
from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.graphql_arguments import leaf_types
from apps.connectors.private.graphql_fields import RecordType
from apps.connectors.private.graphql_schema import input_at, object_at, ref_of
from apps.connectors.private.guessing import can_be_mapped, plain
from apps.connectors.private.readings import MOST_FIELDS

_CREATE = ("create", "add", "new", "insert", "make")
_UPDATE = ("update", "edit", "change", "modify", "patch")
_DELETE = ("delete", "remove", "destroy")
_UNHEEDED = "clientmutationid"  # of older Relay: an answer repeats it, nothing is told apart by it
_PROBLEMS = ("usererrors", "errors", "mutationerrors", "problems", "validationerrors")
_CODES, _MESSAGES = ("code", "errorcode", "type"), ("message", "messages", "detail", "description")
_FIELDS = ("field", "path", "property", "fieldname", "attribute", "key")


@dataclass(slots=True)
class Mutations:
    """What was found for the records of one list, in the manifest's words. `writing` is {} when none can be made.

    `fields` describe the mutations as GraphQLRecord.fields has them; `taken` are the fields of a new record.
    """

    writing: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: tuple[FieldSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Input:
    """Where a mutation takes the record: `place` "" when its fields are arguments of their own. `parts` are these fields."""

    place: str
    parts: Mapping[str, Any]
    types: Mapping[str, str]


Named = Mapping[str, tuple[str, GraphQLField]]  # mutations under their plain names


def by_plain_name(schema: GraphQLSchema) -> Named:
    """Return the mutations of a schema as they are looked for."""
    listed = schema.mutation_type.fields if schema.mutation_type else {}
    return {plain(name): (name, one) for name, one in reversed(list(listed.items()))}


def mutations_of(listed: Named, record: RecordType, key_field: str, nouns: tuple[str, ...]) -> Mutations:
    """Return how records of a type are written; `nouns` are what they may be called in names of mutations."""
    found = Mutations()
    name, create = _named(listed, _CREATE, nouns)
    key_path = _key_path(create, record, key_field) if create else None
    taken = _input_of(create.args, {}) if create else None
    if create is None or key_path is None or taken is None:
        return found
    found.taken = tuple(islice(_taken(taken), MOST_FIELDS))
    found.fields[name] = _described(create, taken.types)
    found.writing = {
        "create_path": name,
        "record_path": taken.place,
        "key_path": key_path,
        **_changing(listed, nouns, taken, record, found),
        **_removing(listed, nouns, record, found),
    }
    found.writing = {part: value for part, value in found.writing.items() if value not in ("", [])}
    return found


def _changing(
    listed: Named, nouns: tuple[str, ...], made: _Input, record: RecordType, found: Mutations
) -> dict[str, Any]:
    """Return how a record is changed, where that takes it in the same place as the making does; {} where it does not."""
    name, update = _named(listed, _UPDATE, nouns)
    key = _key_argument(update, record) if update else ""
    taken = _input_of(update.args, {key: True}) if update and key else None
    if update is None or taken is None or taken.place != made.place:
        return {}
    found.fields[name] = _described(update, {**taken.types, **_key_type(update, key)})
    only = [spec.name for spec in found.taken if spec.name not in taken.parts]
    return {"update_path": f"{name}({key}:{{key}})", "only_at_creation": only}


def _removing(listed: Named, nouns: tuple[str, ...], record: RecordType, found: Mutations) -> dict[str, Any]:
    name, delete = _named(listed, _DELETE, nouns)
    key = _key_argument(delete, record) if delete else ""
    if delete is None or not key or _others_needed(delete, key):
        return {}
    found.fields[name] = _described(delete, _key_type(delete, key))
    return {"undo_method": "POST", "undo_path": f"{name}({key}:{{key}})"}


def _named(listed: Named, verbs: tuple[str, ...], nouns: tuple[str, ...]) -> tuple[str, GraphQLField | None]:
    wanted = (form for verb in verbs for noun in nouns for form in (f"{verb}{noun}", f"{noun}{verb}"))
    return next((listed[form] for form in wanted if form in listed), ("", None))


def _input_of(arguments: Mapping[str, GraphQLArgument], apart: Mapping[str, Any]) -> _Input | None:
    """Return where a mutation takes the record: an argument that is an input, one input in it, or its own arguments.

    Arguments in `apart` are not of the record: "id", or "input.id" inside of one.
    """
    inner = {name.partition(".")[2] for name in apart}
    named = {name: one for name, one in arguments.items() if name not in apart and plain(name) != _UNHEEDED}
    inputs = [name for name, one in named.items() if input_at(one.type) is not None and not ref_of(one.type).is_list]
    others = [name for name, one in named.items() if name not in inputs and is_required_argument(one)]
    if len(inputs) == 1 and not others:
        return _unwrapped(inputs[0], named[inputs[0]].type, inner)
    if inputs and any(is_required_argument(named[name]) for name in inputs):
        return None
    parts = {name: one for name, one in named.items() if name not in inputs}
    types = {name: str(one.type) for name, one in parts.items()}
    return _Input("", parts, types) if parts else None


def _unwrapped(name: str, written: Any, apart: set[str]) -> _Input | None:
    """Return the parts of an input; where all of the record lies in one input inside of it, those of that."""
    outer = input_at(written)
    if outer is None:
        return None
    parts = {part: one for part, one in outer.fields.items() if part not in apart and plain(part) != _UNHEEDED}
    inside = [part for part, one in parts.items() if input_at(one.type) is not None and not ref_of(one.type).is_list]
    if len(parts) == 1 and inside:
        inner = input_at(parts[inside[0]].type)
        types = {**leaf_types(name, written), **leaf_types(f"{name}.{inside[0]}", parts[inside[0]].type)}
        return _Input(f"{name}.{inside[0]}", inner.fields if inner else {}, types)
    return _Input(name, parts, leaf_types(name, written))


def _taken(found: _Input) -> Iterator[FieldSpec]:
    for name, one in found.parts.items():
        ref = ref_of(one.type)
        needed = is_required_part(one) if isinstance(one, GraphQLInputField) else is_required_argument(one)
        if can_be_mapped(name) and ref.is_leaf:
            kind = kind_of(name, ref)
            choices = ref.choices if kind is ValueKind.CHOICE and len(ref.choices) <= 60 else ()
            yield FieldSpec(name, kind, required=needed, choices=choices)


def _key_argument(mutation: GraphQLField, record: RecordType) -> str:
    """Return the argument that names the record: "id", or "input.id" inside of an input; "" when there is none."""
    wanted = {"id", "uuid", "guid", f"{plain(record.name)}id"}
    for name, one in mutation.args.items():
        if plain(name) in wanted and _is_single(one.type):
            return name
    for name, one in mutation.args.items():
        inside = input_at(one.type)
        for part, described in inside.fields.items() if inside else ():
            if plain(part) in wanted and _is_single(described.type):
                return f"{name}.{part}"
    return ""


def _is_single(written: Any) -> bool:
    ref = ref_of(written)
    return ref.is_leaf and not ref.is_list


def _others_needed(mutation: GraphQLField, key: str) -> bool:
    """Say whether a removal wants more than the record's number."""
    head, _dot, inner = key.partition(".")
    inside = input_at(mutation.args[head].type)
    parts = [part for part, one in inside.fields.items() if is_required_part(one)] if inside and inner else []
    needed = [name for name, one in mutation.args.items() if is_required_argument(one) and name != head]
    return bool(needed) or any(part != inner for part in parts)


def _key_type(mutation: GraphQLField, key: str) -> dict[str, str]:
    head = key.partition(".")[0]
    return {head: str(mutation.args[head].type)} if "." not in key else leaf_types(head, mutation.args[head].type)


def _key_path(mutation: GraphQLField, record: RecordType, key_field: str) -> str | None:
    """Return where the payload holds the number of a new record, None when it does not."""
    answered = object_at(mutation.type)
    if answered is None:
        ref = ref_of(mutation.type)
        return "" if ref.is_leaf and not ref.is_list and ref.name in {"ID", "String", "Int"} else None
    if answered.name == record.name:
        return key_field
    held = next((n for n, one in answered.fields.items() if _holds(one, record)), "")
    if held:
        return f"{held}.{key_field}"
    own = {"id", "uuid", f"{plain(record.name)}id"}
    return next((n for n, one in answered.fields.items() if plain(n) in own and _is_single(one.type)), None)


def _holds(one: GraphQLField, record: RecordType) -> bool:
    inside = object_at(one.type)
    return inside is not None and inside.name == record.name and not ref_of(one.type).is_list


def _described(mutation: GraphQLField, types: Mapping[str, str]) -> dict[str, Any]:
    """Return what the manifest says about a mutation: its arguments, and where its payload lists problems."""
    told: dict[str, Any] = {"arguments": dict(types)}
    answered = object_at(mutation.type)
    if answered is None:
        return {**told, "is_plain": True}
    named = {plain(name): name for name, one in answered.fields.items() if ref_of(one.type).is_list}
    problems = next((named[name] for name in _PROBLEMS if name in named), "")
    if not problems:
        return told
    listed = object_at(answered.fields[problems].type)
    if listed is None:
        plain_texts = ref_of(answered.fields[problems].type).is_leaf
        return {**told, "problems": problems, "problem_message": ""} if plain_texts else told
    leaves = {plain(name): name for name, one in listed.fields.items() if ref_of(one.type).is_leaf}
    code, message, place = (
        next((leaves[n] for n in names if n in leaves), "") for names in (_CODES, _MESSAGES, _FIELDS)
    )
    if not message:
        return told
    found = {"problems": problems, "problem_code": code, "problem_message": message, "problem_field": place}
    return {**told, **{part: name for part, name in found.items() if name}}
