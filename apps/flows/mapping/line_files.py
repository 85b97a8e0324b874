"""The lines of one place as a file, CSV or JSON: written in a stable order, read back with every error in its row and column.

A cell of a table holds a text as it is. Any other value, and a text that would be taken for one ("0", "true"), stands as
JSON; so do steps and checks that do not fit one on each line.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.connectors.canonical.values import NULL
from apps.connectors.manifest import WriteMode
from apps.flows.mapping.compile import MOST_LINES
from apps.flows.mapping.layers import LayeredLine, LayerError, parse_layer
from apps.flows.mapping.line_checks import LineCheckError, build_line_check
from apps.flows.mapping.transforms import TransformError, build_transform

VERSION = 1
FORMAT = "mapping-lines"
KEYS = (
    "source",
    "expression",
    "transforms",
    "value_map",
    "value_map_default",
    "default",
    "write_mode",
    "required",
    "reference",
    "checks",
    "label",
)
HEADER = ("target", "origin", *KEYS, "version")
MOST_BYTES = 5_000_000
_LISTS = frozenset({"transforms", "checks"})
_ANYTHING = frozenset({"value_map_default", "default"})
_INFORMATIVE = frozenset({"target", "origin", "version"})
_YES, _NO = frozenset({"true", "yes", "1", "x"}), frozenset({"false", "no", "0", ""})
_MOST_TOLD = 40


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong in a file: its row (from 1, the header's; 0: the file as a whole), its column, and what to do."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] if self.row else []
        where += [self.column] if self.column else []
        return f"{', '.join(where)}: {self.message}" if where else self.message


class LineFileError(ValueError):
    """A file of lines cannot be taken over; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line as a file has it: the keys it speaks of, and no others. `row` is where it stands."""

    row: int
    target: str
    changes: Mapping[str, Any]


def line_rows(lines: Iterable[LayeredLine]) -> list[list[str]]:
    """Return a table's rows below the header, in the order of the target fields' names."""
    return [
        [layered.line.target, layered.origin, *(_cell(key, getattr(layered.line, key)) for key in KEYS), str(VERSION)]
        for layered in sorted(lines, key=lambda layered: layered.line.target)
    ]


def lines_document(place: str, lines: Iterable[LayeredLine]) -> str:
    """Return the lines of a place as a JSON document."""
    stored = [
        {"target": layered.line.target, "origin": layered.origin}
        | {key: _plain(getattr(layered.line, key)) for key in KEYS}
        for layered in sorted(lines, key=lambda layered: layered.line.target)
    ]
    document = {"format": FORMAT, "version": VERSION, "place": place, "lines": stored}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _cell(key: str, value: Any) -> str:
    if key in _LISTS:
        return _list_cell(value)
    if key in _ANYTHING or key == "value_map":
        return _value_cell(_plain(value))
    if key == "required":
        return "true" if value else "false"
    return str(value)


def _list_cell(items: Sequence[str]) -> str:
    # One on each line is what people read; what would not come back that way stands as JSON.
    plain = "\n".join(items)
    return plain if _list_of(plain) == tuple(items) else json.dumps(list(items), ensure_ascii=False)


def _list_of(text: str) -> tuple[str, ...]:
    if text.startswith("["):
        read = _parsed(text)
        if isinstance(read, list) and all(isinstance(one, str) for one in read):
            return tuple(read)
    return tuple(one.strip() for one in text.splitlines() if one.strip())


def _value_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value == value.strip() and value and _parsed(value) is _NO_JSON:
        return value
    return json.dumps(value, ensure_ascii=False)


_NO_JSON = object()


def _parsed(text: str) -> Any:
    """Return what a text says as JSON; `_NO_JSON` when it is none."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _NO_JSON


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are Python's words, not JSON's


@dataclass(slots=True)
class _Reading:
    """What was read of a file so far, and what is wrong with it."""

    lines: list[FileLine] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def complain(self, row: int, column: str, message: str) -> None:
        self.problems.append(FileProblem(row, column, message))

    def take(self, row: int, target: Any, written: Mapping[str, Any]) -> None:
        """Read one line whose values are plain already."""
        if not isinstance(target, str) or not target.strip():
            self.complain(row, "target", "is empty: name the field that the line fills")
            return
        if not _is_storable(target):
            self.complain(row, "target", "holds a null character: remove it")
            return
        if target in self.rows:
            self.complain(row, "target", f"{target!r} stands in row {self.rows[target]} already: keep one")
            return
        self.rows[target] = row
        changes: dict[str, Any] = {}
        for key, value in written.items():
            try:
                changes[key] = _checked(key, value)
            except (LayerError, TransformError, LineCheckError) as wrong:
                self.complain(row, key, str(wrong))
        self.lines.append(FileLine(row, target, changes))

    def result(self) -> tuple[FileLine, ...]:
        if not self.lines and not self.problems:
            self.complain(0, "", "the file holds no lines: export the lines first and change them")
        if len(self.rows) > MOST_LINES:
            self.complain(0, "", f"the file has {len(self.rows)} lines, and {MOST_LINES} fit: remove some")
        if self.problems:
            more = len(self.problems) - _MOST_TOLD
            told = self.problems[:_MOST_TOLD]
            raise LineFileError([*told, FileProblem(0, "", f"{more} further errors")] if more > 0 else told)
        return tuple(self.lines)


