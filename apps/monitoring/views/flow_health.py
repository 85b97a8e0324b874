"""The part of a flow's pages that shows how it does: its runs, how long they take, what it moves, and what is left."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow, last_success_of
from apps.flows.views.flow_frame import FlowFrame, framed
from apps.monitoring.queries.cut_off_board import Backlog, backlog_of
from apps.monitoring.sla_pages import ClockRow
from apps.monitoring.sla_words import pace_words
from apps.monitoring.telemetry.flow_health import FlowHealth, clocks_of, get_flow_health
from apps.monitoring.views.figures import Detail, Tile, last_success_tile, with_query
from apps.tenants.templatetags.wording import count_words, duration_words

FIGURES = "figures"  # asks for the parts that keep themselves up to date: charts are not among them


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_health(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show how one flow does; the figures ask for themselves again."""
    flow, now, who = get_flow(flow_id), timezone.now(), acting_person(request)
    is_part = FIGURES in request.GET
    health = FlowHealth((), tuple(clocks_of(flow, now))) if is_part else get_flow_health(flow, now)
    clocks = health.clocks
    context = framed(request, flow, "health", clocks=clocks, charts=health.charts, customer_key=str(flow.customer_id))
    context["tiles"] = _tiles(flow, context["frame"], clocks, who, now)
    return render(request, "monitoring/telemetry/flow_health.html", context)


def _tiles(flow: Flow, frame: FlowFrame, clocks: Sequence[ClockRow], who: Actor, now: datetime) -> list[Tile]:
    runs = reverse("flows:flow-runs", args=[flow.id])
    return [
        _backlog_tile(flow, backlog_of(flow.id, now)),
        last_success_tile(last_success_of([flow.id]).get(flow.id), runs),
        _next_tile(flow, frame),
        _promise_tile(flow, clocks, who),
    ]


def _backlog_tile(flow: Flow, left: Backlog) -> Tile:
    records = with_query(reverse("flows:operation-list"), flow=flow.id)
    number = left.ready + left.to_approve + left.blocked
    tone = "danger" if left.blocked else "warning" if number else "success"
    parts = (
        (left.ready, ngettext("%(number)s is on its way", "%(number)s are on their way", left.ready), "waiting", "progress"),
        (left.to_approve, ngettext("%(number)s waits for an approval", "%(number)s wait for an approval", left.to_approve), "waiting", "warning"),
        (left.blocked, ngettext("%(number)s is blocked", "%(number)s are blocked", left.blocked), "rejected", "danger"),
    )  # fmt: skip
    details = [
        Detail(words % {"number": count_words(many)}, with_query(records, state=state), colour)
        for many, words, state, colour in parts
        if many
    ]
    tile = Tile.counted("backlog", _("Not posted yet"), number, icon="inbox", link=records, tone=tone)
    return tile.saying(backlog_words(left)).with_details(tuple(details))


def backlog_words(left: Backlog) -> str:
    """Return when the backlog is expected to be over, and by what that is told."""
    if not left.ready:
        return _("Nothing is on its way just now.")
    if left.seconds is None or left.per_hour is None:
        return _("How long it takes is not known yet: no run was measured in two weeks.")
    minutes = max(1, round(left.seconds / 60))
    return _("over in about %(span)s at the present rate: %(pace)s") % {
        "span": duration_words(minutes * 60),
        "pace": pace_words(left.per_hour, left.runs),
    }


def _next_tile(flow: Flow, frame: FlowFrame) -> Tile:
    label, link = _("Next run"), f"{reverse('flows:flow-settings', args=[flow.id])}#schedule"
    if frame.next_at is None:
        return Tile("next", label, _("None planned"), icon="calendar", link=link, hint=frame.schedule_words)
    return Tile("next", label, "", icon="calendar", link=link, hint=frame.schedule_words, moment=frame.next_at)


def _promise_tile(flow: Flow, clocks: Sequence[ClockRow], who: Actor) -> Tile:
    link = (
        with_query(reverse("monitoring:sla-list"), customer=flow.customer_id) if who.can(Action.VIEW_CUSTOMERS) else ""
    )
    label = _("Time left of promises")
    if not clocks:
        return Tile(
            "promises", label, _("No clock"), "success", "hourglass", link, _("No promise about it is under way.")
        )
    first, late = clocks[0], sum(one.state == "breached" for one in clocks)
    tone = "danger" if late else "warning" if first.at_risk else "neutral"
    hint: dict[str, Any] = {"promise": first.promise, "subject": first.subject}
    return Tile("promises", label, first.left_words, tone, "hourglass", link, _("%(promise)s: %(subject)s") % hint)
