"""What a flow looks at before anything leaves: which records it is about, and which rules they must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.canonical.currencies import KNOWN_CURRENCIES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.library import RULES, rules_for
from apps.flows.business_rules.rule import BusinessRule
from apps.flows.engine.conditions import CONDITIONS
from apps.flows.engine.stored import TODAY_ROOT, DefinitionError, Group, Settings, read_list
from apps.flows.mapping.expressions import compile_expression


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
    `library` names business rules of the library; `switched_off` are those of them that do not count, each with the reason.
    """

    without: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    project_form: str = ""
    zone: str = ""
    rules: tuple[Rule, ...] = ()
    library: tuple[str, ...] = ()
    switched_off: Mapping[str, str] = field(default_factory=dict)

    @property
    def business_rules(self) -> tuple[BusinessRule, ...]:
        """The rules of the library that count."""
        return tuple(RULES[name] for name in self.library if name not in self.switched_off)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records the flow is about: named conditions, all of which must hold, and an optional CEL expression."""

    conditions: tuple[str, ...] = ()
    expression: str = ""


CHECK_KEYS = frozenset({"without", "currencies", "project_form", "zone", "rules", "library", "switched_off"})


def read_check(group: Group, described: CanonicalType) -> CheckOptions:
    """Read a check step's options. Raises DefinitionError."""
    without = group.texts("without")
    for name in without:
        if described.check_named(name) is None:
            raise DefinitionError(group.where("without"), f"{described.label} has no check {name!r}")
    library = _library(group, described)
    return CheckOptions(
        without=without,
        currencies=_currencies(group),
        project_form=group.text("project_form"),
        zone=_zone(group),
        rules=read_rules(group, described),
        library=library,
        switched_off=_switched_off(group, library),
    )


def read_rules(group: Group, described: CanonicalType) -> tuple[Rule, ...]:
    """Read the rules stored under the key `rules`, over records of a type. Raises DefinitionError."""
    stored = read_list(group.stored.get("rules", []), group.where("rules"))
    return tuple(
        _rule(rule, f"{group.where('rules')}.{place}", described, group.settings) for place, rule in enumerate(stored)
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
    return Filter(conditions, _timeless(group, group.expression("expression", described)))


def _timeless(group: Group, text: str) -> str:
    """Refuse the day in what is judged once, when a record is read: nobody would look again when the day has come."""
    if text and TODAY_ROOT in (compile_expression(text).roots or ()):
        raise DefinitionError(
            group.where("expression"), "cannot ask for r.today: wait, then decide by it in a later step"
        )
    return text


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


def _library(group: Group, described: CanonicalType) -> tuple[str, ...]:
    names, known = group.texts("library"), [rule.name for rule in rules_for(described.name)]
    for name in names:
        if name not in known:
            choices = f"choose among {', '.join(known)}" if known else "there are none for it"
            raise DefinitionError(group.where("library"), f"{described.label} has no business rule {name!r}; {choices}")
    return tuple(dict.fromkeys(names))


def _switched_off(group: Group, library: tuple[str, ...]) -> dict[str, str]:
    inner = Group(group.stored.get("switched_off", {}), group.where("switched_off"), library)
    return {name: inner.text(name, required=True, longest=300) for name in inner.stored}


def _rule(stored: Any, path: str, described: CanonicalType, settings: Settings) -> Rule:
    group = Group(stored, path, {"name", "expression", "sentence", "field", "business_class"}, settings=settings)
    blamed = group.text("field")
    if blamed and described.field_named(blamed) is None:
        raise DefinitionError(group.where("field"), f"{described.label} has no field {blamed!r}")
    return Rule(
        name=group.text("name", required=True),
        expression=_timeless(group, group.expression("expression", described, required=True)),
        sentence=group.text("sentence", required=True),
        field=blamed,
        business_class=BusinessClass(
            group.choice("business_class", tuple(BusinessClass), default=BusinessClass.VALIDATION)
        ),
    )
