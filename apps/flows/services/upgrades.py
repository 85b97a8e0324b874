"""Moving a flow onto a newer base: the template's next version, a system's new lines, what the partner changed for all.

The customer's own lines go along, merged place by place; what both sides changed waits for a person's choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.flows.engine.content import FlowContent, Merged, merge_contents
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.layers import LayeredLine, merge_layers, parse_layer, write_layer
from apps.flows.mapping.places import StoredPlace, write_places
from apps.flows.mapping.rebase import Choice, Conflict, PlacedConflict, rebase
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import Base, PartnerLines, newest_base, own_lines, pinned_base, with_own_steps
from apps.flows.services.publish import propose, publish

Choices = Mapping[str, Choice]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a flow would stand on, with the customer's own lines moved there, and what a person has to decide first."""

    before: FlowVersion
    base: Base
    definition: Mapping[str, Any]
    own: Mapping[str, Sequence[Mapping[str, Any]]]
    conflicts: tuple[PlacedConflict, ...]

    @property
    def parts(self) -> dict[str, Any]:
        """What a version is made of, for `publish` and `propose`."""
        return {"base": self.base, "own": self.own, "definition": self.definition}

    def unsaved_version(self) -> FlowVersion:
        """Return the version it would be, for looking at; undecided conflicts stand as the customer has them."""
        return self._unsaved(self.base, self.own, self.definition)

    def bare_versions(self) -> tuple[FlowVersion, FlowVersion]:
        """Return what is live and what would be, both without the customer's own lines, for looking at."""
        old = pinned_base(self.before)
        return self._unsaved(old, {}, old.definition), self._unsaved(self.base, {}, self.base.definition)

    def _unsaved(
        self, base: Base, own: Mapping[str, Sequence[Mapping[str, Any]]], definition: Mapping[str, Any]
    ) -> FlowVersion:
        return FlowVersion(
            flow=self.before.flow,
            customer_id=self.before.customer_id,
            number=self.before.number + (base is self.base),
            definition=dict(definition),
            layers=write_places({name: place.with_customer(own.get(name, ())) for name, place in base.places.items()}),
            template_version=base.template_version,
            made_at=timezone.now(),
        )


class UndecidedError(ValueError):
    """An upgrade has conflicts that nobody has decided; `conflicts` are all of them."""

    def __init__(self, conflicts: Sequence[PlacedConflict]) -> None:
        lines = "1 line was" if len(conflicts) == 1 else f"{len(conflicts)} lines were"
        super().__init__(f"{lines} changed on both sides: choose for each which is to hold.")
        self.conflicts = tuple(conflicts)


def plan_upgrade(flow: Flow, choices: Choices | None = None, *, partner: PartnerLines | None = None) -> Upgrade | None:
    """Return what an upgrade of a flow would do, None when it stands on the newest base already; `partner` as `newest_base`.

    Raises:
        ValidationError, MissingRoleError: a system cannot do any more what the template asks of it, or the customer's own
            steps do not go together with the template's new ones.

    """
    live = flow.live_version
    if live is None:
        return None
    live.flow = flow
    old, new = pinned_base(live), newest_base(flow, partner)
    before, own = FlowContent(old.definition), FlowContent(live.definition)
    steps = merge_contents(before, own, FlowContent(new.definition), choices)
    if live.base_definition is not None:
        try:
            new = with_own_steps(flow, new, steps.content.definition, live)
        except DefinitionError as wrong:
            words = _("The customer's own steps do not go with the newer ones: %(problem)s") % {"problem": str(wrong)}
            raise ValidationError({"template": words}) from wrong
    if _stands_on(old, new):
        return None
    return _moved(live, old, new, steps, choices or {})


def upgrade(
    flow: Flow, *, made_by: str, choices: Choices | None = None, live: bool = True, despite: str = ""
) -> FlowVersion | None:
    """Move a flow onto the newest base, as a version that is live at once or only proposed; None when it is there already.

    Raises:
        SamplesFailError: samples fail by it, and `despite` does not say why it goes live all the same.
        UndecidedError: conflicts without a choice; nothing is changed.
        MappingError, LayerError: the lines do not fit the newer base; nothing is changed.

    """
    planned = plan_upgrade(flow, choices)
    if planned is None:
        return None
    if planned.conflicts:
        raise UndecidedError(planned.conflicts)
    note = f"Upgraded to version {planned.base.template_version} of the template"
    if live:
        return publish(flow, published_by=made_by, note=note, despite=despite, **planned.parts)
    return propose(flow, made_by=made_by, note=note, **planned.parts)


def _stands_on(old: Base, new: Base) -> bool:
    # Versions from before reading was kept have no place for it: that alone is no news.
    places = {name: place for name, place in new.places.items() if name in old.places}
    return (
        old.template_version == new.template_version
        and old.definition == new.definition
        and {name: _content(place) for name, place in old.places.items()}
        == {name: _content(place) for name, place in places.items()}
    )


def _content(place: StoredPlace) -> list[LayeredLine]:
    layers = place.layers
    return merge_layers(place.system_lines, layers.template, layers.partner)


def _moved(live: FlowVersion, old: Base, new: Base, steps: Merged, choices: Choices) -> Upgrade:
    own: dict[str, Sequence[Mapping[str, Any]]] = {}
    conflicts = list(steps.conflicts)
    for name, lines in own_lines(live).items():
        if not lines:
            continue
        if name not in new.places:
            gone = PlacedConflict(name, Conflict("", "place", len(lines), None, len(lines)))
            conflicts += [] if choices.get(gone.name) is Choice.THEIRS else [gone]
            continue
        chosen = {key.partition(":")[2]: choice for key, choice in choices.items() if key.startswith(f"{name}:")}
        before, after = ([layered.line for layered in _content(base.places[name])] for base in (old, new))
        moved = rebase(before, after, parse_layer(list(lines)), chosen)
        own[name] = write_layer(moved.own)
        conflicts += [PlacedConflict(name, conflict) for conflict in moved.conflicts]
    return Upgrade(live, new, steps.content.definition, own, tuple(conflicts))
