"""Changes to people, invitations and API keys, each leaving one line in the audit trail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit, tokens
from apps.accounts.actions import (
    CUSTOMER_ROLES,
    KEY_ACTIONS,
    PARTNER_ROLES,
    PLATFORM_ROLES,
    ROLE_LABELS,
    Action,
    Role,
)
from apps.accounts.actor import current_actor
from apps.accounts.api_keys import new_key_text
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import PUBLIC, ApiKey, Invitation, User, current_schema
from apps.accounts.signals import invitation_accepted
from apps.tenants.templatetags.wording import date_words

INVITATION_DAYS = 7
MOST_KEY_DAYS = 366


class InvitationError(ValueError):
    """An invitation's link does not open the door any more. The message says why and what to do."""


class LastOwnerError(ValueError):
    """The change would leave nobody who can manage people."""


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A stored invitation and its link, which exists nowhere else than in the mail."""

    invitation: Invitation
    link: str


def create_user(*, email: str, name: str, role: Role, password: str) -> User:
    """Add a person who can sign in at once, in the open schema.

    Raises:
        ValidationError: a field is wrong; the message names it.

    """
    user = _new_person(email=email, name=name, role=role, password=password)
    audit.record(
        AuditAction.PERSON_CREATED,
        subject="person",
        subject_id=user.id,
        details={"email": user.email, "role": user.role},
    )
    return user


def invite_person(
    *, email: str, role: Role, name: str = "", customer_id: UUID | None = None, now: datetime | None = None
) -> IssuedInvitation:
    """Keep a place for an address and mail the link; an open invitation to the same address is replaced.

    Raises:
        ValidationError: a field is wrong; the message names it.

    """
    now = now or timezone.now()
    role = _role_that_fits(role, customer_id=customer_id)
    address = email.strip().lower()
    if User.objects.filter(email=address, is_active=True).exists():
        raise ValidationError(
            {"email": _("%(email)s belongs to somebody who can already sign in.") % {"email": address}}
        )
    token = tokens.new_token()
    actor = current_actor()
    invitation = Invitation(
        email=address,
        name=name.strip(),
        role=role,
        customer_id=customer_id,
        token_hash=tokens.token_hash(token),
        invited_by_id=actor.user_id if actor else None,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    invitation.clean_fields()
    with transaction.atomic():
        _open_invitations().filter(email=address).update(withdrawn_at=now)
        invitation.save(force_insert=True)
    link = absolute_url(reverse("accounts:invitation-accept", args=[token]))
    _mail_invitation(invitation, link, inviter=actor.name if actor else "")
    _record_invitation(AuditAction.PERSON_INVITED, invitation)
    return IssuedInvitation(invitation, link)


def withdraw_invitation(invitation: Invitation) -> None:
    """Make an open invitation's link useless. Doing it twice is harmless."""
    if _open_invitations().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        _record_invitation(AuditAction.INVITATION_WITHDRAWN, invitation)


def require_invitation(token: str, *, now: datetime | None = None) -> Invitation:
    """Return the open invitation a link belongs to. Raises InvitationError."""
    invitation = Invitation.objects.filter(token_hash=tokens.token_hash(token)).first()
    if invitation is None or invitation.withdrawn_at:
        raise InvitationError(_("This invitation is not valid. Ask the person who invited you for a new one."))
    if invitation.accepted_at:
        raise InvitationError(_("This invitation was already used. Sign in with your e-mail address instead."))
    if invitation.expires_at <= (now or timezone.now()):
        raise InvitationError(
            _("This invitation ran out on %(day)s. Ask the person who invited you for a new one.")
            % {"day": date_words(invitation.expires_at)}
        )
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, name: str, password: str) -> User:
    """Turn an invitation into a person; works once.

    Raises:
        InvitationError: unknown, used, withdrawn or too old.
        ValidationError: name or password is not acceptable; the message names the field.

    """
    invitation = require_invitation(token)
    # The row count decides between two tabs that send the form at once.
    if not _open_invitations().filter(pk=invitation.pk).update(accepted_at=timezone.now()):
        raise InvitationError(_("This invitation was already used. Sign in with your e-mail address instead."))
    user = _person_from(invitation, name=name, password=password)
    invitation_accepted.send(sender=Invitation, user=user, customer_id=invitation.customer_id)
    audit.record(
        AuditAction.PERSON_JOINED,
        subject="person",
        subject_id=user.id,
        details={"email": user.email, "role": user.role},
        actor=user.as_actor(),
    )
    return user


def change_role(*, person: User, role: Role) -> User:
    """Give a person another role of the same kind.

    Raises:
        ValidationError: the role does not exist, or would turn staff into a customer's person or back.
        LastOwnerError: it would leave nobody who can manage people.

    """
    role = _known_role(role)
    if _kind(role) != _kind(Role(person.role)):
        raise ValidationError(
            {
                "role": _(
                    "Staff and customers' people have different roles: deactivate this person and invite them anew."
                )
            }
        )
    before = person.role
    if before == role:
        return person
    _require_another_owner(person)
    person.role = role
    person.save(update_fields=["role"])
    audit.record(
        AuditAction.ROLE_CHANGED,
        subject="person",
        subject_id=person.id,
        details={"email": person.email, "role": [before, role.value]},
    )
    return person


