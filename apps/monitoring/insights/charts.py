"""The figures that an insight was judged by, as a picture."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy

from apps.monitoring.insights.found import Cause
from apps.monitoring.models import Insight
from apps.tenants.charts import Chart, Series
from apps.tenants.templatetags.wording import short_day_words

_CHARTS = {
    Cause.LONG_DAY: (gettext_lazy("Hours a day"), "h"),
    Cause.AMOUNT: (gettext_lazy("Amounts before"), ""),
    Cause.VOLUME: (gettext_lazy("Records a day"), ""),
    Cause.BUDGET_HOURS: (gettext_lazy("Hours a week"), "h"),
    Cause.OVERBOOKED: (gettext_lazy("Hours planned a week"), "h"),
}


def chart_of(insight: Insight) -> Chart | None:
    """Return the figures that it was judged by as a picture; None where there are too few to see anything."""
    title, unit = _CHARTS.get(Cause(insight.cause), ("", ""))
    points = insight.facts.get("series") or []
    if not title or len(points) < 3:
        return None
    days = [short_day_words(date.fromisoformat(day)) for day, _value in points]
    values = [Decimal(value) for _day_of, value in points]
    return Chart(
        name="insight",
        title=title,
        kind="bar",
        categories=days,
        series=[Series(title, values)],
        unit=unit or (insight.facts.get("currency") or ""),
        decimals=0 if all(value == value.to_integral_value() for value in values) else 2,
    )
