"""Reads parts of a system's parsed answer by dotted path."""

from collections.abc import Iterator, Mapping
from typing import Any


def at_path(value: Any, path: str) -> Any:
    """Return what lies at a dotted path ("custom.region", "items.0.id"); "" is the value itself, None when absent."""
    if not path:
        return value
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def walk_path(value: Any, path: str) -> Iterator[Any]:
    """Yield everything at a dotted path, walking into each entry of the lists on the way."""
    if isinstance(value, list):
        for entry in value:
            yield from walk_path(entry, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, Mapping):
        step, _, rest = path.partition(".")
        yield from walk_path(value.get(step), rest)


def text_at(value: Any, path: str) -> str:
    """Return the first plain value at a dotted path as text, "" when there is none."""
    found = next(walk_path(value, path), None)
    return "" if found is None or isinstance(found, Mapping) else str(found)
