"""What the arguments of a GraphQL field are good for: pages, changes since a time, looking records up (pure).

Connections and their arguments are called as https://relay.dev/graphql/connections.htm has it, others as most services do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from graphql import GraphQLArgument, GraphQLField, is_required_argument

from apps.connectors.graphql_types import TypeRef
from apps.connectors.private.graphql_schema import input_at, object_at, ref_of
from apps.connectors.private.guessing import CHANGED, plain

PAGE = 100
_MOST_PARTS = 300  # of one input that are described; a document has room for not many more
_SIZES = ("first", "limit", "perpage", "pagesize", "size", "take", "top", "maxresults")
_OFFSETS = ("offset", "skip", "start", "startindex", "from")
_PAGES = ("page", "pagenumber", "pageno", "currentpage")
_TOKENS = ("after", "cursor", "nexttoken", "pagetoken", "continuationtoken")
_NEXT = ("nexttoken", "nextcursor", "nextpagetoken", "cursor", "endcursor", "continuationtoken")
_MORE = ("hasnextpage", "hasmore", "more", "hasnext")
_TOTALS = ("totalcount", "total", "count", "totalresults", "totalrecords")
_FILTERS = ("filter", "where", "filters", "filterby", "criteria", "search", "condition", "query")
_FROM = ("gte", "ge", "greaterthanorequalto", "greaterthanorequal", "since", "from", "min", "onorafter")
_BEHIND = ("gt", "after", "greaterthan")
_SAME = ("eq", "equals", "equalto", "is")
_AMONG = ("in", "anyof", "oneof")
_BUILT_IN = frozenset({"Int", "Float", "Boolean", "String", "ID"})

Arguments = Mapping[str, GraphQLArgument]


@dataclass(slots=True)
class Use:
    """What was found among the arguments of one field, in the manifest's words; `types` are of those that are named."""

    paging: dict[str, Any] = field(default_factory=lambda: {"style": "none"})
    parameters: dict[str, str] = field(default_factory=dict)
    since: str = ""
    is_behind: bool = False  # what was changed at just the time asked for is left out
    types: dict[str, str] = field(default_factory=dict)


def leaf_types(name: str, written: Any) -> dict[str, str]:
    """Return the type of an argument, and of those of its parts that JSON must carry as the language's own types."""
    found = {name: str(written)}
    inside = input_at(written)
    for part, described in islice(inside.fields.items(), _MOST_PARTS) if inside else ():
        if ref_of(described.type).name in _BUILT_IN:
            found[f"{name}.{part}"] = str(described.type)
    return found


def use_of(listed: GraphQLField, *, version: str) -> Use:
    """Return how a list is paged and asked for changes by its arguments; `version` is the field that tells a change."""
    use = Use()
    _look_at_pages(listed, use)
    for name, written in _since_places(listed.args, version):
        use.since, use.is_behind = name, plain(name.rpartition(".")[2]).endswith(_BEHIND)
        _note(use, listed.args, name, written)
        break
    return use


def finding(listed: GraphQLField, name: str) -> tuple[str, str, dict[str, str]]:
    """Return by which argument records are looked up whose field is `name`, "several", "one" or "", and the types it needs."""
    use = Use()
    for place, ref in _places(listed.args, name):
        _note(use, listed.args, place, ref.written)
        return place, "several" if ref.is_list else "one", use.types
    return "", "", {}


def _note(use: Use, arguments: Arguments, place: str, written: str) -> None:
    """Take down the types that a dotted place needs: that of its argument, and that of what it names."""
    head = place.partition(".")[0]
    use.types[head] = str(arguments[head].type)
    if place != head and (written.startswith("[") or written.rstrip("!") in _BUILT_IN):
        use.types[place] = written


