"""Paths through a GraphQL schema, and names and types as schemas write them (pure).

A path names fields, each with arguments in brackets where it takes any: "company(id:{company}).projects".
https://spec.graphql.org/October2021/#sec-Names and #sec-Type-References
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_NAME = r"[_A-Za-z][_0-9A-Za-z]*"
_ONE = re.compile(_NAME)
_DOTTED = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_STEP = re.compile(rf"({_NAME})(?:\(([^()]*)\))?(\.|\Z)")
_TYPE = re.compile(rf"\[*{_NAME}[\]!]*")
_MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """One field of a path, and the arguments that stand in its brackets: ("input.id", "7")."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()


class PathError(ValueError):
    """A path names no fields of a schema."""


def parse_path(path: str) -> tuple[Step, ...]:
    """Return the steps of a path such as "company(id:7).projects"; values in brackets are percent-encoded.

    Raises PathError.
    """
    steps, at = list[Step](), 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or len(steps) >= _MOST_STEPS:
            raise PathError(path)
        steps.append(Step(match[1], _arguments(path, match[2])))
        at = match.end()
    if not steps or path.endswith("."):
        raise PathError(path)
    return tuple(steps)


def _arguments(path: str, written: str | None) -> tuple[tuple[str, str], ...]:
    found = list[tuple[str, str]]()
    for part in written.split(",") if written is not None else ():
        name, colon, value = part.partition(":")
        if not colon or not value or not _DOTTED.fullmatch(name.strip()):
            raise PathError(path)
        found.append((name.strip(), unquote(value.strip())))
    return tuple(found)


def field_names(path: str) -> tuple[str, ...]:
    """Return under which names the fields of a path are described: "company", "company.projects". Raises PathError."""
    names = [step.name for step in parse_path(path)]
    return tuple(".".join(names[: place + 1]) for place in range(len(names)))


def is_name(text: str) -> bool:
    """Say whether a text can be the name of one field, argument or type."""
    return _ONE.fullmatch(text) is not None


def is_dotted_name(text: str) -> bool:
    """Say whether a text names a field, or one inside it: "project.id"."""
    return _DOTTED.fullmatch(text) is not None


def is_type(text: str) -> bool:
    """Say whether a text can be a type as schemas write it: "[ID!]!"."""
    return _TYPE.fullmatch(text) is not None and text.count("[") == text.count("]")


def named_type(written: str) -> str:
    """Return the name inside a type: "TimeEntry" of "[TimeEntry!]!"."""
    return written.strip("[]!")
