"""Who may decide an approval, and for whom: people of the roles that are asked, their stand-ins, and owners."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, Action, Role, roles_with
from apps.accounts.actor import Actor
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.customers.models import Membership
from apps.flows.models import ApprovalDecision, ApprovalRequest, Delegation

APPROVING_ROLES = roles_with(Action.APPROVE)
KEY_NAME = "API key "  # before the name of a key that decided
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who may decide. `for_person` is the colleague they stand in for, None when they are asked themselves."""

    person: User
    for_person: User | None = None


def voice_of(request: ApprovalRequest, person: User, now: datetime, *, for_person: User | None = None) -> Voice | None:
    """Return as whom `person` may decide now; None when nobody asked them.

    For oneself before for a colleague; `for_person` asks for the colleague. One person has one voice, whoever they
    speak for, and a colleague's voice counts once, whoever spoke it.
    """
    if not person.is_active or has_spoken(request, person.id):
        return None
    if for_person is None and _is_entitled(request, person):
        return Voice(person)
    for delegation in delegations_on(now, stand_in=person):
        colleague = delegation.person
        is_meant = for_person is None or colleague.id == for_person.id
        if is_meant and _is_entitled(request, colleague) and not has_spoken(request, colleague.id):
            return Voice(person, colleague)
    return None


def has_spoken(request: ApprovalRequest, person_id: UUID) -> bool:
    """Return whether a person's voice was counted: spoken by themselves or by their stand-in."""
    return any(person_id in (one.person_id, one.for_person_id) for one in request.decisions.all())


def key_has_spoken(request: ApprovalRequest) -> bool:
    """Return whether a key has decided: all keys together are one voice, so that two of them are not two people."""
    return any(_is_of_a_key(one) for one in request.decisions.all())


def key_may_decide(request: ApprovalRequest, key: Actor) -> bool:
    """Return whether a key's voice counts: a key of one customer answers only what that customer's people are asked."""
    if key.customer_id is None:
        return True
    return key.customer_id == request.customer_id and bool(asked_roles(request) & CUSTOMER_ROLES)


def asked_roles(request: ApprovalRequest) -> frozenset[Role]:
    """Return the roles that are asked by now: after the escalation, whom it went to as well."""
    escalated = (request.escalate_to,) if request.escalated_at and request.escalate_to else ()
    return frozenset(Role(role) for role in (request.role, *escalated))


def asked_voices(request: ApprovalRequest, now: datetime, roles: Iterable[Role] | None = None) -> list[Voice]:
    """Return everybody who is asked and has not spoken yet, stand-ins included; the owners where nobody has the role.

    `roles` narrows to some of the roles that are asked.
    """
    asked = frozenset(roles) if roles is not None else asked_roles(request)
    people = _people_of(asked, request.customer_id) or _people_of({Role.OWNER}, request.customer_id)
    voices = {person.id: Voice(person) for person in people}
    for delegation in delegations_on(now, of=voices):
        if not has_spoken(request, delegation.person_id):
            voices.setdefault(delegation.stand_in_id, Voice(delegation.stand_in, delegation.person))
    return [voice for person_id, voice in voices.items() if not has_spoken(request, person_id)]


def delegations_on(
    now: datetime, *, stand_in: User | None = None, of: Collection[UUID] | None = None
) -> list[Delegation]:
    """Return who stands in for whom on the present day, as the calendar of the absent shows it; both active, and of one side.

    Of one stand-in, or for the absent people `of` names: nobody is shown anybody else's.
    """
    near = Delegation.objects.filter(
        starts_on__lte=now.date() + _A_DAY,
        ends_on__gte=now.date() - _A_DAY,
        person__is_active=True,
        stand_in__is_active=True,
    ).select_related("person", "stand_in")
    if stand_in is not None:
        near = near.filter(stand_in=stand_in)
    if of is not None:
        near = near.filter(person__in=list(of))
    with as_staff():
        rows = list(near)
    today = [row for row in rows if row.starts_on <= day_of(row.person, now) <= row.ends_on]
    return [row for row in today if may_stand_in(row.person, row.stand_in)]


