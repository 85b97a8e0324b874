"""The pictures of the reports: what each shows, and where the rows behind a figure are."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.queries.reports import Speed, Stretch, Volume, sample_of
from apps.monitoring.queries.risk import RiskCurve
from apps.monitoring.queries.trends import Cause, MoneyCurve
from apps.tenants.charts import Chart, Series, spans_chart
from apps.tenants.templatetags.wording import count_words, money_words, short_day_words

MOST_CURRENCIES = 4  # drawn in one picture; the others are said in its note
MOST_CAUSES = 8
_TONES = ("brand", "accent", "progress", "neutral")
RowsOf = Callable[..., str]


def throughput_chart(found: Volume, stretches: Sequence[Stretch], rows: RowsOf, *, for_customer: bool = False) -> Chart:
    """Return the records of each day or week by what came of them; each figure leads to its rows."""
    counts, weekly = found.of(stretches), _are_weeks(stretches)
    posted = [rows("arrived", since=one.first, until=one.last) for one in stretches]
    held = [rows("held_back", since=one.first, until=one.last) for one in stretches]
    said = _("By what came of them, in weeks up to the last day") if weekly else _("By what came of them")
    in_utc = (
        _("By what came of them, in weeks up to the last day; days are counted in UTC")
        if weekly
        else _("By what came of them; days are counted in UTC")
    )
    return Chart(
        name="throughput",
        title=_("Records per week") if weekly else _("Records per day"),
        kind="stacked",
        categories=[_stretch_words(one) for one in stretches],
        series=[
            Series(_("Posted"), counts["written"], "success", posted),
            Series(_("There already"), counts["unchanged"], "neutral"),
            Series(_("Left out"), counts["skipped"], "progress"),
            Series(_("Held back"), counts["rejected"], "danger", held),
        ],
        note=said if for_customer else in_utc,
    )


def _are_weeks(stretches: Sequence[Stretch]) -> bool:
    return any(one.first != one.last for one in stretches)


def _stretch_words(one: Stretch) -> str:
    """Return "21 Nov", of a week "15 Nov to 21 Nov"."""
    if one.first == one.last:
        return short_day_words(one.last)
    return _("%(first)s to %(last)s") % {"first": short_day_words(one.first), "last": short_day_words(one.last)}


def money_chart(curves: Sequence[MoneyCurve], stretches: Sequence[Stretch]) -> Chart:
    """Return the money held up at the end of each day or week, one line per currency."""
    shown = curves[:MOST_CURRENCIES]
    left = ", ".join(money_words(curve.amounts[-1], curve.currency) for curve in curves[MOST_CURRENCIES:])
    note = _("At the end of each week") if _are_weeks(stretches) else _("At the end of each day")
    ends = [(one.last - stretches[0].first).days for one in stretches]
    return Chart(
        name="money",
        title=_("Money held up"),
        kind="line" if len(shown) > 1 else "area",
        categories=[short_day_words(one.last) for one in stretches],
        series=[
            Series(curve.currency, [round(curve.amounts[at], 2) for at in ends], tone)
            for curve, tone in zip(shown, _TONES, strict=False)
        ],
        note=f"{note}. {_('Not drawn: %(sums)s') % {'sums': left}}" if left else note,
    )


def risk_chart(curve: RiskCurve) -> Chart:
    """Return a customer's money at risk at the end of each day in its own currency, by how sure it is."""
    said = []
    if curve.left:
        sums = ", ".join(money_words(amount, currency) for currency, amount in curve.left.items())
        said.append(_("Without a rate, so not drawn: %(sums)s.") % {"sums": sums})
    if curve.unknown_records:
        words = ngettext("%(count)s record has no amount.", "%(count)s records have no amount.", curve.unknown_records)
        said.append(words % {"count": count_words(curve.unknown_records)})
    return Chart(
        name="risk",
        title=_("Money at risk, in %(currency)s") % {"currency": curve.currency},
        kind="stacked",
        categories=[short_day_words(point.day) for point in curve.points],
        series=[
            Series(_("Known"), [point.known for point in curve.points], "danger"),
            Series(_("Estimated"), [point.estimated for point in curve.points], "warning"),
        ],
        note=" ".join([_("At the end of each day; a record counts once."), *said]),
        decimals=2,
    )


def causes_chart(causes: Sequence[Cause], words: Callable[[str], str], link: Callable[[str], str]) -> Chart:
    """Return the records that were held back, by reason, the most first."""
    shown = causes[:MOST_CAUSES]
    return Chart(
        name="causes",
        title=_("Held back, by reason"),
        kind="bar",
        categories=[words(cause.error_class) for cause in shown],
        series=[
            Series(
                _("Records"),
                [cause.records for cause in shown],
                "danger",
                [link(cause.error_class) for cause in shown],
            )
        ],
        note=_("Each record counts once for each reason, settled since or not"),
    )


def speed_chart(found: Sequence[Speed], rows: RowsOf) -> Chart:
    """Return how long records took from being read to being posted: the usual time, and that of the slow tenth."""
    stretches = [one.stretch for one in found]
    links = [rows("arrived", since=one.first, until=one.last) for one in stretches]
    return spans_chart(
        Chart(
            name="speed",
            title=_("Time until posted"),
            kind="line",
            categories=[_stretch_words(one) for one in stretches],
            series=[
                Series(_("Usual"), [one.median_seconds for one in found], "brand", links),
                Series(_("Slowest tenth"), [one.slow_seconds for one in found], "warning", links),
            ],
            note=_("From reading to posting; by the latest %(number)d records of each day")
            % {"number": sample_of(stretches)},
        )
    )
