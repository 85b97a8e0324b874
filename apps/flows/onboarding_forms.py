"""What people type in the onboarding wizard; what other pages ask as well is asked by those pages' own forms."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.actions import CUSTOMER_ROLES
from apps.accounts.forms import role_choices
from apps.accounts.models import User
from apps.accounts.stale_check import VERSION
from apps.connectors.forms import ConnectionForm
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection
from apps.customers.forms import CustomerForm
from apps.customers.models import Customer
from apps.customers.onboarding_changes import LONGEST_NOTES
from apps.flows.forms import SCHEDULES
from apps.flows.models import Flow

MOST_PEOPLE = 20
_OWN_FACTS = ("name", "country", "currency", "time_zone")


class CompanyForm(CustomerForm):
    """What is known of the customer; its state follows from going live."""

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        del self.fields["state"]


class OwnCompanyForm(CustomerForm):
    """What a customer's own people say of their company; how the partner groups it stays the partner's."""

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        for name in [name for name in self.fields if name not in (*_OWN_FACTS, VERSION)]:
            del self.fields[name]
        # Also what the page remembers to notice other people's changes: not a trace of the partner's own facts.
        self.initial = {name: self.initial[name] for name in (*_OWN_FACTS, VERSION)}
        self.fields["country"].required = True


class OwnerForm(forms.Form):
    """Who of the team looks after the onboarding."""

    owner = forms.TypedChoiceField(label=gettext_lazy("Looked after by"), coerce=UUID, required=False, empty_value=None)

    def __init__(self, *args: Any, colleagues: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(person.id), str(person)) for person in colleagues]
        self.fields["owner"].choices = [("", _("Nobody yet")), *names]  # type: ignore[attr-defined]


class NotesForm(forms.Form):
    """What the team notes for itself."""

    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only your own team sees them. They are saved as you type."),
    )


class AskColleagueForm(forms.Form):
    """One of the team to do a step."""

    colleague = forms.TypedChoiceField(label=gettext_lazy("Colleague"), coerce=UUID)
    note = forms.CharField(
        label=gettext_lazy("Message"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, colleagues: Sequence[User], **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "team")
        super().__init__(*args, **kwargs)
        names = [(str(person.id), str(person)) for person in colleagues]
        self.fields["colleague"].choices = [("", _("Choose a colleague")), *names]  # type: ignore[attr-defined]


class AskCustomerForm(forms.Form):
    """Somebody at the customer who gets a link to one step."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    system = forms.ChoiceField(
        label=gettext_lazy("Access to"),
        help_text=gettext_lazy("They see the questions for this one system and nothing else."),
    )
    note = forms.CharField(
        label=gettext_lazy("Message"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, systems: Sequence[tuple[str, str]] | None, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "link")
        super().__init__(*args, **kwargs)
        if systems is None:
            del self.fields["system"]
        else:
            self.fields["system"].choices = [("", _("Choose a system")), *systems]  # type: ignore[attr-defined]


class WizardConnectionForm(ConnectionForm):
    """A new connection of the customer whose onboarding it is."""

    def __init__(self, *args: Any, manifest: SystemManifest, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, manifest=manifest, customers={customer.id: customer.name}, chosen=customer.id, **kwargs)
        del self.fields["customer"]


class AccessForm(ConnectionForm):
    """The access to one system, as a customer's colleague gives it: the address, its own settings, and the secrets."""

    def __init__(self, *args: Any, manifest: SystemManifest, connection: Connection | None, **kwargs: Any) -> None:
        super().__init__(*args, manifest=manifest, customers={}, chosen=None, **kwargs)
        for name in ("customer", "name", "environment"):
            del self.fields[name]
        if connection is not None:
            self.initial["base_url"] = connection.base_url

    def wanted(self) -> NewConnection:
        """Return what is asked for, under the system's own name."""
        simulated = "simulated" in self.manifest.proof.value
        environments = Connection.Environment
        kept = {
            "name": self.manifest.name,
            "environment": environments.SANDBOX if simulated else environments.PRODUCTION,
        }
        self.cleaned_data |= kept
        return super().wanted()


class PersonForm(forms.Form):
    """One row of people to invite; a row without an address is left out."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False, max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=120)
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("Choose a role")), *role_choices(CUSTOMER_ROLES)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for what a filled row needs."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("email") and not cleaned.get("role"):
            self.add_error("role", _("Choose what this person may do."))
        if cleaned.get("name") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Write the address the invitation goes to."))
        return cleaned


PeopleFormSet = forms.formset_factory(PersonForm, extra=1, max_num=MOST_PEOPLE, absolute_max=MOST_PEOPLE)


class GoLiveForm(forms.Form):
    """How often each flow runs, and that what is still missing is known."""

    run_now = forms.BooleanField(
        label=gettext_lazy("Start the first run at once"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Otherwise the schedule starts it."),
    )
    accepts_holes = forms.BooleanField(
        label=gettext_lazy("I know what is still missing and go live with it"),
        error_messages={"required": gettext_lazy("Say that you know what is still missing, or complete it first.")},
    )

    def __init__(
        self, *args: Any, flows: Sequence[Flow], seconds: Sequence[int], has_holes: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.flows = flows
        for flow, every in zip(flows, seconds, strict=True):
            self.fields[f"every_{flow.id.hex}"] = forms.TypedChoiceField(
                label=_("%(flow)s runs") % {"flow": flow.name}, coerce=int, choices=SCHEDULES, initial=every
            )
        if not has_holes:
            del self.fields["accepts_holes"]
        self.order_fields([*[f"every_{flow.id.hex}" for flow in flows], "run_now", "accepts_holes"])

    def every_seconds(self) -> dict[UUID, int]:
        """Return how often each flow runs; 0: not by itself."""
        return {flow.id: self.cleaned_data[f"every_{flow.id.hex}"] for flow in self.flows}
