"""Stand-ins: who decides approvals for somebody, from one day to another."""

from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.flows.models import Delegation
from apps.flows.services.approval_voices import APPROVING_ROLES, day_of, may_stand_in

LONGEST = timedelta(days=366)


def colleagues_of(person: User) -> list[User]:
    """Return who may stand in for somebody, by name."""
    others = User.objects.filter(is_active=True, role__in=APPROVING_ROLES).exclude(id=person.id)
    return [other for other in others.order_by("name", "email") if may_stand_in(person, other)]


def delegations_of(person: User) -> list[Delegation]:
    """Return a person's own absences that are not over, the next first."""
    today = day_of(person, timezone.now())
    with as_staff():
        return list(Delegation.objects.filter(person=person, ends_on__gte=today).select_related("stand_in"))


def stood_in_for(person: User) -> list[Delegation]:
    """Return for whom a person stands in now or later, the next first."""
    today = day_of(person, timezone.now())
    with as_staff():
        return list(Delegation.objects.filter(stand_in=person, ends_on__gte=today).select_related("person"))


def appoint(person: User, *, stand_in: User, starts_on: date, ends_on: date) -> Delegation:
    """Let `stand_in` decide for `person` on these days, both included.

    Raises:
        ValidationError: by field; the days are in the wrong order, over, too many or taken, or they may not stand in.

    """
    _check_days(person, starts_on, ends_on)
    if not may_stand_in(person, stand_in):
        raise ValidationError({"stand_in": _("Choose a colleague who may approve.")})
    with as_staff(), transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=person.id)  # two absences are judged one after the other
        taken = Delegation.objects.filter(person=person, starts_on__lte=ends_on, ends_on__gte=starts_on)
        if known := taken.select_related("stand_in").first():
            raise ValidationError(
                {
                    "starts_on": _("%(name)s stands in on some of these days already: end that first.")
                    % {"name": known.stand_in.name}
                }
            )
        made = Delegation.objects.create(person=person, stand_in=stand_in, starts_on=starts_on, ends_on=ends_on)
        _leave_trace(made, "appointed")
    return made


def dismiss(person: User, delegation_id: UUID) -> None:
    """End one of a person's own absences; what was decided meanwhile stays. Raises Delegation.DoesNotExist."""
    with as_staff(), transaction.atomic():
        known = Delegation.objects.select_related("person", "stand_in").get(id=delegation_id, person=person)
        _leave_trace(known, "dismissed")
        known.delete()


def _check_days(person: User, starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day is before the first: choose a later one.")})
    if ends_on < day_of(person, timezone.now()):
        raise ValidationError({"ends_on": _("These days are over: choose later ones.")})
    if ends_on - starts_on > LONGEST:
        raise ValidationError({"ends_on": _("Choose a year at most; longer absences need another role.")})


def _leave_trace(delegation: Delegation, deed: str) -> None:
    details = {
        "change": deed,
        "stand_in": str(delegation.stand_in),
        "starts_on": delegation.starts_on,
        "ends_on": delegation.ends_on,
    }
    subject = str(delegation.person)
    audit.record(AuditAction.DELEGATION_CHANGED, subject=subject, subject_id=delegation.person_id, details=details)
