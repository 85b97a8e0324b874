"""YAML as configuration files use it: plain values with their line in the file, written in one form only.

Numbers, true, false and null are those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema), without
numbers that begin with a needless zero: a code such as 007, a time such as 18:00 and the word no stay texts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

MOST_BYTES = 2 * 1024 * 1024
DEEPEST = 30
_MOST_DIGITS = 300

_STR, _INT, _FLOAT, _BOOL, _NULL = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null"))
_WHOLE = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_NUMBER = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$")
_TRUTH = re.compile(r"^(?:true|false)$")
_NOTHING = re.compile(r"^(?:null|~|)$")
_BREAKS = re.compile("[\n\r\x85\u2028\u2029]")
_SIGNS = list("-+0123456789")
_PLAIN = (
    (_INT, _WHOLE, _SIGNS),
    (_FLOAT, _NUMBER, _SIGNS),
    (_BOOL, _TRUTH, list("tf")),
    (_NULL, _NOTHING, ["n", "~", ""]),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where ("flows[0].settings.hours"), in which line (None: not known), what and how to mend it."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.path) if part)
        return f"{where}: {self.message}" if where else self.message


class DocumentError(ValueError):
    """A file cannot be read as a configuration; `problems` is everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Part:
    """A value of a file and where it stands: a plain value, a list of parts, or a group of parts by key."""

    path: str
    line: int
    value: "str | int | float | bool | list[Part] | dict[str, Part] | None"

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: part.plain() for key, part in self.value.items()}
        return [part.plain() for part in self.value] if isinstance(self.value, list) else self.value


class _Reading(yaml.CSafeLoader):
    """Reads structure only; what a word means is said here, not by YAML 1.1."""


_Reading.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _PLAIN:
    _Reading.add_implicit_resolver(_tag, _pattern, _first)


class _Writing(yaml.SafeDumper):
    """Quotes what either YAML 1.1 or 1.2 would not read as the text it is, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in _PLAIN:
    _Writing.add_implicit_resolver(_tag, _pattern, _first)


def _write_text(writing: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # One line each: a change of a text is a change of one line. Every sign that YAML 1.1 takes for the end of one is escaped.
    return writing.represent_scalar(_STR, value, style='"' if _BREAKS.search(value) else None)


_Writing.add_representer(str, _write_text)


def write_yaml(value: Mapping[str, Any]) -> str:
    """Return plain values as text, keys in the order they are given."""
    text: str = yaml.dump(
        value, Dumper=_Writing, sort_keys=False, allow_unicode=True, width=1_000_000, default_flow_style=False
    )
    return text


def read_yaml(raw: bytes) -> Part:
    """Return what a file holds. Raises DocumentError: too large, not UTF-8, not YAML, aliases, tags, too deep, a key twice."""
    if len(raw) > MOST_BYTES:
        raise DocumentError(Problem("", f"The file has {len(raw):,} bytes: at most {MOST_BYTES:,} are read."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise DocumentError(Problem("", "The file is no text in UTF-8: save it as UTF-8.", line)) from None
    try:
        _require_plain(text)
        root = yaml.compose(text, Loader=_Reading)
    except yaml.YAMLError as wrong:
        raise DocumentError(_told(wrong)) from None
    if root is None:
        raise DocumentError(Problem("", "The file is empty."))
    return _part(root, "")


def _told(wrong: yaml.YAMLError) -> Problem:
    mark = getattr(wrong, "problem_mark", None)
    what = getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or "it cannot be read"
    return Problem("", f"The file is no YAML: {what}.", mark.line + 1 if mark else None)


def _require_plain(text: str) -> None:
    """Refuse what could grow without end while it is read: aliases, and parts within parts within parts."""
    depth = 0
    for step in yaml.parse(text, Loader=_Reading):
        line = step.start_mark.line + 1 if step.start_mark else None
        if isinstance(step, yaml.AliasEvent) or getattr(step, "anchor", None):
            sentence = "YAML's anchors and aliases (&name, *name) are not read: write the value out."
            raise DocumentError(Problem("", sentence, line))
        if tag := getattr(step, "tag", None):
            raise DocumentError(Problem("", f"YAML's tags ({tag}) are not read: write the plain value.", line))
        depth += isinstance(step, yaml.CollectionStartEvent) - isinstance(step, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise DocumentError(Problem("", f"The file is nested more than {DEEPEST} levels deep.", line))


def _part(node: yaml.Node, path: str) -> Part:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Part(path, line, dict(_members(node, path)))
    if isinstance(node, yaml.SequenceNode):
        return Part(path, line, [_part(inner, f"{path}[{place}]") for place, inner in enumerate(node.value)])
    return Part(path, line, _scalar(node, path, line))


def _members(node: yaml.MappingNode, path: str) -> Iterator[tuple[str, Part]]:
    seen: set[str] = set()
    for key, inner in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != _STR:
            raise DocumentError(Problem(path, "Every key must be a text: put it in quotes.", line))
        if key.value in seen:
            raise DocumentError(Problem(path, f"The key “{key.value[:60]}” is there twice: keep one.", line))
        seen.add(key.value)
        yield key.value, _part(inner, f"{path}.{key.value}" if path else key.value)


def _scalar(node: yaml.Node, path: str, line: int) -> str | int | float | bool | None:
    text, tag = str(node.value), node.tag
    if tag in (_INT, _FLOAT) and len(text) > _MOST_DIGITS:
        raise DocumentError(Problem(path, "This number is too long: put it in quotes if it is a text.", line))
    if tag == _INT:
        return int(text)
    if tag == _FLOAT:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise DocumentError(Problem(path, "This number is too large.", line))
        return number
    if "\x00" in text:
        raise DocumentError(Problem(path, "This text holds a character that cannot be stored: take it out.", line))
    return {_BOOL: text == "true", _NULL: None}.get(tag, text)
