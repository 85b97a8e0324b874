"""What must hold besides in a document whose system speaks SOAP: names that XML can have, and paths that lead somewhere."""

import re
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from apps.connectors.auth_spec import AuthScheme
from apps.connectors.manifest import ObjectManifest, Reading, SystemManifest, Writing
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.path_rules import path_problem
from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapOperation, SoapPart, SoapPlace, SoapSpec

SIGNING = frozenset({AuthScheme.USERNAME_TOKEN, AuthScheme.USERNAME_DIGEST})
_OPERATION = re.compile(r"[^\W\d][\w.-]{0,119}\Z")
_NAME = re.compile(r"[^\W\d][\w-]{0,119}\Z")  # a name of XML without a colon or a dot, which stands between steps here
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,9}\Z")
_RESERVED = frozenset({"s", "xsi", "xml", "xmlns", "wsse", "wsu"})  # by envelopes
_ACTION = re.compile(r"[!#-\[\]-~]{0,300}\Z")  # printable, without quotes and backslashes: it stands in a header
_PLACE = re.compile(r"\{(\w+)\}\Z")
_MOST_PARTS = 500
_STYLES = frozenset({"none", "page", "offset", "token"})

Problems = Iterator[DocumentProblem]


def soap_problems(manifest: SystemManifest, soap: SoapSpec, settings: set[str]) -> Problems:
    """Return what is wrong with a description of a SOAP service."""
    yield from _whole(soap, settings)
    for name, operation in soap.operations.items():
        yield from _operation(name, operation, soap.spaces, settings)
    for index, spec in enumerate(manifest.objects):
        yield from _object(spec, soap.operations, f"objects[{index}]")
    if manifest.test_path and manifest.test_path not in soap.operations:
        yield DocumentProblem("test_path", _no_operation(manifest.test_path))
    if manifest.describe is not None:
        yield DocumentProblem("describe", _("A SOAP service does not describe itself while it runs: take this out."))


def _whole(soap: SoapSpec, settings: set[str]) -> Problems:
    wrong = path_problem(soap.path, settings, with_key=False) if soap.path else ""
    if wrong:
        yield DocumentProblem("soap.path", wrong)
    for prefix, uri in soap.spaces.items():
        if not _PREFIX.match(prefix) or prefix in _RESERVED:
            yield DocumentProblem(f"soap.spaces.{prefix}", _("A prefix has letters and digits, such as n1."))
        if not uri.strip():
            yield DocumentProblem(f"soap.spaces.{prefix}", _("This is needed: fill it in."))
    if any(not 400 <= status <= 599 for status in soap.statuses.values()):
        yield DocumentProblem(
            "soap.statuses", _("Write a number from %(least)d to %(most)d.") % {"least": 400, "most": 599}
        )


def sign_in_problems(manifest: SystemManifest) -> Problems:
    """Return what is wrong with a sign-in that stands in envelopes, where there are none."""
    if manifest.auth.scheme in SIGNING and manifest.soap is None:
        yield DocumentProblem("auth.scheme", _("This sign-in belongs to SOAP, which this system does not speak."))


def _operation(name: str, operation: SoapOperation, spaces: Mapping[str, str], settings: set[str]) -> Problems:
    place = f"soap.operations.{name[:80]}"
    if not _OPERATION.match(name):
        yield DocumentProblem(place, _("This name cannot be used: write letters, digits and _."))
    if not _ACTION.match(operation.action):
        yield DocumentProblem(f"{place}.action", _("This cannot be sent in a header."))
    yield from _message(operation.request, f"{place}.request", spaces)
    if operation.answer is not None:
        yield from _message(operation.answer, f"{place}.answer", spaces)
    known = {part.path for part in operation.request.parts}
    if operation.key and operation.key not in known:
        yield DocumentProblem(f"{place}.key", _no_such(operation.key))
    for path, text in operation.fixed.items():
        named = _PLACE.match(text)
        if path not in known:
            yield DocumentProblem(f"{place}.fixed", _no_such(path))
        elif named and named[1] not in settings:
            sentence = _("{%(name)s} is no setting of the connection: add it to the settings.") % {"name": named[1]}
            yield DocumentProblem(f"{place}.fixed.{path}", sentence)


