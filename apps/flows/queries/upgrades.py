"""A newer base that is offered to a flow: what it changes, what of the customer's own goes along, and what to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.engine.content import ORDER, STEPS, WHOLE_STEP
from apps.flows.mapping.rebase import PlacedConflict
from apps.flows.models import Flow
from apps.flows.queries.step_changes import step_key_words, step_value_words
from apps.flows.queries.versions import ChangedLine, compare_versions, line_words, place_words, step_titles
from apps.flows.services.upgrades import Choices, Upgrade, plan_upgrade
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.templates_library import TEMPLATES


@dataclass(frozen=True, slots=True)
class ConflictWords:
    """A conflict as a person reads it; an empty text stands for "nothing"."""

    name: str
    label: str
    before: str
    theirs: str
    ours: str
    can_be_kept: bool
    chosen: str


@dataclass(frozen=True, slots=True)
class UpgradePage:
    """What a person sees before taking an upgrade. `kept` counts the customer's own lines that go along."""

    upgrade: Upgrade
    notes: list[tuple[int, str]]
    changes: list[ChangedLine]
    conflicts: list[ConflictWords]
    kept: int


def is_upgrade_offered(flow: Flow) -> bool:
    """Return True when a flow does not stand on the newest base."""
    try:
        return plan_upgrade(flow) is not None
    except (ValidationError, MissingRoleError, KeyError):
        return False  # its systems cannot take it: there is nothing to offer


def get_upgrade_page(flow: Flow, choices: Choices) -> UpgradePage | None:
    """Return what is offered to a flow, with what was chosen so far; None when nothing is."""
    planned = plan_upgrade(flow)
    if planned is None:
        return None
    template = TEMPLATES[flow.template]
    old, new = planned.before.template_version, planned.base.template_version
    return UpgradePage(
        upgrade=planned,
        notes=[(number, words) for number, words in sorted(template.changes.items()) if old < number <= new],
        changes=compare_versions(*planned.bare_versions()).lines,
        conflicts=[_words(conflict, planned, choices) for conflict in planned.conflicts],
        kept=sum(len(lines) for lines in planned.own.values()),
    )


def _words(placed: PlacedConflict, planned: Upgrade, choices: Choices) -> ConflictWords:
    return conflict_words(placed, step_titles(planned.before), choices.get(placed.name, ""))


def conflict_words(placed: PlacedConflict, titles: Mapping[str, str], chosen: str = "") -> ConflictWords:
    """Return a conflict as a person reads it; `titles` are those of the flow's steps by name."""
    conflict = placed.conflict
    if placed.place == STEPS:
        parts, tell = [titles.get(conflict.target, conflict.target), _step_part_words(conflict.part)], step_value_words
    else:
        place = place_words(placed.place, titles)
        parts, tell = [place, conflict.target, _part_words(conflict.part), conflict.row], _value_words
    return ConflictWords(
        name=placed.name,
        label=" · ".join(filter(None, parts)),
        before=tell(conflict.before),
        theirs=tell(conflict.theirs),
        ours=tell(conflict.ours),
        can_be_kept=placed.can_be_kept,
        chosen=chosen,
    )


def _step_part_words(part: str) -> str:
    named = {ORDER: _("order of the steps"), WHOLE_STEP: _("the whole step")}
    return named.get(part) or step_key_words(part)


def _part_words(part: str) -> str:
    return {
        "line": "",
        "place": _("all own lines of this step"),
        "source": _("where the value comes from"),
        "value_map": _("table of values"),
        "transforms": _("steps"),
        "default": _("when there is none"),
        "write_mode": _("how it is written"),
        "value_map_default": _("any other value"),
        "required": _("must be filled"),
        "label": _("name"),
        "reference": _("points to"),
    }.get(part, part)


def _value_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, MappingLine):
        return line_words(value)
    if isinstance(value, tuple | list):
        return ", ".join(plain_text(one) for one in value)
    return plain_text(value)
