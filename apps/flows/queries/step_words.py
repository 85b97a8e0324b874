"""How steps are shown: the picture and the words of every kind, and the name by which the ledger knows a step."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.flows.engine.conditions import CONDITIONS
from apps.flows.engine.definition import FlowDefinition, Step
from apps.flows.queries.walking_words import walking_words

_KINDS: dict[str, tuple[str, str | Promise]] = {
    "extract": ("download", gettext_lazy("Read")),
    "check": ("checklist", gettext_lazy("Check")),
    "map": ("transform", gettext_lazy("Map")),
    "deliver": ("send", gettext_lazy("Deliver")),
    "withdraw": ("arrow-back-up", gettext_lazy("Take back")),
    "lookup": ("search", gettext_lazy("Look up")),
    "write_back": ("pencil-check", gettext_lazy("Write back")),
    "decide": ("arrow-fork", gettext_lazy("Decide")),
    "approve": ("user-check", gettext_lazy("Approve")),
    "wait": ("hourglass", gettext_lazy("Wait")),
    "notify": ("mail", gettext_lazy("Notify")),
    "call": ("switch-horizontal", gettext_lazy("Call another flow")),
    "milestone": ("flag", gettext_lazy("Milestone")),
    "emit": ("bell", gettext_lazy("Tell other flows")),
}


def ledger_name(step: Step) -> str:
    """Return what the ledger calls a step: its name where records walk, else its kind."""
    return step.name if step.options is not None else step.kind


def step_icon(kind: str) -> str:
    """Return the picture of a kind of step."""
    return _KINDS[kind][0] if kind in _KINDS else "activity"


def kind_title(kind: str) -> str:
    """Return a kind of step in words."""
    return str(_KINDS[kind][1]) if kind in _KINDS else kind


def step_title(step: Step) -> str:
    """Return a step's own title, or its kind in words."""
    return step.title or kind_title(step.kind)


def step_words(step: Step, source: str, target: str, definition: FlowDefinition) -> str:
    """Return what a step does, between systems of these names."""
    if step.options is not None:
        return walking_words(step, source, target)
    if step.kind == "deliver":
        return _("to %(system)s, each record once") % {"system": target}
    if step.kind in _OWN:
        return _OWN[step.kind](source, target, definition)
    return kind_title(step.kind) if step.title else ""


def _check_words(_source: str, _target: str, definition: FlowDefinition) -> str:
    wanted = [CONDITIONS[name].label.lower() for name in definition.filter.conditions if name in CONDITIONS]
    if wanted:
        return _("only %(kinds)s, every rule held") % {"kinds": ", ".join(wanted)}
    return _("every rule held")


_OWN: dict[str, Callable[[str, str, FlowDefinition], str]] = {
    "extract": lambda source, _target, _definition: _("from %(system)s") % {"system": source},
    "check": _check_words,
    "map": lambda _source, target, _definition: _("into the fields of %(system)s") % {"system": target},
}
