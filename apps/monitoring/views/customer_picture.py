"""The picture of a customer's systems and flows, ready to be drawn: each box with its words, its state and its rows."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.monitoring.landscape import Box, Route
from apps.monitoring.queries.customer_page import CustomerOverview, FlowEdge, SystemNode
from apps.monitoring.views.figures import with_query

# How each state of a flow is shown: icon, word, tone. The line's own style is in the style sheet, under the same name.
MARKS = {
    "running": ("loader-2", gettext_lazy("Running"), "progress"),
    "flowing": ("circle-check", gettext_lazy("Flowing"), "success"),
    "held": ("alert-triangle", gettext_lazy("Partly held up"), "warning"),
    "stopped": ("circle-x", gettext_lazy("Stopped"), "danger"),
    "paused": ("player-pause", gettext_lazy("Paused"), "warning"),
    "draft": ("pencil", gettext_lazy("Draft"), "neutral"),
    "idle": ("circle-dashed", gettext_lazy("Nothing yet"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A state of a flow: `name` is its line's style, the rest how it is told without a line."""

    name: str
    icon: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class DrawnSystem:
    """A system's box; `link` is "" for those who may not see connections."""

    node: SystemNode
    box: Box
    link: str


@dataclass(frozen=True, slots=True)
class DrawnFlow:
    """A flow's box and line, with the names of its ends for the list that says the same."""

    id: str
    name: str
    source: str
    target: str
    mark: Mark
    reason: str
    today: int
    blocked: int
    last_success_at: datetime | None
    box: Box
    route: Route
    link: str
    runs_link: str
    cases_link: str


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """The whole picture; `legend` holds the states that occur in it."""

    width: int
    height: int
    systems: tuple[DrawnSystem, ...]
    flows: tuple[DrawnFlow, ...]
    legend: tuple[Mark, ...]


def build_picture(found: CustomerOverview, who: Actor) -> DrawnPicture:
    """Return the picture as `who` may see it."""
    names = {node.id: node.name for node in found.systems}
    return DrawnPicture(
        width=found.picture.width,
        height=found.picture.height,
        systems=tuple(_system(node, found, who) for node in found.systems),
        flows=tuple(_flow(edge, found, names, who) for edge in found.flows),
        legend=tuple(mark(name) for name in found.marks),
    )


def mark(name: str) -> Mark:
    """Return how a state of a flow is shown."""
    icon, word, tone = MARKS[name]
    return Mark(name, icon, str(word), tone)


def _system(node: SystemNode, found: CustomerOverview, who: Actor) -> DrawnSystem:
    link = reverse("connectors:connection-detail", args=[node.id]) if who.can(Action.VIEW_CONNECTIONS) else ""
    return DrawnSystem(node, found.picture.systems[node.id], link)


def _flow(edge: FlowEdge, found: CustomerOverview, names: dict[str, str], who: Actor) -> DrawnFlow:
    cases = reverse("monitoring:case-list") if who.can(Action.VIEW_CASES) else ""
    runs = reverse("flows:run-list") if who.can(Action.VIEW_RUNS) else ""
    return DrawnFlow(
        id=edge.id,
        name=edge.name,
        source=names[edge.source],
        target=names[edge.target],
        mark=mark(edge.mark),
        reason=edge.reason,
        today=edge.today,
        blocked=edge.blocked,
        last_success_at=edge.last_success_at,
        box=found.picture.flows[edge.id],
        route=found.picture.routes[edge.id],
        link=reverse("flows:flow-detail", args=[edge.id]) if who.can(Action.VIEW_FLOWS) else "",
        runs_link=with_query(runs, flow=edge.id),
        cases_link=with_query(cases, flow=edge.id),
    )
