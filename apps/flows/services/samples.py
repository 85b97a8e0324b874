"""The samples of a flow, its template's and the customer's own, run through a version and held against what they gave."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.connectors import registry
from apps.connectors.models import Connection
from apps.flows.engine.definition import DefinitionError, FlowDefinition, parse_definition
from apps.flows.engine.flow import merge_delivery
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError, Layers
from apps.flows.mapping.places import DELIVERY, READING, StoredPlace, read_places
from apps.flows.models import FlowVersion
from apps.flows.services.own_samples import own_results
from apps.flows.services.walk_session import MissingRoleError, systems_of
from apps.flows.templates_library import TEMPLATES, FlowTemplate, SettingsError
from apps.flows.templates_library.settings import known_settings
from apps.flows.templates_library.trying import Place, SampleResult, compare_samples

LONGEST_REASON = 200
_NAMED = 3
CANNOT_RUN = (MappingError, LayerError, DefinitionError, SettingsError, MissingRoleError, KeyError)


@dataclass(frozen=True, slots=True)
class SampleRun:
    """What came of `total` samples, beside the live version or the template itself; `wrong` is why they could not be run."""

    total: int
    definition: FlowDefinition
    results: list[SampleResult] = field(default_factory=list)
    own: list[SampleResult] = field(default_factory=list)  # the customer's, beside what must come of them
    wrong: Exception | None = None
    against_live: bool = False

    @property
    def failing(self) -> list[str]:
        """The samples that do not give any more what they must, as people call them."""
        named = [*((_(one.sample.name), one) for one in self.results), *((one.sample.name, one) for one in self.own)]
        return [name for name, result in named if result.fails]


class SamplesFailError(ValidationError):
    """A version would go live although samples fail by it, and nobody gave a reason. `run` is what came of them all."""

    def __init__(self, run: SampleRun) -> None:
        names = ", ".join(f"“{name}”" for name in run.failing[:_NAMED])
        names += "…" if len(run.failing) > _NAMED else ""
        sentence = ngettext(
            "A sample fails: %(names)s. Look at what it would change, and give a reason to go live with it.",
            "%(number)s samples fail: %(names)s. Look at what it would change, and give a reason to go live with it.",
            len(run.failing),
        )
        super().__init__(sentence % {"number": len(run.failing), "names": names})
        self.run = run


def require_samples(live: FlowVersion | None, candidate: FlowVersion, despite: str) -> str:
    """Return what is to be noted about samples that fail by a version, "" when none does.

    `despite` is why it goes live all the same; without it nothing may. A flow's first version is not held against any.

    Raises:
        SamplesFailError: samples fail that gave what they must with the live version, and `despite` says nothing.

    """
    run = run_of_change(live, candidate) if live is not None else None
    if run is None or not run.failing:
        return ""
    reason = " ".join(despite.replace("\x00", "").split())[:LONGEST_REASON]
    if not reason:
        raise SamplesFailError(run)
    return f"although {len(run.failing)} of {run.total} samples fail: {reason}"


def run_of_version(version: FlowVersion) -> SampleRun | None:
    """Run the template's samples through a version and the bare template, on the same systems, and the customer's own.

    None without samples. Those of the template are left out where the version stands on another version of it.
    """
    return _run(version, None)


def run_of_change(live: FlowVersion | None, candidate: FlowVersion) -> SampleRun | None:
    """Run the samples through what is live and what would be; beside the template where the live version cannot be read."""
    if live is None:
        return _run(candidate, None)
    live.flow = candidate.flow
    run = _run(candidate, live)
    return run if run is None or run.wrong is None else _run(candidate, None)


def _run(version: FlowVersion, before: FlowVersion | None) -> SampleRun | None:
    template = TEMPLATES.get(version.flow.template)
    if template is None:
        return None
    with_samples = version.template_version == template.version
    total = len(template.samples) if with_samples else 0
    try:
        results = _compared(template, version, before) if total else []
        own = own_results(version.flow, before, version)
        definition = parse_definition(version.definition)
    except CANNOT_RUN as wrong:
        return SampleRun(total, template.definition, wrong=wrong) if total else None
    if not results and not own:
        return None
    return SampleRun(total + len(own), definition, results, own, against_live=before is not None)


def _compared(template: FlowTemplate, version: FlowVersion, before: FlowVersion | None) -> list[SampleResult]:
    steps = {"deliver", *(step.name for step in template.definition.walk)}
    bare = {name: place for name, place in _places(version, own=False).items() if name in steps}
    return compare_samples(
        template,
        before=_places(before, own=True) if before else bare,
        after=_places(version, own=True),
        bare=bare,
        settings_before=_settings(template, before) if before else {},
        settings_after=_settings(template, version),
        definition_before=_own_steps(template, before) if before else None,
        definition_after=_own_steps(template, version),
    )


def _settings(template: FlowTemplate, version: FlowVersion) -> dict[str, object]:
    return known_settings(template.settings, version.definition.get("settings", {}))


def _own_steps(template: FlowTemplate, version: FlowVersion) -> FlowDefinition | None:
    """Return the version's definition where it is not what the template makes of the same settings."""
    definition = parse_definition(version.definition)
    return None if definition == template.definition_with(_settings(template, version)) else definition


def _places(version: FlowVersion, *, own: bool) -> dict[str, Place]:
    """Return where a version delivers, by step; without `own` as if neither partner nor customer had changed a line."""
    definition, systems = parse_definition(version.definition), systems_of(version.flow)
    found = {}
    for name, stored in read_places(version.layers).items():
        if name == DELIVERY:
            found["deliver"] = _place(stored, systems["target"], definition.canonical_type, own=own)
        elif name != READING:
            step = definition.step_named(name)
            if step is not None and isinstance(step.options, DeliverOptions):
                found[name] = _place(stored, systems[step.options.role], step.options.type, own=own)
    return found


def _place(stored: StoredPlace, connection: Connection, type_name: str, *, own: bool) -> Place:
    system = registry.manifest(connection.system)
    kind = system.object_named(stored.object) if stored.object else system.object_for(type_name)
    if kind is None:
        raise KeyError(f"{connection.name} does not take {type_name} any more.")
    layers = stored.layers if own else Layers(template=stored.layers.template)
    return Place(kind, merge_delivery(stored.writes(kind), layers))
