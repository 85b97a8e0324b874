"""A flow's last month as pictures: what came of its records, how long runs took, and why records were stopped."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Aggregate, Count, F, FloatField, Sum
from django.db.models.functions import Extract, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowDay, Operation, Run
from apps.flows.queries.causes import cause_words
from apps.flows.queries.operation_list import since_id
from apps.tenants.charts import Chart, Series, spans_chart
from apps.tenants.templatetags.states import badge_for
from apps.tenants.templatetags.wording import short_day_words

CHART_DAYS = 30
MOST_CAUSES = 8
OUTCOMES = (("written", "success"), ("unchanged", "neutral"), ("skipped", "progress"), ("rejected", "danger"))


class _Percentile(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, share: float) -> None:
        super().__init__(expression, share=share, output_field=FloatField())


def get_flow_charts(flow: Flow, today: date) -> list[Chart]:
    """Return the charts of a flow's page."""
    days = [today - timedelta(back) for back in reversed(range(CHART_DAYS))]
    return [throughput_of_days(flow, days), speed_of_days(flow, days), _failures(flow, days[0])]


def throughput_of_days(flow: Flow, days: list[date]) -> Chart:
    """Return a flow's records day by day, by what came of them. One query."""
    names = [name for name, _tone in OUTCOMES]
    sums = FlowDay.objects.filter(flow=flow, day__gte=days[0]).order_by().values("day")
    found: dict[date, Any] = {row["day"]: row for row in sums.annotate(**{f"{name}_sum": Sum(name) for name in names})}
    return Chart(
        name="throughput",
        title=_("Records a day, by what came of them"),
        kind="stacked",
        categories=[short_day_words(day) for day in days],
        series=[
            Series(
                badge_for(name).word,
                [found.get(day, {}).get(f"{name}_sum") or 0 for day in days],
                tone,
                [_records_of(flow, day, name) for day in days],
            )
            for name, tone in OUTCOMES
        ],
    )


def _records_of(flow: Flow, day: date, state: str) -> str:
    asked = {"flow": flow.id, "state": state, "since": day.isoformat(), "until": day.isoformat()}
    return f"{reverse('flows:operation-list')}?{urlencode(asked)}"


def speed_of_days(flow: Flow, days: list[date]) -> Chart:
    """Return how long a flow's runs took from their trigger until all was delivered, day by day. One query."""
    start = datetime.combine(days[0], time(), tzinfo=timezone.get_current_timezone())
    ended = Run.objects.filter(flow=flow, id__gte=since_id(start), finished_at__isnull=False, written__gt=0)
    took = Extract(F("finished_at") - F("event__received_at"), "epoch")
    rows = ended.order_by().annotate(day=TruncDate("finished_at"), took=took).values("day")
    found = {row["day"]: row for row in rows.annotate(median=_Percentile("took", 0.5), slow=_Percentile("took", 0.9))}
    return spans_chart(
        Chart(
            name="speed",
            title=_("From trigger to delivered"),
            kind="line",
            categories=[short_day_words(day) for day in days],
            series=[
                Series(_("Half of the runs within"), [_figure(found, day, "median") for day in days], "brand"),
                Series(_("Nine of ten within"), [_figure(found, day, "slow") for day in days], "accent"),
            ],
            note=_("Runs that delivered something."),
        )
    )


def _figure(found: dict[date, Any], day: date, name: str) -> float | None:
    row = found.get(day)
    return None if row is None else row[name]


def _failures(flow: Flow, first: date) -> Chart:
    start = datetime.combine(first, time(), tzinfo=timezone.get_current_timezone())
    blocked = Operation.objects.filter(flow_id=flow.id, state=OperationState.REJECTED, id__gte=since_id(start))
    counts: defaultdict[str, int] = defaultdict(int)
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for error_class, code, number in blocked.order_by().values_list("error_class", "error_code").annotate(Count("id")):
        counts[error_class] += number
        codes[error_class].add(code)
    shown = sorted(counts.items(), key=lambda pair: -pair[1])[:MOST_CAUSES]
    asked = {"flow": flow.id, "state": "rejected", "since": first.isoformat()}
    return Chart(
        name="failures",
        title=_("Blocked records, by cause"),
        kind="bar",
        # A class that one business rule alone refused for is called as the rule is.
        categories=[cause_words(name, *(codes[name] if len(codes[name]) == 1 else ())) for name, _number in shown],
        series=[
            Series(
                _("Records"),
                [number for _class, number in shown],
                "danger",
                [
                    f"{reverse('flows:operation-list')}?{urlencode({**asked, 'cause': error_class} if error_class else asked)}"
                    for error_class, _number in shown
                ],
            )
        ],
    )
