"""What the keys of a step may be chosen from in one flow: its systems, its earlier and later steps, fields, people, events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, ROLE_LABELS, Action, Role, allowed
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.errors import FailureKind
from apps.flows.business_rules.library import rules_for
from apps.flows.engine.conditions import CONDITIONS
from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.definition import OnFailure, Undo
from apps.flows.engine.step_forms.shapes import Among
from apps.flows.engine.steps.decide import END
from apps.flows.engine.steps.milestone import MILESTONES
from apps.flows.models import Flow, FlowRole
from apps.flows.queries.causes import CAUSES
from apps.flows.queries.event_names import list_event_names
from apps.flows.queries.step_words import kind_title
from apps.flows.templates_library import TEMPLATES
from apps.tenants.templatetags.states import badge_for

Choice = tuple[str, str]  # what is stored, and what people read
Stored = Mapping[str, Any]

QUEUE_WORDS = {
    "finance": gettext_lazy("Finance"),
    "delivery": gettext_lazy("Delivery"),
    "master_data": gettext_lazy("Master data"),
    "access": gettext_lazy("Access"),
    "integration": gettext_lazy("Integration"),
    "provider": gettext_lazy("Provider"),
}
_UNDO_WORDS = {
    Undo.SAFE: gettext_lazy("May be taken back at once"),
    Undo.APPROVAL: gettext_lazy("Only when whoever takes it back agrees to it"),
    Undo.IMPOSSIBLE: gettext_lazy("Cannot be taken back"),
}
_FAILURE_WORDS = {
    FailureKind.RETRYABLE: gettext_lazy("The system does not answer, or not well"),
    FailureKind.RATE_LIMITED: gettext_lazy("The system is asked too often"),
    FailureKind.AUTH_EXPIRED: gettext_lazy("The sign-in has ended"),
    FailureKind.MISCONFIGURED: gettext_lazy("Something is set up wrongly"),
    FailureKind.REJECTED: gettext_lazy("The system refuses the record"),
}
_ON_FAILURE_WORDS = {
    OnFailure.ASK: gettext_lazy("It stands until a person finishes it or takes it back"),
    OnFailure.ROLL_BACK: gettext_lazy("It is taken back at once"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """Something an expression may read, and what it is."""

    name: str
    label: str


class StepChoices:
    """The choices for one step of a draft, or for the flow as a whole; read from the database only where a form asks."""

    def __init__(self, flow: Flow, content: FlowContent, step: Stored) -> None:
        self._flow, self._content, self._step = flow, content, step
        self._known: dict[Among, list[Choice]] = {}

    def of(self, among: Among) -> list[Choice]:
        """Return the choices of one kind, without the empty one."""
        if among not in self._known:
            self._known[among] = _OF_THE_FLOW[among](self) if among in _OF_THE_FLOW else _ANYWHERE[among]()
        return self._known[among]

    @property
    def names(self) -> list[Name]:
        """What expressions of this step may read."""
        known = CANONICAL_TYPES.get(str(self._content.definition.get("canonical_type")))
        fields = [Name(f"r.{field.name}", _(field.label)) for field in known.fields] if known else []
        brought = [Name(f"r.{path}", label) for path, label in self._brought()]
        chosen = [Name(f"settings.{name}", _("Setting")) for name in self._content.definition.get("settings") or {}]
        return [*fields, *brought, *chosen]

    @property
    def flow(self) -> Flow:
        """The flow that is edited."""
        return self._flow

    @property
    def steps(self) -> list[Stored]:
        """All stored steps."""
        return self._content.steps

    def earlier(self, *kinds: str) -> list[Stored]:
        """Return the steps before this one, of these kinds where any are named."""
        before = self.steps[: self._place]
        return [step for step in before if not kinds or step.get("kind") in kinds]

    @property
    def later(self) -> list[Stored]:
        """The steps behind this one."""
        return self.steps[self._place + 1 :]

    @property
    def type_name(self) -> str:
        """The canonical type of the record that walks."""
        return str(self._content.definition.get("canonical_type", ""))

    @property
    def step_type(self) -> str:
        """The canonical type that the step itself is about, "" for none."""
        return str(self._step.get("type") or "")

    @property
    def _place(self) -> int:
        own = step_name(self._step) if self._step else ""
        return next((at for at, step in enumerate(self.steps) if step_name(step) == own), len(self.steps))

    def _brought(self) -> list[Choice]:
        found: list[Choice] = []
        for step in self.earlier():
            found += [
                (f"steps.{step_name(step)}.{key}", f"{_title(step)}: {label}") for key, label in _brought_by(step)
            ]
        return found

    def sources(self) -> list[Choice]:
        """Return what a line may be filled from."""
        return [*_fields(self.type_name), *self._brought()]


def _brought_by(step: Stored) -> list[Choice]:
    """Return what a step leaves for later ones, by the name it has there."""
    kind = step.get("kind")
    if kind == "map":
        return _fields(str(step.get("type") or ""))
    if kind == "lookup":
        kept = step.get("keep")
        names = [one for one in kept if isinstance(one, str)] if isinstance(kept, list) else []
        return [("found", _("it was found")), ("key", _("key")), *((name, name) for name in names)]
    if kind == "deliver":
        return [("key", _("key")), ("created", _("it was made now")), ("new", _("it was not there before"))]
    return [("approved", _("the answer was yes"))] if kind == "approve" else []


def _title(step: Stored) -> str:
    return str(step.get("title") or kind_title(str(step.get("kind"))))


def _fields(type_name: str) -> list[Choice]:
    known = CANONICAL_TYPES.get(type_name)
    return [(field.name, _(field.label)) for field in known.fields] if known else []


def _systems(choices: StepChoices) -> list[Choice]:
    flow = choices.flow
    further = FlowRole.objects.filter(flow=flow).select_related("connection")
    named = [("source", flow.source.name), ("target", flow.target.name)]
    return [*named, *((one.role, one.connection.name) for one in further)]


def _people(wanted: Callable[[Role], bool]) -> list[Choice]:
    return [
        (role.value, _(ROLE_LABELS[role])) for role in Role if role in PARTNER_ROLES | CUSTOMER_ROLES and wanted(role)
    ]


def _steps(steps: Sequence[Stored]) -> list[Choice]:
    return [(step_name(step), _title(step)) for step in steps]


def _checks(choices: StepChoices) -> list[Choice]:
    known = CANONICAL_TYPES.get(choices.type_name)
    return [(check.name, capfirst(_(check.summary))) for check in known.checks] if known else []


def _conditions(choices: StepChoices) -> list[Choice]:
    known = CANONICAL_TYPES.get(choices.type_name)
    fitting = [one for one in CONDITIONS.values() if known and known.field_named(one.needs) is not None]
    return [(one.name, _(one.label)) for one in fitting]


def _worded(words: Mapping[Any, Any]) -> list[Choice]:
    return [(str(getattr(value, "value", value)), str(told)) for value, told in words.items()]


_ANYWHERE: Mapping[Among, Callable[[], list[Choice]]] = {
    Among.NOTHING: list,
    Among.TYPES: lambda: [(name, _(known.label)) for name, known in CANONICAL_TYPES.items()],
    Among.PEOPLE: lambda: _people(lambda _role: True),
    Among.APPROVERS: lambda: _people(lambda role: allowed(role, Action.APPROVE)),
    Among.QUEUES: lambda: _worded(QUEUE_WORDS),
    Among.UNDOS: lambda: _worded(_UNDO_WORDS),
    Among.MILESTONES: lambda: [(state, str(badge_for(state).word)) for state in MILESTONES],
    Among.TEMPLATES: lambda: [(slug, _(template.name)) for slug, template in TEMPLATES.items()],
    Among.CLASSES: lambda: _worded(CAUSES),
    Among.FAILURES: lambda: _worded(_FAILURE_WORDS),
    Among.ON_FAILURE: lambda: _worded(_ON_FAILURE_WORDS),
}
_OF_THE_FLOW: Mapping[Among, Callable[[StepChoices], list[Choice]]] = {
    Among.SYSTEMS: _systems,
    Among.EARLIER_MAPS: lambda choices: _steps(choices.earlier("map")),
    Among.EARLIER_LOOKUPS: lambda choices: _steps(choices.earlier("lookup")),
    Among.LATER_STEPS: lambda choices: [*_steps(choices.later), (END, _("It ends here"))],
    Among.EVENTS: lambda choices: [(name, name) for name in list_event_names(choices.flow)],
    Among.FIELDS: lambda choices: _fields(choices.step_type or choices.type_name),
    Among.SOURCES: lambda choices: choices.sources(),
    Among.MADE_FIELDS: lambda choices: _fields(choices.step_type),
    Among.CHECKS: _checks,
    Among.RULES: lambda choices: [(rule.name, capfirst(_(rule.summary))) for rule in rules_for(choices.type_name)],
    Among.CONDITIONS: _conditions,
}
