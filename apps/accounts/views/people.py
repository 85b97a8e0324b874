"""Pages about people: who is here, who is invited, and the door they come in by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import queries, services
from apps.accounts.access import open_to_all, requires
from apps.accounts.account_lists import PEOPLE, count_people, fitting_people, role_options
from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, PLATFORM_ROLES, Action, Role
from apps.accounts.actor import Actor
from apps.accounts.customer_directory import list_customer_names, list_customer_names_by_person
from apps.accounts.forms import InviteForm, JoinForm, RoleForm, role_choices
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.models import Invitation, User
from apps.accounts.once import once
from apps.accounts.refusals import refusals_on
from apps.accounts.services import InvitationError, LastOwnerError


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the list. `roles` are those it can be given; empty when the viewer cannot change it."""

    person: User
    customer_name: str
    is_self: bool
    roles: list[tuple[str, str]]

    @property
    def dialog(self) -> str:
        """Return the id of the dialog that deactivates the person."""
        return f"deactivate-{self.person.id}"

    @property
    def question(self) -> str:
        """Return what that dialog asks."""
        return _("Deactivate %(name)s?") % {"name": self.person.name}


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """One open invitation of the list."""

    invitation: Invitation
    customer_name: str
    is_expired: bool


@requires(Action.VIEW_PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """List people and open invitations."""
    actor = _actor(request)
    kinds = PLATFORM_ROLES if actor.is_operator else PARTNER_ROLES | CUSTOMER_ROLES
    state = read_list(request, PEOPLE, {"role": role_options(kinds)})
    fitting, build = fitting_people(state), partial(_person_rows, actor=actor)
    if state.wants_csv:
        return csv_of(state, fitting, build)
    context = {
        "list": page_of(request, state.counted("state", count_people(state)), fitting, build),
        "invitations": _invitation_rows(),
        "can_edit": actor.can(Action.EDIT_PEOPLE),
    }
    return render(request, "accounts/people.html", context)


@requires(Action.EDIT_PEOPLE)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def person_invite(request: HttpRequest) -> HttpResponse:
    """Invite a person by e-mail."""
    initial = {"customer_id": request.GET.get("customer", "")}
    form = InviteForm(request.POST or None, actor=_actor(request), customers=list_customer_names(), initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            issued = services.invite_person(**form.cleaned_data)
            messages.success(
                request, _("The invitation is on its way to %(email)s.") % {"email": issued.invitation.email}
            )
            return redirect("accounts:people")
    return render(request, "accounts/person_invite.html", {"form": form}, status=400 if form.errors else 200)


@requires(Action.EDIT_PEOPLE)
@require_POST
def invitation_withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Make an open invitation useless."""
    invitation = queries.get_open_invitation(invitation_id)
    services.withdraw_invitation(invitation)
    messages.success(request, _("The invitation to %(email)s no longer works.") % {"email": invitation.email})
    return redirect("accounts:people")


@requires(Action.EDIT_PEOPLE)
@require_POST
def person_role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Give a person another role."""
    person, form = queries.get_person(person_id), RoleForm(request.POST)
    if _is_self(request, person):
        messages.error(request, _("You cannot change your own role: ask another owner."))
    elif not form.is_valid():
        messages.error(request, _("Choose a role of the list."))
    else:
        _try(
            request,
            lambda: services.change_role(person=person, role=Role(form.cleaned_data["role"])),
            _("%(name)s has another role now."),
        )
    return redirect("accounts:people")


@requires(Action.EDIT_PEOPLE)
@require_POST
def person_deactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Close the door for a person."""
    person = queries.get_person(person_id)
    if _is_self(request, person):
        messages.error(request, _("You cannot deactivate yourself: ask another owner."))
    else:
        _try(
            request, lambda: services.deactivate(person=person), _("%(name)s is deactivated and signed out everywhere.")
        )
    return redirect("accounts:people")


@requires(Action.EDIT_PEOPLE)
@require_POST
def person_reactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Let a deactivated person in again."""
    person = queries.get_person(person_id)
    _try(request, lambda: services.reactivate(person=person), _("%(name)s can sign in again."))
    return redirect("accounts:people")


@open_to_all
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person choose name and password, and sign them in."""
    here: Actor | None = request.actor  # type: ignore[attr-defined]
    if here is not None and here.is_customer:  # whose scope is too narrow to see invitations
        sentence = _(
            "You are signed in as %(email)s already. Sign out first if the invitation is for somebody else."
        ) % {"email": here.email}
        return render(request, "accounts/invitation_closed.html", {"sentence": sentence}, status=409)
    try:
        invitation = services.require_invitation(token)
        form = JoinForm(request.POST or None, initial={"name": invitation.name})
        if request.method == "POST" and form.is_valid():
            person = services.accept_invitation(token=token, **form.cleaned_data)
            signed_in: HttpResponse = perform_login(request, person)
            return signed_in
    except InvitationError as error:
        return render(request, "accounts/invitation_closed.html", {"sentence": str(error)}, status=410)
    except ValidationError as error:
        form.add_error(None, error)
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/invitation_accept.html", context, status=400 if form.errors else 200)


@open_to_all
def email_is_fixed(_request: HttpRequest) -> HttpResponse:
    """Answer 404 where allauth would let people change their address.

    The address was proven by an invitation; one typed in later would be somebody else's until proven, and mails with
    reset links go there.
    """
    raise Http404("An address is changed by inviting the new one.")


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _is_self(request: HttpRequest, person: User) -> bool:
    return _actor(request).user_id == person.pk


def _try(request: HttpRequest, change: Callable[[], User], done: str) -> None:
    try:
        messages.success(request, done % {"name": change()})
    except (LastOwnerError, ValidationError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        messages.error(request, words)


def _invitation_rows() -> list[InvitationRow]:
    names, now = list_customer_names(), timezone.now()
    return [
        InvitationRow(row, names.get(row.customer_id, "") if row.customer_id else "", row.expires_at <= now)
        for row in queries.list_open_invitations()
    ]


def _person_rows(shown: Sequence[User], actor: Actor) -> list[PersonRow]:
    places, can_edit = list_customer_names_by_person(), actor.can(Action.EDIT_PEOPLE)
    return [_person_row(person, actor, places.get(person.pk, ""), can_edit=can_edit) for person in shown]


def _person_row(person: User, actor: Actor, customer_name: str, *, can_edit: bool) -> PersonRow:
    is_self = person.pk == actor.user_id
    kinds = (PARTNER_ROLES, CUSTOMER_ROLES, PLATFORM_ROLES)
    mine = next(roles for roles in kinds if Role(person.role) in roles)
    changeable = can_edit and person.is_active and not is_self and len(mine) > 1
    return PersonRow(person, customer_name, is_self, role_choices(mine) if changeable else [])
