"""Turns a list of a WSDL file into a kind of record of a document, with the operations that read and write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.documents import write_part
from apps.connectors.private.drafting import OWN_KEYS, list_row
from apps.connectors.private.guessing import CHANGED, key_field_of, plain
from apps.connectors.private.paging_words import FROM, NEXT_TOKEN, OFFSET, PAGE, SIZE, TOKEN, TOTAL
from apps.connectors.private.readings import MOST_FIELDS, Candidate, Evidence, Operation
from apps.connectors.private.wsdl_messages import DescribedMessage, DescribedPart, fields_below
from apps.connectors.private.wsdl_services import (
    ListOperation,
    ServiceOperation,
    Verb,
    demanded,
    group_of,
    key_part,
)
from apps.connectors.soap_spec import SoapKind, SoapOperation

_PAGE_SIZE = 100
_AT_ONCE = 50
_FINDING = ("externalid", "externalreference", "code", "number", "email", "key", "name")
_BEGINNING = {SoapKind.DAY: "1970-01-01", SoapKind.INSTANT: "1970-01-01T00:00:00Z"}


def draft_list(listed: ListOperation) -> tuple[dict[str, Any], int]:
    """Return a list as it is chosen from, its operations as a part of the document, and of how many parts those are."""
    draft = _Draft(listed, Candidate(listed.operation.name, listed.operation.label or listed.operation.name))
    draft.read()
    draft.write()
    draft.candidate.settings = tuple(draft.settings)
    row = list_row(draft.candidate)
    described = row["object"]
    described |= draft.naming
    described["reading"] |= draft.reading
    if "writing" in described:
        described["writing"] |= draft.writing
    written = {name: described[name] for name in ("writing", "writing_lines") if name in described}
    if described["version_field"] and draft.kind_of(described["version_field"]) is ValueKind.INSTANT:
        described["version_form"] = "iso"
    # What is done is told by the name of the operation: there are no methods.
    row["operations"] = [{"use": one.use, "method": "", "path": one.path} for one in draft.candidate.operations]
    operations = {name: write_part(one) for name, one in draft.operations.items()}
    size = sum(
        len(one.request.parts) + (len(one.answer.parts) if one.answer else 0) for one in draft.operations.values()
    )
    return {**row, "offer": written, "parts": {"soap": {"operations": operations}}}, size


@dataclass(slots=True)
class _Draft:
    """One list on its way: what a candidate cannot say is kept by the part of the object that it belongs to."""

    listed: ListOperation
    candidate: Candidate
    naming: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    writing: dict[str, Any] = field(default_factory=dict)
    operations: dict[str, SoapOperation] = field(default_factory=dict)
    settings: dict[str, None] = field(default_factory=dict)

    def kind_of(self, name: str) -> ValueKind | None:
        """Return the kind of a field of the records."""
        return next((spec.kind for spec in self.candidate.fields if spec.name == name), None)

    def read(self) -> None:
        """Find how the list is read: its pages, its changes, its names, and one of its records."""
        operation, candidate = self.listed.operation, self.candidate
        path, answer = self.listed.records.part.path, operation.answer or operation.request
        candidate.records_path, candidate.fields = path, fields_below(answer, path, MOST_FIELDS)
        candidate.operations.append(Operation("list", "GET", operation.name))
        candidate.evidence.append(Evidence("reading.records_path", "answer", path))
        candidate.paging, fixed = _paging(operation.request, answer)
        if candidate.paging:
            where = candidate.paging["position_parameter"]
            candidate.evidence.append(Evidence("reading.paging.style", "element", where))
        self.naming["key_field"] = key_field_of(candidate)
        self.naming |= _finding(operation.request, candidate.fields)
        fixed |= self._changes(operation.request)
        self._add(operation, fixed=fixed)
        self._read_one()

    def _changes(self, request: DescribedMessage) -> dict[str, str]:
        """Find what asks for changes only; return what is sent in its place while there is nothing to ask from."""
        since = next((one for one in request.parts if one.is_value and _asks_for_changes(one)), None)
        if since is None:
            return {}
        self.candidate.since_parameter = since.part.path
        self.candidate.evidence.append(Evidence("reading.since_parameter", "element", since.part.path))
        if since.part.kind is SoapKind.DAY:
            self.reading["since_form"] = "date"
        return {since.part.path: _BEGINNING.get(since.part.kind, "")} if since.part.required else {}

    def _read_one(self) -> None:
        one = self.listed.siblings.get(Verb.ONE)
        if one is None:
            return
        held = group_of(one.answer, self.listed.records.type_name)
        key = self._key_in(one.request)
        if held is None or key is None:
            return
        self._add(one, key=key.part.path)
        self.reading["one_record_path"] = held.part.path
        self.candidate.operations.append(Operation("one", "GET", f"{one.name}/{{key}}"))

    def write(self) -> None:
        """Find how records are made, changed and taken back; without the number of a new one nothing of it is any use."""
        made = self.listed.siblings.get(Verb.CREATE)
        number = self._number_of(made) if made is not None else ""
        if made is None or not number:
            return
        place = self._record_in(made)
        self.candidate.taken = _writable(fields_below(made.request, place, MOST_FIELDS), self.naming["key_field"])
        if not self.candidate.taken:
            return
        self.candidate.create_key_path = number
        self.candidate.operations.append(Operation("create", "POST", made.name))
        self._add(made, beside=place, with_record=True)
        self.writing = {"created_statuses": [200], **({"record_path": place} if place else {}), **self._own_key()}
        self._change(place)
        gone = self.listed.siblings.get(Verb.DELETE)
        key = self._key_in(gone.request) if gone is not None else None
        if gone is not None and key is not None:
            self._add(gone, key=key.part.path)
            self.candidate.operations.append(Operation("delete", "DELETE", f"{gone.name}/{{key}}"))

    def _change(self, place: str) -> None:
        """Find what changes a record; one that takes it in another place than a new one cannot be described."""
        changed = self.listed.siblings.get(Verb.UPDATE)
        if changed is None or self._record_in(changed) != place:
            return
        key = self._key_in(changed.request, inside=place)
        taken = {one.name for one in fields_below(changed.request, place, MOST_FIELDS)}
        if key is None or not {one.name for one in self.candidate.taken} <= taken:
            return
        self._add(changed, key=key.part.path, beside=place, with_record=True)
        self.candidate.operations.append(Operation("update", "PUT", f"{changed.name}/{{key}}"))

    def _record_in(self, operation: ServiceOperation) -> str:
        """Return where a request holds the record; "" when its fields stand in the request itself."""
        held = group_of(operation.request, self.listed.records.type_name)
        return held.part.path if held is not None else ""

    def _number_of(self, made: ServiceOperation) -> str:
        """Return where the answer to a creation holds the new record's number, "" when it does not say."""
        if made.answer is None:
            return ""
        names = (self.naming["key_field"],)
        held = group_of(made.answer, self.listed.records.type_name)
        number = key_part(made.answer, self.listed.noun, names, inside=held.part.path if held is not None else "")
        return number.part.path if number is not None else ""

    def _own_key(self) -> dict[str, str]:
        """Return how a record is known again by our own number, where a list can be asked for that."""
        own = next((one.name for one in self.candidate.taken if plain(one.name) in OWN_KEYS), "")
        asked = next((one.part.path for one in self.listed.operation.request.parts if own and one.name == own), "")
        if not own or not asked:
            return {"idempotency": "none", "own_key_field": ""}
        return {"idempotency": "own_key_field", "own_key_field": own, "own_key_parameter": asked}

    def _key_in(self, request: DescribedMessage, *, inside: str = "") -> DescribedPart | None:
        """Return what takes a record's number in a request, which may want to know more: that comes from settings."""
        return key_part(request, self.listed.noun, (self.naming["key_field"],), inside=inside)

    def _add(
        self,
        operation: ServiceOperation,
        *,
        key: str = "",
        fixed: Mapping[str, str] | None = None,
        beside: str = "",
        with_record: bool = False,
    ) -> None:
        """Take an operation into the document; what it demands and no record says becomes a setting of the connection."""
        always = dict(fixed or {})
        fields = {one.name for one in self.candidate.taken} if with_record and not beside else set()
        for one in demanded(operation.request, beside=beside):
            path = one.part.path
            if path in always or path == key or path in fields:
                continue
            name = _setting(one.name)
            self.settings[name] = None
            always[path] = f"{{{name}}}"
        answer = operation.answer.plain() if operation.answer is not None else None
        self.operations[operation.name] = SoapOperation(
            operation.request.plain(), answer, operation.action, key, always
        )


