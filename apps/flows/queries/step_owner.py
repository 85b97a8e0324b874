"""Whose work it is when a record fails at a step of its walk."""

from apps.flows.business_rules.library import rule_of_code
from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.models import Operation


def owner_queue_of(operation: Operation) -> str:
    """Return the queue of the business rule that refused a record, else the one that the flow names for the step it failed at.

    "" where the kind of failure decides.
    """
    rule = rule_of_code(operation.error_code)
    if rule is not None:
        return rule.queue
    try:
        definition = parse_definition(operation.last_run.version.definition)
    except DefinitionError:
        return ""
    step = definition.step_named(operation.step)
    return step.queue if step is not None else ""
