"""What differs between two published versions of a flow, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import DefinitionError, OnFailure
from apps.flows.mapping.layers import LayeredLine, LayerError
from apps.flows.mapping.places import DELIVERY, READING, read_places
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.step_changes import step_changes
from apps.flows.services.publish import layered_lines


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One part of a version beside the same part of another; `before` or `after` "" : it is not there."""

    label: str
    before: str
    after: str
    origin: str

    @property
    def is_new(self) -> bool:
        """True when only the later version has it."""
        return not self.before

    @property
    def is_gone(self) -> bool:
        """True when only the earlier version has it."""
        return not self.after


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """Two versions, the earlier one first, and what differs; `unreadable` says why they cannot be compared."""

    earlier: FlowVersion
    later: FlowVersion
    lines: list[ChangedLine]
    unreadable: str = ""


def list_versions(flow: Flow) -> list[FlowVersion]:
    """Return a flow's versions, the newest first."""
    return list(FlowVersion.objects.filter(flow=flow).defer("definition", "layers")[:100])


def get_version(flow: Flow, number: int | None) -> FlowVersion | None:
    """Return the version of this number, None when the flow has none such."""
    if number is None:
        return None
    found = FlowVersion.objects.filter(flow=flow, number=number).first()
    if found is not None:
        found.flow = flow
    return found


def compare_versions(earlier: FlowVersion, later: FlowVersion) -> VersionDifference:
    """Return what differs between two versions of one flow, from the lower number to the higher."""
    if earlier.number > later.number:
        earlier, later = later, earlier
    return changes_towards(earlier, later)


def changes_towards(earlier: FlowVersion, later: FlowVersion) -> VersionDifference:
    """Return what differs when one version follows another of the flow, whatever their numbers."""
    try:
        # Versions from before reading was kept say nothing about it.
        both = read_places(earlier.layers).keys() & read_places(later.layers).keys() | _steps_of(earlier, later)
        before, after = _lines(earlier, both), _lines(later, both)
    except (LayerError, DefinitionError, KeyError):
        sentence = _("One of these versions was made for systems that are not known any more.")
        return VersionDifference(earlier, later, [], sentence)
    steps = step_titles(later) | step_titles(earlier)
    changed = [
        _changed(where, steps, before.get(where), after.get(where))
        for where in [*before, *(where for where in after if where not in before)]
        if _line(before.get(where)) != _line(after.get(where))
    ]
    return VersionDifference(earlier, later, [*_definition_changes(earlier, later), *changed])


def _steps_of(*versions: FlowVersion) -> set[str]:
    return {place for version in versions for place in read_places(version.layers)} - {READING}


def _lines(version: FlowVersion, places: Collection[str]) -> dict[tuple[str, str], LayeredLine]:
    """Return every line by place and target."""
    return {
        (place, layered.line.target): layered
        for place in read_places(version.layers)
        if place in places
        for layered in layered_lines(version, place)
    }


def step_titles(version: FlowVersion) -> dict[str, str]:
    """Return what people call the steps of a version, by name."""
    steps = version.definition.get("steps") or []
    return {step.get("name") or step["kind"]: step.get("title") or step.get("name") or step["kind"] for step in steps}


def place_words(place: str, steps: Mapping[str, str]) -> str:
    """Return where a line maps, "" for the flow's one delivery; `steps` are titles by name."""
    if place == DELIVERY:
        return ""
    return _("Reading") if place == READING else steps.get(place, place)


def _line(layered: LayeredLine | None) -> MappingLine | None:
    return layered.line if layered else None


def _changed(
    where: tuple[str, str], steps: Mapping[str, str], before: LayeredLine | None, after: LayeredLine | None
) -> ChangedLine:
    either, place = after or before, place_words(where[0], steps)
    label = (either.line.label if either else "") or where[1]
    return ChangedLine(
        f"{place}: {label}" if place else label,
        line_words(_line(before)),
        line_words(_line(after)),
        either.origin if either else "",
    )


def line_words(line: MappingLine | None) -> str:
    """Return how a field is filled: "Note, then trim, upper; when empty: none"; "" without a line."""
    if line is None:
        return ""
    parts = [line.source or line.expression or _("a fixed value")]
    if line.transforms:
        parts.append(_("then %(steps)s") % {"steps": ", ".join(line.transforms)})
    if line.value_map:
        table = ", ".join(f"{plain_text(old)} → {plain_text(new)}" for old, new in sorted(line.value_map.items()))
        parts.append(_("translated: %(table)s") % {"table": table})
    if line.value_map_default is not None:
        parts.append(_("any other value becomes %(value)s") % {"value": plain_text(line.value_map_default)})
    if line.default is not None:
        parts.append(_("when there is none: %(value)s") % {"value": plain_text(line.default)})
    if line.checks:
        parts.append(_("checked: %(checks)s") % {"checks": ", ".join(line.checks)})
    parts.append(_WRITING.get(line.write_mode.value, lambda: "")())
    return "; ".join(part for part in parts if part)


_WRITING: Mapping[str, Any] = {
    "fill_empty": lambda: _("only where the target has nothing"),
    "set_on_create": lambda: _("only when the record is new"),
    "append": lambda: _("added to what is there"),
}


def _definition_changes(earlier: FlowVersion, later: FlowVersion) -> list[ChangedLine]:
    origin = "customer" if later.base_definition else "template"
    return compare_definitions(earlier.definition, later.definition, origin)


def compare_definitions(earlier: Mapping[str, Any], later: Mapping[str, Any], origin: str) -> list[ChangedLine]:
    """Return what differs between two stored definitions, which need not be right; `origin` is whose work it is."""
    before, after = _definition_words(earlier), _definition_words(later)
    names = [*before, *(name for name in after if name not in before)]
    parts = [
        ChangedLine(name, before.get(name, ""), after.get(name, ""), origin)
        for name in names
        if before.get(name, "") != after.get(name, "")
    ]
    steps = step_changes(earlier.get("steps") or [], later.get("steps") or [])
    return parts + [ChangedLine(*change, origin) for change in steps]


_ON_FAILURE: Mapping[str, Any] = {
    OnFailure.ASK: lambda: _("a person decides"),
    OnFailure.ROLL_BACK: lambda: _("what was done is taken back"),
}


def _definition_words(stored: Mapping[str, Any]) -> dict[str, str]:
    chosen = stored.get("filter") or {}
    steps = {step.get("kind", ""): step for step in stored.get("steps") or []}
    check = {name: value for name, value in steps.get("check", {}).items() if name != "kind"}
    kind = CANONICAL_TYPES.get(stored.get("canonical_type", ""))
    words = {
        _("What it carries"): kind.plural if kind else str(stored.get("canonical_type", "")),
        _("Which records"): ", ".join([*chosen.get("conditions", []), chosen.get("expression", "")]).strip(", "),
        _("Checks"): ", ".join(f"{name}: {value}" for name, value in check.items()),
        _("Records at once"): str(stored.get("batch_size", "")),
        _("When a record fails for good"): _ON_FAILURE.get(stored.get("on_failure", OnFailure.ASK), str)(),
    }
    return {name: value for name, value in words.items() if value}