def _paging(request: DescribedMessage, answer: DescribedMessage) -> tuple[dict[str, Any], dict[str, str]]:
    """Return how a list is paged, in the words of the manifest, and what is sent where no page is asked for."""
    asked = [one for one in request.parts if one.is_value]
    told = {plain(one.name): one.part.path for one in answer.parts if one.is_value}
    size = _named(asked, SIZE)
    page, offset, token = _named(asked, PAGE), _named(asked, OFFSET), _named(asked, TOKEN)
    total = next((told[name] for name in told if name in TOTAL), "")
    following = next((told[name] for name in told if name in NEXT_TOKEN), "")
    style, position = ("token", token) if token is not None and following else ("page", page)
    if position is None:
        style, position = "offset", offset
    fixed = {size.part.path: str(_PAGE_SIZE)} if size is not None and size.part.required else {}
    if position is None:
        return {}, fixed
    if position.part.required and style != "token":
        fixed[position.part.path] = "1" if style == "page" else "0"
    elif position.part.required:
        fixed[position.part.path] = ""
    stated = {
        "style": style,
        "position_parameter": position.part.path,
        "next_path": following if style == "token" else "",
        "total_path": total if style != "token" else "",
        **({"size_parameter": size.part.path, "size": _PAGE_SIZE} if size is not None else {}),
    }
    return {name: value for name, value in stated.items() if value != ""}, fixed