def _look_at_pages(listed: GraphQLField, use: Use) -> None:
    named = {plain(name): name for name in listed.args}
    size = next((named[one] for one in _SIZES if one in named), "")
    leaves = dict(_envelope(listed))
    more = _first(leaves, _MORE)
    token, offset, page = (
        next((named[one] for one in names if one in named), "") for names in (_TOKENS, _OFFSETS, _PAGES)
    )
    following = _first(leaves, _NEXT)
    if token and following:
        beside = {path: ref for path, ref in leaves.items() if path.rpartition(".")[0] == following.rpartition(".")[0]}
        more = _first(beside, _MORE)
        told = {"style": "token", "position_parameter": token, "next_path": following, "more_path": more}
    elif offset:
        told = {"style": "offset", "position_parameter": offset, "more_path": more}
        use.parameters[offset] = "0"
    elif page:
        told = {"style": "page", "position_parameter": page, "more_path": more}
    else:
        told = {"style": "none"}
    # A cursor needs no total; where nothing but the length of a page would tell the end, a total tells it better.
    total = _first(leaves, _TOTALS) if told["style"] in {"offset", "page"} else ""
    use.paging = {
        name: one for name, one in {**told, "size": PAGE, "size_parameter": size, "total_path": total}.items() if one
    }
    for name in filter(None, (size, told.get("position_parameter", ""))):
        use.types[name] = str(listed.args[name].type)


def _envelope(listed: GraphQLField) -> Iterator[tuple[str, TypeRef]]:
    """Yield the plain values beside the records of a list, two levels deep: "pageInfo.endCursor"."""
    outer = object_at(listed.type)
    if outer is None or ref_of(listed.type).is_list:
        return
    for name, one in outer.fields.items():
        ref, inside = ref_of(one.type), object_at(one.type)
        if ref.is_leaf and not ref.is_list:
            yield name, ref
        elif inside is not None and not ref.is_list:
            for inner, below in inside.fields.items():
                if ref_of(below.type).is_leaf:
                    yield f"{name}.{inner}", ref_of(below.type)


def _first(leaves: Mapping[str, TypeRef], names: tuple[str, ...]) -> str:
    found = {plain(path.rpartition(".")[2]): path for path in reversed(list(leaves))}
    return next((found[name] for name in names if name in found), "")


def _since_places(arguments: Arguments, version: str) -> Iterator[tuple[str, str]]:
    """Yield the places that take the time from which changes are wanted: updatedSince, filter.updatedAt.gte, where.updatedAt_gte.

    What is about just the field that tells a change goes first, and what takes the time itself before what takes only
    later ones.
    """
    if not version:
        return
    found = [(place, plain(place), ref) for place, ref in _dotted(arguments) if _tells_time(ref)]
    exact = [one for one in found if any(plain(step).startswith(plain(version)) for step in one[0].split("."))]
    about = [one for one in found if one not in exact and any(word in one[1] for word in CHANGED)]
    for group in (exact, about):
        for endings in (_FROM, _BEHIND):
            yield from ((place, ref.written) for place, same, ref in group if same.endswith(endings))


def _tells_time(ref: TypeRef) -> bool:
    return ref.kind == "SCALAR" and not ref.is_list and ref.name not in {"Int", "Float", "Boolean", "ID"}


def _places(arguments: Arguments, field_name: str) -> Iterator[tuple[str, TypeRef]]:
    """Yield the places that take values of a field: those for several of them first."""
    wanted, several, single = plain(field_name), list[tuple[str, TypeRef]](), list[tuple[str, TypeRef]]()
    for place, ref in _dotted(arguments):
        steps = [plain(step) for step in place.split(".")]
        named = steps[-1] in {wanted, f"{wanted}s", f"{wanted}in"} or (
            len(steps) > 1 and steps[-2] == wanted and steps[-1] in (*_AMONG, *_SAME)
        )
        if named and ref.is_leaf:
            (several if ref.is_list else single).append((place, ref))
    yield from several
    yield from single


def _dotted(arguments: Arguments) -> Iterator[tuple[str, TypeRef]]:
    """Yield arguments and, of those that filter, their parts and the conditions in these: "filter.updatedAt.gte"."""
    for name, argument in arguments.items():
        yield name, ref_of(argument.type)
        filters = input_at(argument.type)
        if filters is None or plain(name) not in _FILTERS:
            continue
        for part, described in filters.fields.items():
            yield f"{name}.{part}", ref_of(described.type)
            conditions = input_at(described.type)
            for condition, below in conditions.fields.items() if conditions else ():
                yield f"{name}.{part}.{condition}", ref_of(below.type)


def needed_arguments(arguments: Arguments, known: Mapping[str, Any]) -> list[str]:
    """Return the arguments that must be given and are not among those `known`."""
    return [name for name, one in arguments.items() if is_required_argument(one) and name not in known]
