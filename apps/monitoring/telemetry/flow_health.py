"""One flow's health in figures and pictures: read from its runs, its day rollups and its exceptions, never from the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, Sum
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors.call_times import start_of_hour
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Run
from apps.flows.queries.flow_charts import CHART_DAYS, MOST_CAUSES, OUTCOMES, speed_of_days, throughput_of_days
from apps.monitoring.case_words import cause_words
from apps.monitoring.models import SlaClock
from apps.monitoring.queries.ledger_rows import id_at
from apps.monitoring.queries.reports import ReportSpan, causes_of
from apps.monitoring.queries.sla_rows import clock_rows, with_subjects
from apps.monitoring.sla_pages import ClockRow
from apps.tenants.charts import Chart, Series, spans_chart
from apps.tenants.templatetags.states import badge_for
from apps.tenants.templatetags.wording import moment_words

RUNS_SHOWN = 60
HOURS_SHOWN = 48
CLOCKS_SHOWN = 5
_RESULTS = (
    (RunState.CLEAN, gettext_lazy("Clean"), "success"),
    (RunState.PARTIAL, gettext_lazy("Partial"), "warning"),
    (RunState.FAILED, gettext_lazy("Failed"), "danger"),
    (RunState.EMPTY, gettext_lazy("Empty"), "neutral"),
    (RunState.CANCELLED, gettext_lazy("Cancelled"), "progress"),
)


@dataclass(frozen=True, slots=True)
class FlowHealth:
    """A flow's pictures, and the promises under way about it, what runs out first on top."""

    charts: tuple[Chart, ...]
    clocks: tuple[ClockRow, ...]


def get_flow_health(flow: Flow, now: datetime) -> FlowHealth:
    """Return what the flow's health page shows. Eight queries, however much the flow moves."""
    today = timezone.localtime(now).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    charts = (
        _runs(flow),
        speed_of_days(flow, days),
        throughput_of_days(flow, days),
        _hours(flow, now),
        _causes(flow, now),
    )
    return FlowHealth(charts, tuple(clocks_of(flow, now)))


def clocks_of(flow: Flow, now: datetime) -> list[ClockRow]:
    """Return the promises under way about a flow or its exceptions, what runs out first on top; at most CLOCKS_SHOWN."""
    about = SlaClock.objects.filter(Q(flow=flow) | Q(case__flow=flow), stopped_at__isnull=True)
    return clock_rows(with_subjects(about).order_by(F("due_at").asc(nulls_last=True), "id")[:CLOCKS_SHOWN], now)


def _runs(flow: Flow) -> Chart:
    """Return the last ended runs as bars as long as they took, each leading to its run."""
    ended = Run.objects.filter(flow=flow, finished_at__isnull=False).order_by("-id")
    told = ended.values_list("id", "state", "created_at", "started_at", "finished_at")[:RUNS_SHOWN]
    runs = list(reversed(told))
    links = [reverse("flows:run-detail", args=[run_id]) for run_id, *_rest in runs]
    seconds = [_took(started or created, finished) for _id, _state, created, started, finished in runs]
    return spans_chart(
        Chart(
            name="health-runs",
            title=_("The last runs, by result"),
            kind="stacked",
            categories=[moment_words(created) for _id, _state, created, *_rest in runs],
            series=[
                Series(
                    label,
                    [took if told == state else None for (_id, told, *_rest), took in zip(runs, seconds, strict=True)],
                    tone,
                    links,
                )
                for state, label, tone in _RESULTS
            ],
            note=_("As high as a run took long; each bar leads to its run. At most %(number)d runs.")
            % {"number": RUNS_SHOWN},
        )
    )


def _took(started: datetime, finished: datetime | None) -> float:
    # A run that took no time at all is still a run: its bar stays visible.
    return max((finished - started).total_seconds(), 0.1) if finished else 0.1


def _hours(flow: Flow, now: datetime) -> Chart:
    """Return the records of the last two days hour by hour, as the runs that ended in each hour counted them."""
    first = start_of_hour(now) - timedelta(hours=HOURS_SHOWN - 1)
    # A run may take long: one that ended within the hours began a day before them at most.
    ended = Run.objects.filter(flow=flow, id__gte=id_at(first - timedelta(days=1)), finished_at__gte=first)
    by_hour = ended.order_by().annotate(hour=TruncHour("finished_at", tzinfo=UTC)).values("hour")
    sums = by_hour.annotate(**{f"{name}_sum": Sum(name) for name, _tone in OUTCOMES})
    found: dict[datetime, Any] = {row["hour"]: row for row in sums}
    hours = [first + timedelta(hours=number) for number in range(HOURS_SHOWN)]
    return Chart(
        name="health-hours",
        title=_("Records an hour, by what came of them"),
        kind="stacked",
        categories=[moment_words(hour) for hour in hours],
        series=[
            Series(badge_for(name).word, [found.get(hour, {}).get(f"{name}_sum") or 0 for hour in hours], tone)
            for name, tone in OUTCOMES
        ],
        note=_("Counted when their run ended; the last 48 hours."),
    )


def _causes(flow: Flow, now: datetime) -> Chart:
    """Return what records were held back for in the last days, settled since or not; each leads to its records."""
    span = ReportSpan(now.date() - timedelta(days=CHART_DAYS - 1), now.date(), None, flow.id)
    shown = causes_of(span)[:MOST_CAUSES]
    return Chart(
        name="health-causes",
        title=_("Held back, by cause"),
        kind="bar",
        categories=[cause_words(cause.error_class, "") for cause in shown],
        series=[
            Series(
                _("Records"),
                [cause.records for cause in shown],
                "danger",
                [_held_back(flow, span, cause.error_class) for cause in shown],
            )
        ],
        note=_("Each record counts once for each cause, settled since or not; the last %(number)d days.")
        % {"number": CHART_DAYS},
    )


def _held_back(flow: Flow, span: ReportSpan, reason: str) -> str:
    asked = {"flow": flow.id, "what": "held_back", "reason": reason, "since": span.since, "until": span.until}
    return f"{reverse('monitoring:report-records')}?{urlencode(asked)}"
