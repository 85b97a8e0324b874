"""What a template lets each customer choose: a flat JSON Schema, built by a few functions, and values held against it.

JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12), one level of properties: text, choice, whole number,
number, yes/no and day. The form, the API and the engine read the same schema. Expressions read a value as `settings.name`.
"""

from collections.abc import Mapping
from math import isnan
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LABELS = (
    "x-labels"  # what people read for each choice: JSON Schema has no word for it, and ignores those that begin with x-
)
_CHECKER = Draft202012Validator.FORMAT_CHECKER

Property = dict[str, Any]
SettingsSchema = Mapping[str, Any]


class SettingsError(ValueError):
    """Values that a template's settings do not allow; `problems` says for each wrong one what is wrong and would do."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {sentence}" for name, sentence in problems.items()))
        self.problems = dict(problems)


def settings_schema(**properties: Property) -> dict[str, Any]:
    """Return the schema of these settings, in the order they are asked for."""
    return {"$schema": DIALECT, "type": "object", "properties": properties, "additionalProperties": False}


def yes_no(title: str, description: str, *, default: bool) -> Property:
    """Describe a setting that is on or off."""
    return {"type": "boolean", "title": title, "description": description, "default": default}


def whole(title: str, description: str, *, default: int, least: int, most: int) -> Property:
    """Describe a whole number from `least` to `most`. In expressions it is a double: write settings.days > 30.0."""
    bounds = {"minimum": least, "maximum": most}
    return {"type": "integer", "title": title, "description": description, "default": default, **bounds}


def number(title: str, description: str, *, default: float, least: float, most: float) -> Property:
    """Describe a number from `least` to `most`: an amount, a share, hours."""
    bounds = {"minimum": least, "maximum": most}
    return {"type": "number", "title": title, "description": description, "default": default, **bounds}


def text(title: str, description: str, *, default: str = "", longest: int = 80, pattern: str = "") -> Property:
    """Describe a short text; `pattern` is an anchored regular expression of plain classes and counts, "" for any text."""
    described = {"type": "string", "title": title, "description": description, "default": default, "maxLength": longest}
    return described | ({"pattern": pattern} if pattern else {})


def day(title: str, description: str) -> Property:
    """Describe a day written as 2026-11-30; "" stands for none and is the default."""
    forms = {"anyOf": [{"const": ""}, {"format": "date"}]}
    return {"type": "string", "title": title, "description": description, "default": "", "maxLength": 10, **forms}


def choice(title: str, description: str, labels: Mapping[str, str], *, default: str) -> Property:
    """Describe one of several texts; `labels` says for each what people read."""
    among = {"enum": list(labels), LABELS: dict(labels)}
    return {"type": "string", "title": title, "description": description, "default": default, **among}


def properties_of(schema: SettingsSchema) -> Mapping[str, Property]:
    """Return the settings of a schema by name; {} for a template without any."""
    found: Mapping[str, Property] = schema.get("properties", {})
    return found


def default_settings(schema: SettingsSchema) -> dict[str, Any]:
    """Return every setting as it is where nobody has chosen."""
    return {name: described["default"] for name, described in properties_of(schema).items()}


def complete_settings(schema: SettingsSchema, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting, the chosen ones in place of the defaults. Raises SettingsError naming each wrong one."""
    known = properties_of(schema)
    problems = {str(name): _unknown(known) for name in chosen if name not in known}
    if known:
        for wrong in Draft202012Validator(schema, format_checker=_CHECKER).iter_errors(dict(chosen)):
            if wrong.absolute_path:
                name = str(wrong.absolute_path[0])
                problems.setdefault(name, _sentence(known[name], wrong))
        for name in chosen.keys() & known.keys():
            if name not in problems and _is_no_number(chosen[name]):
                problems[name] = _bounds_words(known[name])
    if problems:
        raise SettingsError(problems)
    return default_settings(schema) | {name: _exact(known[name], value) for name, value in chosen.items()}


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and isnan(value)  # it lies within any bounds


def _exact(described: Property, value: Any) -> Any:
    # JSON knows one kind of number: 14.0 is a whole one, and counts hours as one.
    return int(value) if described["type"] == "integer" else value


def chosen_settings(schema: SettingsSchema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the defaults: all that is kept, so that a better default of a later version arrives."""
    defaults = default_settings(schema)
    return {name: value for name, value in values.items() if name not in defaults or defaults[name] != value}


def known_settings(schema: SettingsSchema, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored settings that this version of the template still has: the others would do nothing."""
    return {name: value for name, value in stored.items() if name in properties_of(schema)}


def _unknown(known: Mapping[str, Property]) -> str:
    return f"is not known; choose among {', '.join(known)}" if known else "is not known; this template has no settings"


def _bounds_words(described: Property) -> str:
    words = "a whole number" if described["type"] == "integer" else "a number"
    return f"must be {words} from {described.get('minimum')} to {described.get('maximum')}"


def _sentence(described: Property, wrong: ValidationError) -> str:
    kind, keyword = described["type"], wrong.validator
    if "enum" in described:
        return f"must be one of {', '.join(described['enum'])}"
    if keyword == "anyOf":
        return "must be a day, as 2026-11-30, or empty"
    if kind in {"integer", "number"}:
        return _bounds_words(described)
    if kind == "boolean":
        return "must be true or false"
    if keyword == "maxLength":
        return f"is longer than {described['maxLength']} characters"
    return "must be a text" if keyword == "type" else f"must have the form {described.get('pattern', '')}"
