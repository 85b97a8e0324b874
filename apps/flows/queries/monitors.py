"""What is watched about one flow, and how each of it stands now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.connectors.models import Connection
from apps.flows.engine.states import OperationState, RunState
from apps.flows.models import Flow, Operation, Reconciliation, Run
from apps.tenants.templatetags.wording import duration_words

# As in monitoring: a run may be half a rhythm late before anyone is told.
_PATIENCE = 1.5


@dataclass(frozen=True, slots=True)
class Monitor:
    """One thing that is watched. `state` is a state for the badge with its `word`; `since` since when it is so."""

    name: str
    title: str
    rule: str
    state: str
    word: str
    found: str
    since: datetime | None = None
    url: str = ""


def list_monitors(flow: Flow, now: datetime) -> list[Monitor]:
    """Return everything that is watched about a flow, by itself; five queries."""
    # Comparisons move nothing, and have a card of their own.
    runs = Run.objects.filter(flow=flow).exclude(mode__in=(Run.Mode.COMPARE, Run.Mode.RECONCILE))
    ended = runs.filter(finished_at__isnull=False).exclude(state=RunState.CANCELLED).first()
    waiting = runs.filter(state=RunState.WAITING).exclude(error_class="").first()
    counted = Operation.objects.filter(flow_id=flow.id, state__in=[OperationState.REJECTED, OperationState.WAITING])
    blocked = dict(counted.order_by().values_list("state").annotate(Count("id")))
    return [
        _silence(flow, ended, now),
        _failed(ended),
        _blocked(flow, blocked.get(OperationState.REJECTED, 0)),
        _held_up(waiting, blocked.get(OperationState.WAITING, 0), flow),
        _both_sides(flow),
        *(_connection(connection) for connection in (flow.source, flow.target)),
    ]


def _silence(flow: Flow, ended: Run | None, now: datetime) -> Monitor:
    title = _("Silence")
    every = flow.expected_every_seconds
    last = ended.finished_at if ended else None
    found = _("The last run ended") if last else _("It has not run yet")
    if not every:
        return Monitor("silence", title, _("Nobody is told when it does not run."), "inactive", _("Off"), found, last)
    rule = _("A run is expected every %(span)s; half as much again is waited for.") % {"span": duration_words(every)}
    since = last or flow.created_at
    late = flow.state == Flow.State.LIVE and now > since + timedelta(seconds=every * _PATIENCE)
    state, word = ("red", _("Overdue")) if late else ("green", _("In time"))
    if flow.state != Flow.State.LIVE:
        state, word = "inactive", _("Not while it is not live")
    return Monitor("silence", title, rule, state, word, found, last)


def _failed(ended: Run | None) -> Monitor:
    rule = _("A run that fails as a whole opens an exception; the next good run closes it.")
    if ended is not None and ended.state == RunState.FAILED:
        url = reverse("flows:run-detail", args=[ended.id])
        return Monitor(
            "failed", _("Failed runs"), rule, "red", _("Failed"), ended.error_message, ended.finished_at, url
        )
    return Monitor("failed", _("Failed runs"), rule, "green", _("Fine"), _("The latest run did not fail."))


def _blocked(flow: Flow, number: int) -> Monitor:
    rule = _("Each record that is refused opens an exception, grouped by cause, with its money.")
    if not number:
        return Monitor("blocked", _("Blocked records"), rule, "green", _("Fine"), _("No record is blocked."))
    words = ngettext("%(number)s record is blocked.", "%(number)s records are blocked.", number) % {"number": number}
    url = f"{reverse('flows:operation-list')}?flow={flow.id}&state=rejected"
    return Monitor("blocked", _("Blocked records"), rule, "red", _("Blocked"), words, None, url)


def _held_up(run: Run | None, number: int, flow: Flow) -> Monitor:
    rule = _("A run that waits for a system in vain for the third time opens an exception; it still goes on by itself.")
    title = _("Held up")
    if run is not None:
        url = reverse("flows:run-detail", args=[run.id])
        return Monitor("held-up", title, rule, "amber", _("Waiting"), run.error_message, run.started_at, url)
    if number:
        words = ngettext(
            "%(number)s record is tried again by itself.", "%(number)s records are tried again by themselves.", number
        )
        url = f"{reverse('flows:operation-list')}?flow={flow.id}&state=waiting"
        return Monitor("held-up", title, rule, "amber", _("Waiting"), words % {"number": number}, None, url)
    return Monitor("held-up", title, rule, "green", _("Fine"), _("Nothing waits for a system."))


def _both_sides(flow: Flow) -> Monitor:
    title = _("Both sides")
    rule = _("Each night both systems are compared; what nothing explains opens an exception.")
    url = reverse("flows:flow-reconciliation", args=[flow.id])
    last = Reconciliation.objects.filter(flow=flow, finished_at__isnull=False).order_by("-id").first()
    if last is None:
        return Monitor("both-sides", title, rule, "grey", _("Not yet"), _("Nothing was compared yet."), None, url)
    if last.unexplained:
        words = ngettext("%(number)s record is unexplained.", "%(number)s records are unexplained.", last.unexplained)
        found = words % {"number": last.unexplained}
        return Monitor("both-sides", title, rule, "red", _("Unexplained"), found, last.finished_at, url)
    found = _("Nothing was unexplained when they were compared last.")
    return Monitor("both-sides", title, rule, "green", _("Fine"), found, last.finished_at, url)


def _connection(connection: Connection) -> Monitor:
    title = _("Connection %(name)s") % {"name": connection.name}
    rule = _("A sign-in that expires, or a system that refuses us, marks the connection at once.")
    url = reverse("connectors:connection-detail", args=[connection.id])
    bad = connection.state in (Connection.State.ATTENTION, Connection.State.DISABLED)
    found = connection.state_reason if bad else _("It answered last")
    return Monitor(
        f"connection-{connection.id}",
        title,
        rule,
        connection.state,
        "",
        found or _("It needs attention."),
        connection.last_success_at,
        url,
    )
