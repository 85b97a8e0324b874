"""When a flow runs by itself, and after how long somebody is told that it did not."""

import re
from collections.abc import Callable
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.flows.forms import SCHEDULES
from apps.flows.models import Trigger
from apps.flows.triggers.calendar import (
    LAST_DAY,
    LONGEST,
    MOST_TIMES,
    WORKING_DAYS,
    Calendar,
    CalendarError,
    as_simple,
    build_cron,
    interval_words,
    read_calendar,
    require_zone,
)
from apps.tenants.templatetags.wording import duration_words

_WAYS = (
    ("none", _("Not by itself")),
    ("interval", _("Every so often")),
    ("weekdays", _("At times of the week")),
    ("month", _("On a day of the month")),
    ("cron", _("Advanced: a cron rule")),
)
_MONTH_DAYS = [(LAST_DAY, _("the last day")), *[(day, str(day)) for day in range(1, 29)]]
_SILENCES = (
    (0, _("Nobody is told")),
    (3600, _("after an hour")),
    (4 * 3600, _("after 4 hours")),
    (12 * 3600, _("after 12 hours")),
    (24 * 3600, _("after a day")),
    (3 * 24 * 3600, _("after 3 days")),
    (7 * 24 * 3600, _("after a week")),
    (31 * 24 * 3600, _("after a month")),
)


class ScheduleForm(forms.Form):
    """When a flow runs by itself: never, every so often, or at the times of a calendar."""

    way = forms.ChoiceField(label=_("It runs"), choices=_WAYS, widget=forms.RadioSelect)
    every_seconds = forms.TypedChoiceField(label=_("Every"), coerce=int, choices=SCHEDULES[1:], required=False)
    times = forms.CharField(
        label=_("At"),
        required=False,
        max_length=60,
        help_text=_("One time or several, for example 07:00 or 07:00, 13:30"),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"),
        coerce=int,
        choices=list(WEEKDAYS_ABBR.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    month_times = forms.CharField(label=_("At"), required=False, max_length=60, help_text=_("For example 06:00"))
    day = forms.TypedChoiceField(label=_("On day"), coerce=int, choices=_MONTH_DAYS, required=False)
    cron = forms.CharField(
        label=_("Rule"),
        required=False,
        max_length=LONGEST,
        help_text=_(
            "Minute, hour, day of the month, month, weekday: 0 7 * * 1-5 is every weekday at 07:00. Several rules are parted by a semicolon."
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    zone = forms.CharField(label=_("On the clock of"), required=False, max_length=64)

    def __init__(self, *args: Any, trigger: Trigger | None = None, zone: str = "UTC", **kwargs: Any) -> None:
        kwargs.setdefault("initial", _schedule_initial(trigger, zone))
        super().__init__(*args, **kwargs)
        self.calendar: Calendar | None = None
        now = trigger.every_seconds if trigger else None
        if now and now not in dict(SCHEDULES):
            self.fields["every_seconds"].choices = [(now, interval_words(now)), *SCHEDULES[1:]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Turn what was chosen into a calendar, or say at its field what is missing."""
        cleaned: dict[str, Any] = super().clean() or {}
        way = cleaned.get("way")
        if way == "interval" and not cleaned.get("every_seconds") and "every_seconds" not in self.errors:
            self.add_error("every_seconds", gettext("Choose how often it runs from the list."))
        if way == "weekdays":
            if not cleaned.get("weekdays") and "weekdays" not in self.errors:
                self.add_error("weekdays", gettext("Choose at least one day."))
            self._read("times", lambda: build_cron(self._times("times"), weekdays=cleaned.get("weekdays") or ()))
        elif way == "month":
            day = cleaned.get("day")
            self._read(
                "month_times", lambda: build_cron(self._times("month_times"), day=day if isinstance(day, int) else 1)
            )
        elif way == "cron":
            self._read("cron", lambda: cleaned.get("cron", ""))
        return cleaned

    def _times(self, name: str) -> list[time]:
        typed = [one for one in re.split(r"[\s,;]+", self.cleaned_data.get(name, "")) if one]
        if not typed:
            raise CalendarError(gettext("Write at which time, for example 07:00."))
        if len(typed) > MOST_TIMES:
            raise CalendarError(gettext("At most %(most)s times a day.") % {"most": MOST_TIMES})
        return [_time(one) for one in typed]

    def _read(self, name: str, build: Callable[[], str]) -> None:
        zone = self.cleaned_data.get("zone") or str(self.initial.get("zone", "UTC"))
        try:
            require_zone(zone)
        except CalendarError as wrong:
            self.add_error("zone", str(wrong))
            return
        try:
            self.calendar = read_calendar(build(), zone)
        except CalendarError as wrong:
            self.add_error(name, str(wrong))


def _time(text: str) -> time:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text)
    if found is None:
        raise CalendarError(gettext("“%(text)s” is no time of day: write it as 07:00.") % {"text": text[:20]})
    return time(int(found[1]), int(found[2]))


def _schedule_initial(trigger: Trigger | None, zone: str) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "way": "none",
        "every_seconds": 900,
        "times": "07:00",
        "month_times": "06:00",
        "weekdays": sorted(WORKING_DAYS),
        "day": 1,
        "zone": zone,
    }
    if trigger is None or not (trigger.cron or trigger.every_seconds):
        return initial
    if not trigger.cron:
        return {**initial, "way": "interval", "every_seconds": trigger.every_seconds}
    initial |= {"cron": trigger.cron, "zone": trigger.zone}
    simple = as_simple(trigger.cron)
    if simple is None:
        return {**initial, "way": "cron"}
    times = ", ".join(f"{one:%H:%M}" for one in simple.times)
    if simple.day is not None:
        return {**initial, "way": "month", "month_times": times, "day": simple.day}
    return {**initial, "way": "weekdays", "times": times, "weekdays": sorted(simple.weekdays)}


class ExpectationForm(forms.Form):
    """After how long without a run somebody is told."""

    expected_every_seconds = forms.TypedChoiceField(label=_("Tell us when nothing has run"), coerce=int)

    def __init__(self, *args: Any, now: int | None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"expected_every_seconds": now or 0})
        super().__init__(*args, **kwargs)
        known = dict(_SILENCES)
        own = [] if (now or 0) in known else [(now, gettext("after %(span)s") % {"span": duration_words(now)})]
        self.fields["expected_every_seconds"].choices = [*_SILENCES[:1], *own, *_SILENCES[1:]]  # type: ignore[attr-defined]
