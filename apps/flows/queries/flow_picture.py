"""A flow's steps as a picture: what passed each of them lately, what left there, and what is stuck."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.flows.engine.definition import DefinitionError, FlowDefinition, Step, parse_definition
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.models import Flow, FlowDay, Operation, OperationStep
from apps.flows.queries.operation_list import since_id
from apps.flows.queries.step_words import ledger_name, step_icon, step_title, step_words

PERIODS = (1, 7, 30)


@dataclass(frozen=True, slots=True)
class Exit:
    """Records that a step let through or let go, and where they are listed; `url` "" leads nowhere."""

    label: str
    count: int
    url: str
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a deciding step may go on instead of the next one: `words` are read, `to` is the step's name or "" for the end."""

    words: str
    to: str


@dataclass(frozen=True, slots=True)
class PicturedStep:
    """One step: what it does in words, what came of records there, and how many are stuck in it.

    In the editor each step is also a place to go to: `url`, whether it `is_current`, how many `problems` it has.
    """

    kind: str
    title: str
    words: str
    icon: str
    exits: list[Exit]
    stuck: Exit | None
    name: str = ""
    ways: list[Way] = field(default_factory=list)
    url: str = ""
    is_current: bool = False
    problems: int = 0


@dataclass(frozen=True, slots=True)
class FlowPicture:
    """A flow's steps with the figures of some days up to today; `days` 1 is today alone."""

    steps: list[PicturedStep]
    days: int
    stuck: int


def get_flow_picture(flow: Flow, days: int, today: date) -> FlowPicture:
    """Return the steps of the flow's live version; no steps when nothing readable is published."""
    definition = definition_of(flow)
    if definition is None:
        return FlowPicture([], days, 0)
    first = today - timedelta(days - 1)
    link = _Links(flow, first)
    walked = _walked(flow, first, link) if definition.walks else {}
    figures = _Figures(_sums(flow, first), stuck_by_step(flow, first), walked, link)
    steps = [_pictured(step, flow, definition, figures) for step in definition.steps]
    return FlowPicture(steps, days, sum(figures.stuck.values()))


def definition_of(flow: Flow) -> FlowDefinition | None:
    """Return what the live version says, None when nothing readable is published."""
    if flow.live_version is None:
        return None
    try:
        return parse_definition(flow.live_version.definition)
    except DefinitionError:
        return None


def _sums(flow: Flow, first: date) -> Mapping[str, int]:
    names = ("read", "written", "unchanged", "skipped")
    found = FlowDay.objects.filter(flow=flow, day__gte=first).aggregate(**{name: Sum(name) for name in names})
    return {name: found[name] or 0 for name in names}


def stuck_by_step(flow: Flow, first: date) -> dict[str, int]:
    """Return how many records read since `first` are blocked at each step, now."""
    start = datetime.combine(first, time(), tzinfo=timezone.get_current_timezone())
    blocked = Operation.objects.filter(flow_id=flow.id, state=OperationState.REJECTED, id__gte=since_id(start))
    return dict(blocked.order_by().values_list("step").annotate(Count("id")))


def _walked(flow: Flow, first: date, link: "_Links") -> dict[str, list[Exit]]:
    """Return what came of walking records at each step: how many passed it since `first`, how many wait there now."""
    start = datetime.combine(first, time(), tzinfo=timezone.get_current_timezone())
    rows = OperationStep.objects.filter(flow_id=flow.id, position__gt=0).order_by()
    passed = rows.filter(state=StepState.DONE, changed_at__gte=start).values_list("name").annotate(Count("id"))
    exits = {name: [Exit(_("done"), number, "")] for name, number in passed}
    waiting = Operation.objects.filter(
        customer_id=flow.customer_id, flow_id=flow.id, state=OperationState.WAITING
    ).order_by()
    for name, number in waiting.values_list("step").annotate(Count("id")):
        # However long they have waited: an approval may take longer than the days shown.
        exits.setdefault(name, []).append(Exit(_("waiting"), number, link.now(state="waiting", step=name), "warning"))
    return exits


class _Links:
    """Addresses of the flow's records that the figures count."""

    def __init__(self, flow: Flow, first: date) -> None:
        self.base = {"flow": str(flow.id), "since": first.isoformat()}

    def to(self, **filters: str) -> str:
        return f"{reverse('flows:operation-list')}?{urlencode({**self.base, **filters})}"

    def now(self, **filters: str) -> str:
        return f"{reverse('flows:operation-list')}?{urlencode({'flow': self.base['flow'], **filters})}"


@dataclass(frozen=True, slots=True)
class _Figures:
    """What came of a flow's records: in sum, stuck at each step, and at each walking step."""

    sums: Mapping[str, int]
    stuck: Mapping[str, int]
    walked: Mapping[str, list[Exit]]
    link: _Links


def _pictured(step: Step, flow: Flow, definition: FlowDefinition, figures: _Figures) -> PicturedStep:
    link = figures.link
    name, words = ledger_name(step), step_words(step, flow.source.name, flow.target.name, definition)
    number = figures.stuck.get(name, 0)
    blocked = Exit(_("blocked"), number, link.to(state="rejected", step=name), "danger") if number else None
    # What was written is said once: at the last step.
    kind = "deliver" if step is definition.steps[-1] else step.kind if step.options is None else ""
    exits = [*_exits(kind, figures.sums, link), *figures.walked.get(name, [])]
    ways = ways_of(step, definition)
    return PicturedStep(step.kind, step_title(step), words, step_icon(step.kind), exits, blocked, name, ways)


def _exits(kind: str, sums: Mapping[str, int], link: _Links) -> list[Exit]:
    if kind == "extract":
        return [Exit(_("read"), sums["read"], link.to())]
    if kind == "check":
        return [Exit(_("not for this flow"), sums["skipped"], link.to(state="skipped"))]
    if kind == "deliver":
        return [
            Exit(_("written"), sums["written"], link.to(state="written"), "success"),
            Exit(_("unchanged"), sums["unchanged"], link.to(state="unchanged")),
        ]
    return []


def pictured_plainly(definition: FlowDefinition, source: str, target: str) -> list[PicturedStep]:
    """Return the steps of a definition without figures, for a template that runs nowhere yet."""
    steps = []
    for step in definition.steps:
        words, ways = step_words(step, source, target, definition), ways_of(step, definition)
        icon, name = step_icon(step.kind), ledger_name(step)
        steps.append(PicturedStep(step.kind, step_title(step), words, icon, [], None, name, ways))
    return steps


def ways_of(step: Step, definition: FlowDefinition) -> list[Way]:
    """Return where a deciding step may go on instead of the next one."""
    if not isinstance(step.options, DecideOptions):
        return []
    titles = {other.name: step_title(other) for other in definition.walk}
    answers = ((step.options.then, _("yes")), (step.options.otherwise, _("no")))
    return [_way(answer, to, titles) for to, answer in answers if to]


def _way(answer: str, to: str, titles: Mapping[str, str]) -> Way:
    if to == END:
        return Way(_("%(answer)s: it ends here") % {"answer": answer}, "")
    return Way(_("%(answer)s: on to “%(step)s”") % {"answer": answer, "step": titles.get(to, to)}, to)
