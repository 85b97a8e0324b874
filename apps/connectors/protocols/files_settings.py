"""What the settings of a file connection say: folders, names, and the form of what the files hold."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
ENCODINGS = {"UTF-8": "utf-8", "UTF-16": "utf-16", "Windows-1252": "cp1252", "ISO-8859-1": "iso8859-1"}
DAYS = {"2026-11-30": "", "30.11.2026": "%d.%m.%Y", "30/11/2026": "%d/%m/%Y", "11/30/2026": "%m/%d/%Y"}
CSV, JSON_LINES, PARQUET = "CSV", "JSON lines", "Parquet"
KEEP, MOVE = "leave it", "move it to done or failed"
BY_TIME, BY_NAME = "time of change", "name"
OBJECT = "{object}"
_T = TypeVar("_T")

# What every connection to a file server is asked for besides address and sign-in.
SETTINGS = (
    FieldSpec("user", label="User", required=True),
    FieldSpec(
        "host_key",
        label="Host key (SHA256:… or ssh-ed25519 AAAA…; the connection test says what it sees)",
        max_length=2000,  # a whole public key, or two
    ),
    FieldSpec("folder_in", label="Folder that is read"),
    FieldSpec("pattern", label="Files that are read ({object}*.csv)"),
    FieldSpec("folder_out", label="Folder that is written to"),
    FieldSpec(
        "format", ValueKind.CHOICE, "Form of the files (Parquet is only written)", choices=(CSV, JSON_LINES, PARQUET)
    ),
    FieldSpec("separator", ValueKind.CHOICE, "Separator (found out when not set)", choices=tuple(SEPARATORS)),
    FieldSpec("decimal_comma", ValueKind.YES_NO, "Amounts have a decimal comma (1.234,50)"),
    FieldSpec("days", ValueKind.CHOICE, "How days are written", choices=tuple(DAYS)),
    FieldSpec("encoding", ValueKind.CHOICE, "Encoding", choices=tuple(ENCODINGS)),
    FieldSpec("key_column", label="Column with the number of the record (when it is another than usual)"),
    FieldSpec("order", ValueKind.CHOICE, "Files are read by", choices=(BY_TIME, BY_NAME)),
    FieldSpec("after_reading", ValueKind.CHOICE, "What becomes of a file that was read", choices=(KEEP, MOVE)),
    FieldSpec("checksums", ValueKind.YES_NO, "Write a checksum beside each file (.sha256)"),
    FieldSpec("formula_safe", ValueKind.YES_NO, "Texts that a spreadsheet would calculate get an apostrophe"),
)

_BEGUN = (".part", ".tmp", ".filepart", ".crdownload")  # how programs name a file that is not complete
CHECKSUM = ".sha256"


@dataclass(frozen=True, slots=True)
class FileForm:
    """The form of the content. `separator` "" is found out; `days` is the form of strptime, "" for 2026-11-30.

    Parquet has types of its own: nothing but its column of the record's number is a matter of form.
    """

    json_lines: bool = False
    parquet: bool = False
    separator: str = ""
    encoding: str = "utf-8"
    decimal_comma: bool = False
    days: str = ""
    key_column: str = ""
    formula_safe: bool = False

    @property
    def ending(self) -> str:
        """How the names of such files end."""
        return ".parquet" if self.parquet else ".jsonl" if self.json_lines else ".csv"


@dataclass(frozen=True, slots=True)
class FilePlan:
    """Where files are, which ones, in which order, and what becomes of them. A folder "" is the one one arrives in."""

    folder_in: str
    folder_out: str
    pattern: str
    form: FileForm
    by_name: bool = False
    moves: bool = False
    checksums: bool = False

    def wants(self, spec: ObjectManifest, name: str) -> bool:
        """Return whether a file of this name holds records of `spec` and is complete, as far as its name tells."""
        if name.startswith(".") or name.lower().endswith((*_BEGUN, CHECKSUM)):
            return False
        return fnmatch.fnmatchcase(name.lower(), self.pattern.replace(OBJECT, spec.name).lower())

    def path_in(self, name: str) -> str:
        """Return the path of a file in the folder that is read."""
        return joined(self.folder_in, name)

    def path_out(self, name: str) -> str:
        """Return the path of a file in the folder that is written to."""
        return joined(self.folder_out, name)


def joined(folder: str, name: str) -> str:
    """Return the path of a name in a folder."""
    return f"{folder.rstrip('/')}/{name}" if folder not in {"", "."} else name


def read_plan(settings: Mapping[str, Any]) -> FilePlan:
    """Return what a connection's settings say. Raises MisconfiguredError that names the one that is wrong."""
    chosen = _choice(settings, "format", {CSV: CSV, JSON_LINES: JSON_LINES, PARQUET: PARQUET}, default=CSV)
    form = FileForm(
        json_lines=chosen == JSON_LINES,
        parquet=chosen == PARQUET,
        separator=_choice(settings, "separator", SEPARATORS, default=""),
        encoding=_choice(settings, "encoding", ENCODINGS, default="utf-8"),
        decimal_comma=_yes(settings, "decimal_comma"),
        days=_choice(settings, "days", DAYS, default=""),
        key_column=_text(settings, "key_column"),
        formula_safe=_yes(settings, "formula_safe"),
    )
    return FilePlan(
        folder_in=_folder(settings, "folder_in"),
        folder_out=_folder(settings, "folder_out"),
        pattern=_pattern(settings, form.ending),
        form=form,
        by_name=_choice(settings, "order", {BY_TIME: False, BY_NAME: True}, default=False),
        moves=_choice(settings, "after_reading", {KEEP: False, MOVE: True}, default=False),
        checksums=_yes(settings, "checksums"),
    )


def _text(settings: Mapping[str, Any], name: str) -> str:
    return str(settings.get(name) or "").strip()


def _yes(settings: Mapping[str, Any], name: str) -> bool:
    return _text(settings, name).lower() in {"true", "yes", "on", "1"}


def _choice(settings: Mapping[str, Any], name: str, known: Mapping[str, _T], *, default: _T) -> _T:
    chosen = _text(settings, name)
    if chosen and chosen not in known:
        raise _wrong(name, f"choose among {', '.join(known)}")
    return known[chosen] if chosen else default


def _folder(settings: Mapping[str, Any], name: str) -> str:
    folder = _text(settings, name)
    if ".." in folder.split("/") or "\\" in folder or not folder.isprintable():
        raise _wrong(name, "write a folder as in/hours, without “..” and without backslashes")
    return folder.rstrip("/") or ("/" if folder else "")


def _pattern(settings: Mapping[str, Any], ending: str) -> str:
    pattern = _text(settings, "pattern") or f"{OBJECT}*{ending}"
    if re.search(r"[/\\]", pattern) or not pattern.isprintable():
        raise _wrong("pattern", "write the names of files as hours-*.csv, without a folder")
    return pattern


def _wrong(name: str, mend: str) -> MisconfiguredError:
    label = next(spec.label for spec in SETTINGS if spec.name == name)
    return MisconfiguredError(
        f"The setting “{label}” of the connection is not right: {mend}.", business_class=BusinessClass.CONNECTION
    )
