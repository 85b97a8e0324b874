"""Reads everything that can be drafted out of the schema of a GraphQL service: fields that list records, and what writes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLSchema

from apps.connectors.private.drafting import guess_type, list_row
from apps.connectors.private.graphql_arguments import Use, needed_arguments, use_of
from apps.connectors.private.graphql_drafting import Fields, adapted
from apps.connectors.private.graphql_fields import fields_of, key_of
from apps.connectors.private.graphql_lists import Listed, records_in, single_readers
from apps.connectors.private.graphql_mutations import Mutations, by_plain_name, mutations_of
from apps.connectors.private.graphql_schema import is_like, object_at, open_schema, ref_of
from apps.connectors.private.guessing import can_be_mapped, plain, version_field_of
from apps.connectors.private.readings import MOST_LISTS, Candidate, Evidence, Operation, Reading, clean

__all__ = ["is_like", "read"]

_VIEWERS = ("viewer", "me", "currentuser", "whoami", "myself")
_NAMES_OF_PEOPLE = ("email", "username", "login", "name", "displayname")
_LEFT_OUT = 50  # names told for each reason


def read(raw: bytes) -> Reading:
    """Return everything that can be drafted from an uploaded schema. Raises DescriptionError."""
    return _Service(open_schema(raw)).reading()


class _Service:
    """One schema that is read."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._root: Mapping[str, GraphQLField] = schema.query_type.fields if schema.query_type else {}
        self._readers = single_readers(self._root)
        self._mutations = by_plain_name(schema)
        self._left_out: dict[str, list[str]] = {}

    def reading(self) -> Reading:
        """Return the lists to choose from; of very many those come first whose names say what they hold."""
        found = [(one, key) for one in self._lists() if (key := self._key_of(one))]
        if len(found) > MOST_LISTS:
            found.sort(key=lambda one: not guess_type(one[0].label))
        title = clean((self._schema.description or "").strip().partition("\n")[0]).rstrip(".")
        return Reading(
            title=title if len(title) <= 80 else "",
            lists=[self._row(one, key) for one, key in found[:MOST_LISTS]],
            more_lists=len(found) > MOST_LISTS,
            kind="graphql",
            left_out=self._left_out,
            parts={"graphql": {"path": "graphql"}, **self._test()},
        )

    def _leave_out(self, reason: str, name: str) -> None:
        names = self._left_out.setdefault(reason, [])
        if len(names) < _LEFT_OUT:
            names.append(name[:100])

    def _lists(self) -> Iterator[Listed]:
        """Yield the fields of the root that list records, and those one step below what takes no arguments ("viewer")."""
        for name, one in self._root.items():
            inside = object_at(one.type)
            if records_in(one) is not None:
                yield from self._offered(name, one)
            elif inside is not None and not one.args:
                for inner, below in inside.fields.items():
                    yield from self._offered(f"{name}.{inner}", below)

    def _offered(self, path: str, one: GraphQLField) -> Iterator[Listed]:
        """Yield a field if it lists records and can be asked for."""
        where = records_in(one)
        if where is None or one.deprecation_reason or not all(can_be_mapped(step) for step in path.split(".")):
            return
        use = use_of(one, version="")
        needed = needed_arguments(one.args, {**use.types, **use.parameters})
        refs = [ref_of(one.args[name].type) for name in needed]
        if all(ref.is_leaf and not ref.is_list for ref in refs):
            yield Listed(path, one, where[1], where[0], tuple(needed))
        else:
            self._leave_out("needs_input", path)

    def _key_of(self, listed: Listed) -> str:
        key = key_of(fields_of(listed.record), listed.record.name)
        if not key:
            self._leave_out("no_key", listed.path)
        return key

    def _row(self, listed: Listed, key: str) -> dict[str, Any]:
        candidate = Candidate(listed.whole_path, listed.label, records_path=listed.records_path)
        candidate.fields, candidate.settings = fields_of(listed.record), listed.bracketed
        use = use_of(listed.field, version=version_field_of(candidate))
        written = mutations_of(self._mutations, listed.record, key, listed.nouns)
        candidate.taken, candidate.paging, candidate.since_parameter = written.taken, use.paging, use.since
        name, argument, written_type = self._readers.get(listed.record.name, ("", "", ""))
        candidate.operations = list(_operations(listed, f"{name}({argument}:{{key}})" if name else "", written))
        candidate.evidence = list(_evidence(listed, use, key))
        fields = {**_list_fields(listed, use), **written.fields}
        if name:
            fields[name] = {"arguments": {argument: written_type}}
        row = list_row(candidate, key_field=key)
        known = {spec.name for spec in candidate.fields}
        return {**row, "object": adapted(row["object"], listed, use, written, fields, known)}

    def _test(self) -> dict[str, str]:
        """Return which field tells who is signed in, {} when none does."""
        named = {plain(name): name for name in reversed(list(self._root))}
        for wanted in _VIEWERS:
            one = self._root.get(named.get(wanted, ""))
            person = object_at(one.type) if one is not None and not one.args else None
            if person is not None and records_in(self._root[named[wanted]]) is None:
                free = {n: part for n, part in person.fields.items() if not part.args and ref_of(part.type).is_leaf}
                leaves = {plain(n): n for n in free}
                who = next((leaves[n] for n in _NAMES_OF_PEOPLE if n in leaves), "")
                return {"test_path": named[wanted], **({"identity_path": who} if who else {})}
        return {}


def _list_fields(listed: Listed, use: Use) -> Fields:
    types = {name: str(listed.field.args[name].type) for name in (*listed.bracketed, *use.parameters)}
    return {listed.path: {"arguments": {**use.types, **types}}}


def _operations(listed: Listed, one_path: str, written: Mutations) -> Iterator[Operation]:
    yield Operation("list", "query", listed.whole_path)
    if one_path:
        yield Operation("one", "query", one_path)
    for use, part in (("create", "create_path"), ("update", "update_path"), ("delete", "undo_path")):
        if written.writing.get(part):
            yield Operation(use, "mutation", written.writing[part])


def _evidence(listed: Listed, use: Use, key: str) -> Iterator[Evidence]:
    yield Evidence("key_field", "property", key)
    if listed.records_path:
        yield Evidence("reading.records_path", "answer", listed.records_path)
    for part in ("size_parameter", "position_parameter"):
        if use.paging.get(part):
            yield Evidence(f"reading.paging.{part}", "argument", use.paging[part])
    if use.since:
        yield Evidence("reading.since_parameter", "argument", use.since)
