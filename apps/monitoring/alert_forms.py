"""What people type about alerts: routes, channels, on-call schedules, stand-ins, and what a customer's people want to hear."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.stale_check import StaleCheck
from apps.customers.forms import time_zone_choices
from apps.monitoring.alert_models import NATURE_LABELS, SEVERITY_LABELS
from apps.monitoring.alerting.bodies import USUAL_TICKET
from apps.monitoring.alerting.reading import receiver_choices
from apps.monitoring.models import AlertChannel, AlertRoute, AlertSubscription, BusinessCalendar, OnCallSchedule
from apps.monitoring.queries.cases import list_workers
from apps.monitoring.routing_forms import ANY, CasesForm, ids, offer

STEPS = 4
TURNS = 6
MOST_MINUTES = 7 * 24 * 60
_NOBODY = gettext_lazy("Nobody")
_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def _sealed(label: Any, help_text: Any, *, longest: int) -> forms.CharField:
    """Return a field for what is secret: it is never shown again."""
    hidden = forms.PasswordInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, max_length=longest, required=False, widget=hidden)


class RouteForm(CasesForm):
    """A route: which exceptions, who is told and when, and how often at most."""

    is_on = forms.BooleanField(label=gettext_lazy("The route is on"), required=False, initial=True)
    goes_on = forms.BooleanField(
        label=gettext_lazy("Ask the routes below as well"),
        required=False,
        help_text=gettext_lazy("Otherwise the first route that fits decides alone."),
    )
    nature = forms.ChoiceField(label=gettext_lazy("Technical or business"), required=False)
    severity_from = forms.ChoiceField(label=gettext_lazy("Severity from"), required=False)
    most_an_hour = forms.IntegerField(
        label=gettext_lazy("Messages an hour at most"),
        min_value=0,
        max_value=1000,
        required=False,
        help_text=gettext_lazy("What is more waits, and the next message says how many. Empty: no limit."),
    )
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=_TIME)
    quiet_until = forms.TimeField(label=gettext_lazy("Quiet until"), required=False, widget=_TIME)
    quiet_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    quiet_lets_severe = forms.BooleanField(
        label=gettext_lazy("What is severe comes through at any hour"), required=False, initial=True
    )
    tells_recovery = forms.BooleanField(label=gettext_lazy("Say when it is settled"), required=False, initial=True)
    remind_hours = forms.IntegerField(
        label=gettext_lazy("Say it again every so many hours"),
        min_value=0,
        max_value=720,
        required=False,
        help_text=gettext_lazy("As long as it is open. Empty: never."),
    )

    CONDITIONS = (
        "nature",
        "severity_from",
        "queue",
        "kind",
        "customer_id",
        "flow_id",
        "team_id",
        "amount_from",
        "currency",
    )
    PACE = (
        "most_an_hour",
        "quiet_from",
        "quiet_until",
        "quiet_zone",
        "quiet_lets_severe",
        "tells_recovery",
        "remind_hours",
    )
    KEPT = ("name", "is_on", "goes_on", *CONDITIONS, *PACE)

    def __init__(self, *args: Any, route: AlertRoute | None, **kwargs: Any) -> None:
        super().__init__(*args, row=route, **kwargs)
        offer(self, "nature", ANY, [(nature.value, label) for nature, label in NATURE_LABELS.items()])
        offer(self, "severity_from", ANY, [(one.value, label) for one, label in SEVERITY_LABELS.items()])
        offer(self, "quiet_zone", "UTC", list(time_zone_choices()))
        receivers = receiver_choices()
        for number in range(STEPS):
            self._add_step(number, receivers)

    def _add_step(self, number: int, receivers: list[tuple[str, str]]) -> None:
        to, after = f"to_{number}", f"after_{number}"
        label = gettext_lazy("At once") if not number else gettext_lazy("Then")
        self.fields[to] = forms.ChoiceField(label=label, required=False)
        offer(self, to, _NOBODY, receivers)
        if number:
            self.fields[after] = forms.IntegerField(
                label=gettext_lazy("After so many minutes"), min_value=0, max_value=MOST_MINUTES, required=False
            )

    @property
    def steps(self) -> list[forms.BoundField]:
        """Return the fields that say who is told."""
        names = [name for number in range(STEPS) for name in (f"to_{number}", f"after_{number}")]
        return [self[name] for name in names if name in self.fields]

    @property
    def pace(self) -> list[forms.BoundField]:
        """Return the fields that say how often."""
        return [self[name] for name in self.PACE]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the route's values as `save_route` takes them; ask only a valid form."""
        given, values = self.cleaned_data, super().typed
        values["most_an_hour"], values["remind_hours"] = values["most_an_hour"] or 0, values["remind_hours"] or 0
        steps = [(given[f"to_{number}"], given.get(f"after_{number}") or 0) for number in range(STEPS)]
        values["steps"] = [{"to": to, "after": after} for to, after in steps if to]
        if values["steps"]:
            values["steps"][0]["after"] = 0  # the first is told at once, whichever line it stands in
        return values

    def values_of(self, row: AlertRoute) -> dict[str, Any]:
        """Return a route as the fields show it."""
        values = super().values_of(row)
        values["most_an_hour"], values["remind_hours"] = row.most_an_hour or None, row.remind_hours or None
        for number, step in enumerate(row.steps[:STEPS]):
            values[f"to_{number}"] = step["to"]
            if number:
                values[f"after_{number}"] = step["after"]
        return values


