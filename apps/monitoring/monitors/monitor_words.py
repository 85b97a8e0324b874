"""Figures of monitors as people read them, in their language."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitors.learning import LEAST_DAYS, LEAST_RUNS, Learned, Sample
from apps.monitoring.monitors.rules import limit_of
from apps.monitoring.shares import percent
from apps.tenants.templatetags.wording import count_words, duration_words


def value_words(kind: MonitorKind, value: float) -> str:
    """Return one figure: a span, a share or a number of records."""
    if kind is MonitorKind.PARTIAL:
        return percent(value)
    if kind in (MonitorKind.EMPTY, MonitorKind.CUT_OFF):
        number = round(value)
        return ngettext("%(number)s record", "%(number)s records", number) % {"number": count_words(number)}
    return duration_words(round(value) if value >= 1 else 0)


def usual_words(kind: MonitorKind, learned: Learned, weekday: int) -> str:
    """Return what is usual; of what counts by days, on that weekday. "" while too little was seen."""
    usual = learned.days.get(weekday) if kind is MonitorKind.EMPTY else learned.usual
    if usual is None:
        return ""
    if kind is MonitorKind.PARTIAL and usual.high == 0:
        return _("usually none")
    if kind is MonitorKind.BACKLOG and usual.high < 1:
        return _("usually it begins at once")
    if kind in (MonitorKind.PARTIAL, MonitorKind.BACKLOG):
        return _("usually up to %(high)s") % {"high": value_words(kind, usual.high)}
    low = count_words(round(usual.low)) if kind is MonitorKind.EMPTY else value_words(kind, usual.low)
    span = {"low": low, "high": value_words(kind, usual.high)}
    return _("usually %(low)s to %(high)s") % span


def limit_words(kind: MonitorKind, learned: Learned, own: float | None, sample: Sample) -> str:
    """Return beyond what somebody is told, and who says so; "" while nothing is known."""
    limit = limit_of(kind, learned, own, sample)
    if limit is None or (kind is MonitorKind.EMPTY and limit <= 0):
        return ""
    words = {"limit": value_words(kind, limit)}
    if kind is MonitorKind.EMPTY:
        return _("tells below %(limit)s (own limit)") % words if own else _("tells below %(limit)s (learned)") % words
    if own is not None:
        return _("tells beyond %(limit)s (own limit)") % words
    if learned.usual is None:
        return _("tells beyond %(limit)s until it has learned") % words
    return _("tells beyond %(limit)s (learned)") % words


def learning_words(kind: MonitorKind, learned: Learned) -> str:
    """Return how much of what it needs to learn was seen."""
    if kind is MonitorKind.EMPTY:
        seen = {"seen": learned.seen, "least": LEAST_DAYS}
        return _("It still learns: %(seen)d of %(least)d days seen.") % seen
    return _("It still learns: %(seen)d of %(least)d runs seen.") % {"seen": learned.seen, "least": LEAST_RUNS}
