"""The check step: is the record one this flow is about, and does it hold every business rule?"""

from collections.abc import Mapping
from datetime import UTC, date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from apps.connectors.canonical import checks
from apps.connectors.canonical.shapes import CanonicalType, Check, problem
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import FieldProblem
from apps.flows.engine.conditions import CONDITIONS, FILTER_REASON
from apps.flows.engine.rules import CheckOptions, Filter, Rule
from apps.flows.engine.stored import Settings
from apps.flows.mapping.expressions import build_scope_builder, compile_expression

NOTHING: tuple[FieldProblem, ...] = ()


class CheckStep:
    """Applies the flow's filter and the checks of the canonical type."""

    kind = "check"
    owner_queue = "finance"

    def __init__(
        self, described: CanonicalType, chosen: Filter, options: CheckOptions, settings: Settings | None = None
    ) -> None:
        self.conditions = tuple(CONDITIONS[name] for name in chosen.conditions)
        # Judged after planning, with facts that others have to be asked for.
        self.business_rules = options.business_rules
        self.checks = build_checks(described, options, settings)
        self._expression = compile_expression(chosen.expression) if chosen.expression else None
        self._scope = build_scope_builder([self._expression], settings) if self._expression else None

    def skip_reason(self, canonical: Mapping[str, Any]) -> str:
        """Return why the record is not for this flow, "" when it is. An expression that fails leaves the record in."""
        for condition in self.conditions:
            if not condition.holds(canonical):
                return condition.reason
        if self._expression is None or self._scope is None:
            return ""
        try:
            wanted = self._expression.evaluate(self._scope(canonical))
        except UnusableValueError:
            # A record that cannot be judged goes on: leaving it out silently would lose it.
            return ""
        return "" if wanted else FILTER_REASON

    def plan(self, canonical: Mapping[str, Any], today: date) -> tuple[FieldProblem, ...]:
        """Return everything wrong with the record, () when nothing is."""
        found = NOTHING
        for check in self.checks:
            problems = check.find(canonical, today)
            if problems:
                found += problems
        return found


def build_checks(
    described: CanonicalType, options: CheckOptions, settings: Settings | None = None
) -> tuple[Check, ...]:
    """Return the checks this flow applies: the type's own, changed by the flow's options."""
    chosen = [check for check in described.checks if check.name not in options.without]
    if options.zone:
        zone: tzinfo = UTC if options.zone == "UTC" else ZoneInfo(options.zone)
        day_field = "work_date" if described.field_named("work_date") else "spent_on"
        stricter = checks.approved_not_before(day_field, zone)
        chosen = [stricter if check.name == stricter.name else check for check in chosen]
    if options.currencies:
        chosen = [check for check in chosen if check.name not in {"currency_known", "currency_present"}]
        chosen.append(checks.currency_among(options.currencies))
    if options.project_form:
        code_field = "project" if described.field_named("project") else "code"
        chosen.append(checks.form_of(code_field, options.project_form, "project code"))
    return tuple(chosen + [build_rule(rule, settings) for rule in options.rules])


def build_rule(rule: Rule, settings: Settings | None) -> Check:
    """Return a rule as a check: its expression must be true of the values."""
    expression = compile_expression(rule.expression)
    scope = build_scope_builder([expression], settings)
    broken = problem(rule.field, rule.sentence, rule.business_class, rule.name)

    def find(values: Mapping[str, Any], _today: date) -> tuple[FieldProblem, ...]:
        try:
            return NOTHING if expression.evaluate(scope(values)) is True else broken
        except UnusableValueError as wrong:
            sentence = f"The rule “{rule.name}” cannot be judged: {wrong.message}."
            return problem(rule.field, sentence, wrong.business_class, rule.name)

    return Check(rule.name, rule.sentence, find)
