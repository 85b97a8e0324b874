"""What a chart shows before it is drawn."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.charts import SPARK_HEIGHT, SPARK_WIDTH, Chart, ChartError, Series, spans_chart, spark_bars


def chart(*series: Series) -> Chart:
    """Return a chart of two days."""
    return Chart(name="a", title="Records", kind="line", categories=["Mon", "Tue"], series=series)


def test_the_table_holds_every_figure_and_where_its_rows_are() -> None:
    rows = chart(Series("Written", [3, None], links=["/a", "/b"]), Series("Rejected", [Decimal("1.5"), 0])).rows
    assert [(row.category, [(cell.value, cell.link) for cell in row.cells]) for row in rows] == [
        ("Mon", [(3, "/a"), (Decimal("1.5"), "")]),
        ("Tue", [(None, "/b"), (0, "")]),
    ]


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(Series("Written", [1]), id="too few values"),
        pytest.param(Series("Written", [1, 2, 3]), id="too many values"),
        pytest.param(Series("Written", [1, 2], links=["/a"]), id="a link is missing"),
    ],
)
def test_a_series_that_does_not_fit_the_categories_is_refused_by_name(series: Series) -> None:
    with pytest.raises(ChartError, match="Written"):
        chart(series)


@pytest.mark.parametrize(
    ("values", "empty"),
    [([0, None], True), ([None, None], True), ([0, 1], False), ([Decimal(0), Decimal("0.01")], False)],
)
def test_a_chart_of_nothing_but_zeroes_is_empty(values: list[int | None], empty: bool) -> None:
    assert chart(Series("Written", values)).is_empty is empty


def test_those_who_cannot_see_the_picture_hear_the_latest_and_the_highest_figure() -> None:
    assert chart(Series("Written", [7, 3])).sentence == "Records. Written: latest 3, most 7."


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9), st.decimals(0, 10**6, places=2)), max_size=60))
def test_bars_stay_in_their_box_and_what_is_not_nothing_can_be_seen(values: list[int | Decimal | None]) -> None:
    bars = spark_bars(values)
    assert len(bars) == len(values)
    for bar, value in zip(bars, values, strict=True):
        assert 0 <= bar.x <= bar.x + bar.width <= SPARK_WIDTH + 0.1
        assert 0 <= bar.y <= bar.y + bar.height <= SPARK_HEIGHT + 0.1
        assert bar.height >= (2 if value else 0.5)
    if any(values):
        assert max(bar.height for bar in bars) == SPARK_HEIGHT


@pytest.mark.parametrize(
    ("seconds", "told", "unit"),
    [
        pytest.param([0.04, 1.5], [0.04, 1.5], "s", id="seconds"),
        pytest.param([40.0, 179.0], [40.0, 179.0], "s", id="under three minutes"),
        pytest.param([90.0, 180.0], [1.5, 3.0], "min", id="from three minutes on"),
        pytest.param([3_600.0, 80_000.0], [1.0, 22.2], "h", id="hours"),
        pytest.param([1.0, 80_000.0], [0.1, 22.2], "h", id="what took any time is never nothing"),
        pytest.param([None, 86_400 * 9.0], [None, 9.0], "d", id="days"),
        pytest.param([None, 0], [None, 0], "s", id="nothing"),
    ],
)
def test_spans_are_told_in_the_unit_in_which_the_longest_reads_best(
    seconds: list[float | None], told: list[float | None], unit: str
) -> None:
    shown = spans_chart(chart(Series("Half within", seconds)))
    assert (list(shown.series[0].values), shown.unit) == (told, unit)
