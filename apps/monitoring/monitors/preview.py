"""What one monitor saw lately as a picture, and what it would have told with a limit that somebody is only trying."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.flows.models import Flow
from apps.monitoring.models import ExceptionCase, MonitorFigures
from apps.monitoring.monitor_kinds import LEARNED, SHEETS, MonitorKind
from apps.monitoring.monitors.flow_watch import FOUND, kind_of_case
from apps.monitoring.monitors.learning import NOTHING, Learned, Sample, read_learned, read_sample
from apps.monitoring.monitors.monitor_words import value_words
from apps.monitoring.monitors.rules import episodes, limit_of
from apps.tenants.charts import Chart, Series
from apps.tenants.templatetags.wording import date_words, moment_words

LOOKED_BACK = timedelta(days=30)
MOST_POINTS = 60


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that somebody would have been told: since when, until when, and the worst of it in words."""

    began_at: datetime
    ended_at: datetime
    worst: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a monitor would have told in the last 30 days, the latest first; of how many figures, and these as a picture.

    `chart` None: a monitor that counts nothing.
    """

    told: Sequence[Told]
    seen: int
    chart: Chart | None = None


def _read_samples(flow: Flow, kind: MonitorKind, now: datetime) -> tuple[list[Sample], Learned]:
    """Return what a monitor saw in the last 30 days, and what it learned."""
    row = MonitorFigures.objects.filter(flow=flow, kind=kind).first()
    if row is None:
        return [], NOTHING
    samples = [read_sample(one) for one in row.samples]
    return [one for one in samples if one.at >= now - LOOKED_BACK], read_learned(row.learned)


def preview(flow: Flow, kind: MonitorKind, own: float | None, now: datetime) -> Preview:
    """Return what a monitor would have told with this limit; one that counts nothing: what was found."""
    if kind not in LEARNED:
        return _from_cases(flow, kind, now)
    samples, learned = _read_samples(flow, kind, now)
    found = episodes(kind, samples, learned, own)
    told = [Told(one.began_at, one.ended_at, value_words(kind, one.worst)) for one in reversed(found)]
    return Preview(told, len(samples), _chart(kind, samples, learned, own))


def _from_cases(flow: Flow, kind: MonitorKind, now: datetime) -> Preview:
    cases = ExceptionCase.objects.filter(FOUND, flow=flow, opened_at__gte=now - LOOKED_BACK).select_related("run")
    of_kind = [case for case in cases.order_by("-opened_at") if kind_of_case(case) is kind]
    return Preview([Told(case.opened_at, case.closed_at or now, "") for case in of_kind], len(of_kind))


def _chart(kind: MonitorKind, samples: Sequence[Sample], learned: Learned, own: float | None) -> Chart:
    """Return the latest figures with the limit they are held against."""
    shown, size = samples[-MOST_POINTS:], SHEETS[kind].size
    limits = [limit_of(kind, learned, own, one) for one in shown]
    words = date_words if kind is MonitorKind.EMPTY else moment_words
    return Chart(
        name="seen",
        title=_("What it saw in the last 30 days"),
        kind="line",
        categories=[words(one.at) for one in shown],
        series=[
            Series(_(SHEETS[kind].title), [round(one.value / size, 2) for one in shown], "brand"),
            Series(_("Limit"), [round(one / size, 2) if one is not None else None for one in limits], "warning"),
        ],
        unit=_(SHEETS[kind].unit),
        decimals=0 if kind is MonitorKind.EMPTY else 1,
    )
