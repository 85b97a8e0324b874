"""Reading people, invitations, keys and the audit trail of the open schema."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from apps.accounts.actions import Action, roles_with
from apps.accounts.models import ApiKey, AuditEntry, Invitation, User

_NAMES_SHOWN = 3


def list_people() -> QuerySet[User]:
    """Return everybody of the open schema: who can sign in first, then by name."""
    return User.objects.order_by("-is_active", "name", "email")


def get_person(person_id: UUID) -> User:
    """Return one person. Raises Http404."""
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404("There is no such person.")
    return person


def list_granting_names() -> list[str]:
    """Return the names of up to three people of the open schema who can change others' roles."""
    people = User.objects.filter(is_active=True, role__in=roles_with(Action.EDIT_PEOPLE)).order_by("name", "email")
    return [str(person) for person in people[:_NAMES_SHOWN]]


def list_open_invitations() -> QuerySet[Invitation]:
    """Return invitations nobody has used or withdrawn, newest first; some may be too old."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None).select_related("invited_by")


def get_open_invitation(invitation_id: UUID) -> Invitation:
    """Return one open invitation. Raises Http404."""
    invitation = list_open_invitations().filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404("There is no such open invitation.")
    return invitation


def list_api_keys() -> QuerySet[ApiKey]:
    """Return all keys, newest first."""
    return ApiKey.objects.select_related("created_by")


def get_api_key(key_id: UUID) -> ApiKey:
    """Return one key. Raises Http404."""
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise Http404("There is no such key.")
    return key


def audit_entries(*, action: str = "", person: str = "") -> QuerySet[AuditEntry]:
    """Return the entries that fit, newest first; `person` is an id or a part of a name, "" fits all."""
    entries = AuditEntry.objects.order_by("-position")
    if action:
        entries = entries.filter(action=action)
    return entries.filter(_by_person(person)) if person else entries


def name_of_actor(actor_id: UUID) -> str:
    """Return what a person or key was called in their latest entry, "" for one that never did anything."""
    theirs = AuditEntry.objects.filter(Q(actor_id=actor_id) | Q(api_key_id=actor_id)).order_by("-position")
    return theirs.values_list("actor_name", flat=True).first() or ""


def _by_person(person: str) -> Q:
    try:
        return Q(actor_id=UUID(person))
    except ValueError:
        return Q(actor_name__icontains=person)
