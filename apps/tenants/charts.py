"""What a chart shows, before anything is drawn: its table of figures, a sentence for those who cannot see it, sparklines (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

Kind = Literal["line", "area", "bar", "stacked", "donut"]
Figure = int | float | Decimal | None
Words = str | Promise  # a lazy translation is fine too

# Names and lengths of the units spans are told in; a unit is taken from so many of it on.
_SPANS = ((86_400, gettext_noop("d")), (3_600, gettext_noop("h")), (60, gettext_noop("min")), (1, gettext_noop("s")))
_SPAN_FROM = 3

SPARK_WIDTH, SPARK_HEIGHT, SPARK_GAP = 100.0, 24.0, 0.25


class ChartError(ValueError):
    """The figures do not fit together. Names the series."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures, one per category; None where there is none. `links` leads from a figure to its rows."""

    label: Words
    values: Sequence[Figure]
    tone: str = "brand"  # brand, accent, success, warning, danger, progress or neutral
    links: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and its table. `name` is an id, unique on the page; `unit` stands behind every figure.

    Raises:
        ChartError: a series has another number of values or links than there are categories.

    """

    name: str
    title: Words
    kind: Kind
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    note: Words = ""
    decimals: int = 0

    def __post_init__(self) -> None:
        wanted = len(self.categories)
        for one in self.series:
            if len(one.values) != wanted or (one.links is not None and len(one.links) != wanted):
                raise ChartError(f"{self.name}: {one.label} needs {wanted} values, one for each category.")

    @property
    def rows(self) -> list["ChartRow"]:
        """Return the table: a row for each category, a cell for each series."""
        return [
            ChartRow(
                category,
                [ChartCell(one.values[at], one.links[at] if one.links else "") for one in self.series],
            )
            for at, category in enumerate(self.categories)
        ]

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw: no figure, or nothing but zeroes."""
        return not any(value for one in self.series for value in one.values)

    @property
    def sentence(self) -> str:
        """Return what the picture says, for those who hear it."""
        parts = [str(self.title)]
        for one in self.series:
            known = [value for value in one.values if value is not None]
            if known:
                words = {"label": one.label, "last": self._said(known[-1]), "most": self._said(max(known))}
                parts.append(_("%(label)s: latest %(last)s, most %(most)s") % words)
        return ". ".join(parts) + "."

    def _said(self, value: Figure) -> str:
        return f"{value} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class ChartCell:
    """One figure of the table and where its rows are."""

    value: Figure
    link: str = ""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One category of the table."""

    category: str
    cells: list[ChartCell]


@dataclass(frozen=True, slots=True)
class SparkBar:
    """One bar of a sparkline, in the units of a box of 100 by 24."""

    x: float
    y: float
    width: float
    height: float


def spans_chart(chart: Chart) -> Chart:
    """Return a chart of seconds in the unit in which its longest span reads best; what took any time is never nothing."""
    longest = max((float(value) for one in chart.series for value in one.values if value), default=0.0)
    size, unit = next((span for span in _SPANS if longest >= _SPAN_FROM * span[0]), _SPANS[-1])
    decimals = 2 if longest < 10 * size else 1

    def told(value: Figure) -> Figure:
        return max(round(float(value) / size, decimals), 10**-decimals) if value else value

    series = [replace(one, values=[told(value) for value in one.values]) for one in chart.series]
    return replace(chart, series=series, unit=_(unit), decimals=decimals)


def spark_bars(values: Sequence[Figure]) -> list[SparkBar]:
    """Return one bar for each value, the largest as high as the box; what is not nothing is never invisible."""
    if not values:
        return []
    most = max((float(value) for value in values if value), default=0.0)
    step = SPARK_WIDTH / len(values)
    bars = []
    for at, value in enumerate(values):
        share = max(float(value or 0), 0.0) / most if most else 0.0
        height = max(round(share * SPARK_HEIGHT, 2), 2.0) if share else 0.75
        bars.append(
            SparkBar(
                x=round(at * step + step * SPARK_GAP / 2, 2),
                y=round(SPARK_HEIGHT - height, 2),
                width=round(step * (1 - SPARK_GAP), 2),
                height=height,
            )
        )
    return bars
