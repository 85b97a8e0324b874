"""Ready-made flows as data."""

from apps.flows.templates_library.registry import TEMPLATES, UnknownTemplateError, flow_template, list_templates
from apps.flows.templates_library.template import FlowTemplate

__all__ = ["TEMPLATES", "FlowTemplate", "UnknownTemplateError", "flow_template", "list_templates"]