def deactivate(*, person: User) -> User:
    """Close the door for a person at once; what they did stays on record. Raises LastOwnerError."""
    if not person.is_active:
        return person
    _require_another_owner(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    for session in UserSession.objects.filter(user=person):
        session.end()
    audit.record(
        AuditAction.PERSON_DEACTIVATED, subject="person", subject_id=person.id, details={"email": person.email}
    )
    return person


def reactivate(*, person: User) -> User:
    """Let a deactivated person sign in again."""
    if person.is_active:
        return person
    person.is_active = True
    person.save(update_fields=["is_active"])
    audit.record(
        AuditAction.PERSON_REACTIVATED, subject="person", subject_id=person.id, details={"email": person.email}
    )
    return person


def create_api_key(
    *, name: str, scopes: list[Action], customer_id: UUID | None = None, days: int = 90
) -> tuple[ApiKey, str]:
    """Make an API key; returns it with its text, which is shown now and never again.

    Raises:
        ValidationError: a field is wrong; the message names it.

    """
    if not 1 <= days <= MOST_KEY_DAYS:
        raise ValidationError({"days": _("A key lives between 1 and %(days)d days.") % {"days": MOST_KEY_DAYS}})
    actor, fresh = current_actor(), new_key_text()
    key = ApiKey(
        name=name.strip(),
        prefix=fresh.prefix,
        hash=fresh.hash,
        scopes=[scope.value for scope in _grantable(scopes)],
        customer_id=customer_id,
        created_by_id=actor.user_id if actor else None,
        expires_at=timezone.now() + timedelta(days=days),
    )
    key.clean_fields()
    key.save(force_insert=True)
    details = {
        "name": key.name,
        "rights": ", ".join(key.scopes),
        "customer": customer_id,
        "expires": f"{key.expires_at:%Y-%m-%d}",
    }
    audit.record(AuditAction.API_KEY_CREATED, subject="api key", subject_id=key.id, details=details)
    return key, fresh.text


def revoke_api_key(key: ApiKey) -> None:
    """Make a key useless at once. Doing it twice is harmless."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(AuditAction.API_KEY_REVOKED, subject="api key", subject_id=key.id, details={"name": key.name})


def _new_person(*, email: str, name: str, role: Role, password: str) -> User:
    role = _known_role(role)
    if (role in PLATFORM_ROLES) != (current_schema() == PUBLIC):
        raise ValidationError({"role": _("%(role)s is not a role of this portal.") % {"role": _(ROLE_LABELS[role])}})
    user = User(email=email.strip().lower(), name=name.strip(), role=role)
    _check_password(password, user)
    user.set_password(password)
    user.clean_fields()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise ValidationError(
            {"email": _("%(email)s belongs to somebody else here.") % {"email": user.email}}
        ) from None
    # The second step and the reset of a password ask for a proven address: the invitation's link proved it.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _person_from(invitation: Invitation, *, name: str, password: str) -> User:
    former = User.objects.filter(email=invitation.email).first()
    role = Role(invitation.role)
    if former is None:
        return _new_person(email=invitation.email, name=name, role=role, password=password)
    if former.is_active:
        raise InvitationError(_("You can already sign in with this e-mail address."))
    former.name, former.role, former.is_active = name.strip(), role, True
    _check_password(password, former)
    former.set_password(password)
    former.clean_fields()
    former.save()
    return former


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None


def _known_role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise ValidationError(
            {"role": _("“%(role)s” is not a role: choose one of the list.") % {"role": role}}
        ) from None


def _role_that_fits(role: Role | str, *, customer_id: UUID | None) -> Role:
    known = _known_role(role)
    if (known in PLATFORM_ROLES) != (current_schema() == PUBLIC):
        raise ValidationError({"role": _("%(role)s is not a role of this portal.") % {"role": _(ROLE_LABELS[known])}})
    if known in CUSTOMER_ROLES and customer_id is None:
        raise ValidationError({"customer_id": _("Choose the customer this person belongs to.")})
    if known not in CUSTOMER_ROLES and customer_id is not None:
        raise ValidationError({"customer_id": _("Only a customer's people belong to a customer: leave it empty.")})
    return known


def _kind(role: Role) -> frozenset[Role]:
    return next(roles for roles in (PARTNER_ROLES, CUSTOMER_ROLES, PLATFORM_ROLES) if role in roles)


def _require_another_owner(person: User) -> None:
    if Role(person.role) not in (Role.OWNER, Role.OPERATOR):
        return
    # Locked together, so that two owners cannot remove each other at the same moment.
    owners = list(User.objects.select_for_update(no_key=True).filter(role=person.role, is_active=True).order_by("id"))
    if all(owner.pk == person.pk for owner in owners):
        raise LastOwnerError(
            _("%(person)s is the last with the role %(role)s: give somebody else this role first.")
            % {"person": person, "role": person.role_label}
        )


def _grantable(scopes: list[Action]) -> list[Action]:
    wanted = list(dict.fromkeys(Action(scope) for scope in scopes if scope in set(Action)))
    if not wanted or len(wanted) != len(set(scopes)):
        raise ValidationError({"scopes": _("Choose at least one right of the list.")})
    actor = current_actor()
    beyond = [a for a in wanted if a not in KEY_ACTIONS or (actor is not None and not actor.can(a))]
    if beyond:
        raise ValidationError(
            {"scopes": _("A key of yours cannot have: %(rights)s.") % {"rights": ", ".join(a.value for a in beyond)}}
        )
    return wanted


def _open_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None)


def _mail_invitation(invitation: Invitation, link: str, *, inviter: str) -> None:
    send_branded(
        "mail/invitation",
        to=invitation.email,
        context={
            "name": invitation.name,
            "inviter": inviter,
            "role_label": invitation.role_label,
            "action_url": link,
            "action_label": "Choose a password",
            "expires_at": invitation.expires_at,
        },
    )


def _record_invitation(action: AuditAction, invitation: Invitation) -> None:
    details = {"email": invitation.email, "role": invitation.role, "customer": invitation.customer_id}
    audit.record(action, subject="invitation", subject_id=invitation.id, details=details)
