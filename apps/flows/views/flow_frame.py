"""What every page about one flow wears: its head, its tabs, and what may be done with it from here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person
from apps.connectors.models import CircuitBreaker
from apps.flows.forms import PauseForm
from apps.flows.models import Flow, Trigger
from apps.flows.queries.flows import list_breakers_of
from apps.flows.queries.rhythm_words import rhythm_words
from apps.flows.queries.waiting_triggers import Hold, get_hold
from apps.flows.services.environments import SANDBOX
from apps.flows.triggers.schedule import schedule_words


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of a flow's pages."""

    label: str
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class FlowFrame:
    """The head of a flow's pages. `cannot_run` and `cannot_try` say why not, "" when it can be done."""

    flow: Flow
    tabs: list[Tab]
    crumbs: list[dict[str, str]]
    triggers: list[Trigger]
    cannot_run: str
    cannot_try: str
    can_run: bool
    can_edit: bool
    can_see_payloads: bool
    can_retry: bool
    hold: Hold | None
    breakers: list[CircuitBreaker]  # of its connections that are not called just now
    can_see_connections: bool

    @property
    def can_promote(self) -> bool:
        """True when it was tried in a sandbox and can go to production from here."""
        ends = {self.flow.source.environment, self.flow.target.environment}
        return self.can_edit and self.flow.live_version_id is not None and ends == {SANDBOX}

    @property
    def can_ask_to_start(self) -> bool:
        """True for a draft that somebody can ask to start."""
        return self.can_edit and self.flow.state == Flow.State.DRAFT and self.flow.live_version_id is not None

    @property
    def schedule(self) -> Trigger | None:
        """Return what starts the flow by itself, None when nothing does."""
        return next((t for t in self.triggers if t.kind == Trigger.Kind.SCHEDULE), None)

    @property
    def webhooks(self) -> list[Trigger]:
        """Return the addresses at which its source announces changes."""
        return [t for t in self.triggers if t.kind == Trigger.Kind.WEBHOOK]

    @property
    def schedule_words(self) -> str:
        """Return when it runs by itself, in words."""
        return schedule_words(self.schedule)

    @property
    def rhythm_words(self) -> str:
        """Return how often it is seen to move records; "" while too little was seen."""
        return rhythm_words(self.flow)

    @property
    def next_at(self) -> datetime | None:
        """Return when it runs next by itself; None when it does not."""
        return self.schedule.next_at if self.schedule and self.flow.state == Flow.State.LIVE else None


_TABS = ("overview", "health", "mapping", "runs", "versions", "monitors", "reconciliation", "settings")
_ELSEWHERE = {"overview": "flows:flow-detail", "health": "monitoring:flow-health"}


def frame_of(request: HttpRequest, flow: Flow, active: str) -> FlowFrame:
    """Return the frame around the part of a flow's pages called `active`; two queries, two more while the flow is held."""
    who = acting_person(request)
    triggers = Trigger.objects.filter(flow=flow, active=True).select_related("endpoint").order_by("id")
    return FlowFrame(
        flow=flow,
        tabs=[Tab(_tab_words(name), tab_url(flow, name), name == active) for name in _TABS],
        crumbs=crumbs(flow),
        triggers=list(triggers),
        cannot_run=_cannot_run(flow, who),
        cannot_try=_cannot_try(flow, who),
        can_run=who.can(Action.RUN_FLOWS),
        can_edit=who.can(Action.EDIT_FLOWS),
        can_see_payloads=who.can(Action.VIEW_PAYLOADS),
        can_retry=who.can(Action.WORK_CASES),
        hold=get_hold(flow, timezone.now()),
        breakers=list_breakers_of(flow),
        can_see_connections=who.can(Action.VIEW_CONNECTIONS),
    )


def framed(request: HttpRequest, flow: Flow, active: str, **context: Any) -> dict[str, Any]:
    """Return the context of a page in the flow's frame."""
    frame = frame_of(request, flow, active)
    return {"frame": frame, "flow": flow, "pause_form": PauseForm(), **context}


def tab_url(flow: Flow, name: str) -> str:
    """Return where a part of a flow's pages is."""
    return reverse(_ELSEWHERE.get(name, f"flows:flow-{name}"), args=[flow.id])


def _tab_words(name: str) -> str:
    return {
        "overview": _("Overview"),
        "health": _("Health"),
        "mapping": _("Mapping"),
        "runs": _("Runs"),
        "versions": _("Versions"),
        "monitors": _("Monitors"),
        "reconciliation": _("Reconciliation"),
        "settings": _("Settings"),
    }[name]


def crumbs(flow: Flow, *further: str) -> list[dict[str, str]]:
    """Return where a page of a flow stands; `further` are the words after the flow."""
    every = reverse("flows:flow-list")
    trail = [
        {"label": _("Flows"), "url": every},
        {"label": flow.customer.name, "url": f"{every}?customer={flow.customer_id}"},
    ]
    if further:
        trail.append({"label": flow.name, "url": reverse("flows:flow-detail", args=[flow.id])})
    return [*trail, *[{"label": words, "url": ""} for words in further]]


def _cannot_run(flow: Flow, who: Actor) -> str:
    if not who.can(Action.RUN_FLOWS):
        return _("Your role does not include running flows.")
    return {
        Flow.State.DRAFT: _("It is a draft: only live flows run."),
        Flow.State.RETIRED: _("It is retired: only live flows run."),
    }.get(Flow.State(flow.state), "")


def _cannot_try(flow: Flow, who: Actor) -> str:
    if not who.can(Action.RUN_FLOWS):
        return _("Your role does not include running flows.")
    if flow.state == Flow.State.RETIRED:
        return _("It is retired: it will not run any more.")
    return "" if flow.live_version_id else _("Nothing is published yet.")
