"""What a flow template is: a definition, its mapping lines, and the words that sell and explain it."""

from dataclasses import dataclass

from apps.connectors.manifest import MappingLine, SystemManifest
from apps.flows.engine.definition import FlowDefinition
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

    def can_read(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's source."""
        found = system.object_for(self.definition.canonical_type)
        return found is not None and found.reading is not None and bool(found.reading_lines)

    def can_write(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's target."""
        found = system.object_for(self.definition.canonical_type)
        return found is not None and found.writing is not None and bool(found.writing_lines)
