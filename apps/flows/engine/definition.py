"""A flow's definition: what it moves, under which conditions, through which steps. Parsed once, immutable after."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.canonical.currencies import KNOWN_CURRENCIES
from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import BusinessClass
from apps.flows.engine.conditions import CONDITIONS
from apps.flows.mapping.expressions import ExpressionError, compile_expression

LARGEST_BATCH = 500
RECORD_STEPS = ("extract", "check", "map", "deliver")


class DefinitionError(ValueError):
    """A definition cannot be used. `path` names the place, as "steps.1.rules.0.expression"."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Rule:
    """A check of this flow's own: CEL over the canonical record `r` that must be true."""

    name: str
    expression: str
    sentence: str
    field: str = ""
    business_class: BusinessClass = BusinessClass.VALIDATION


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What this flow checks beyond, or instead of, its canonical type's rules.

    `without` drops named checks; `currencies` narrows the currency; `project_form` is a mask such as "PRJ-####";
    `zone` is the time zone in which an approval's day is compared with the day of the work ("" : any zone's).
    """

    without: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    project_form: str = ""
    zone: str = ""
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow. `check` is used by the check step only."""

    kind: str
    check: CheckOptions = field(default_factory=CheckOptions)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records the flow is about: named conditions, all of which must hold, and an optional CEL expression."""

    conditions: tuple[str, ...] = ()
    expression: str = ""


@dataclass(frozen=True, slots=True)
class FlowDefinition:
    """What a flow moves and how. Empty object names mean: the source's and target's object for the canonical type."""

    canonical_type: str
    source_object: str = ""
    target_object: str = ""
    steps: tuple[Step, ...] = tuple(Step(kind) for kind in RECORD_STEPS)
    filter: Filter = field(default_factory=Filter)
    batch_size: int = LARGEST_BATCH

    def step(self, kind: str) -> Step | None:
        """Return the step of this kind, or None."""
        return next((step for step in self.steps if step.kind == kind), None)

    def to_json(self) -> dict[str, Any]:
        """Return the definition as it is stored; `parse_definition` reads it back."""
        stored = asdict(self)
        stored["steps"] = [
            {"kind": step.kind, **{key: value for key, value in asdict(step.check).items() if value}}
            for step in self.steps
        ]
        plain: dict[str, Any] = _as_lists(stored)
        return plain


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_lists(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_lists(inner) for inner in value]
    return str(value) if isinstance(value, BusinessClass) else value


def parse_definition(stored: Any) -> FlowDefinition:
    """Read a stored definition. Raises DefinitionError naming the first place that is wrong."""
    whole = _group(stored, "", {"canonical_type", "source_object", "target_object", "steps", "filter", "batch_size"})
    name = _text(whole, "canonical_type", "", required=True)
    if name not in CANONICAL_TYPES:
        raise DefinitionError("canonical_type", f"{name!r} is not known; choose one of {', '.join(CANONICAL_TYPES)}")
    described = canonical_type(name)
    return FlowDefinition(
        canonical_type=name,
        source_object=_text(whole, "source_object", ""),
        target_object=_text(whole, "target_object", ""),
        steps=_parse_steps(whole.get("steps"), described),
        filter=_parse_filter(whole.get("filter"), described),
        batch_size=_parse_batch_size(whole.get("batch_size", LARGEST_BATCH)),
    )


def _parse_steps(stored: Any, described: CanonicalType) -> tuple[Step, ...]:
    if stored is None:
        return tuple(Step(kind) for kind in RECORD_STEPS)
    steps = tuple(
        _parse_step(entry, f"steps.{number}", described) for number, entry in enumerate(_list(stored, "steps"))
    )
    kinds = tuple(step.kind for step in steps)
    if kinds != RECORD_STEPS:
        raise DefinitionError("steps", f"must be {', '.join(RECORD_STEPS)}, in this order; found {', '.join(kinds)}")
    return steps


def _parse_step(stored: Any, path: str, described: CanonicalType) -> Step:
    own = {"without", "currencies", "project_form", "zone", "rules"}
    kind = stored.get("kind") if isinstance(stored, Mapping) else None
    if kind not in RECORD_STEPS:
        raise DefinitionError(f"{path}.kind", f"must be one of {', '.join(RECORD_STEPS)}")
    step = _group(stored, path, {"kind"} | (own if kind == "check" else set()))
    if kind != "check":
        return Step(kind)
    without = _texts(step, "without", path)
    for name in without:
        if described.check_named(name) is None:
            raise DefinitionError(f"{path}.without", f"{described.label} has no check {name!r}")
    rules = _list(step.get("rules", []), f"{path}.rules")
    options = CheckOptions(
        without=without,
        currencies=_parse_currencies(step, path),
        project_form=_text(step, "project_form", path),
        zone=_parse_zone(step, path),
        rules=tuple(_parse_rule(rule, f"{path}.rules.{number}", described) for number, rule in enumerate(rules)),
    )
    return Step(kind, options)


def _parse_currencies(step: Mapping[str, Any], path: str) -> tuple[str, ...]:
    currencies = _texts(step, "currencies", path)
    for code in currencies:
        if code not in KNOWN_CURRENCIES:
            raise DefinitionError(f"{path}.currencies", f"{code!r} is not a currency code, as EUR is")
    return currencies


def _parse_zone(step: Mapping[str, Any], path: str) -> str:
    zone = _text(step, "zone", path)
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise DefinitionError(f"{path}.zone", f"{zone!r} is not a time zone, as Europe/Berlin is") from None
    return zone


def _parse_rule(stored: Any, path: str, described: CanonicalType) -> Rule:
    rule = _group(stored, path, {"name", "expression", "sentence", "field", "business_class"})
    blamed = _text(rule, "field", path)
    if blamed and described.field_named(blamed) is None:
        raise DefinitionError(f"{path}.field", f"{described.label} has no field {blamed!r}")
    business_class = _text(rule, "business_class", path) or BusinessClass.VALIDATION
    if business_class not in set(BusinessClass):
        raise DefinitionError(f"{path}.business_class", f"must be one of {', '.join(BusinessClass)}")
    return Rule(
        name=_text(rule, "name", path, required=True),
        expression=_parse_expression(_text(rule, "expression", path, required=True), f"{path}.expression", described),
        sentence=_text(rule, "sentence", path, required=True),
        field=blamed,
        business_class=BusinessClass(business_class),
    )


def _parse_filter(stored: Any, described: CanonicalType) -> Filter:
    if stored is None:
        return Filter()
    chosen = _group(stored, "filter", {"conditions", "expression"})
    conditions = _texts(chosen, "conditions", "filter")
    for name in conditions:
        condition = CONDITIONS.get(name)
        if condition is None:
            raise DefinitionError("filter.conditions", f"{name!r} is not known; choose one of {', '.join(CONDITIONS)}")
        if described.field_named(condition.needs) is None:
            raise DefinitionError("filter.conditions", f"{described.label} has no {condition.needs!r} to look at")
    expression = _text(chosen, "expression", "filter")
    return Filter(conditions, _parse_expression(expression, "filter.expression", described) if expression else "")


def _parse_expression(text: str, path: str, described: CanonicalType) -> str:
    try:
        compiled = compile_expression(text)
    except ExpressionError as wrong:
        raise DefinitionError(path, wrong.message) from None
    for root in sorted(compiled.roots or frozenset()):
        if described.field_named(root) is None:
            raise DefinitionError(path, f"{described.label} has no field {root!r}")
    return text


def _parse_batch_size(size: Any) -> int:
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST_BATCH:
        raise DefinitionError("batch_size", f"must be a whole number from 1 to {LARGEST_BATCH}")
    return size


def _group(stored: Any, path: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(stored, Mapping):
        raise DefinitionError(path, "must be a group of keys")
    unknown = sorted(str(key) for key in stored if key not in known)
    if unknown:
        raise DefinitionError(
            f"{path}.{unknown[0]}".lstrip("."), f"is not known; choose among {', '.join(sorted(known))}"
        )
    return stored


def _list(stored: Any, path: str) -> list[Any]:
    if not isinstance(stored, (list, tuple)):
        raise DefinitionError(path, "must be a list")
    return list(stored)


def _text(group: Mapping[str, Any], key: str, path: str, *, required: bool = False) -> str:
    value = group.get(key, "")
    where = f"{path}.{key}".lstrip(".")
    if not isinstance(value, str):
        raise DefinitionError(where, "must be a text")
    if required and not value.strip():
        raise DefinitionError(where, "is missing")
    return value


def _texts(group: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
    where = f"{path}.{key}".lstrip(".")
    values = _list(group.get(key, []), where)
    if not all(isinstance(value, str) for value in values):
        raise DefinitionError(where, "must be a list of texts")
    return tuple(values)
