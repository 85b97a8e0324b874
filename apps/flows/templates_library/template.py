"""What a flow template is: a definition, its mapping lines, and the words that sell and explain it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.connectors.manifest import MappingLine, SystemManifest
from apps.flows.engine.definition import FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.mapping.layers import LineChange


@dataclass(frozen=True, slots=True)
class FlowTemplate:
    """A ready-made flow, installed between any two systems that hold its canonical type.

    `lines` lie over the target's own lines where the target has the field, so one template serves many targets.
    `needs` are sentences a person can check before installing; `records_word` and `done_word` are how people speak
    of its work ("time entries", "billed").
    """

    slug: str
    name: str
    summary: str
    needs: tuple[str, ...]
    outcome: str
    records_word: str
    record_word: str
    done_word: str
    expected_every_seconds: int
    schedule_seconds: int
    definition: FlowDefinition
    lines: tuple[MappingLine | LineChange, ...] = ()
    # Further systems of a walking flow besides source and target, by role, each with what it is called.
    roles: Mapping[str, str] = field(default_factory=dict)

    def can_read(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's source."""
        found = system.object_for(self.definition.canonical_type)
        return found is not None and found.reading is not None and bool(found.reading_lines)

    def can_write(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's target."""
        if self.definition.walks:
            return self.can_play("target", system)
        found = system.object_for(self.definition.canonical_type)
        return found is not None and found.writing is not None and bool(found.writing_lines)

    def can_play(self, role: str, system: SystemManifest) -> bool:
        """Return True when the system has everything that the steps of a walking flow want of `role`."""
        return all(wanted_by(step, system) for step in self.definition.walk if role_of(step) == role)


def role_of(step: Step) -> str:
    """Return which system a walking step calls, "" when none."""
    return str(getattr(step.options, "role", "")) if isinstance(step.options, DeliverOptions | LookupOptions) else ""


def wanted_by(step: Step, system: SystemManifest) -> bool:
    """Return True when the system has what the step calls."""
    if isinstance(step.options, LookupOptions):
        if step.options.type:
            known = system.object_for(step.options.type)
            return known is not None and known.reading is not None and bool(known.reading_lines)
        return any(found.name == step.options.object for found in system.objects)
    if isinstance(step.options, DeliverOptions):
        found = system.object_for(step.options.type)
        return found is not None and found.writing is not None and bool(found.writing_lines)
    return True
