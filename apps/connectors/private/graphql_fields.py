"""The fields of a record by the type that a GraphQL schema gives it: plain values, and what names the records inside it (pure)."""

from collections.abc import Iterable, Iterator

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, is_required_argument

from apps.connectors.graphql_types import kind_of
from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.graphql_schema import object_at, ref_of
from apps.connectors.private.guessing import can_be_mapped, is_key, plain
from apps.connectors.private.readings import MOST_FIELDS

RecordType = GraphQLObjectType | GraphQLInterfaceType

_MOST_CHOICES = 60
# What is asked for of a record inside another: enough to know it by. Everything would be a question without end.
_NAMING = frozenset(
    {"id", "uuid", "guid", "key", "code", "number", "externalid", "email", "name", "fullname", "displayname", "title"}
)
_OF_AMOUNTS = frozenset({"amount", "value", "currency", "currencycode"})


def fields_of(record: RecordType) -> tuple[FieldSpec, ...]:
    """Return the fields of a record, those at its top first: at most MOST_FIELDS, the names of what it points to included."""
    top = [(name, one) for name, one in record.fields.items() if _is_free(name, one)]
    found = [spec for name, one in top if (spec := _leaf(name, one)) is not None]
    for name, one in top:
        inside = object_at(one.type)
        if inside is not None and not ref_of(one.type).is_list:
            found += _inside(name, inside)
    return tuple(found[:MOST_FIELDS])


def _is_free(name: str, one: GraphQLField) -> bool:
    """Say whether a field can be asked for as it is: nobody has to say anything about it, and it is there to stay."""
    wanted = any(is_required_argument(argument) for argument in one.args.values())
    return can_be_mapped(name) and not wanted and not one.deprecation_reason


def _leaf(name: str, one: GraphQLField) -> FieldSpec | None:
    ref = ref_of(one.type)
    if not ref.is_leaf:
        return None
    kind = kind_of(name.rpartition(".")[2], ref)
    if kind is ValueKind.NESTED and not ref.is_list:
        return None  # a bag of anything: no line can use it, and many services keep such from most people
    known = kind is ValueKind.CHOICE and len(ref.choices) <= _MOST_CHOICES
    return FieldSpec(name, kind, choices=ref.choices if known else ())


def _inside(name: str, record: RecordType) -> Iterator[FieldSpec]:
    own = f"{plain(record.name)}id"
    for inner, one in record.fields.items():
        same = plain(inner)
        if _is_free(inner, one) and (same in _NAMING or same in _OF_AMOUNTS or same == own):
            spec = _leaf(f"{name}.{inner}", one)
            if spec is not None and spec.kind is not ValueKind.NESTED:
                yield spec


def key_of(fields: Iterable[FieldSpec], type_name: str) -> str:
    """Return the field that holds a record's own number, "" when none does."""
    names = [spec.name for spec in fields if "." not in spec.name and spec.kind is not ValueKind.NESTED]
    best = (name for name in names if plain(name) in {"id", "uuid", "guid", "key", f"{plain(type_name)}id"})
    return next(iter([*best, *(name for name in names if is_key(name))]), "")
