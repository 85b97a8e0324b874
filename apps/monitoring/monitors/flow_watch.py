"""All monitors of one flow as rows of its page: how each stands, what is usual, what it found lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.connectors.models import Connection
from apps.customers.models import CutOff
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Reconciliation
from apps.flows.monitor_directory import FoundRow, Watch, WatchedRow
from apps.flows.queries.rhythm_words import rhythm_words
from apps.monitoring.case_words import sentence_words, title_words
from apps.monitoring.models import ExceptionCase, Monitor, MonitorFigures
from apps.monitoring.monitor_kinds import LEARNED, SHEETS, MonitorKind, kind_of_failure
from apps.monitoring.monitor_switches import is_off
from apps.monitoring.monitors.figures import read_figures
from apps.monitoring.monitors.learning import NOTHING, Sample, read_sample
from apps.monitoring.monitors.monitor_words import learning_words, limit_words, usual_words, value_words
from apps.monitoring.monitors.rules import FlowFigures, judge
from apps.tenants.templatetags.wording import count_words, date_words, duration_words

PICTURED = 30
MOST_FOUND = 10
# What monitors find, among all exceptions: not those of single records, save what both sides disagree about.
FOUND = Q(run__isnull=False) | Q(
    error_class__in={
        name for kind, sheet in SHEETS.items() if kind is not MonitorKind.FAILED for name in sheet.classes
    },
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read about one flow."""

    flow: Flow
    figures: FlowFigures
    silenced: Mapping[MonitorKind, MonitorKind]
    cases: Mapping[MonitorKind, ExceptionCase]
    monitors: Mapping[MonitorKind, Monitor]
    samples: Mapping[MonitorKind, Sequence[Sample]]
    now: datetime


def watch_of(flow: Flow, now: datetime) -> Watch:
    """Return everything that is watched about a flow; some fourteen queries."""
    (read,) = read_figures(now, Flow.objects.filter(id=flow.id))
    known = _Known(
        flow=flow,
        figures=read.figures,
        silenced=judge(read.figures, now).silenced,
        cases=_open_cases(flow),
        monitors={MonitorKind(row.kind): row for row in read.monitors},
        samples={
            MonitorKind(row.kind): [read_sample(one) for one in row.samples[-PICTURED:]]
            for row in MonitorFigures.objects.filter(flow=flow)
        },
        now=now,
    )
    return Watch([_row(kind, known) for kind in MonitorKind], _found_lately(flow))


def kind_of_case(case: ExceptionCase) -> MonitorKind:
    """Return which monitor found what a case is about."""
    for kind, sheet in SHEETS.items():
        if kind is not MonitorKind.FAILED and case.error_class in sheet.classes and case.run is None:
            return kind
    held_up = case.run is not None and case.run.state == RunState.WAITING
    return kind_of_failure(case.error_class, held_up=held_up)


def _open_cases(flow: Flow) -> dict[MonitorKind, ExceptionCase]:
    cases = ExceptionCase.objects.filter(FOUND, flow=flow).exclude(state=ExceptionCase.State.CLOSED)
    return {kind_of_case(case): case for case in cases.select_related("run").order_by("-id")}


def _found_lately(flow: Flow) -> list[FoundRow]:
    cases = ExceptionCase.objects.filter(FOUND, flow=flow).select_related("run").order_by("-opened_at", "-id")
    return [
        FoundRow(
            title=title_words(case.title, case.error_class),
            sentence=sentence_words(case.explanation, case.error_class),
            url=reverse("monitoring:case-detail", args=[case.id]),
            found_at=case.opened_at,
            closed_at=case.closed_at,
            how=str(case.get_closed_how_display()) if case.closed_how else "",
        )
        for case in cases[:MOST_FOUND]
    ]


def _row(kind: MonitorKind, known: _Known) -> WatchedRow:
    sheet, row = SHEETS[kind], known.monitors.get(kind)
    learned, samples = known.figures.learned.get(kind, NOTHING), known.samples.get(kind, [])
    own = row.own_limit if row else None
    looked_at = samples[-1] if samples else Sample(known.now, 0.0)
    plain = WatchedRow(
        name=kind.value,
        title=_(sheet.title),
        rule=_(sheet.rule),
        state="green",
        word=_("Fine"),
        found="",
        usual=_usual(kind, known, looked_at),
        limit=limit_words(kind, learned, own, looked_at) if kind in LEARNED else "",
        current=value_words(kind, looked_at.value) if samples else "",
        values=[sample.value for sample in samples],
    )
    return _stood(kind, known, _DETAILS.get(kind, _nothing)(known, plain))


