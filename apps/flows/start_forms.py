"""What else starts a flow, and what holds it back: quiet times, cut-offs, and what other flows say."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.flows.models import Trigger
from apps.flows.triggers.blackouts import NONE, BlackoutError, Blackouts, build_blackouts, parse_span
from apps.tenants.templatetags.wording import duration_words

_WINDOWS = ("first", "second")
_AHEAD = (15, 30, 60, 120, 240, 480)
_DAYS = list(WEEKDAYS_ABBR.items())


class StartsForm(forms.Form):
    """Quiet times (two windows of the week), minutes before a cut-off, and the event of another flow."""

    first_span = forms.CharField(
        label=_("Nothing starts from"),
        required=False,
        max_length=20,
        help_text=_("For example 18:00-06:00. What comes meanwhile waits for the end. Empty: no quiet time."),
    )
    first_days = forms.TypedMultipleChoiceField(
        label=_("On"), coerce=int, choices=_DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    second_span = forms.CharField(label=_("And from"), required=False, max_length=20)
    second_days = forms.TypedMultipleChoiceField(
        label=_("On"), coerce=int, choices=_DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    quiet_zone = forms.CharField(label=_("On the clock of"), required=False, max_length=64)
    before_cut_off = forms.TypedChoiceField(
        label=_("Before each cut-off"), coerce=int, required=False, empty_value=None
    )
    event_name = forms.ChoiceField(label=_("When another flow says"), required=False)

    def __init__(
        self,
        *args: Any,
        blackouts: Blackouts = NONE,
        before_cut_off: int | None = None,
        listens_to: str = "",
        event_names: Iterable[str] = (),
        zone: str = "UTC",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", _initial(blackouts, before_cut_off, listens_to, zone))
        super().__init__(*args, **kwargs)
        self.blackouts = blackouts
        self._kept = blackouts.windows[len(_WINDOWS) :]
        ahead = sorted({*_AHEAD, before_cut_off or _AHEAD[0]})
        self.fields["before_cut_off"].choices = [  # type: ignore[attr-defined]
            (0, _("not")),
            *[(minutes, gettext("%(span)s before") % {"span": duration_words(minutes * 60)}) for minutes in ahead],
        ]
        names = sorted({*event_names, *([listens_to] if listens_to else [])})
        self.fields["event_name"].choices = [("", _("not")), *[(name, name) for name in names]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Turn what was typed into quiet times, or say at its field what is wrong."""
        cleaned: dict[str, Any] = super().clean() or {}
        windows = [window for name in _WINDOWS if (window := self._window(name)) is not None]
        if self.errors:
            return cleaned
        windows += [(one.days, one.since, one.until) for one in self._kept]
        zone = cleaned.get("quiet_zone") or str(self.initial.get("quiet_zone", "UTC"))
        try:
            self.blackouts = build_blackouts(zone, windows)
        except BlackoutError as wrong:
            self.add_error("quiet_zone" if not windows else "first_span", str(wrong))
        return cleaned

    def _window(self, name: str) -> tuple[frozenset[int], time, time] | None:
        span, days = self.cleaned_data.get(f"{name}_span", ""), self.cleaned_data.get(f"{name}_days", [])
        if not span.strip():
            return None
        try:
            since, until = parse_span(span)
        except BlackoutError as wrong:
            self.add_error(f"{name}_span", str(wrong))
            return None
        if not days and f"{name}_days" not in self.errors:
            self.add_error(f"{name}_days", gettext("Choose at least one day."))
        return frozenset(days), since, until


def _initial(blackouts: Blackouts, before_cut_off: int | None, listens_to: str, zone: str) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "quiet_zone": blackouts.zone if blackouts.windows else zone,
        "before_cut_off": before_cut_off or 0,
        "event_name": listens_to,
    }
    for name, window in zip(_WINDOWS, blackouts.windows, strict=False):
        initial[f"{name}_span"] = f"{window.since:%H:%M}-{window.until:%H:%M}"
        initial[f"{name}_days"] = sorted(window.days)
    return initial


def starts_form(
    data: Any, *, blackouts: Blackouts, triggers: Iterable[Trigger], names: Iterable[str], zone: str
) -> StartsForm:
    """Return the form of a flow with these triggers; `data` is what was sent, None to show what is."""
    every = list(triggers)
    schedule = next((one for one in every if one.kind == Trigger.Kind.SCHEDULE), None)
    listening = next((one for one in every if one.kind == Trigger.Kind.EVENT), None)
    return StartsForm(
        data,
        blackouts=blackouts,
        before_cut_off=schedule.before_cut_off_minutes if schedule else None,
        listens_to=listening.event_name if listening else "",
        event_names=names,
        zone=zone,
    )
