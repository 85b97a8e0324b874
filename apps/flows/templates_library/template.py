"""What a flow template is: a definition, its mapping lines, and the words that sell and explain it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import ChangeRead, MappingLine, ProofLabel, SystemManifest
from apps.flows.engine.definition import FlowDefinition, Step
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.mapping.given import reads_any
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library.samples import Sample
from apps.flows.templates_library.settings import (
    SettingsSchema,
    complete_settings,
    default_settings,
    known_settings,
)

HOUR = 3_600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class SlaSuggestion:
    """How fast a template's records should go, in seconds; 0 where nothing is suggested.

    `deliver_within`: from the source's change to the target. `resolve_within`: from a refusal to its end, for refusals
    of `business_class`, None for all others.
    """

    deliver_within: int = 0
    resolve_within: int = 0
    business_class: BusinessClass | None = None


@dataclass(frozen=True, slots=True)
class FlowTemplate:
    """A ready-made flow, installed between any two systems that hold its canonical type.

    `lines` lie over the target's own lines where the target has the field, so one template serves many targets.
    `needs` are sentences a person can check before installing; `records_word` and `done_word` are how people speak
    of its work ("time entries", "billed").

    `version` grows with every change that a customer would notice; `changes` says for each what is new. `workflow` is
    its number among the workflows of a services firm ("W3"), `accelerator` the group it is sold in, `category` the part
    of the business it serves. `settings` is the schema of what each customer may choose; expressions read the values as
    `settings.<name>`, and `shaped_by` makes the definition for what no expression can say (an amount from which people
    are asked, a condition that falls away). `samples` hold for the systems in `sample_systems` (role -> slug), in whose words they speak.
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
    version: int = 1
    changes: Mapping[int, str] = field(default_factory=dict)
    workflow: str = ""
    category: str = ""
    accelerator: str = ""
    settings: SettingsSchema = field(default_factory=dict)
    shaped_by: Callable[[Mapping[str, Any]], FlowDefinition] | None = None
    sla: tuple[SlaSuggestion, ...] = ()
    samples: tuple[Sample, ...] = ()
    sample_systems: Mapping[str, str] = field(default_factory=dict)
    # By delivering step of a walk: canonical fields that are the target's own, filled where it has nothing.
    fill_only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Kinds of systems ("ERP") it is meant for, where holding the type is not enough: hours also go to payroll. Empty: any.
    source_categories: frozenset[str] = frozenset()
    target_categories: frozenset[str] = frozenset()
    # Fields of which a source must give one, where the type alone says too little: not every project tells what it cost.
    source_fields: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        # A definition stands alone: it carries the values that its expressions read.
        defaults = replace(self.definition, settings=default_settings(self.settings))
        object.__setattr__(self, "definition", defaults)

    def definition_with(self, chosen: Mapping[str, Any]) -> FlowDefinition:
        """Return the definition with a customer's settings. Raises SettingsError.

        Settings that an earlier version of the template had are left out: nothing reads them any more.
        """
        settings = complete_settings(self.settings, known_settings(self.settings, chosen))
        return replace(self.shaped_by(settings) if self.shaped_by else self.definition, settings=settings)

    def can_read(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's source."""
        if not _is_meant(system, self.source_categories):
            return False
        found = system.object_for(self.definition.canonical_type)
        if found is None or found.reading is None or not found.reading_lines:
            return False
        return not self.source_fields or any(line.target in self.source_fields for line in found.reading_lines)

    def can_write(self, system: SystemManifest) -> bool:
        """Return True when the system can be this template's target."""
        if not _is_meant(system, self.target_categories):
            return False
        if self.definition.walks:
            return self.can_play("target", system)
        found = system.object_for(self.definition.canonical_type)
        return found is not None and found.writing is not None and bool(found.writing_lines)

    def can_play(self, role: str, system: SystemManifest) -> bool:
        """Return True when the system has everything that the steps of a walking flow want of `role`."""
        walk = self.definition.walk
        return all(
            wanted_by(step, system) and _takes_change(step, walk, system) for step in walk if role_of(step) == role
        )


def _is_meant(system: SystemManifest, categories: frozenset[str]) -> bool:
    """Return True for systems of these kinds. What a partner describes itself is called as the partner likes: it knows best."""
    own = system.proof in {ProofLabel.TRIED_LIVE, ProofLabel.DRAFTED}
    return not categories or own or system.category in categories


def role_of(step: Step) -> str:
    """Return which system a walking step calls, "" when none."""
    return str(getattr(step.options, "role", "")) if isinstance(step.options, DeliverOptions | LookupOptions) else ""


def _takes_change(step: Step, walk: Sequence[Step], system: SystemManifest) -> bool:
    """Return False when a step would change a record of the system in nothing that it takes."""
    if not isinstance(step.options, DeliverOptions) or not step.options.onto:
        return True
    made = next((one.options for one in walk if one.name == step.options.of), None)
    place = system.object_for(step.options.type)
    if place is None or not isinstance(made, MapOptions):
        return True
    given = dict.fromkeys(line.target for line in made.lines)
    return any(reads_any(line, given) for line in place.writing_lines)


def wanted_by(step: Step, system: SystemManifest) -> bool:
    """Return True when the system has what the step calls."""
    if isinstance(step.options, LookupOptions):
        if step.options.type:
            known = system.object_for(step.options.type)
            if known is None or known.reading is None or not known.reading_lines:
                return False
            return known.reading.change_read is not ChangeRead.NEW_FILES  # a folder of files answers no question
        return any(found.name == step.options.object for found in system.objects)
    if isinstance(step.options, DeliverOptions):
        found = system.object_for(step.options.type)
        return found is not None and found.writing is not None and bool(found.writing_lines)
    return True
