"""A learned rhythm as people say it: "usually every 15 minutes on working days, 08:00 to 18:00, Europe/Berlin"."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.flows.engine.rhythm import Rhythm, read_rhythm
from apps.flows.models import Flow
from apps.flows.triggers.calendar import EVERY_DAY, WORKING_DAYS, interval_words, listed

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def rhythm_words(flow: Flow) -> str:
    """Return a flow's learned rhythm, "" while too little was seen."""
    rhythm = read_rhythm(flow.rhythm)
    if rhythm is None:
        return ""
    every = interval_words(_rounded(rhythm.gap_seconds))
    words = {"every": every[:1].lower() + every[1:], "days": _days(rhythm), "zone": rhythm.zone}
    if rhythm.whole_days:
        return _("usually %(every)s, %(days)s") % words
    hours = {"since": _clock(rhythm.since_minute), "until": _clock(rhythm.until_minute)}
    return _("usually %(every)s, %(days)s, %(since)s to %(until)s, %(zone)s") % {**words, **hours}


def _days(rhythm: Rhythm) -> str:
    if rhythm.days == EVERY_DAY:
        return _("on all days")
    if rhythm.days == WORKING_DAYS:
        return _("on working days")
    return _("on %(days)s") % {"days": listed([str(WEEKDAYS[day]) for day in sorted(rhythm.days)])}


def _rounded(seconds: int) -> int:
    """Return a wait as people would say it: to the minute below an hour, to the hour below a day, then to the day."""
    for unit, below in ((1, _MINUTE), (_MINUTE, _HOUR), (_HOUR, _DAY), (_DAY, None)):
        whole = max(1, round(seconds / unit)) * unit
        if below is None or whole < below:
            return whole
    return seconds


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
