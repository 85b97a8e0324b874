"""What people type on customers' pages."""

from functools import cache
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.actions import PARTNER_ROLES
from apps.accounts.models import User
from apps.accounts.preferences import known_time_zones
from apps.accounts.stale_check import StaleCheck
from apps.customers.cut_offs import LAST, MOST_WORKING_DAYS, Rhythm, Rule
from apps.customers.models import Customer, CutOff, LegalEntity
from apps.customers.queries import day_words

# How a customer's state reads on pages and in forms.
STATE_WORDS = {
    Customer.State.ONBOARDING.value: gettext_lazy("Onboarding"),
    Customer.State.LIVE.value: gettext_lazy("Live"),
    Customer.State.PAUSED.value: gettext_lazy("Paused"),
    Customer.State.LEFT.value: gettext_lazy("Left"),
}
_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zone_choices() -> tuple[Any, ...]:
    """Return the world's time zones by region, UTC first."""
    known = sorted(known_time_zones())
    groups: list[Any] = [("UTC", "UTC")]
    for region in _REGIONS:
        places = [zone for zone in known if zone.startswith(f"{region}/")]
        groups.append((region, [(zone, zone.partition("/")[2].replace("_", " ")) for zone in places]))
    return tuple(groups)


class CapitalsField(forms.CharField):
    """A short code that is kept in capital letters, however it was typed."""

    def to_python(self, value: Any) -> str:
        """Return the code in capitals."""
        return str(super().to_python(value)).upper()


class _PlaceForm(forms.Form):
    country = CapitalsField(
        label=gettext_lazy("Country"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, for example DE."),
        empty_value="",
    )
    currency = CapitalsField(
        label=gettext_lazy("Currency"),
        max_length=3,
        initial="EUR",
        help_text=gettext_lazy("Three letters, for example EUR."),
    )


def _account_owners(customer: Customer | None) -> QuerySet[User]:
    """Return who of the partner's people can look after a customer; who does already stays, whatever became of them."""
    can = Q(is_active=True, role__in=[role.value for role in PARTNER_ROLES])
    if customer is not None and customer.account_owner_id:
        can |= Q(id=customer.account_owner_id)
    return User.objects.filter(can).order_by("name", "email")


class CustomerForm(StaleCheck, _PlaceForm):
    """What is known of a customer."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=160, help_text=gettext_lazy("As its own people write it.")
    )
    external_reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("The customer's number with you."),
    )
    segment = forms.CharField(
        label=gettext_lazy("Segment"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("How you group customers, for example Engineering."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=time_zone_choices, initial="Europe/Berlin")
    account_owner = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=gettext_lazy("Account owner"),
        required=False,
        empty_label=gettext_lazy("Nobody yet"),
        help_text=gettext_lazy("Who of your people looks after this customer."),
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=list(STATE_WORDS.items()), required=False)
    field_order = (
        "name", "external_reference", "segment", "country", "currency", "time_zone", "account_owner", "state",
    )  # fmt: skip

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        if customer is not None:
            kwargs["initial"] = {name: getattr(customer, name) for name in self.field_order}
        super().__init__(*args, **kwargs)
        self.fields["account_owner"].queryset = _account_owners(customer)  # type: ignore[attr-defined]
        if customer is None:
            del self.fields["state"]
        else:
            self.fields["state"].required = True


class EntityForm(StaleCheck, _PlaceForm):
    """One of the customer's own companies; a new one is proposed in the customer's own country and currency."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("What the systems call this company, for example DE01."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    field_order = ("code", "name", "country", "currency")

    def __init__(self, *args: Any, customer: Customer, entity: LegalEntity | None = None, **kwargs: Any) -> None:
        known, names = (entity, self.field_order) if entity else (customer, ("country", "currency"))
        super().__init__(*args, initial={name: getattr(known, name) for name in names}, **kwargs)


def _day_choices() -> list[Any]:
    """Return every day a cut-off can fall on, by rhythm; the values are "rhythm:day"."""
    groups = (
        (Rhythm.WEEKLY, _("Every week"), range(7)),
        (Rhythm.MONTHLY, _("Every month, by the calendar"), (*range(1, 32), LAST)),
        (Rhythm.WORKING_DAY, _("Every month, by working days"), (*range(1, MOST_WORKING_DAYS + 1), LAST)),
    )
    return [
        (heading, [(f"{rhythm}:{day}", capfirst(day_words(rhythm, day))) for day in days])
        for rhythm, heading, days in groups
    ]


class CutOffForm(StaleCheck, forms.Form):
    """A time by which a customer's records must have arrived."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("For example Invoice run or Payroll.")
    )
    purpose = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example: approved time must be in the accounting by then."),
    )
    day = forms.ChoiceField(
        label=gettext_lazy("Day"),
        choices=_day_choices,
        initial=f"{Rhythm.WEEKLY}:4",
        help_text=gettext_lazy("Working days are Monday to Friday; public holidays are not left out."),
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        initial="17:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("Write the time as hours and minutes, for example 17:00.")},
    )

    def __init__(self, *args: Any, cut_off: CutOff | None = None, **kwargs: Any) -> None:
        if cut_off is not None:
            kwargs["initial"] = {
                "name": cut_off.name,
                "purpose": cut_off.purpose,
                "day": f"{cut_off.rhythm}:{cut_off.day}",
                "at": cut_off.at,
            }
        super().__init__(*args, **kwargs)

    @property
    def rule(self) -> Rule:
        """Return when it falls due; ask only a valid form."""
        rhythm, _colon, day = self.cleaned_data["day"].partition(":")
        return Rule(Rhythm(rhythm), int(day), self.cleaned_data["at"].replace(second=0, microsecond=0))