def _usual(kind: MonitorKind, known: _Known, sample: Sample) -> str:
    if kind is MonitorKind.OVERDUE:
        every = known.flow.expected_every_seconds
        words = _("A run is expected every %(span)s") % {"span": duration_words(every)} if every else ""
        return "; ".join(filter(None, (words, rhythm_words(known.flow))))
    return usual_words(kind, known.figures.learned.get(kind, NOTHING), sample.at.weekday())


def _stood(kind: MonitorKind, known: _Known, row: WatchedRow) -> WatchedRow:
    """Return the row with how the monitor stands: off, found something, silenced, learning or fine."""
    monitor, case = known.monitors.get(kind), known.cases.get(kind)
    if monitor is not None and is_off(monitor, known.now):
        return replace(row, state="inactive", word=_off_word(monitor), note=_off_note(monitor))
    if case is not None:
        return replace(
            row,
            state="red",
            word=_("Found"),
            found=row.found if row.state == "red" else sentence_words(case.explanation, case.error_class),
            since=case.opened_at,
            url=reverse("monitoring:case-detail", args=[case.id]),
        )
    if known.flow.state != Flow.State.LIVE:
        return replace(row, state="inactive", word=_("Not while it is not live"))
    if (cause := known.silenced.get(kind)) is not None:
        words = _("It says nothing now: “%(monitor)s” has found why.") % {"monitor": _(SHEETS[cause].title)}
        return replace(row, state="grey", word=_("Silent"), note=words)
    if kind in LEARNED and not row.usual:
        words = learning_words(kind, known.figures.learned.get(kind, NOTHING))
        return replace(row, state="grey", word=_("Learning"), note=words)
    return row


def _off_word(monitor: Monitor) -> str:
    if monitor.is_on and monitor.paused_until is not None:
        return _("Paused until %(day)s") % {"day": date_words(monitor.paused_until)}
    return _("Off")


def _off_note(monitor: Monitor) -> str:
    return _("%(who)s: %(why)s") % {"who": monitor.changed_by, "why": monitor.reason}


def _nothing(_known: _Known, row: WatchedRow) -> WatchedRow:
    return row


def _failed(known: _Known, row: WatchedRow) -> WatchedRow:
    return replace(row, found=_("The latest run did not fail.") if known.figures.last else _("It has not run yet."))


def _connections(known: _Known, row: WatchedRow) -> WatchedRow:
    states = [_connection(one, known) for one in (known.flow.source, known.flow.target)]
    worst = next((one for one in states if one.state != "green"), states[0])
    return replace(worst, title=row.title, rule=row.rule, name=row.name)


def _connection(connection: Connection, known: _Known) -> WatchedRow:
    is_bad = connection.state in (Connection.State.ATTENTION, Connection.State.DISABLED)
    is_away = MonitorKind.CONNECTION in known.figures.causes
    words = {"name": connection.name, "why": connection.state_reason or _("it needs attention")}
    found = _("%(name)s: %(why)s") % words if is_bad else _("%(name)s answered last") % words
    if is_away and not is_bad:
        found = _("A system is not called just now: what waits goes on by itself.")
    return WatchedRow(
        name="",
        title="",
        rule="",
        state="red" if is_bad or is_away else "green",
        word=_("Found") if is_bad or is_away else _("Fine"),
        found=found,
        since=connection.last_success_at,
        url=reverse("connectors:connection-detail", args=[connection.id]),
    )


def _both_sides(known: _Known, row: WatchedRow) -> WatchedRow:
    url = reverse("flows:flow-reconciliation", args=[known.flow.id])
    last = Reconciliation.objects.filter(flow=known.flow, finished_at__isnull=False).order_by("-id").first()
    if last is None:
        return replace(row, state="grey", word=_("Not yet"), found=_("Nothing was compared yet."), url=url)
    if not last.unexplained:
        found = _("Nothing was unexplained when they were compared last.")
        return replace(row, found=found, since=last.finished_at, url=url)
    words = ngettext("%(number)s record is unexplained.", "%(number)s records are unexplained.", last.unexplained)
    return replace(
        row,
        state="red",
        word=_("Unexplained"),
        found=words % {"number": count_words(last.unexplained)},
        since=last.finished_at,
        url=url,
    )


def _cut_offs(known: _Known, row: WatchedRow) -> WatchedRow:
    rules = CutOff.objects.filter(customer_id=known.flow.customer_id).select_related("customer")
    at, name = min(((one.next_at(known.now), one.name) for one in rules), default=(None, ""))
    if at is None:
        return replace(row, found=_("The customer has no cut-offs."))
    return replace(
        row, current=name, since=at, url=reverse("monitoring:cut-off-list"), found=_("Next: %(name)s") % {"name": name}
    )


_DETAILS = {
    MonitorKind.FAILED: _failed,
    MonitorKind.CONNECTION: _connections,
    MonitorKind.UNEXPLAINED: _both_sides,
    MonitorKind.CUT_OFF: _cut_offs,
}