class ChannelForm(forms.Form):
    """A channel. What is secret is never shown: an empty field keeps it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=AlertChannel.Kind.choices)
    address = _sealed(
        gettext_lazy("Webhook address"),
        gettext_lazy("As the channel gives it to you. It is kept sealed and never shown again."),
        longest=2000,
    )
    signing = _sealed(
        gettext_lazy("Signing key"),
        gettext_lazy("For webhooks and tickets. Empty: one is made for you and shown once."),
        longest=200,
    )
    ticket_template = forms.CharField(
        label=gettext_lazy("What a ticket is sent as"),
        max_length=4000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "class": "form-control font-monospace"}),
        help_text=gettext_lazy(
            "For tickets: JSON with {{key}}, {{status}}, {{title}}, {{text}}, {{customer}}, {{severity}} and {{url}}."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, channel: AlertChannel | None, **kwargs: Any) -> None:
        kwargs["initial"] = {"ticket_template": USUAL_TICKET, "language": settings.LANGUAGE_CODE}
        if channel is not None:
            kept = channel.ticket_template or USUAL_TICKET
            kwargs["initial"] |= {"name": channel.name, "kind": channel.kind, "ticket_template": kept}
            kwargs["initial"]["language"] = channel.language or settings.LANGUAGE_CODE
        super().__init__(*args, **kwargs)
        if channel is None:
            self.fields["address"].required = True
        else:
            self.fields["kind"].disabled = True
            self.fields["address"].help_text = _("Kept sealed: messages go to %(host)s. Empty keeps it.") % {
                "host": channel.host
            }
            self.fields["signing"].help_text = _("Kept sealed. Empty keeps it.")


class ScheduleForm(StaleCheck, forms.Form):
    """An on-call schedule: people in turns, or one for each weekday."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    hand_over = forms.TimeField(label=gettext_lazy("Hand-over at"), widget=_TIME, initial="09:00")
    calendar_id = forms.ChoiceField(
        label=gettext_lazy("Only within the opening hours of"),
        required=False,
        help_text=gettext_lazy("With their holidays. Otherwise around the clock."),
    )
    first_day = forms.DateField(
        label=gettext_lazy("Turns begin on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=date.today,
    )
    turn_days = forms.IntegerField(
        label=gettext_lazy("A turn lasts so many days"), min_value=1, max_value=90, initial=7
    )

    KEPT = ("name", "zone", "hand_over", "first_day", "turn_days")

    def __init__(self, *args: Any, schedule: OnCallSchedule | None, **kwargs: Any) -> None:
        if schedule is not None:
            kwargs["initial"] = _schedule_values(schedule)
        super().__init__(*args, **kwargs)
        people = ids(list_workers())
        self.fields["zone"].choices = list(time_zone_choices())  # type: ignore[attr-defined]
        calendars = ids(BusinessCalendar.objects.values_list("id", "name"))
        offer(self, "calendar_id", gettext_lazy("Around the clock"), calendars)
        labels = [_("First turn"), _("Second turn")]
        labels += [_("Next turn")] * (TURNS - len(labels))
        fields = [
            *((f"turn_{n}", labels[n]) for n in range(TURNS)),
            *((f"day_{n}", str(WEEKDAYS[n])) for n in range(7)),
        ]
        for name, label in fields:
            self.fields[name] = forms.ChoiceField(label=label, required=False)
            offer(self, name, _NOBODY, people)

    @property
    def frame(self) -> list[forms.BoundField]:
        """Return the fields about name and hours."""
        return [self[name] for name in ("name", "zone", "hand_over", "calendar_id")]

    @property
    def turns(self) -> list[forms.BoundField]:
        """Return the fields about turns."""
        return [self[name] for name in ("first_day", "turn_days", *(f"turn_{n}" for n in range(TURNS)))]

    @property
    def days(self) -> list[forms.BoundField]:
        """Return the fields about weekdays."""
        return [self[f"day_{n}"] for n in range(7)]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the schedule as `save_schedule` takes it; ask only a valid form."""
        given = self.cleaned_data
        values = {name: given[name] for name in self.KEPT}
        values["calendar_id"] = UUID(given["calendar_id"]) if given["calendar_id"] else None
        values["people"] = [UUID(given[f"turn_{n}"]) for n in range(TURNS) if given[f"turn_{n}"]]
        days = [given[f"day_{n}"] for n in range(7)]
        values["weekdays"] = days if any(days) else []
        return values


def _schedule_values(schedule: OnCallSchedule) -> dict[str, Any]:
    values = {name: getattr(schedule, name) for name in ScheduleForm.KEPT}
    values["calendar_id"] = str(schedule.calendar_id or "")
    values |= {f"turn_{number}": str(person) for number, person in enumerate(schedule.people[:TURNS])}
    return values | {f"day_{number}": person for number, person in enumerate(schedule.weekdays)}


class StandInForm(forms.Form):
    """Somebody who takes over for a while."""

    person = forms.ChoiceField(label=gettext_lazy("Who stands in"))
    begins_at = forms.DateTimeField(label=gettext_lazy("From"), widget=_MOMENT)
    ends_at = forms.DateTimeField(label=gettext_lazy("Until"), widget=_MOMENT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = ids(list_workers())  # type: ignore[attr-defined]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the values; ask only a valid form."""
        return {**self.cleaned_data, "person": UUID(self.cleaned_data["person"])}


class SubscriptionForm(forms.Form):
    """What one of a customer's people wants to be told, and how."""

    matters = forms.ChoiceField(
        label=gettext_lazy("Tell me of"), choices=AlertSubscription.Matters.choices, widget=forms.RadioSelect
    )
    only_severe = forms.BooleanField(label=gettext_lazy("Only what is severe"), required=False)
    by = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[("mail", gettext_lazy("By mail")), ("webhook", gettext_lazy("To our own webhook"))],
    )
    address = _sealed(
        gettext_lazy("Webhook address"),
        gettext_lazy("It is kept sealed and never shown again. Empty keeps the present one."),
        longest=2000,
    )

    def __init__(self, *args: Any, subscription: AlertSubscription | None, **kwargs: Any) -> None:
        chosen = subscription or AlertSubscription()
        by = "webhook" if chosen.secret_id else "mail"
        kwargs["initial"] = {"matters": chosen.matters, "only_severe": chosen.only_severe, "by": by}
        super().__init__(*args, **kwargs)
