"""Reading what was stored as JSON: every wrong place is named, and nothing unknown is let through."""

import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Any

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.mapping.expressions import (
    LONGEST_INPUT_TEXT,
    ExpressionError,
    compile_expression,
    unknown_settings,
)

Settings = Mapping[str, str | int | float | bool]  # a customer's choices by name, as the template's schema allows them
STEPS_ROOT = "steps"  # under it an expression finds what earlier steps brought: r.steps.tax.valid
STEP_NAME = re.compile(r"\{steps\.([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\}")  # the same in a sentence: {steps.tax.name}
TODAY_ROOT = "today"  # the day on which a walking step looks, in UTC: r.ends < r.today


class DefinitionError(ValueError):
    """A definition cannot be used. `path` names the place, as "steps.1.rules.0.expression"."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class Group:
    """A stored mapping and its place. Every reader returns the value or raises DefinitionError naming the place."""

    def __init__(
        self,
        stored: Any,
        path: str,
        known: Collection[str],
        *,
        earlier: Collection[str] = (),
        settings: Settings | None = None,
    ) -> None:
        if not isinstance(stored, Mapping):
            raise DefinitionError(path, "must be a group of keys")
        unknown = sorted(str(key) for key in stored if key not in known)
        if unknown:
            raise DefinitionError(
                f"{path}.{unknown[0]}".lstrip("."), f"is not known; choose among {', '.join(sorted(known))}"
            )
        self.stored = stored
        self.path = path
        self.earlier = earlier  # names that a step may refer to: those of the steps before it
        self.settings: Settings = settings or {}  # what its expressions may read as settings.<name>

    def where(self, key: str) -> str:
        """Return the full place of a key."""
        return f"{self.path}.{key}".lstrip(".")

    def text(self, key: str, *, required: bool = False, longest: int = 2_000) -> str:
        """Return a text, "" when it is absent."""
        value = self.stored.get(key, "")
        if not isinstance(value, str):
            raise DefinitionError(self.where(key), "must be a text")
        if required and not value.strip():
            raise DefinitionError(self.where(key), "is missing")
        if len(value) > longest:
            raise DefinitionError(self.where(key), f"is longer than {longest} characters")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, () when it is absent."""
        values = read_list(self.stored.get(key, []), self.where(key))
        if not all(isinstance(value, str) for value in values):
            raise DefinitionError(self.where(key), "must be a list of texts")
        return tuple(values)

    def choice(self, key: str, among: Collection[str], *, default: str = "") -> str:
        """Return one of the texts in `among`."""
        value = self.text(key) or default
        if value not in among:
            raise DefinitionError(self.where(key), f"must be one of {', '.join(among)}")
        return value

    def whole(self, key: str, *, least: int, most: int, default: int = 0) -> int:
        """Return a whole number between two bounds; `default` when it is absent."""
        value = self.stored.get(key, default)
        if key in self.stored and (not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most):
            raise DefinitionError(self.where(key), f"must be a whole number from {least} to {most}")
        return int(value)

    def flag(self, key: str) -> bool:
        """Return yes or no; no when it is absent."""
        value = self.stored.get(key, False)
        if not isinstance(value, bool):
            raise DefinitionError(self.where(key), "must be true or false")
        return value

    def money(self, key: str) -> Decimal:
        """Return an amount written as text ("10000.00"), zero when it is absent."""
        try:
            amount = Decimal(self.text(key) or "0")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise DefinitionError(self.where(key), 'must be an amount as a text, as "10000.00"')
        return amount

    def sentence(self, key: str, described: CanonicalType, *, required: bool = False, longest: int = 2_000) -> str:
        """Return a sentence whose {names} are fields of the type, or {steps.<name>.<field>} of an earlier step."""
        text = self.text(key, required=required, longest=longest)
        for name, _ in STEP_NAME.findall(text):
            if name not in self.earlier:
                raise DefinitionError(self.where(key), f"{name!r} is no earlier step")
        read_sentence(STEP_NAME.sub("", text), self.where(key), described)
        return text

    def expression(self, key: str, described: CanonicalType, *, required: bool = False) -> str:
        """Return CEL over the canonical record `r`, "" when it is absent."""
        text = self.text(key, required=required)
        return read_expression(text, self.where(key), described, self.settings) if text else ""


def read_list(stored: Any, path: str) -> list[Any]:
    """Return a stored list. Raises DefinitionError."""
    if not isinstance(stored, (list, tuple)):
        raise DefinitionError(path, "must be a list")
    return list(stored)


def read_sentence(text: str, path: str, described: CanonicalType) -> str:
    """Return a sentence that can be filled from any record of the type. Raises DefinitionError."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise DefinitionError(path, "has a brace that is not closed: write {field}, or {{ for a brace") from None
    for _, name, form, conversion in parts:
        if name is not None and (described.field_named(name) is None or form or conversion):
            raise DefinitionError(path, f"{described.label} has no field {name!r}")
    return text


def read_settings(stored: Any) -> Settings:
    """Return a definition's settings. Raises DefinitionError."""
    if not isinstance(stored, Mapping):
        raise DefinitionError("settings", "must be a group of keys")
    for name, value in stored.items():
        if not isinstance(value, str | int | float):
            raise DefinitionError(f"settings.{name}", "must be a text, a number, or true or false")
        if isinstance(value, str) and len(value) > LONGEST_INPUT_TEXT:
            raise DefinitionError(f"settings.{name}", f"is longer than {LONGEST_INPUT_TEXT} characters")
    return {str(name): value for name, value in stored.items()}


def read_expression(text: str, path: str, described: CanonicalType, settings: Settings) -> str:
    """Return an expression that compiles and reads only fields of the type and settings. Raises DefinitionError."""
    try:
        compiled = compile_expression(text)
    except ExpressionError as wrong:
        raise DefinitionError(path, wrong.message) from None
    for root in sorted(compiled.roots or frozenset()):
        if root not in (STEPS_ROOT, TODAY_ROOT) and described.field_named(root) is None:
            raise DefinitionError(path, f"{described.label} has no field {root!r}")
    for sentence in unknown_settings(compiled, settings):
        raise DefinitionError(path, sentence)
    return text


def plain(value: Any) -> Any:
    """Return what JSON can hold: tuples as lists, amounts and named values as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if value is None or type(value) in {bool, int, str} else str(value)


def written(options: Any, *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return a dataclass's filled fields as they are stored; what is empty stays out."""
    return {
        entry.name: plain(value)
        for entry in fields(options)
        if entry.name not in without and (value := getattr(options, entry.name))
    }