def _message(message: SoapMessage, place: str, spaces: Mapping[str, str]) -> Problems:
    if not _NAME.match(message.name.replace(".", "_")):
        yield DocumentProblem(f"{place}.name", _no_name())
    if message.space and message.space not in spaces:
        yield DocumentProblem(f"{place}.space", _no_space(message.space))
    groups = {""}
    for index, part in enumerate(message.parts[:_MOST_PARTS]):
        yield from _part(part, f"{place}.parts[{index}]", spaces, groups)
        if part.kind is SoapKind.GROUP:
            groups.add(part.path)


def _part(part: SoapPart, place: str, spaces: Mapping[str, str], groups: set[str]) -> Problems:
    above, _dot, name = part.path.rpartition(".")
    if not _NAME.match(name):
        yield DocumentProblem(f"{place}.path", _no_name())
    if above not in groups:
        sentence = _("Describe the group %(name)s before what is in it.") % {"name": above[:80]}
        yield DocumentProblem(f"{place}.path", sentence)
    if part.space and part.space not in spaces:
        yield DocumentProblem(f"{place}.space", _no_space(part.space))
    if part.place is not SoapPlace.ELEMENT and (part.kind is SoapKind.GROUP or part.repeated):
        yield DocumentProblem(f"{place}.place", _("Only an element can be a group or come more than once."))


def _object(spec: ObjectManifest, operations: Mapping[str, SoapOperation], place: str) -> Problems:
    if spec.reading is not None:
        yield from _reading(spec, spec.reading, operations, f"{place}.reading")
    if spec.writing is not None:
        yield from _writing(spec.writing, operations, f"{place}.writing")


def _reading(spec: ObjectManifest, reading: Reading, operations: Mapping[str, SoapOperation], place: str) -> Problems:
    listing = operations.get(reading.path)
    if listing is None:
        yield DocumentProblem(f"{place}.path", _no_operation(reading.path))
    else:
        yield from _records(listing.answer, reading.records_path, f"{place}.records_path")
        paging = reading.paging
        asked = {
            f"{place}.since_parameter": reading.since_parameter,
            f"{place}.paging.position_parameter": paging.position_parameter,
            f"{place}.paging.size_parameter": paging.size_parameter,
            f"{place.removesuffix('.reading')}.find_parameter": spec.find_parameter,
        }
        known = {part.path for part in listing.request.parts}
        for part, path in asked.items():
            if path and path not in known:
                yield DocumentProblem(part, _no_such(path))
    if reading.paging.style not in _STYLES:
        yield DocumentProblem(f"{place}.paging.style", _("SOAP has no links: choose another way of paging."))
    if reading.since_in_header:
        yield DocumentProblem(f"{place}.since_in_header", _("SOAP asks in the envelope, not in headers."))
    yield from _keyed(reading.one_path, operations, f"{place}.one_path")


def _records(answer: SoapMessage | None, path: str, place: str) -> Problems:
    parts = answer.parts if answer is not None else ()
    found = next((part for part in parts if part.path == path), None)
    if found is None or not found.repeated:
        yield DocumentProblem(place, _("Name the element of the answer that comes once for each record."))


def _writing(writing: Writing, operations: Mapping[str, SoapOperation], place: str) -> Problems:
    if writing.create_path and writing.create_path not in operations:
        yield DocumentProblem(f"{place}.create_path", _no_operation(writing.create_path))
    if writing.batch_path:
        yield DocumentProblem(f"{place}.batch_path", _("SOAP takes records one by one here: leave this empty."))
    yield from _keyed(writing.update_path, operations, f"{place}.update_path")
    yield from _keyed(writing.undo_path, operations, f"{place}.undo_path")


def _keyed(path: str, operations: Mapping[str, SoapOperation], place: str) -> Problems:
    """Require that a path names an operation, and that the operation knows where the record's number goes."""
    if not path:
        return
    name, _slash, rest = path.partition("/")
    operation = operations.get(name)
    if operation is None:
        yield DocumentProblem(place, _no_operation(name))
    elif rest != "{key}" or not operation.key:
        sentence = _("Write the operation and /{key}, and say in the operation which element takes the number.")
        yield DocumentProblem(place, sentence)


def _no_such(path: str) -> str:
    return _("The request has no element %(path)s.") % {"path": path[:120]}


def _no_name() -> str:
    return _("This cannot be the name of an element: write letters, digits, _ and -.")


def _no_space(prefix: str) -> str:
    return _("There is no name space %(prefix)s: add it to soap.spaces.") % {"prefix": prefix[:40]}


def _no_operation(name: str) -> str:
    return _("There is no operation %(name)s: add it to soap.operations.") % {"name": name[:120]}
