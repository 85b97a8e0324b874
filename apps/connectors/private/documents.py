"""A manifest as a JSON document: written, and read back strictly; every problem is named with its place and the mend.

A document says the declarative parts of a manifest only. Whose system it is and how far it is proven is ours to say.
"""

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson
from django.utils.translation import gettext as _

from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import ProofLabel, SystemManifest

MOST_BYTES = 512 * 1024
FORMAT = 1
_LONGEST_TEXT = 4_000
_MOST_ENTRIES = 500
_DEEPEST_VALUE = 6
_PARTS = (
    "name",
    "category",
    "summary",
    "documentation",
    "address",
    "auth",
    "objects",
    "secrets",
    "settings",
    "rights",
    "test_path",
    "identity_path",
    "account_path",
    "rights_path",
    "write_right",
    "headers",
    "limits",
    "error_shape",
    "error_rules",
    "webhook",
    "describe",
    "odata",
    "graphql",
    "soap",
    "deletes",
    "filters_strict",
    "formats",
)
_OPTIONAL = {"summary": "", "documentation": "", "auth": {}, "objects": []}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """One thing wrong with a document: where ("objects[0].reading.path"; "" the whole of it), and what to do about it."""

    path: str
    message: str


class DocumentError(ValueError):
    """A document cannot be read; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: list[DocumentProblem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


def write_document(manifest: SystemManifest) -> Document:
    """Return a manifest as a document, without what is as it always is. `read_document` reads it back."""
    plain = _plain(manifest)
    return {"format": FORMAT, **{part: plain[part] for part in _PARTS if part in plain}}


def write_part(part: Any) -> Any:
    """Return one part of a manifest (a dataclass) as it stands in a document."""
    return _plain(part)


def parse_document(raw: bytes) -> Document:
    """Return what an uploaded file says, not judged yet. Raises DocumentError when it is no JSON document."""
    if len(raw) > MOST_BYTES:
        sizes = {"size": len(raw) // 1024, "most": MOST_BYTES // 1024}
        raise _whole(_("The document has %(size)d KB; %(most)d are allowed.") % sizes)
    try:
        document = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise _whole(_("This is not a JSON document: %(reason)s.") % {"reason": str(error)[:200]}) from None
    if not isinstance(document, dict):
        raise _whole(_("The document must be one group of keys: {…}."))
    return document


def read_document(document: Mapping[str, Any], *, slug: str, proof: ProofLabel = ProofLabel.DRAFTED) -> SystemManifest:
    """Return the manifest that a document describes. Raises DocumentError with everything that has the wrong form."""
    reader = _Reader()
    known = {"format", *_PARTS}
    for name in document:
        if name not in known:
            reader.complain(str(name)[:80], _unknown(_PARTS))
    if document.get("format", FORMAT) != FORMAT:
        reader.complain("format", _("This document is of another format: %(known)d is read here.") % {"known": FORMAT})
    stated = {name: document[name] for name in _PARTS if name in document}
    whole = {**_OPTIONAL, **stated, "slug": slug, "proof": proof.value}
    manifest = reader.read_group(SystemManifest, whole, "")
    if reader.problems or manifest is None:
        raise DocumentError(reader.problems)
    read: SystemManifest = manifest
    return read


def _whole(message: str) -> DocumentError:
    return DocumentError([DocumentProblem("", message)])


def _unknown(known: Any) -> str:
    return _("There is no such key: take it out, or choose among %(known)s.") % {"known": ", ".join(known)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
        return {
            entry.name: _plain(kept[entry.name])
            for entry in dataclasses.fields(value)
            if kept[entry.name] != _default(entry)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {plain_text(name): _plain(one) for name, one in value.items()}  # JSON has texts for keys: true, 7
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def _default(entry: Any) -> Any:
    if entry.default is not MISSING:
        return entry.default
    return entry.default_factory() if entry.default_factory is not MISSING else MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


class _Reader:
    """Turns plain values into the manifest's own types by their annotations, noting what does not fit."""

    def __init__(self) -> None:
        self.problems: list[DocumentProblem] = []

    def complain(self, path: str, message: str) -> None:
        self.problems.append(DocumentProblem(path, message))

    def read_group(self, kind: type, raw: Any, path: str) -> Any:
        """Return an instance of a dataclass, None when something in it is wrong."""
        if not isinstance(raw, Mapping):
            return self.complain(path, _("This must be a group of keys: {…}."))
        before, hints = len(self.problems), _hints(kind)
        for name in [name for name in raw if name not in hints]:
            self.complain(_below(path, str(name)[:80]), _unknown(hints))
        values = self._read_parts(kind, raw, path)
        if len(self.problems) > before:
            return None
        try:
            return kind(**values)
        except ValueError as wrong:  # some parts judge themselves
            return self.complain(path, str(wrong))

    def _read_parts(self, kind: type, raw: Mapping[str, Any], path: str) -> dict[str, Any]:
        values, hints = {}, _hints(kind)
        for entry in dataclasses.fields(kind):
            if entry.name in raw:
                values[entry.name] = self.read(hints[entry.name], raw[entry.name], _below(path, entry.name))
            elif _default(entry) is MISSING:
                self.complain(_below(path, entry.name), _("This is needed: fill it in."))
        return values

    def read(self, hint: Any, raw: Any, path: str) -> Any:
        """Return a value as its annotation wants it; what is wrong is noted."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is Any:
            return self._read_any(raw, path)
        if origin in {Union, types.UnionType}:
            return None if raw is None else self.read(arguments[0], raw, path)
        if origin is tuple:
            return self._read_list(arguments[0], raw, path)
        if origin is not None:
            return self._read_table(arguments[1], raw, path)
        if dataclasses.is_dataclass(hint):
            return self.read_group(hint, raw, path)  # type: ignore[arg-type]  # annotations of manifests are types
        return self._read_one(hint, raw, path)

    def _read_list(self, hint: Any, raw: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            self.complain(path, _("This must be a list: […]."))
            return ()
        if len(raw) > _MOST_ENTRIES:
            self.complain(path, _("This list has more than %(most)d entries.") % {"most": _MOST_ENTRIES})
            return ()
        return tuple([self.read(hint, one, f"{path}[{index}]") for index, one in enumerate(raw)])

    def _read_table(self, hint: Any, raw: Any, path: str) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            self.complain(path, _("This must be a group of keys: {…}."))
            return {}
        if len(raw) > _MOST_ENTRIES:
            self.complain(path, _("This group has more than %(most)d keys.") % {"most": _MOST_ENTRIES})
            return {}
        for name in raw:
            self._read_text(name, path)
        return {str(name): self.read(hint, one, _below(path, str(name)[:80])) for name, one in raw.items()}

    def _read_one(self, hint: Any, raw: Any, path: str) -> Any:
        if isinstance(hint, type) and issubclass(hint, Enum):
            known = [str(one.value) for one in hint]
            if raw in known:
                return hint(raw)
            return self.complain(path, _("This must be one of %(known)s.") % {"known": ", ".join(known)})
        if hint is bool:
            return raw if isinstance(raw, bool) else self.complain(path, _("This must be true or false."))
        if hint is int:
            fits = isinstance(raw, int) and not isinstance(raw, bool)
            return raw if fits else self.complain(path, _("This must be a whole number."))
        return self._read_text(raw, path)

    def _read_text(self, raw: Any, path: str) -> str:
        if not isinstance(raw, str):
            self.complain(path, _("This must be a text."))
        elif len(raw) > _LONGEST_TEXT:
            self.complain(path, _("This text has more than %(most)d characters.") % {"most": _LONGEST_TEXT})
        elif any(ord(sign) < 32 and sign not in "\n\t" for sign in raw) or not _is_sendable(raw):
            self.complain(path, _("This text holds a character that cannot be stored: write it again."))
        return str(raw)

    def _read_any(self, raw: Any, path: str, depth: int = 0) -> Any:
        if depth > _DEEPEST_VALUE:
            self.complain(path, _("This value is nested too deeply."))
        elif isinstance(raw, str):
            self._read_text(raw, path)
        elif isinstance(raw, Mapping):
            return {
                str(name): self._read_any(one, _below(path, str(name)[:80]), depth + 1) for name, one in raw.items()
            }
        elif isinstance(raw, list):
            return [self._read_any(one, f"{path}[{index}]", depth + 1) for index, one in enumerate(raw)]
        return raw


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_sendable(text: str) -> bool:
    """Say whether a text can be written as UTF-8: half a pair of surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
