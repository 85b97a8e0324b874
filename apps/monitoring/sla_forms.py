"""What people type about service levels: packages and calendars."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.accounts.stale_check import StaleCheck
from apps.connectors.errors import BusinessClass
from apps.customers.forms import time_zone_choices
from apps.monitoring.blame import Severity, verdict_for
from apps.monitoring.models import BusinessCalendar, SlaPolicy
from apps.monitoring.queries.sla_suggested import Suggested, as_package
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand
from apps.monitoring.sla.opening import DAY_MINUTES, BusinessHours, Minutes
from apps.monitoring.sla.public_days import countries
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import Package, hours_of_calendar, package_of

MOST_MINUTES = 60 * 24 * 60
PARTICULAR = 4  # kinds of failure that may have a time of their own
BANDS = 3
MOST_OWN_DAYS = 200
_SPAN = re.compile(r"^\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,5})\s*(?:m|min))?\s*$", re.IGNORECASE)
_OPENING = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")
_DAYS = (
    ("monday", gettext_lazy("Monday")),
    ("tuesday", gettext_lazy("Tuesday")),
    ("wednesday", gettext_lazy("Wednesday")),
    ("thursday", gettext_lazy("Thursday")),
    ("friday", gettext_lazy("Friday")),
    ("saturday", gettext_lazy("Saturday")),
    ("sunday", gettext_lazy("Sunday")),
)


class SpanField(forms.Field):
    """A length of time as hours and minutes, "4h 30m"; its value is minutes, None for nothing."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> int | None:
        """Return the minutes. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        found = _SPAN.match(text)
        if found is None or not any(found.groups()):
            raise forms.ValidationError(_("Write hours and minutes, for example 4h, 45m or 4h 30m."))
        minutes = int(found.group(1) or 0) * 60 + int(found.group(2) or 0)
        if minutes > MOST_MINUTES:
            raise forms.ValidationError(_("At most 1440h: choose a shorter time."))
        return minutes

    def prepare_value(self, value: Any) -> Any:
        """Return minutes as people type them; what was typed stays."""
        if not isinstance(value, int):
            return value
        hours, minutes = divmod(value, 60)
        return " ".join(
            part for part in (f"{hours}h" if hours else "", f"{minutes}m" if minutes or not hours else "") if part
        )


class PolicyForm(StaleCheck, forms.Form):
    """A service package: what it promises, what stops its clocks, what a missed promise gives back."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("For example Gold."))
    summary = forms.CharField(label=gettext_lazy("For whom"), max_length=200, required=False)
    detect = SpanField(
        label=gettext_lazy("Noticed within"),
        required=False,
        help_text=gettext_lazy("From a failure until it is an exception. Empty promises nothing."),
    )
    acknowledge_high = SpanField(label=gettext_lazy("Taken up within, urgent"), required=False)
    acknowledge_normal = SpanField(label=gettext_lazy("Taken up within, usual"), required=False)
    acknowledge_low = SpanField(label=gettext_lazy("Taken up within, not urgent"), required=False)
    resolve_high = SpanField(label=gettext_lazy("Resolved within, urgent"))
    resolve_normal = SpanField(label=gettext_lazy("Resolved within, usual"))
    resolve_low = SpanField(label=gettext_lazy("Resolved within, not urgent"))
    delivery = SpanField(
        label=gettext_lazy("Delivered within"),
        required=False,
        help_text=gettext_lazy("From reading a record until it has arrived; approvals and exceptions do not count."),
    )
    cut_off = forms.TypedChoiceField(
        label=gettext_lazy("Posted by the customer's cut-offs"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", gettext_lazy("Not promised")),
            ("0", gettext_lazy("By the cut-off itself")),
            ("60", gettext_lazy("An hour before it")),
            ("240", gettext_lazy("4 hours before it")),
            ("1440", gettext_lazy("A day before it")),
        ],
    )
    pauses = forms.MultipleChoiceField(
        label=gettext_lazy("The clock stands still while it waits"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (PauseCause.CUSTOMER.value, gettext_lazy("for the customer")),
            (PauseCause.PROVIDER.value, gettext_lazy("for a system's provider")),
        ],
    )
    cap_percent = forms.DecimalField(
        label=gettext_lazy("At most, in percent of the month's fee"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=100,
        help_text=gettext_lazy("What all of a month's missed promises give back together."),
    )

    def __init__(
        self, *args: Any, policy: SlaPolicy | None = None, suggested: Sequence[Suggested] = (), **kwargs: Any
    ) -> None:
        package = package_of(policy) if policy else as_package(suggested) if suggested else None
        super().__init__(*args, initial=_package_values(package) if package else {}, **kwargs)
        classes = [(str(known), _(verdict_for(known).title)) for known in BusinessClass]
        for number in range(1, PARTICULAR + 1):
            self.fields[f"class_{number}"] = forms.ChoiceField(
                label=_("Kind of failure %(number)d") % {"number": number},
                required=False,
                choices=[("", _("None")), *sorted(classes, key=lambda pair: pair[1])],
            )
            self.fields[f"class_time_{number}"] = SpanField(label=_("Resolved within"), required=False)
        for number in range(1, BANDS + 1):
            self.fields[f"late_{number}"] = SpanField(label=_("From so late on"), required=False)
            self.fields[f"percent_{number}"] = forms.DecimalField(
                label=_("Percent of the month's fee"), required=False, min_value=0, max_value=100, decimal_places=2
            )
        if policy is None:
            self._say_whose(suggested)

    def _say_whose(self, suggested: Sequence[Suggested]) -> None:
        """Say at each field that starts with a suggested time whose suggestion that is."""
        particular = 0
        for one in suggested:
            names = [str(one.target.promise)]
            if one.target.business_class:
                particular += 1
                names = [f"class_time_{particular}"]
            elif one.target.promise is Promise.RESOLVE:
                names = [f"resolve_{severity}" for severity in Severity]
            for name in names:
                if name in self.fields:
                    words = _("Suggested by the template “%(name)s”.") % {"name": one.template}
                    self.fields[name].help_text = f"{words} {self.fields[name].help_text or ''}".strip()

    def clean(self) -> dict[str, Any]:
        """Refuse halves: a kind of failure without a time, a credit without a percentage."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._require_pairs(cleaned, "class_", "class_time_", PARTICULAR)
        self._require_pairs(cleaned, "late_", "percent_", BANDS)
        for names in ([f"class_{n}" for n in range(1, PARTICULAR + 1)], [f"late_{n}" for n in range(1, BANDS + 1)]):
            seen = set()
            for name in names:
                value = cleaned.get(name)
                if value in ("", None):
                    continue
                if value in seen:
                    self.add_error(name, _("This is there already: choose another."))
                seen.add(value)
        return cleaned

    def _require_pairs(self, cleaned: dict[str, Any], first: str, second: str, number: int) -> None:
        for n in range(1, number + 1):
            names = (f"{first}{n}", f"{second}{n}")
            given = [cleaned.get(name) not in ("", None) for name in names]
            if any(given) and not all(given) and not set(names) & set(self.errors):
                self.add_error(names[given.index(False)], _("Fill in both, or neither."))

    @property
    def rows(self) -> list[tuple[str, Any, Any]]:
        """Return the pairs of fields that belong side by side, by what they are about."""
        pairs = [("class", self[f"class_{n}"], self[f"class_time_{n}"]) for n in range(1, PARTICULAR + 1)]
        return pairs + [("band", self[f"late_{n}"], self[f"percent_{n}"]) for n in range(1, BANDS + 1)]

    @property
    def package(self) -> Package:
        """Return the package as it was filled in; ask only a valid form."""
        cleaned = self.cleaned_data
        bands = (
            CreditBand(cleaned[f"late_{n}"], cleaned[f"percent_{n}"])
            for n in range(1, BANDS + 1)
            if cleaned[f"percent_{n}"] is not None
        )
        return Package(
            name=cleaned["name"],
            summary=cleaned["summary"],
            targets=tuple(_targets(cleaned)),
            pauses=frozenset(PauseCause(cause) for cause in cleaned["pauses"]),
            bands=tuple(sorted(bands, key=lambda band: band.late_minutes)),
            cap_percent=cleaned["cap_percent"],
        )


def _targets(cleaned: dict[str, Any]) -> Iterable[Target]:
    grave = (Severity.HIGH, Severity.NORMAL, Severity.LOW)
    given: list[tuple[Promise, int | None, str, str]] = [
        (Promise.DETECT, cleaned["detect"], "", ""),
        *((Promise.ACKNOWLEDGE, cleaned[f"acknowledge_{one}"], one, "") for one in grave),
        *((Promise.RESOLVE, cleaned[f"resolve_{one}"], one, "") for one in grave),
        *((Promise.RESOLVE, cleaned[f"class_time_{n}"], "", cleaned[f"class_{n}"]) for n in range(1, PARTICULAR + 1)),
        (Promise.DELIVERY, cleaned["delivery"], "", ""),
        (Promise.CUT_OFF, cleaned["cut_off"], "", ""),
    ]
    for promise, minutes, severity, business_class in given:
        if minutes is not None:
            yield Target(promise, minutes, severity=severity, business_class=business_class)


def _package_values(package: Package) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": package.name,
        "summary": package.summary,
        "pauses": sorted(package.pauses),
        "cap_percent": package.cap_percent,
    }
    particular = [target for target in package.targets if target.business_class]
    for target in package.targets:
        if target.severity:
            values[f"{target.promise}_{target.severity}"] = target.minutes
        elif not target.business_class:
            values[str(target.promise)] = target.minutes
            # A time for all severities is the form's time for each that has none of its own.
            for severity in Severity:
                values.setdefault(f"{target.promise}_{severity}", target.minutes)
    for number, target in enumerate(particular[:PARTICULAR], 1):
        values |= {f"class_{number}": target.business_class, f"class_time_{number}": target.minutes}
    for number, band in enumerate(package.bands[:BANDS], 1):
        values |= {f"late_{number}": band.late_minutes, f"percent_{number}": band.percent}
    return values


class OpeningField(forms.Field):
    """A day's opening times, "09:00-12:00, 13:00-17:00"; its value is minutes of the day, nothing for closed."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> tuple[Minutes, ...]:
        """Return the openings. Raises ValidationError."""
        parts = [part.strip() for part in str(value or "").split(",") if part.strip()]
        times = tuple(_opening(part) for part in parts)
        if any(later[0] < earlier[1] for earlier, later in pairwise(times)):
            raise forms.ValidationError(_("These times overlap: write them in order, each after the one before."))
        return times

    def prepare_value(self, value: Any) -> Any:
        """Return openings as people type them; what was typed stays."""
        if not isinstance(value, tuple):
            return value
        return ", ".join(f"{o // 60:02}:{o % 60:02}-{c // 60:02}:{c % 60:02}" for o, c in value)


def _opening(text: str) -> Minutes:
    found = _OPENING.match(text)
    if found is None:
        raise forms.ValidationError(
            _("Write times as 09:00-17:00, several with a comma between; leave it empty for closed.")
        )
    hour, minute, to_hour, to_minute = (int(part) for part in found.groups())
    opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
    if minute > 59 or to_minute > 59 or not opens < closes <= DAY_MINUTES:
        raise forms.ValidationError(
            _("An opening ends after it begins, at 24:00 at the latest: mend %(text)s.") % {"text": text}
        )
    return opens, closes


def _country_choices() -> list[tuple[str, Any]]:
    names = Locale.parse(get_language() or "en", sep="-").territories
    return [
        ("", _("No public holidays")),
        *sorted(((code, names.get(code, code)) for code in countries()), key=lambda p: p[1]),
    ]


class CalendarForm(StaleCheck, forms.Form):
    """Opening hours that clocks count by, with the days that are closed all the same."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("For example Office hours Munich.")
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=time_zone_choices, initial="Europe/Berlin")
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False, choices=_country_choices)
    region = forms.CharField(
        label=gettext_lazy("Region"),
        required=False,
        max_length=12,
        help_text=gettext_lazy(
            "As official codes have it, for example BY for Bavaria. Empty: only what the whole country keeps."
        ),
    )
    own_days = forms.CharField(
        label=gettext_lazy("Own closed days"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line: the day and what it is, for example 2026-12-24 Christmas Eve."),
    )

    def __init__(self, *args: Any, calendar: BusinessCalendar | None = None, **kwargs: Any) -> None:
        hours = hours_of_calendar(calendar) if calendar else None
        initial: dict[str, Any] = {}
        if calendar and hours:
            own = "\n".join(f"{day.isoformat()} {name}" for day, name in sorted(hours.own_days.items()))
            initial = {"name": calendar.name, "zone": hours.zone, "country": hours.country, "region": hours.region}
            initial |= {"own_days": own, **{name: hours.week[n] for n, (name, _label) in enumerate(_DAYS)}}
        super().__init__(*args, initial=initial, **kwargs)
        for number, (name, label) in enumerate(_DAYS):
            usual = ((540, 1020),) if number < 5 else ()
            self.fields[name] = OpeningField(label=label, required=False, initial=usual)
        days = [name for name, _label in _DAYS]
        self.order_fields(["name", "zone", *days, "country", "region", "own_days"])

    def clean_own_days(self) -> dict[date, str]:
        """Return the own days. Raises ValidationError that names the line."""
        found: dict[date, str] = {}
        for number, line in enumerate(self.cleaned_data["own_days"].splitlines(), 1):
            if not line.strip():
                continue
            day, _space, name = line.strip().partition(" ")
            try:
                found[date.fromisoformat(day)] = name.strip()[:80] or str(_("Closed"))
            except ValueError:
                words = _("Line %(number)d: begin with the day as 2026-12-24, then say what it is.")
                raise forms.ValidationError(words % {"number": number}) from None
        if len(found) > MOST_OWN_DAYS:
            raise forms.ValidationError(
                _("At most %(most)d days: leave out those that are over.") % {"most": MOST_OWN_DAYS}
            )
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse a region that the country does not have, and a week that cannot be."""
        cleaned: dict[str, Any] = super().clean() or {}
        country, region = cleaned.get("country", ""), cleaned.get("region", "").upper()
        cleaned["region"] = region
        known = countries().get(country, ())
        if region and not country:
            self.add_error("region", _("Choose the country first."))
        elif region and region not in known:
            regions = ", ".join(known[:60])
            words = (
                _("This country has: %(regions)s.") % {"regions": regions}
                if known
                else _("This country has no regions here: leave it empty.")
            )
            self.add_error("region", words)
        if not any(cleaned.get(name) for name, _label in _DAYS):
            self.add_error(None, _("It never opens: give at least one day opening times."))
        return cleaned

    @property
    def hours(self) -> BusinessHours:
        """Return the opening hours; ask only a valid form."""
        cleaned = self.cleaned_data
        week = tuple(cleaned[name] for name, _label in _DAYS)
        return BusinessHours(cleaned["zone"], week, cleaned["country"], cleaned["region"], cleaned["own_days"])
