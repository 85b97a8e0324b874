"""What people type on accounts' pages."""

from typing import Any
from uuid import UUID

from django import forms

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

_DAYS = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")]


def role_choices(roles: frozenset[Role], *, prefix: str = "") -> list[tuple[str, str]]:
    """Return roles in the order they are declared, with their words."""
    return [(role.value, prefix + ROLE_LABELS[role]) for role in Role if role in roles]


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail address", help_text="The invitation goes to this address and only works once."
    )
    name = forms.CharField(
        label="Name", max_length=120, required=False, help_text="They can correct it when they join."
    )
    role = forms.ChoiceField(label="Role")
    customer_id = forms.TypedChoiceField(
        label="Customer", required=False, coerce=UUID, empty_value=None, help_text="Only for a customer's people."
    )

    def __init__(self, *args: Any, actor: Actor, customers: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _invitable(actor, has_customers=bool(customers))  # type: ignore[attr-defined]
        names = [(str(customer_id), name) for customer_id, name in customers.items()]
        self.fields["customer_id"].choices = [("", "None: one of our own people"), *names]  # type: ignore[attr-defined]
        if not customers:
            del self.fields["customer_id"]


class JoinForm(forms.Form):
    """What an invited person adds."""

    name = forms.CharField(label="Your name", max_length=120)
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters; a few words are easier to remember.",
    )


class RoleForm(forms.Form):
    """Another role for a person."""

    role = forms.ChoiceField(label="Role", choices=[(role.value, label) for role, label in ROLE_LABELS.items()])


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label="Name", max_length=80, help_text="What will use the key, for example: nightly export.")
    scopes = forms.TypedMultipleChoiceField(
        label="Rights",
        coerce=Action,
        choices=[(action.value, ACTION_LABELS[action].capitalize()) for action in KEY_ACTIONS],
        widget=forms.CheckboxSelectMultiple,
        help_text="Give as few as will do.",
    )
    days = forms.TypedChoiceField(label="Lives for", coerce=int, choices=_DAYS, initial=90)
    customer_id = forms.TypedChoiceField(
        label="Customer",
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text="Limits the key to one customer's rows.",
    )

    def __init__(self, *args: Any, actor: Actor, customers: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [(a.value, ACTION_LABELS[a].capitalize()) for a in KEY_ACTIONS if actor.can(a)]
        self.fields["scopes"].choices = scopes  # type: ignore[attr-defined]
        names = [(str(customer_id), name) for customer_id, name in customers.items()]
        self.fields["customer_id"].choices = [("", "All customers"), *names]  # type: ignore[attr-defined]
        if not customers:
            del self.fields["customer_id"]


def _invitable(actor: Actor, *, has_customers: bool) -> list[Any]:
    if actor.is_operator:
        return role_choices(PLATFORM_ROLES)
    # Nothing is chosen beforehand: the first role is the one that may do everything.
    groups: list[Any] = [("", "Choose a role"), ("Our own people", role_choices(PARTNER_ROLES))]
    if has_customers:
        groups.append(("A customer's people", role_choices(CUSTOMER_ROLES)))
    return groups
