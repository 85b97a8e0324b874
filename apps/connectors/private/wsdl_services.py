"""The operations of a WSDL file as they are matched to one another: what each does, to what, and what it wants to know (pure).

Everything is a guess by names and types: "ListTimeEntries" answers with many of a type, "GetTimeEntry" with one of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from apps.connectors.private.guessing import is_key, plain
from apps.connectors.private.wsdl_messages import DescribedMessage, DescribedPart
from apps.connectors.soap_spec import SoapKind

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_NO_NOUN = frozenset(
    {"all", "list", "multiple", "many", "by", "id", "ids", "info", "details", "data", "records", "record"}
)
_DEEPEST_LIST = 4


class Verb(StrEnum):
    """What an operation does, by the first word of its name, or by the last."""

    LIST = "list"
    ONE = "one"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    OTHER = "other"


_VERBS: dict[str, Verb] = {
    **dict.fromkeys(("list", "query", "search", "find"), Verb.LIST),
    **dict.fromkeys(("get", "read", "retrieve", "fetch", "load"), Verb.ONE),
    **dict.fromkeys(("create", "add", "insert", "new", "register", "submit"), Verb.CREATE),
    **dict.fromkeys(("update", "change", "modify", "edit"), Verb.UPDATE),
    **dict.fromkeys(("delete", "remove"), Verb.DELETE),
}
CHANGING = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE})


@dataclass(slots=True)
class ServiceOperation:
    """One operation with what its name says. `noun` is compared, `label` is shown."""

    name: str
    action: str
    request: DescribedMessage
    answer: DescribedMessage | None
    verb: Verb = Verb.OTHER
    noun: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        self.verb, words = _told(self.name)
        kept = [word for word in words if word.lower() not in _NO_NOUN]
        self.noun = singular("".join(kept))
        self.label = " ".join(kept).lower().capitalize()


@dataclass(slots=True)
class ListOperation:
    """An operation that answers with a list of records: where they stand, and the name of their type."""

    operation: ServiceOperation
    records: DescribedPart
    siblings: dict[Verb, ServiceOperation] = field(default_factory=dict)

    @property
    def noun(self) -> str:
        """What one record is called, by its type, or by the operation where types are nameless."""
        return _type_noun(self.records.type_name) or self.operation.noun


def lists_among(operations: Iterable[ServiceOperation]) -> list[ListOperation]:
    """Return the operations that list records, each with the others that belong to the same records."""
    every = list(operations)
    found = [ListOperation(one, records) for one in every if (records := _records_of(one)) is not None]
    listing = {one.operation.name for one in found}
    alone = len({one.noun for one in found}) == 1
    for listed in found:
        for one in every:
            if one.name not in listing and _belongs(one, listed, alone=alone):
                listed.siblings.setdefault(one.verb, one)
    return found


def verb_of(name: str) -> Verb:
    """Return what an operation of this name does."""
    return _told(name)[0]


def group_of(message: DescribedMessage | None, type_name: str) -> DescribedPart | None:
    """Return where a message holds one record of a type."""
    return message.records.get(type_name) if message is not None else None


def key_part(
    message: DescribedMessage, noun: str, names: Iterable[str] = (), *, inside: str = ""
) -> DescribedPart | None:
    """Return the part of a request or an answer that holds a record's number; `inside` is a group that is looked into last."""
    values = [one for one in message.outside_lists if one.part.kind is not SoapKind.GROUP]
    own = [one for one in values if not (inside and one.part.path.startswith(f"{inside}."))]
    known = (
        *(plain(name) for name in names),
        "id",
        f"{noun}id",
        "uuid",
        "guid",
        "key",
        f"{noun}number",
        f"{noun}no",
        "number",
        "code",
    )
    for place in (own, [one for one in values if one not in own]):
        for name in known:
            best = next((one for one in place if plain(one.name) == name), None)
            if best is not None:
                return best
    named = [one for one in own if is_key(one.name)]
    return named[0] if len(named) == 1 else own[0] if len(own) == 1 else None


def demanded(message: DescribedMessage, *, beside: str = "") -> Iterator[DescribedPart]:
    """Yield the single values that a request cannot do without, but not those of the record in `beside`."""
    needed = {one.part.path: one.part.required and not one.part.repeated for one in message.parts}
    for one in message.parts:
        above = one.part.path.split(".")
        whole = all(needed.get(".".join(above[: depth + 1]), False) for depth in range(len(above)))
        if one.is_value and whole and not (beside and one.part.path.startswith(f"{beside}.")):
            yield one


def singular(words: str) -> str:
    """Return a name as nouns are compared: "TimeEntries" and "time_entry" are the same."""
    same = plain(words)
    if same.endswith("people"):
        return f"{same.removesuffix('people')}person"
    if same.endswith("ies") and len(same) > 4:
        return f"{same[:-3]}y"
    return same[:-1] if same.endswith("s") and not same.endswith("ss") else same


def _told(name: str) -> tuple[Verb, list[str]]:
    words = _WORDS.findall(name)
    if not words:
        return Verb.OTHER, []
    first, last = _VERBS.get(words[0].lower()), _VERBS.get(words[-1].lower())
    if first is not None:
        return first, words[1:]
    return (last, words[:-1]) if last is not None else (Verb.OTHER, words)


def _type_noun(type_name: str) -> str:
    """Return what a named type is called without the words that frameworks hang on it ("TimeEntryType", "EntryDTO")."""
    name = type_name.rpartition("}")[2]
    for ending in ("DTO", "Dto", "Type", "Record", "VO"):
        name = name.removesuffix(ending) or name
    return singular(name)


def _records_of(operation: ServiceOperation) -> DescribedPart | None:
    """Return the list of records in an answer, the one that lies highest; None when there is none, or records are changed."""
    if operation.verb in CHANGING or operation.answer is None:
        return None
    answer = operation.answer
    found = [
        one
        for one in answer.outside_lists
        if one.part.repeated
        and one.part.kind is SoapKind.GROUP
        and one.part.path.count(".") < _DEEPEST_LIST
        and any(below.is_value for below in answer.below(one.part.path))
    ]
    # What one record holds (the lines of an invoice) is no list of records: GetInvoice answers with one.
    if operation.verb is Verb.ONE:
        found = [one for one in found if not _is_within_a_record(operation, one)]
    return min(found, key=lambda one: one.part.path.count("."), default=None)


def _is_within_a_record(operation: ServiceOperation, listed: DescribedPart) -> bool:
    """Say whether a list lies in a group that is named as what is asked for, or that has a number of its own."""
    above = listed.part.path.split(".")[:-1]
    for depth in range(len(above)):
        path = ".".join(above[: depth + 1])
        values = (
            [one for one in operation.answer.below(path) if one.part.path.count(".") == depth + 1]
            if operation.answer
            else []
        )
        if any(one.is_value and plain(one.name) in {"id", f"{operation.noun}id"} for one in values):
            return True
    return False


def _belongs(one: ServiceOperation, listed: ListOperation, *, alone: bool) -> bool:
    """Say whether an operation is about the records of a list."""
    if one.verb in {Verb.LIST, Verb.OTHER}:
        return False
    same_noun = one.noun in {listed.noun, listed.operation.noun} or (alone and not one.noun)
    holder = one.answer if one.verb is Verb.ONE else one.request
    return same_noun or (one.verb is not Verb.DELETE and group_of(holder, listed.records.type_name) is not None)
