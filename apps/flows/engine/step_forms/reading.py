"""From stored JSON to what a form shows, and back: nothing is judged here, so that a draft may hold what is half written.

What cannot be read as what it should be (letters where a number belongs) is kept as it was typed: whoever parses the
definition says what is wrong with it, and the person finds it as they left it.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from apps.flows.engine.step_forms.shapes import Holds, StepField

Sent = Mapping[str, Sequence[str]]  # what a form sends: every value of a name, in order
Row = dict[str, str]
_OTHERS = "*"
_PAIR_SIGN = "="


def shown(field: StepField, value: Any) -> Any:
    """Return a stored value as a control shows it: a text, a list of texts, rows of texts, or yes and no."""
    if field.holds is Holds.FLAG:
        return value is True
    if field.holds is Holds.CHOICES:
        return [_text(one) for one in value] if isinstance(value, list | tuple) else []
    if field.has_rows:
        return _rows(field, value)
    return _shown_text(field, value)


def read_field(field: StepField, sent: Sent, before: Any) -> Any:
    """Return what was sent for a key as it is stored, None for nothing; `before` is what is stored now.

    What was not changed stays exactly as it is stored, also where a text could mean several things.
    """
    typed, now = _typed(field, sent, before), shown(field, before)
    if typed == now or (field.holds is Holds.CHOICES and set(typed) == set(now)):
        return before
    if field.holds in {Holds.FLAG, Holds.CHOICES}:
        return typed or None
    if field.has_rows:
        return _stored_rows(field, typed, before)
    return _stored_text(field, typed)


def read_fields(fields: Sequence[StepField], sent: Sent, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step as it is stored, with what was sent for these keys; keys that no field is about stay as they are."""
    stored = dict(before)
    for field in fields:
        if field.is_fixed:
            continue
        value = read_field(field, sent, before.get(field.key))
        stored.pop(field.key, None)
        if not is_empty(value):
            stored[field.key] = value
    return stored


def is_empty(value: Any) -> bool:
    """Return True for what a definition does not store; zero is a number that somebody wrote."""
    return value is None or value is False or (isinstance(value, str | list | tuple | dict) and not value)


def _typed(field: StepField, sent: Sent, before: Any) -> Any:
    if field.holds is Holds.FLAG:
        return bool(sent.get(field.key))
    if field.holds is Holds.CHOICES:
        return list(sent.get(field.key, ()))
    if field.has_rows:
        columns = [[_clean(one) for one in sent.get(f"{field.key}.{part.key}", ())] for part in field.parts]
        rows = zip_longest(*columns, fillvalue="")
        return [dict(zip((part.key for part in field.parts), row, strict=True)) for row in rows if any(row)]
    if field.key not in sent:
        return shown(field, before)
    return _clean(sent[field.key][-1])


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _shown_text(field: StepField, value: Any) -> str:
    if field.holds is Holds.TEXTS and isinstance(value, list | tuple):
        return "\n".join(map(_text, value))
    if field.holds is Holds.TABLE and isinstance(value, Mapping):
        return "\n".join(f"{old} {_PAIR_SIGN} {_text(new)}" for old, new in value.items())
    return _text(value)


def _stored_text(field: StepField, text: str) -> Any:
    if field.holds is Holds.WHOLE:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text
    if field.holds is Holds.TEXTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if field.holds is Holds.TABLE:
        return dict(_pair(line) for line in text.splitlines() if line.strip())
    return text


def _pair(line: str) -> tuple[str, str]:
    old, _sign, new = line.partition(_PAIR_SIGN)
    return old.strip(), new.strip()


def _rows(field: StepField, value: Any) -> list[Row]:
    name, *others = (part.key for part in field.parts)
    if field.holds in {Holds.PAIRS, Holds.PAIR_LIST, Holds.WAITS}:
        return [{name: _text(key), others[0]: _joined(inner)} for key, inner in _pairs_of(value)]
    if not isinstance(value, list | tuple):
        return []
    return [_shown_row(field, group) for group in value if isinstance(group, Mapping)]


def _shown_row(field: StepField, group: Mapping[str, Any]) -> Row:
    return {part.key: _shown_text(part, _of_row(part, group)) for part in field.parts}


def _of_row(part: StepField, group: Mapping[str, Any]) -> Any:
    """Return what one column of a row shows: a table of values ends with what any other value becomes."""
    value = group.get(part.key)
    if part.holds is not Holds.TABLE or group.get(f"{part.key}_default") is None:
        return value
    return {**(value if isinstance(value, Mapping) else {}), _OTHERS: group[f"{part.key}_default"]}


def _pairs_of(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if not isinstance(value, list | tuple):
        return []
    return [(pair[0], pair[1]) for pair in value if isinstance(pair, list | tuple) and len(pair) == 2]


def _joined(value: Any) -> str:
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else _text(value)


def _stored_rows(field: StepField, rows: Sequence[Row], before: Any) -> Any:
    name, *others = (part.key for part in field.parts)
    if field.holds is Holds.PAIR_LIST:
        return [[row[name], row[others[0]]] for row in rows]
    if field.holds is Holds.PAIRS:
        return {row[name]: row[others[0]] for row in rows}
    if field.holds is Holds.WAITS:
        return {row[name]: _waits(row[others[0]]) for row in rows}
    known = [group for group in before if isinstance(group, Mapping)] if isinstance(before, list | tuple) else []
    by_name = {_text(group.get(name)): group for group in known}
    # A row without its name is one that somebody takes away or has only begun: it stays as long as anything is in it.
    return [_stored_row(field, row, by_name.get(row[name], {})) for row in rows]


def _stored_row(field: StepField, row: Row, before: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(before)  # what the form has no column for stays
    for part in field.parts:
        if row[part.key] == _shown_text(part, _of_row(part, before)) and part.key in before:
            continue
        value = _stored_text(part, row[part.key])
        if part.holds is Holds.TABLE:
            stored.pop(f"{part.key}_default", None)
            if _OTHERS in value:
                stored[f"{part.key}_default"] = value.pop(_OTHERS)
        stored.pop(part.key, None)
        if not is_empty(value):
            stored[part.key] = value
    return stored


def _waits(text: str) -> list[int | str]:
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    return [int(part) if part.isascii() and part.isdigit() else part for part in parts if part]
