"""What must hold besides in a document whose system speaks OData: its version, its keys, and what stands in its filters."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.connectors.manifest import ChangeRead, ObjectManifest, SystemManifest
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.path_rules import path_problem

_VERSIONS = (4, 2)
_NAME = re.compile(r"[A-Za-z_]\w{0,127}(?:/[A-Za-z_]\w{0,127}){0,5}\Z")  # a property, or one inside another
_TYPE = re.compile(r"Edm\.(?:Guid|String|Byte|SByte|Int16|Int32|Int64|DateTime|DateTimeOffset)\Z")
_SINCE = re.compile(r"[A-Za-z_]\w{0,127} (?:ge|gt)\Z")
_KEY = re.compile(r"\((?:guid)?'\{key\}'\)|\(\{key\}L?\)")

Problems = Iterator[DocumentProblem]


def odata_problems(manifest: SystemManifest, odata: ODataSpec, settings: set[str]) -> Problems:
    """Return what is wrong with a description of an OData service."""
    if odata.version not in _VERSIONS:
        yield DocumentProblem("odata.version", _("This must be one of %(known)s.") % {"known": "4, 2"})
    wrong = path_problem(odata.metadata_path, settings, with_key=False) if odata.metadata_path else ""
    if wrong:
        yield DocumentProblem("odata.metadata_path", wrong)
    if not all(_NAME.match(name) for name in odata.guid_fields):
        yield DocumentProblem("odata.guid_fields", _property_wanted())
    if not all(_NAME.match(name) and _TYPE.match(written) for name, written in odata.types.items()):
        sentence = _("Write a set and a property of it with its type, such as Projects/ChangedAt and Edm.DateTime.")
        yield DocumentProblem("odata.types", sentence)
    for index, spec in enumerate(manifest.objects):
        yield from _keys(spec, f"objects[{index}]")
        yield from _names(spec, f"objects[{index}]")


def _property_wanted() -> str:
    return _("Name a property of the records: letters, digits and _.")


def _keys(spec: ObjectManifest, place: str) -> Problems:
    paths = {
        "reading.one_path": spec.reading.one_path if spec.reading else "",
        "writing.update_path": spec.writing.update_path if spec.writing else "",
        "writing.undo_path": spec.writing.undo_path if spec.writing else "",
    }
    for part, path in paths.items():
        if path and not _KEY.search(path):
            sentence = _("Write the key as the service wants it: ({key}) for numbers and GUIDs, ('{key}') for texts.")
            yield DocumentProblem(f"{place}.{part}", sentence)


def _names(spec: ObjectManifest, place: str) -> Problems:
    """Names of properties become part of a query: whatever else stood there would be one."""
    parts = ("key_field", "version_field", "natural_key", "find_parameter")
    named = {part: getattr(spec, part) for part in parts}
    if spec.writing is not None:
        named["writing.own_key_parameter"] = spec.writing.own_key_parameter
    for part, name in named.items():
        if name and not name.startswith("$") and not _NAME.match(name.replace(".", "/")):
            yield DocumentProblem(f"{place}.{part}", _property_wanted())
    reading = spec.reading
    if reading is None or reading.change_read not in {ChangeRead.MODIFIED_SINCE, ChangeRead.WINDOW_RESCAN}:
        return
    since = reading.since_parameter
    if since and not since.startswith("$") and not _SINCE.match(since):
        sentence = _("Write the property of the last change and how it is compared, such as ChangedAt ge.")
        yield DocumentProblem(f"{place}.reading.since_parameter", sentence)
