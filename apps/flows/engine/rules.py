"""What a flow looks at before anything leaves: which records it is about, and which rules they must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.canonical.currencies import KNOWN_CURRENCIES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import BusinessClass
from apps.flows.engine.conditions import CONDITIONS
from apps.flows.engine.stored import DefinitionError, Group, Settings, read_list


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
class Filter:
    """Which records the flow is about: named conditions, all of which must hold, and an optional CEL expression."""

    conditions: tuple[str, ...] = ()
    expression: str = ""


CHECK_KEYS = frozenset({"without", "currencies", "project_form", "zone", "rules"})


def read_check(group: Group, described: CanonicalType) -> CheckOptions:
    """Read a check step's options. Raises DefinitionError."""
    without = group.texts("without")
    for name in without:
        if described.check_named(name) is None:
            raise DefinitionError(group.where("without"), f"{described.label} has no check {name!r}")
    rules = read_list(group.stored.get("rules", []), group.where("rules"))
    return CheckOptions(
        without=without,
        currencies=_currencies(group),
        project_form=group.text("project_form"),
        zone=_zone(group),
        rules=tuple(
            _rule(rule, f"{group.where('rules')}.{place}", described, group.settings)
            for place, rule in enumerate(rules)
        ),
    )


def read_filter(stored: Mapping[str, Any] | None, described: CanonicalType, settings: Settings) -> Filter:
    """Read a flow's filter. Raises DefinitionError."""
    if stored is None:
        return Filter()
    group = Group(stored, "filter", {"conditions", "expression"}, settings=settings)
    conditions = group.texts("conditions")
    for name in conditions:
        condition = CONDITIONS.get(name)
        if condition is None:
            raise DefinitionError("filter.conditions", f"{name!r} is not known; choose one of {', '.join(CONDITIONS)}")
        if described.field_named(condition.needs) is None:
            raise DefinitionError("filter.conditions", f"{described.label} has no {condition.needs!r} to look at")
    return Filter(conditions, group.expression("expression", described))


def _currencies(group: Group) -> tuple[str, ...]:
    currencies = group.texts("currencies")
    for code in currencies:
        if code not in KNOWN_CURRENCIES:
            raise DefinitionError(group.where("currencies"), f"{code!r} is not a currency code, as EUR is")
    return currencies


def _zone(group: Group) -> str:
    zone = group.text("zone")
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise DefinitionError(group.where("zone"), f"{zone!r} is not a time zone, as Europe/Berlin is") from None
    return zone


def _rule(stored: Any, path: str, described: CanonicalType, settings: Settings) -> Rule:
    group = Group(stored, path, {"name", "expression", "sentence", "field", "business_class"}, settings=settings)
    blamed = group.text("field")
    if blamed and described.field_named(blamed) is None:
        raise DefinitionError(group.where("field"), f"{described.label} has no field {blamed!r}")
    return Rule(
        name=group.text("name", required=True),
        expression=group.expression("expression", described, required=True),
        sentence=group.text("sentence", required=True),
        field=blamed,
        business_class=BusinessClass(
            group.choice("business_class", tuple(BusinessClass), default=BusinessClass.VALIDATION)
        ),
    )