def day_of(person: User, now: datetime) -> date:
    """Return the day it is where a person lives."""
    return now.astimezone(ZoneInfo(person.time_zone or settings.TIME_ZONE)).date()


def may_stand_in(person: User, other: User) -> bool:
    """Return whether `other` may decide for `person`: somebody who may approve, of the partner's or of one customer's people."""
    if person.id == other.id or Role(other.role) not in APPROVING_ROLES:
        return False
    sides = [Role(one.role) in CUSTOMER_ROLES for one in (person, other)]
    if sides == [True, True]:
        return bool(_customers_of(person) & _customers_of(other))
    return not any(sides)


def waiting_for(who: Actor, now: datetime) -> QuerySet[ApprovalRequest]:
    """Return the open questions that wait for `who`, of those in scope.

    An owner may answer any, but what only a customer's people are asked does not wait for them.
    """
    found = ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN)
    if who.role is None:
        return _waiting_for_key(found, who)
    wanted: Q | Combinable = _asked_as(who.role)
    # Whoever an owner stands in for, they are asked themselves.
    standing_in = () if who.role is Role.OWNER else delegations_on(now, stand_in=User(id=who.user_id))
    for delegation in standing_in:
        wanted |= _of_colleague(delegation.person) & ~Exists(_spoken_by(delegation.person_id))
    return found.filter(wanted).exclude(Exists(_spoken_by(who.user_id)))


def _waiting_for_key(found: QuerySet[ApprovalRequest], who: Actor) -> QuerySet[ApprovalRequest]:
    if who.customer_id is not None:
        found = found.filter(Q(role__in=CUSTOMER_ROLES) | Q(escalate_to__in=CUSTOMER_ROLES, escalated_at__isnull=False))
    spoken = ApprovalDecision.objects.filter(
        request=OuterRef("pk"), person=None, via=ApprovalDecision.Via.API, person_name__startswith=KEY_NAME
    )
    return found.exclude(Exists(spoken))


def _is_of_a_key(one: ApprovalDecision) -> bool:
    return one.person_id is None and one.via == ApprovalDecision.Via.API and one.person_name.startswith(KEY_NAME)


def _spoken_by(person_id: UUID | None) -> QuerySet[ApprovalDecision]:
    return ApprovalDecision.objects.filter(Q(person=person_id) | Q(for_person=person_id), request=OuterRef("pk"))


def _of_colleague(colleague: User) -> Q:
    asked = _asked_as(Role(colleague.role))
    return asked & Q(customer__in=_customers_of(colleague)) if Role(colleague.role) in CUSTOMER_ROLES else asked


def _asked_as(role: Role) -> Q:
    roles = PARTNER_ROLES if role is Role.OWNER else {role}
    return Q(role__in=roles) | Q(escalate_to__in=roles, escalated_at__isnull=False)


def _is_entitled(request: ApprovalRequest, person: User) -> bool:
    role = Role(person.role)
    if not person.is_active:
        return False
    if role in CUSTOMER_ROLES:
        return role in asked_roles(request) and request.customer_id in _customers_of(person)
    return role is Role.OWNER or role in asked_roles(request)


def _people_of(roles: Iterable[Role], customer_id: UUID) -> Sequence[User]:
    wanted = set(roles)
    members = Membership.objects.filter(customer_id=customer_id).values("user_id")
    theirs = Q(role__in=wanted & CUSTOMER_ROLES, id__in=members)
    people = User.objects.filter(theirs | Q(role__in=wanted - CUSTOMER_ROLES), is_active=True)
    return list(people.order_by("email"))


def _customers_of(person: User) -> set[UUID]:
    return set(Membership.objects.filter(user_id=person.id).values_list("customer_id", flat=True))
