"""Ready-made flows as data."""

from apps.flows.templates_library.accelerators import ACCELERATORS, Accelerator
from apps.flows.templates_library.registry import TEMPLATES, UnknownTemplateError, flow_template, list_templates
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import SettingsError
from apps.flows.templates_library.template import FlowTemplate, SlaSuggestion

__all__ = [
    "ACCELERATORS",
    "TEMPLATES",
    "Accelerator",
    "Delivers",
    "FlowTemplate",
    "LeftOut",
    "Refused",
    "Sample",
    "SettingsError",
    "SlaSuggestion",
    "UnknownTemplateError",
    "Waits",
    "flow_template",
    "list_templates",
]
