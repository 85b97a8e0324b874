"""Figures and charts as the home page and the customer's page show them: each with where its rows are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.case_words import cause_words
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.queries.sla_board import ClockCounts
from apps.monitoring.queries.trends import HeldCause, MoneyCurve, Span, throughput
from apps.tenants.charts import Chart, Series
from apps.tenants.templatetags.wording import count_words, moment_words, money_words, short_day_words

MOST_CURRENCIES = 4  # drawn in one chart; the others are said in its note
MOST_CAUSES = 8
_TONES = ("brand", "accent", "progress", "neutral")


@dataclass(frozen=True, slots=True)
class Detail:
    """A smaller figure that belongs to a tile, with its own rows."""

    words: str
    link: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its rows behind it; `link` is "" for those who may not see the rows."""

    name: str
    label: str
    number: str
    tone: str = "neutral"
    icon: str = ""
    link: str = ""
    hint: str = ""
    details: tuple[Detail, ...] = ()
    others: tuple[str, ...] = ()  # further numbers of the same kind: other currencies
    line: tuple[Decimal, ...] = ()  # how it went day by day, the oldest first
    moment: datetime | None = None  # shown instead of the number where there is one

    @classmethod
    def counted(cls, name: str, label: str, number: int, *, icon: str, link: str = "", tone: str = "neutral") -> "Tile":
        """Return a tile of a count."""
        return cls(name, label, count_words(number), tone, icon, link)

    def saying(self, hint: str) -> "Tile":
        """Return the same tile with a word below its number."""
        return replace(self, hint=hint)

    def with_details(self, details: "tuple[Detail, ...]") -> "Tile":
        """Return the same tile with smaller figures below."""
        return replace(self, details=details)


def with_query(url: str, **query: object) -> str:
    """Return an address with a query; "" stays ""."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({k: str(v) for k, v in query.items()})}" if url else ""


def sum_words(part: Sum) -> str:
    """Return one currency's sum, with a sign where it is estimated."""
    about = "≈ " if part.quality is Quality.ESTIMATED else ""
    return f"{about}{money_words(part.amount, part.currency)}"


def money_tile(sums: Sequence[Sum], link: str, before: Mapping[str, Decimal] | None = None) -> Tile:
    """Return the money at risk, the largest currency first; `before` is what it was a week ago, by currency."""
    label = _("Money at risk")
    if not sums:
        hint = _("Nothing is held up.")
        return Tile("money", label, _("None"), "success", "coin", link, hint, _trends(sums, before, link))
    first, *others = sums
    records = sum(part.records for part in sums)
    hint = ngettext("in %(number)s record held up", "in %(number)s records held up", records)
    return Tile(
        "money",
        label,
        sum_words(first),
        "danger",
        "coin",
        link,
        hint % {"number": count_words(records)},
        _trends(sums, before, link),
        tuple(sum_words(part) for part in others),
    )


def _trends(sums: Sequence[Sum], before: Mapping[str, Decimal] | None, link: str) -> tuple[Detail, ...]:
    """Return by how much each currency grew within a week; nothing where it stayed."""
    if before is None:
        return ()
    now = {part.currency: part.amount for part in sums}
    found = []
    for currency in dict.fromkeys([*now, *before]):
        grown = now.get(currency, Decimal(0)) - before.get(currency, Decimal(0))
        if not grown:
            continue
        amount = money_words(abs(grown), currency)
        words = _("▲ %(amount)s more than a week ago") if grown > 0 else _("▼ %(amount)s less than a week ago")
        found.append(Detail(words % {"amount": amount}, link, "danger" if grown > 0 else "success"))
    return tuple(found) or (Detail(_("As much as a week ago")),)


def case_tiles(counts: Mapping[str, int], cases: str) -> list[Tile]:
    """Return the open cases with those that are late, due soon or waiting for the customer; each leads to its rows."""
    number = counts.get("open", 0)
    tone = "danger" if number else "success"
    parts = (
        (counts.get("mine", 0), _("%(number)s yours"), "mine", "brand"),
        (counts.get("late", 0), _("%(number)s overdue"), "overdue", "danger"),
        (counts.get("due_soon", 0), _("%(number)s due within 4 hours"), "due_soon", "warning"),
        (counts.get("with_customer", 0), _("%(number)s waiting on the customer"), "customer", "neutral"),
    )
    details = tuple(
        Detail(words % {"number": count_words(many)}, with_query(cases, view=view), colour)
        for many, words, view, colour in parts
        if many
    )
    tile = Tile.counted("cases", _("Open exceptions"), number, icon="alert-triangle", link=cases, tone=tone)
    return [replace(tile, hint="" if details else _("Each is one cause."), details=details)]


