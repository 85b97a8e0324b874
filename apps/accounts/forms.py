"""What people type on accounts' pages."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.actions import (
    ACTION_LABELS,
    CUSTOMER_ROLES,
    KEY_ACTIONS,
    PARTNER_ROLES,
    PLATFORM_ROLES,
    ROLE_LABELS,
    Action,
    Role,
)
from apps.accounts.actor import Actor
from apps.accounts.models import Preference
from apps.accounts.preferences import time_zones
from apps.accounts.stale_check import StaleCheck

_DAYS = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("1 year"))]


def role_choices(roles: frozenset[Role], *, prefix: str = "") -> list[tuple[str, str]]:
    """Return roles in the order they are declared, with their words."""
    return [(role.value, prefix + gettext(ROLE_LABELS[role])) for role in Role if role in roles]


class ProfileForm(StaleCheck, forms.Form):
    """What a person chooses for themselves; the start pages are those of the person's own menu."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As others see it beside what you do."))
    language = forms.ChoiceField(label=_("Language"), required=False, help_text=_("Of the portal and of its mails."))
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "data-zone-field": ""}),
        help_text=_("Type a city, for example Berlin. Leave it empty to use the zone of the device you are on."),
    )
    start_page = forms.ChoiceField(
        label=_("Start page"), required=False, help_text=_("Where you are taken after signing in.")
    )
    theme = forms.ChoiceField(
        label=_("Appearance"),
        required=False,
        choices=[("", _("As the device")), *Preference.Theme.choices],
        widget=forms.RadioSelect,
    )
    alerts = forms.BooleanField(
        label=_("Mail me when something new needs attention"),
        required=False,
        help_text=_("At once, grouped by cause. Without it you find the same in the portal."),
    )
    digest = forms.ChoiceField(
        label=_("Digest by mail"),
        choices=Preference.Digest.choices,
        help_text=_("What is open, what changed and what is held up; nothing when there is nothing to say."),
    )

    def __init__(self, *args: Any, start_pages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [("", gettext("As the browser asks")), *settings.LANGUAGES]
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        self.fields["start_page"].choices = [("", gettext("The first of my menu")), *start_pages]  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        """Take the zone as it is written in the list, whatever its case; spaces stand for underscores."""
        typed = str(self.cleaned_data["time_zone"]).strip().replace(" ", "_").lower()
        found = next((zone for zone in time_zones() if zone.lower() == typed), None)
        if typed and found is None:
            raise forms.ValidationError(_("Choose a time zone of the list, for example Europe/Berlin."))
        return found or ""


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"), help_text=_("The invitation goes to this address and only works once.")
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("They can correct it when they join.")
    )
    role = forms.ChoiceField(label=_("Role"))
    customer_id = forms.TypedChoiceField(
        label=_("Customer"),
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text=_("Only for a customer's people."),
    )

    def __init__(self, *args: Any, actor: Actor, customers: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _invitable(actor, has_customers=bool(customers))  # type: ignore[attr-defined]
        names = [(str(customer_id), name) for customer_id, name in customers.items()]
        self.fields["customer_id"].choices = [("", gettext("None: one of our own people")), *names]  # type: ignore[attr-defined]
        if not customers:
            del self.fields["customer_id"]


class JoinForm(forms.Form):
    """What an invited person adds."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; a few words are easier to remember."),
    )


class RoleForm(forms.Form):
    """Another role for a person."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, label) for role, label in ROLE_LABELS.items()])


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use the key, for example: nightly export.")
    )
    scopes = forms.TypedMultipleChoiceField(
        label=_("Rights"),
        coerce=Action,
        choices=[(action.value, ACTION_LABELS[action]) for action in KEY_ACTIONS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Give as few as will do."),
    )
    days = forms.TypedChoiceField(label=_("Lives for"), coerce=int, choices=_DAYS, initial=90)
    customer_id = forms.TypedChoiceField(
        label=_("Customer"),
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text=_("Limits the key to one customer's rows."),
    )

    def __init__(self, *args: Any, actor: Actor, customers: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [(a.value, capfirst(gettext(ACTION_LABELS[a]))) for a in KEY_ACTIONS if actor.can(a)]
        self.fields["scopes"].choices = scopes  # type: ignore[attr-defined]
        names = [(str(customer_id), name) for customer_id, name in customers.items()]
        self.fields["customer_id"].choices = [("", gettext("All customers")), *names]  # type: ignore[attr-defined]
        if not customers:
            del self.fields["customer_id"]


def _invitable(actor: Actor, *, has_customers: bool) -> list[Any]:
    if actor.is_operator:
        return role_choices(PLATFORM_ROLES)
    # Nothing is chosen beforehand: the first role is the one that may do everything.
    groups: list[Any] = [
        ("", gettext("Choose a role")),
        (gettext("Our own people"), role_choices(PARTNER_ROLES)),
    ]
    if has_customers:
        groups.append((gettext("A customer's people"), role_choices(CUSTOMER_ROLES)))
    return groups
