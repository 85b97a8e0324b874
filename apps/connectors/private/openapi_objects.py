"""Finds what an OpenAPI file lists: each list with its siblings (one, create, update, delete), its pages and its changes.

Everything found is a guess with its evidence: which parameter, property or path it was taken from.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.private.guessing import CHANGED, is_key, plain
from apps.connectors.private.openapi import Node, OpenApiFile
from apps.connectors.private.openapi_fields import fields_of, merged, properties_of, type_of
from apps.connectors.private.paging_words import FROM, NEXT_LINK, NEXT_TOKEN, OFFSET, PAGE, SIZE, TOKEN, TOTAL
from apps.connectors.private.readings import MOST_LISTS, Candidate, Evidence, Operation

_RECORDS = ("data", "items", "results", "value", "values", "records", "entries", "list", "content", "rows")
_DEFAULT_SIZE = 100

_List = tuple[str, Any, Any]  # where the records are, the schema of one, and that of the whole answer


def list_candidates(file: OpenApiFile) -> tuple[list[Candidate], bool]:
    """Return the lists that can be read by themselves, at most MOST_LISTS, and whether there are more."""
    items = dict(file.paths())
    singles, known, candidates = _singles(items), dict[str, _List | None](), list[Candidate]()
    for path, item in items.items():
        found = _list_of(file, path, item)
        if found is None or _is_below_a_list(file, path, items, known):
            continue
        if len(candidates) >= MOST_LISTS:
            return candidates, True
        records_path, record, envelope = found
        candidate = Candidate(path.lstrip("/"), _label(path), records_path=records_path)
        candidate.settings = tuple(_places(path))
        candidate.fields = fields_of(file, record)
        candidate.operations.append(Operation("list", "GET", candidate.path))
        candidate.evidence.append(Evidence("reading.records_path", "answer", records_path or "[…]"))
        _look_at_parameters(file, item, envelope, candidate)
        _look_at_siblings(file, items, path, singles.get(path), candidate)
        candidates.append(candidate)
    return candidates, False


def _list_of(file: OpenApiFile, path: str, item: Node) -> _List | None:
    """Return where the answer of GET keeps its records, their schema and that of the whole; None when it is no list."""
    if "get" not in item or path.rpartition("/")[2].startswith("{"):
        return None  # /projects/{id} is one record, whatever lists it holds
    schema = file.answer_schema(file.node(item["get"]))
    whole = merged(file, schema)
    if type_of(whole) == "array":
        return ("", whole.get("items"), {}) if _is_record(file, whole.get("items")) else None
    arrays = dict(_arrays(file, schema))
    if not arrays:
        for name, part in properties_of(file, schema).items():
            if plain(name) in _RECORDS and "." not in name and type_of(merged(file, part)) == "object":
                arrays |= {f"{name}.{inner}": items for inner, items in _arrays(file, part)}
    if not arrays:
        return None
    named = (*_RECORDS, plain(path.rpartition("/")[2]))
    chosen = next(iter(arrays)) if len(arrays) == 1 else next((n for n in arrays if plain(n) in named), "")
    return (chosen, arrays[chosen], schema) if chosen else None


def _arrays(file: OpenApiFile, schema: Any) -> Iterator[tuple[str, Any]]:
    for name, part in properties_of(file, schema).items():
        found = merged(file, part)
        if type_of(found) == "array" and "." not in name and _is_record(file, found.get("items")):
            yield name, found.get("items")


def _is_record(file: OpenApiFile, schema: Any) -> bool:
    return type_of(merged(file, schema)) == "object"


def _places(path: str) -> Iterator[str]:
    for part in path.split("/"):
        if "{" in part:
            yield part.partition("{")[2].partition("}")[0]


def _is_below_a_list(file: OpenApiFile, path: str, items: Mapping[str, Node], known: dict[str, _List | None]) -> bool:
    """Say whether a list belongs to a record of another list: it cannot be read without walking that one."""
    parts = path.split("/")
    above = ["/".join(parts[:at]) for at, part in enumerate(parts) if part.startswith("{")]
    for one in above:
        if one in items and one not in known:
            known[one] = _list_of(file, one, items[one])
    return any(known.get(one) is not None for one in above)


def _singles(items: Mapping[str, Node]) -> dict[str, str]:
    """Return the path of one record by the path of its list: /projects/{id} by /projects."""
    return {
        path.rpartition("/")[0]: path
        for path in items
        if path.rpartition("/")[2].startswith("{") and path.endswith("}") and path.rpartition("/")[2].count("{") == 1
    }


def _label(path: str) -> str:
    words = next((part for part in reversed(path.split("/")) if part and "{" not in part), "records")
    words = words.partition(".")[0]
    spaced = "".join(f" {sign.lower()}" if sign.isupper() and number else sign for number, sign in enumerate(words))
    return spaced.replace("_", " ").replace("-", " ").strip().capitalize()[:80] or "Records"


def _look_at_parameters(file: OpenApiFile, item: Node, envelope: Any, candidate: Candidate) -> None:
    listed = [one for one in file.parameters(item, file.node(item["get"])) if one.get("in") == "query"]
    named = {str(one["name"]): one for one in listed}
    candidate.parameters = tuple(named)[:60]
    candidate.paging = _paging(file, named, _leaves(file, envelope), candidate.evidence)
    for name in named:
        same = plain(name)
        asked = any(word in same for word in CHANGED) and same.endswith(FROM)
        if asked or same in {"since", "ifmodifiedsince"}:
            candidate.since_parameter = name
            candidate.evidence.append(Evidence("reading.since_parameter", "parameter", name))
            return


def _leaves(file: OpenApiFile, envelope: Any) -> dict[str, str]:
    """Return the plain values beside the records by dotted path, with their types, two levels deep."""
    found: dict[str, str] = {}
    for name, part in properties_of(file, envelope).items():
        if "." in name:
            continue
        schema = merged(file, part)
        if type_of(schema) == "object":
            inner = properties_of(file, part)
            found |= {f"{name}.{one}": type_of(merged(file, below)) for one, below in inner.items() if "." not in one}
        else:
            found[name] = type_of(schema)
    return found


def _paging(
    file: OpenApiFile, named: Mapping[str, Node], leaves: Mapping[str, str], evidence: list[Evidence]
) -> dict[str, Any]:
    """Return how the list is paged, in the words of the manifest; {} when nothing speaks of pages."""
    size = next((name for name in named if plain(name) in SIZE), "")
    page = next((name for name in named if plain(name) in PAGE), "")
    offset = next((name for name in named if plain(name) in OFFSET), "")
    token = next((name for name in named if plain(name) in TOKEN), "")
    total = next((path for path, kind in leaves.items() if _last(path) in TOTAL and kind in {"integer", ""}), "")
    next_token = next((path for path in leaves if _last(path) in NEXT_TOKEN), "")
    next_link = next((path for path, kind in leaves.items() if _last(path) in NEXT_LINK and kind == "string"), "")
    found: dict[str, Any] = {}
    if token and (next_token or next_link):
        found = {"style": "token", "position_parameter": token, "next_path": next_token or next_link}
    elif page:
        found = {"style": "page", "position_parameter": page, "total_path": total}
    elif offset:
        found = {"style": "offset", "position_parameter": offset, "total_path": total}
    elif next_link:
        found = {"style": "link", "next_path": next_link}
    if not found:
        return {}
    source = ("answer", next_link) if found["style"] == "link" else ("parameter", found["position_parameter"])
    evidence.append(Evidence("reading.paging.style", *source))
    if size:
        found |= {"size_parameter": size, "size": _page_size(file, named[size])}
        evidence.append(Evidence("reading.paging.size_parameter", "parameter", size))
    return {name: value for name, value in found.items() if value != ""}


def _last(path: str) -> str:
    return plain(path.rpartition(".")[2])


def _page_size(file: OpenApiFile, parameter: Node) -> int:
    """Return the largest page that is allowed, up to 500; a hundred, or the default, where no end is stated."""
    schema = file.node(parameter.get("schema")) or parameter
    largest, usual = schema.get("maximum"), schema.get("default")
    if isinstance(largest, int) and not isinstance(largest, bool) and largest > 0:
        return min(largest, 500)
    return usual if isinstance(usual, int) and not isinstance(usual, bool) and 0 < usual <= 500 else _DEFAULT_SIZE


def _look_at_siblings(
    file: OpenApiFile, items: Mapping[str, Node], path: str, single: str | None, candidate: Candidate
) -> None:
    item = items[path]
    if "post" in item:
        operation = file.node(item["post"])
        candidate.operations.append(Operation("create", "POST", candidate.path))
        candidate.taken = fields_of(file, file.body_schema(item, operation))
        candidate.create_key_path = _answered_key(file, operation)
        headers = [one for one in file.parameters(item, operation) if one.get("in") == "header"]
        candidate.key_header = next((str(one["name"]) for one in headers if "idempotency" in plain(one["name"])), "")
    if single is None:
        return
    key_path = single.rpartition("/")[0].lstrip("/") + "/{key}"
    one = items[single]
    if "get" in one:
        candidate.operations.append(Operation("one", "GET", key_path))
    method = next((name for name in ("patch", "put") if name in one), "")
    if method and "post" in item:
        candidate.operations.append(Operation("update", method.upper(), key_path))
    if "delete" in one and "post" in item:
        candidate.operations.append(Operation("delete", "DELETE", key_path))


def _answered_key(file: OpenApiFile, operation: Node) -> str:
    """Return where the answer to a creation holds the new record's number: "id", or "data.id"."""
    schema = file.answer_schema(operation)
    names = properties_of(file, schema)
    if "id" in names or not names:
        return "id"
    for name, part in names.items():
        if "id" in properties_of(file, part):
            return f"{name}.id"
    return next((name for name in names if is_key(name)), "id")
