"""Paths into a record: "hours", "custom.client.id", "lines.0.amount", "custom_fields[name=Cost centre].value"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.canonical.values import plain_text

LONGEST_PATH = 200
DEEPEST_PATH = 10
_SEGMENT = re.compile(r"(?P<name>[^.\[\]=]+)(?:\[(?P<key>[^.\[\]=]+)=(?P<wanted>[^\[\]=]+)\])?")


class PathError(ValueError):
    """A path cannot be read; the text says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One name of a path; with `key` the first entry of the list whose `key` equals `wanted`."""

    name: str
    key: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A parsed path. `root` is the field of the record it starts at."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def root(self) -> str:
        """The name of the record's field the path starts at."""
        return self.segments[0].name


def parse_path(text: str) -> FieldPath:
    """Parse a path. Raises PathError with a sentence."""
    if not text.strip():
        raise PathError("the path is empty")
    if len(text) > LONGEST_PATH:
        raise PathError(f"the path is longer than {LONGEST_PATH} characters")
    segments: list[Segment] = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None or match["name"] != match["name"].strip():
            raise PathError(f"the path {text!r} cannot be read from character {position + 1} on")
        segments.append(Segment(match["name"], match["key"] or "", match["wanted"] or ""))
        position = match.end()
        if position < len(text):
            if text[position] != "." or position + 1 == len(text):
                raise PathError(f"the path {text!r} cannot be read from character {position + 1} on")
            position += 1
    if len(segments) > DEEPEST_PATH:
        raise PathError(f"the path {text!r} is deeper than {DEEPEST_PATH} levels")
    return FieldPath(text, tuple(segments))


def build_getter(path: FieldPath) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function that fetches the value, or None where any part of the way is missing."""
    names = [segment.name for segment in path.segments]
    if any(segment.key for segment in path.segments) or any(name.isdigit() for name in names[1:]) or len(names) > 3:
        return _walk(path.segments)
    # Nearly every path has one to three names, and is followed once for each record.
    if len(names) == 1:
        return lambda values: values.get(names[0])
    return _get_second(*names) if len(names) == 2 else _get_third(*names)


def _get_second(first: str, second: str) -> Callable[[Mapping[str, Any]], Any]:
    def get(values: Mapping[str, Any]) -> Any:
        inner = values.get(first)
        return inner.get(second) if type(inner) is dict else None

    return get


def _get_third(first: str, second: str, third: str) -> Callable[[Mapping[str, Any]], Any]:
    def get(values: Mapping[str, Any]) -> Any:
        inner = values.get(first)
        if type(inner) is not dict:
            return None
        inner = inner.get(second)
        return inner.get(third) if type(inner) is dict else None

    return get


def _walk(segments: tuple[Segment, ...]) -> Callable[[Mapping[str, Any]], Any]:
    def get(values: Mapping[str, Any]) -> Any:
        value: Any = values
        for segment in segments:
            value = _step_into(value, segment.name)
            if segment.key:
                value = _chosen(value, segment)
            if value is None:
                return None
        return value

    return get


def _step_into(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list) and name.isdigit() and name.isascii():
        position = int(name)
        return value[position] if position < len(value) else None
    return None


def _chosen(entries: Any, segment: Segment) -> Any:
    if not isinstance(entries, list):
        return None
    for entry in entries:
        if isinstance(entry, Mapping) and plain_text(entry.get(segment.key)) == segment.wanted:
            return entry
    return None
