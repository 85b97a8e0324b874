"""How a system answered hour by hour, as pictures."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.connectors.call_times import CallTimes
from apps.tenants.charts import Chart, Series, spans_chart

Hours = Sequence[tuple[datetime, CallTimes]]


def times_chart(hours: Hours) -> Chart:
    """Return how long calls took, hour by hour: the usual one, and the slowest tenth."""
    return spans_chart(
        Chart(
            name="provider-times",
            title=_("How long an answer takes"),
            kind="line",
            categories=_labels(hours),
            series=[
                Series(_("Half answered within"), [_seconds(times.within(0.5)) for _hour, times in hours], "brand"),
                Series(_("Nine of ten within"), [_seconds(times.within(0.9)) for _hour, times in hours], "warning"),
            ],
            note=_("Measured at every call; told to within the next step of a scale."),
        )
    )


def calls_chart(hours: Hours) -> Chart:
    """Return the calls hour by hour, by what came of them."""
    well = [times.calls - times.failed - times.limited for _hour, times in hours]
    return Chart(
        name="provider-calls",
        title=_("Calls an hour"),
        kind="stacked",
        categories=_labels(hours),
        series=[
            Series(_("Answered"), well, "success"),
            Series(_("Came too often"), [times.limited for _hour, times in hours], "warning"),
            Series(_("Failed"), [times.failed for _hour, times in hours], "danger"),
        ],
    )


def _labels(hours: Hours) -> list[str]:
    return [date_format(timezone.localtime(hour), "H:i") for hour, _times in hours]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 2)
