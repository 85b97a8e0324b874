"""Reads parts of a system's parsed answer by dotted path, writes records by them, and compares the two."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
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


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its dotted names as nested objects: {"a.b": 1} becomes {"a": {"b": 1}}."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        *outer, last = name.split(".")
        place = body
        for step in outer:
            below = place.get(step)
            place[step] = dict(below) if isinstance(below, Mapping) else {}
            place = place[step]
        place[last] = value
    return body


def placed(record: Any, path: str) -> Any:
    """Return a body that holds `record` at a dotted path: "ticket" is {"ticket": record}, "Contacts.0" a list of one."""
    for step in reversed(path.split(".") if path else []):
        record = [record] if step == "0" else {step: record}
    return record


def holds(record: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Return whether a record says what was written to it; texts and numbers of equal writing count as equal."""
    return all(_plain(at_path(record, name)) == _plain(value) for name, value in written.items())


def _plain(value: Any) -> Any:
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)
