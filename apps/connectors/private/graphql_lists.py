"""Which fields of a GraphQL schema list records, and which field reads one record by its number (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLField, is_required_argument

from apps.connectors.private.graphql_fields import RecordType
from apps.connectors.private.graphql_schema import object_at, ref_of
from apps.connectors.private.guessing import can_be_mapped, plain, spelled_out

_RECORDS = ("nodes", "items", "records", "results", "data", "list", "collection", "content", "rows", "values")


@dataclass(frozen=True, slots=True)
class Listed:
    """One field that lists records: its path, its description, the type of a record, and where the records are in it.

    `bracketed` are arguments that must be given and are the same for every page: settings of the connection fill them.
    """

    path: str
    field: GraphQLField
    record: RecordType
    records_path: str
    bracketed: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What people call the list."""
        return spelled_out(self.path.rpartition(".")[2]) or self.path

    @property
    def whole_path(self) -> str:
        """The path with the settings in it: "timeEntries(companyId:{companyId})"."""
        written = ",".join(f"{name}:{{{name}}}" for name in self.bracketed)
        return f"{self.path}({written})" if written else self.path

    @property
    def nouns(self) -> tuple[str, ...]:
        """What records may be called in names of mutations: by their type, and by their list without its plural."""
        last = plain(self.path.rpartition(".")[2])
        single = f"{last.removesuffix('ies')}y" if last.endswith("ies") else last.removesuffix("s")
        return tuple(dict.fromkeys((plain(self.record.name), single)))


def records_in(one: GraphQLField) -> tuple[str, RecordType] | None:
    """Return where a field holds records and their type: "" when it is a list itself, "nodes", or "edges.node"."""
    outer = object_at(one.type)
    if outer is None:
        return None
    if ref_of(one.type).is_list:
        return "", outer
    parts = ((name, part) for name, part in outer.fields.items() if ref_of(part.type).is_list and not part.args)
    lists = {plain(name): (name, part) for name, part in parts}
    for wanted in _RECORDS:
        name, part = lists.get(wanted, ("", None))
        record = object_at(part.type) if part is not None else None
        if record is not None:
            return name, record
    edges = object_at(lists["edges"][1].type) if "edges" in lists else None
    node = object_at(edges.fields["node"].type) if edges is not None and "node" in edges.fields else None
    return ("edges.node", node) if node is not None else None


def single_readers(root: Mapping[str, GraphQLField]) -> dict[str, tuple[str, str, str]]:
    """Return by type of record the field of the root that reads one, its argument for the number, and that one's type.

    Of several the one that is called as the type is taken: issue(id), not attachmentIssue(id).
    """
    found: dict[str, tuple[str, str, str]] = {}
    for name, one in root.items():
        record = object_at(one.type)
        if record is None or ref_of(one.type).is_list or not can_be_mapped(name):
            continue
        argument = _naming_argument(one, record)
        if argument and (record.name not in found or plain(name) == plain(record.name)):
            found[record.name] = name, argument, str(one.args[argument].type)
    return found


def _naming_argument(one: GraphQLField, record: RecordType) -> str:
    """Return the one argument that names a record, "" when there is none or more must be said."""
    wanted = ("id", "uuid", "guid", f"{plain(record.name)}id", "key")
    refs = {name: ref_of(argument.type) for name, argument in one.args.items()}
    named = {plain(name): name for name, ref in refs.items() if ref.is_leaf and not ref.is_list}
    found = next((named[name] for name in wanted if name in named), "")
    others = [name for name, argument in one.args.items() if is_required_argument(argument) and name != found]
    return "" if others else found
