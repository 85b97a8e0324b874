"""Reading people, invitations, keys and the audit trail of the open schema."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from apps.accounts.actions import ROLE_ACTIONS, Action
from apps.accounts.audit import AuditAction
from apps.accounts.models import ApiKey, AuditEntry, Invitation, User

AUDIT_PAGE = 50
MOST_EXPORTED = 20_000
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What part of the trail is looked at. `before` is a position: only older entries."""

    action: str = ""
    person: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, newest first, and where older ones begin (None: there are none)."""

    entries: list[AuditEntry]
    older_before: int | None


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
    granting = [role for role, actions in ROLE_ACTIONS.items() if Action.EDIT_PEOPLE in actions]
    people = User.objects.filter(is_active=True, role__in=granting).order_by("name", "email")
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


def audit_entries(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """Return the entries that fit, newest first. An action that does not exist fits nothing."""
    entries = AuditEntry.objects.order_by("-position")
    if wanted.action:
        entries = entries.filter(action=wanted.action)
    if wanted.person:
        entries = entries.filter(_by_person(wanted.person))
    return entries if wanted.before is None else entries.filter(position__lt=wanted.before)


def audit_page(wanted: AuditFilter) -> AuditPage:
    """Return one page of the trail."""
    entries = list(audit_entries(wanted)[: AUDIT_PAGE + 1])
    more = len(entries) > AUDIT_PAGE
    entries = entries[:AUDIT_PAGE]
    return AuditPage(entries, entries[-1].position if more else None)


def audit_actions() -> list[tuple[str, str]]:
    """Return every deed with its words, for the filter."""
    return sorted(((action.value, action.label) for action in AuditAction), key=lambda pair: pair[1])


def _by_person(person: str) -> Q:
    try:
        return Q(actor_id=UUID(person))
    except ValueError:
        return Q(actor_name__icontains=person)
