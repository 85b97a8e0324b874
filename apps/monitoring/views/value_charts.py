"""The pictures of value: time and money month by month, each figure with its rows."""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.monitoring.value.figures import Kind
from apps.monitoring.value.statement import ValueStatement
from apps.monitoring.value.words import KIND_TITLES
from apps.tenants.charts import Chart, Series


def time_chart(months: Sequence[ValueStatement]) -> Chart:
    """Return the hours of typing avoided month by month."""
    return Chart(
        name="value-hours",
        title=KIND_TITLES[Kind.HOURS],
        kind="stacked",
        categories=_categories(months),
        series=[_series(months, Kind.HOURS, "brand")],
        unit=_("h"),
        decimals=2,
        note=_("Records posted, times the minutes that typing one takes."),
    )


def money_chart(months: Sequence[ValueStatement]) -> Chart:
    """Return the money protected month by month, in the currency of the latest; months in another are left out."""
    currency = months[-1].currency
    shown = [one for one in months if one.currency == currency]
    return Chart(
        name="value-money",
        title=_("Money, in %(currency)s") % {"currency": currency},
        kind="line",
        categories=_categories(shown),
        series=[
            _series(shown, Kind.PROTECTED, "success"),
            _series(shown, Kind.WRITE_OFFS, "warning"),
            _series(shown, Kind.LABOUR, "brand"),
        ],
        decimals=2,
        note=_("Months are counted in UTC, like the records behind them."),
    )


def _categories(months: Sequence[ValueStatement]) -> list[str]:
    return [date_format(one.month, "M Y") for one in months]


def _series(months: Sequence[ValueStatement], kind: Kind, tone: str) -> Series:
    lines = [one.line(kind) for one in months]
    return Series(
        KIND_TITLES[kind],
        [line.amount if line else None for line in lines],
        tone,
        [line.url if line else "" for line in lines],
    )
