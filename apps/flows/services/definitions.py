"""The definition that a flow is published with: its template's, with this customer's settings."""

from apps.flows.engine.definition import FlowDefinition
from apps.flows.mapping.compile import LineProblem, MappingError
from apps.flows.models import Flow
from apps.flows.templates_library import FlowTemplate, SettingsError


def definition_for(flow: Flow, template: FlowTemplate) -> FlowDefinition:
    """Return the definition with the flow's settings.

    Raises:
        MappingError: a stored setting is not allowed any more by this version of the template.

    """
    try:
        return template.definition_with(flow.settings)
    except SettingsError as wrong:
        problems = [LineProblem(f"settings.{name}", sentence) for name, sentence in wrong.problems.items()]
        raise MappingError(problems) from wrong