def promises_tile(counts: ClockCounts, board: str) -> Tile:
    """Return the promises that were missed or run out soon, and how much time the next one has."""
    tone = "danger" if counts.late else "warning" if counts.due_soon else "success"
    late = with_query(board, view="late")
    tile = Tile.counted("promises", _("Promises missed"), counts.late, icon="hourglass", link=late, tone=tone)
    words = _("%(number)s due within 4 hours") % {"number": count_words(counts.due_soon)}
    soon = (Detail(words, with_query(board, view="soon"), "warning"),) if counts.due_soon else ()
    if not counts.running:
        return tile.saying(_("No promise is under way."))
    if counts.next_due_at is None:
        return tile.saying(_("No other clock is running.")).with_details(soon)
    left = _("the next one runs out %(moment)s") % {"moment": moment_words(counts.next_due_at)}
    return tile.saying(left).with_details(soon)


def last_success_tile(at: datetime | None, link: str) -> Tile:
    """Return when something last got through."""
    label, icon = _("Last success"), "circle-check"
    if at is None:
        return Tile("last-success", label, _("Never"), icon=icon, hint=_("Nothing has been transferred yet."))
    hint = _("when a record last got through")
    return Tile("last-success", label, "", "success", icon, link, hint, moment=at)


def throughput_chart(today: date, days: int, *, customer_id: UUID | None = None) -> Chart:
    """Return the records per day, stacked by what came of them."""
    found = throughput(Span(days, customer_id), today=today)
    labels = (
        ("written", _("Written"), "success"),
        ("unchanged", _("Unchanged"), "neutral"),
        ("skipped", _("Skipped"), "progress"),
        ("rejected", _("Rejected"), "danger"),
    )
    return Chart(
        name="throughput",
        title=_("Records per day"),
        kind="stacked",
        categories=[short_day_words(day) for day in found.days],
        series=[Series(label, found.counts[name], tone) for name, label, tone in labels],
        note=_("Last %(number)d days, by what came of them (days in UTC)") % {"number": days},
    )


def money_chart(curves: Sequence[MoneyCurve], days: Sequence[date]) -> Chart:
    """Return the money at risk day by day, one line per currency."""
    shown = curves[:MOST_CURRENCIES]
    left = ", ".join(money_words(curve.amounts[-1], curve.currency) for curve in curves[MOST_CURRENCIES:])
    note = _("Last %(number)d days, at the end of each day") % {"number": len(days)}
    return Chart(
        name="money",
        title=_("Money at risk"),
        kind="line" if len(shown) > 1 else "area",
        categories=[short_day_words(day) for day in days],
        series=[
            Series(curve.currency, [round(amount, 2) for amount in curve.amounts], tone)
            for curve, tone in zip(shown, _TONES, strict=False)
        ],
        note=f"{note}. {_('Not drawn: %(sums)s') % {'sums': left}}" if left else note,
    )


def causes_chart(causes: Sequence[HeldCause]) -> Chart:
    """Return the records that are held up, by cause, the most first; each bar leads to its exceptions."""
    shown, left = causes[:MOST_CAUSES], sum(cause.records for cause in causes[MOST_CAUSES:])
    note = _("Records that are held up now; each cause leads to its exceptions")
    return Chart(
        name="causes",
        title=_("Failures by cause"),
        kind="bar",
        categories=[cause_words(cause.error_class, cause.error_field) for cause in shown],
        series=[
            Series(
                _("Records"),
                [cause.records for cause in shown],
                "danger",
                [with_query(reverse("monitoring:case-list"), cause=cause.key) for cause in shown],
            )
        ],
        note=f"{note}. {_('Not drawn: %(sums)s') % {'sums': count_words(left)}}" if left else note,
    )