def _named(parts: Sequence[DescribedPart], names: frozenset[str]) -> DescribedPart | None:
    return next((one for one in parts if plain(one.name) in names), None)


def _asks_for_changes(one: DescribedPart) -> bool:
    same = plain(one.name)
    return (any(word in same for word in CHANGED) and same.endswith(FROM)) or same in {"since", "ifmodifiedsince"}


def _finding(request: DescribedMessage, fields: Sequence[FieldSpec]) -> dict[str, Any]:
    """Return by which field and parameter a record is looked up, where the list takes a parameter named as a field."""
    named = {plain(one.name): one for one in request.parts if one.part.kind is not SoapKind.GROUP}
    for wanted in _FINDING:
        spec = next((one for one in fields if plain(one.name) == wanted and "." not in one.name), None)
        asked = named.get(wanted)
        if spec is None or asked is None:
            continue
        found: dict[str, Any] = {"natural_key": spec.name, "find_parameter": asked.part.path}
        if asked.part.repeated:
            found |= {"find_at_once": min(asked.most or _AT_ONCE, _AT_ONCE), "find_joiner": "\n"}
        return found
    return {"natural_key": "", "find_parameter": ""}


def _writable(fields: Sequence[FieldSpec], key_field: str) -> tuple[FieldSpec, ...]:
    """Return the fields of a record that somebody fills: not its number, not when it was changed."""
    return tuple(
        one for one in fields if one.name != key_field and not any(word in plain(one.name) for word in CHANGED)
    )


def _setting(name: str) -> str:
    """Return the name of a setting made of the name of an element."""
    kept = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign == "_"))[:40]
    return kept if kept[:1].isalpha() else f"s_{kept}"[:40]
