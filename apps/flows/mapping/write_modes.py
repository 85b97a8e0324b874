"""The four write modes: what delivery does with a value that the target may already have."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.manifest import MappingLine, WriteMode


def apply_write_modes(
    new: Mapping[str, Any], existing: Mapping[str, Any] | None, lines: Iterable[MappingLine]
) -> dict[str, Any]:
    """Return what to send: `existing` None means the record is being created, and everything is sent.

    Overwrite sends the new value; fill_empty only where the target has none; set_on_create never on an update;
    append adds to a text (on a new line) or a list what is not in it yet, and sends nothing when all of it is.
    """
    if existing is None:
        return dict(new)
    modes = {line.target: line.write_mode for line in lines}
    sent: dict[str, Any] = {}
    for field, value in new.items():
        mode = modes.get(field, WriteMode.OVERWRITE)
        if mode is WriteMode.SET_ON_CREATE:
            continue
        held = at_path(existing, field)
        if mode is WriteMode.OVERWRITE or _is_empty(held):
            sent[field] = value
        elif mode is WriteMode.APPEND:
            longer = _appended(held, value)
            if longer != held:
                sent[field] = longer
    return sent


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _appended(held: Any, value: Any) -> Any:
    if isinstance(held, list):
        additions = value if isinstance(value, list) else [value]
        return held + [addition for addition in additions if addition not in held]
    lines = str(held).split("\n")
    return held if str(value) in lines else f"{held}\n{value}"
