"""Parts of a document as lines of text that people write in a form: fields, settings, steps and tables of values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.connectors.manifest import ValueKind

_KINDS = tuple(kind.value for kind in ValueKind)
_NEEDED = "required"
_MOST_LINES = 500


class LineError(ValueError):
    """A line cannot be read; the text says which one and what to write."""


def fields_text(fields: Sequence[Mapping[str, Any]]) -> str:
    """Return fields as lines: "state | choice | required | open, closed"; what is not said is left out at the end."""
    return "\n".join(_field_line(one) for one in fields)


def _field_line(field: Mapping[str, Any]) -> str:
    parts = [
        field["name"],
        field.get("kind", ValueKind.TEXT.value),
        _NEEDED if field.get("required") else "",
        ", ".join(field.get("choices", ())),
    ]
    while not parts[-1]:
        parts.pop()
    return " | ".join(parts)


def parse_fields(text: str, known: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Read lines as `fields_text` writes them; what lines do not say (a label, a length) is kept from `known`.

    Raises LineError.
    """
    before = {one["name"]: one for one in known}
    found: dict[str, dict[str, Any]] = {}
    for number, line in _lines(text):
        parts = [part.strip() for part in line.split("|")]
        name, kind, needed, choices = (*parts, "", "", "", "")[:4]
        if len(parts) > 4 or needed not in {"", _NEEDED}:
            raise LineError(
                _("Line %(number)d: write name | kind | required | choices, the last two if any.") % {"number": number}
            )
        if kind not in ("", *_KINDS):
            words = {"number": number, "kind": kind[:40], "known": ", ".join(_KINDS)}
            raise LineError(_("Line %(number)d: there is no kind “%(kind)s”; choose among %(known)s.") % words)
        if name in found:
            raise LineError(_("Line %(number)d: “%(name)s” is there already.") % {"number": number, "name": name[:80]})
        listed = [one.strip() for one in choices.split(",") if one.strip()]
        kept = {key: value for key, value in before.get(name, {}).items() if key not in {"required", "choices", "kind"}}
        stated = {"required": needed == _NEEDED, "choices": listed}
        found[name] = {
            **kept,
            "name": name,
            "kind": kind or ValueKind.TEXT.value,
            **{key: value for key, value in stated.items() if value},
        }
    return list(found.values())


def settings_text(settings: Sequence[Mapping[str, Any]]) -> str:
    """Return settings as lines: "account = Account number"."""
    return "\n".join(f"{one['name']} = {one.get('label') or one['name']}" for one in settings)


def parse_settings(text: str, known: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Read lines as `settings_text` writes them; each new one must be filled in on a connection. Raises LineError."""
    before = {one["name"]: one for one in known}
    return [
        {**before.get(name, {"required": True}), "name": name, "label": label or name}
        for name, label in _pairs(text, needs_value=False).items()
    ]


def pairs_text(table: Mapping[str, Any] | None, default: Any = None) -> str:
    """Return a table of values as lines: "offen = open"; "* = ..." stands for all others."""
    lines = [f"{name} = {value}" for name, value in (table or {}).items()]
    return "\n".join([*lines, f"* = {default}"] if default is not None else lines)


def parse_pairs(text: str) -> dict[str, str]:
    """Read lines as `pairs_text` writes them, "*" among them. Raises LineError."""
    return _pairs(text, needs_value=True)


def parse_value_map(text: str) -> dict[str, Any]:
    """Return the keys of a mapping line that a table of values sets, {} for an empty one. Raises LineError."""
    table = parse_pairs(text)
    default = table.pop("*", None)
    if not table and default is None:
        return {}
    return {"value_map": table, **({} if default is None else {"value_map_default": default})}


def arguments_text(fields: Mapping[str, Any] | None) -> str:
    """Return the arguments of a GraphQL schema's fields as lines: "timeEntries | first | Int"."""
    return "\n".join(
        f"{path} | {name} | {kind}"
        for path, described in (fields or {}).items()
        for name, kind in described.get("arguments", {}).items()
    )


def parse_arguments(text: str, known: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Read lines as `arguments_text` writes them; what they do not say of a field is kept from `known`. Raises LineError."""
    kept = {path: {part: v for part, v in one.items() if part != "arguments"} for path, one in (known or {}).items()}
    found: dict[str, dict[str, Any]] = {path: one for path, one in kept.items() if one}
    for number, line in _lines(text):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not all(parts):
            raise LineError(_("Line %(number)d: write field | argument | type.") % {"number": number})
        path, name, kind = parts
        arguments = found.setdefault(path, dict(kept.get(path, {}))).setdefault("arguments", {})
        if name in arguments:
            words = {"number": number, "name": f"{path} | {name}"[:80]}
            raise LineError(_("Line %(number)d: “%(name)s” is there already.") % words)
        arguments[name] = kind
    return found


def steps_text(steps: Sequence[str]) -> str:
    """Return the steps of a mapping line as one text: "trim | shorten:20"."""
    return " | ".join(steps)


def parse_steps(text: str) -> list[str]:
    """Read a text as `steps_text` writes it."""
    return [part.strip() for part in text.split("|") if part.strip()]


def _pairs(text: str, *, needs_value: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in _lines(text):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not name or (needs_value and (not sign or not value)):
            raise LineError(_("Line %(number)d: write one pair a line, such as name = value.") % {"number": number})
        if name in found:
            raise LineError(_("Line %(number)d: “%(name)s” is there already.") % {"number": number, "name": name[:80]})
        found[name] = value
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise LineError(_("There are more than %(most)d lines.") % {"most": _MOST_LINES})
    return ((number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip())
