"""Service levels as people read them, in their language."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.opening import DAY_MINUTES, BusinessHours
from apps.monitoring.sla.terms import USUAL, Promise, Terms
from apps.tenants.templatetags.wording import count_words, duration_words

PROMISE_LABELS = {
    Promise.DETECT: gettext_lazy("Noticed"),
    Promise.ACKNOWLEDGE: gettext_lazy("Taken up"),
    Promise.RESOLVE: gettext_lazy("Resolved"),
    Promise.DELIVERY: gettext_lazy("Delivered"),
    Promise.CUT_OFF: gettext_lazy("Posted by the cut-off"),
}
PROMISE_SENTENCES = {
    Promise.DETECT: gettext_lazy("From a failure until it is noticed."),
    Promise.ACKNOWLEDGE: gettext_lazy("From then until somebody takes it up."),
    Promise.RESOLVE: gettext_lazy("From then until it is resolved."),
    Promise.DELIVERY: gettext_lazy("From reading a record until it has arrived; approvals and exceptions apart."),
    Promise.CUT_OFF: gettext_lazy("Everything that was read by a cut-off is posted by then."),
}
CAUSE_LABELS = {
    PauseCause.CUSTOMER: gettext_lazy("waiting for the customer"),
    PauseCause.PROVIDER: gettext_lazy("waiting for a system's provider"),
    PauseCause.CLOSED: gettext_lazy("closed in between"),
}
_WEEKDAYS = date(2024, 1, 1)  # a Monday


def pace_words(per_hour: int, runs: int) -> str:
    """Return how fast it goes and by what that is told."""
    return _("%(rate)s an hour, by %(runs)s") % {
        "rate": count_words(per_hour) if per_hour >= 1 else _("less than one"),
        "runs": ngettext("%(number)s run", "%(number)s runs", runs) % {"number": count_words(runs)},
    }


def package_words(terms: Terms) -> str:
    """Return the name of what is promised."""
    return _("Usual times") if terms.name == USUAL else terms.name


def span_words(span: timedelta) -> str:
    """Return a length of time as clocks show it, "0 min" for none."""
    seconds = int(span.total_seconds())
    return duration_words(seconds) if seconds >= 60 else _("less than a minute")


def opening_words(hours: BusinessHours) -> list[tuple[str, str]]:
    """Return the week as people read it: each day with its opening times, equal days in a row together."""
    if hours.is_always_open:
        return [(_("Every day"), _("around the clock"))]
    lines: list[tuple[int, int, str]] = []
    for number, times in enumerate(hours.week):
        words = ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in times) or _("closed")
        if lines and lines[-1][2] == words:
            lines[-1] = (lines[-1][0], number, words)
        else:
            lines.append((number, number, words))
    return [(_day(first) if first == last else f"{_day(first)} – {_day(last)}", words) for first, last, words in lines]


def _day(number: int) -> str:
    return date_format(_WEEKDAYS + timedelta(days=number), "l")


def _clock(minutes: int) -> str:
    return "24:00" if minutes == DAY_MINUTES else f"{minutes // 60:02}:{minutes % 60:02}"
