"""What is typed to add a partner, by an operator or by the partner itself."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.monitoring.fleet import FirstOwner
from apps.tenants.models import SLUG, check_colour
from apps.tenants.provisioning import NewPartner

# Names that readers of an address would take for the platform's own.
_KEPT_BACK = frozenset({"www", "api", "admin", "mail", "static", "status", "support", "help", "platform"})


class _NewPartnerForm(forms.Form):
    """What every new partner needs: a name and the first part of its address."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As it stands on the portal and in its mails."))
    slug = forms.CharField(label=_("Short name"), max_length=40, validators=[SLUG])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].help_text = _(
            "The first part of the portal's address, before .%(domain)s. It cannot be changed later."
        ) % {"domain": settings.BASE_DOMAIN}

    def clean_slug(self) -> str:
        """Refuse addresses that belong to the platform."""
        slug: str = self.cleaned_data["slug"]
        if slug in _KEPT_BACK or f"{slug}.{settings.BASE_DOMAIN}" == settings.PLATFORM_HOST:
            raise forms.ValidationError(
                _("The short name “%(slug)s” is kept for the platform: choose another one.") % {"slug": slug}
            )
        return slug


class PartnerForm(_NewPartnerForm):
    """A partner as an operator adds it. The owner may be invited later."""

    primary_colour = forms.CharField(
        label=_("Main colour"),
        initial="#1f4ed8",
        widget=forms.TextInput(attrs={"type": "color", "class": "form-control-color"}),
        help_text=_("Buttons and links: dark enough to be read on white."),
    )
    accent_colour = forms.CharField(
        label=_("Second colour"),
        initial="#0f766e",
        widget=forms.TextInput(attrs={"type": "color", "class": "form-control-color"}),
    )
    owner_name = forms.CharField(label=_("Owner's name"), max_length=120, required=False)
    owner_email = forms.EmailField(
        label=_("Owner's e-mail address"),
        required=False,
        help_text=_("Gets an invitation as soon as the portal is ready. Leave it empty to invite somebody later."),
    )

    def clean_primary_colour(self) -> str:
        """Refuse a colour that cannot be read."""
        return _readable(self.cleaned_data["primary_colour"])

    def clean_accent_colour(self) -> str:
        """Refuse a colour that cannot be read."""
        return _readable(self.cleaned_data["accent_colour"])

    def wanted(self) -> NewPartner:
        """Return the partner asked for."""
        typed = self.cleaned_data
        return NewPartner(typed["name"], typed["slug"], typed["primary_colour"], typed["accent_colour"])

    def owner(self) -> FirstOwner | None:
        """Return who is to be invited, None for nobody yet."""
        typed = self.cleaned_data
        return FirstOwner(typed["owner_name"], typed["owner_email"]) if typed["owner_email"] else None


class SignUpForm(_NewPartnerForm):
    """A partner that signs up by itself."""

    owner_name = forms.CharField(label=_("Your name"), max_length=120)
    owner_email = forms.EmailField(
        label=_("Your e-mail address"), help_text=_("The link to your new portal goes to this address.")
    )

    def wanted(self) -> NewPartner:
        """Return the partner asked for."""
        return NewPartner(self.cleaned_data["name"], self.cleaned_data["slug"])

    def owner(self) -> FirstOwner:
        """Return the first owner."""
        return FirstOwner(self.cleaned_data["owner_name"], self.cleaned_data["owner_email"])


class OwnerForm(forms.Form):
    """Somebody to be invited as owner of a partner that is there."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail address"))


def _readable(colour: str) -> str:
    check_colour(colour)
    return colour
