"""Whose work it is when a record fails at a step of its walk."""

from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.models import Operation


def owner_queue_of(operation: Operation) -> str:
    """Return the queue that the flow names for the step a record failed at; "" where the kind of failure decides."""
    try:
        definition = parse_definition(operation.last_run.version.definition)
    except DefinitionError:
        return ""
    step = definition.step_named(operation.step)
    return step.queue if step is not None else ""