def _checked(key: str, value: Any) -> Any:
    """Return a key's value as a line has it. Raises LayerError, TransformError, LineCheckError."""
    if not _is_storable(value):
        raise LayerError("holds a null character, or half of one that has two parts: remove it")
    try:
        (change,) = parse_layer([{"target": "x", key: value}])
    except LayerError as wrong:
        # The layer names its own place in front; here the row and the column do.
        raise LayerError(str(wrong).partition(": ")[2]) from None
    for written in value if key == "transforms" else ():
        build_transform(written)
    for written in value if key == "checks" else ():
        build_line_check(written)
    return change.changes[key]


def _is_storable(value: Any) -> bool:
    """Whether every text in a value can be kept: JSON may spell out what no database takes."""
    if isinstance(value, str):
        return NULL not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, Mapping):
        return all(_is_storable(key) and _is_storable(inner) for key, inner in value.items())
    return all(map(_is_storable, value)) if isinstance(value, (list, tuple)) else True


def read_line_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[FileLine, ...]:
    """Read a table: (number of the row, its cells), the header first. Raises LineFileError with everything that is wrong.

    Columns may be left out or stand in another order; what a file does not speak of stays as it is.
    """
    reading = _Reading()
    begun = iter(rows)
    header_row, header = next(begun, (1, ()))
    columns = [name.strip().casefold() for name in header]
    if problem := _header_problem(columns):
        raise LineFileError([FileProblem(header_row, problem[0], problem[1])])
    for row, cells in begun:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            reading.complain(row, "", f"has {len(cells)} cells, and the header {len(columns)}: look at its quotes")
            continue
        _take_row(reading, row, dict(zip(columns, cells, strict=True)))
    return reading.result()


def _header_problem(columns: Sequence[str]) -> tuple[str, str] | None:
    if "target" not in columns:
        return "target", "the column is missing: the first row must name the columns, as an exported file does"
    for name in columns:
        if name not in _INFORMATIVE and name not in KEYS:
            return name, f"there is no such column: choose among {', '.join(HEADER)}"
        if columns.count(name) > 1:
            return name, "the column stands there twice: keep one"
    return None


def _take_row(reading: _Reading, row: int, cells: Mapping[str, str]) -> None:
    version = cells.get("version", "").strip() or str(VERSION)
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        reading.complain(row, "version", f"{version[:20]!r} is no version: leave it as it was exported")
        return
    if int(version) > VERSION:
        reading.complain(row, "version", _newer(int(version)))
        return
    written: dict[str, Any] = {}
    for key in KEYS:
        if key in cells:
            try:
                written[key] = _from_cell(key, cells[key])
            except LayerError as wrong:
                reading.complain(row, key, str(wrong))
    reading.take(row, cells["target"].strip(), written)


def _newer(version: int) -> str:
    return (
        f"the file was written in version {version} of its format, and this one reads up to {VERSION}: export the lines "
        "here and make the changes in that file"
    )


def _from_cell(key: str, cell: str) -> Any:
    text = cell.strip()
    if key in _LISTS:
        return list(_list_of(text))
    if key in _ANYTHING:
        read = _parsed(text)
        return (text or None) if read is _NO_JSON else read
    if key == "value_map":
        read = _parsed(text) if text else None
        if read is not None and not isinstance(read, dict):
            raise LayerError('must be a group of values as JSON, for example {"DE": "Germany"}, or empty')
        return read
    if key == "required":
        return _flag(text)
    if key == "write_mode":
        return text or WriteMode.OVERWRITE.value
    # What these hold is text that is read to its edges: paths, words, labels. Export keeps them as they are.
    return cell


def _flag(text: str) -> bool:
    if text.casefold() in _YES:
        return True
    if text.casefold() in _NO:
        return False
    raise LayerError(f"{text[:20]!r} is neither true nor false")


def read_lines_document(text: str) -> tuple[FileLine, ...]:
    """Read a JSON document; a line's row is its number in the list. Raises LineFileError with everything that is wrong."""
    reading = _Reading()
    for row, entry in enumerate(_entries_of(_parsed(text)), start=1):
        if not isinstance(entry, dict):
            reading.complain(row, "", "must be a group of keys with a target")
            continue
        for key in entry:
            if key not in _INFORMATIVE and key not in KEYS:
                reading.complain(row, key, f"there is no such key: choose among {', '.join(('target', *KEYS))}")
        reading.take(row, entry.get("target"), {key: entry[key] for key in KEYS if key in entry})
    return reading.result()


def _entries_of(document: Any) -> list[Any]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise LineFileError([FileProblem(0, "", "the file holds no exported mapping lines: export them here first")])
    version, entries = document.get("version"), document.get("lines")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise LineFileError([FileProblem(0, "version", f"must be a number: {VERSION}")])
    if version > VERSION:
        raise LineFileError([FileProblem(0, "version", _newer(version))])
    if not isinstance(entries, list):
        raise LineFileError([FileProblem(0, "lines", "must be a list of lines")])
    return entries
