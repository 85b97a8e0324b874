"""The new versions that come to a customer's flows with a rollout, as the customer's own people see them."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.staff_scope import as_staff
from apps.flows.models import Rollout, RolloutMember
from apps.flows.queries.upgrades import UpgradePage, get_upgrade_page
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.templates_library import TEMPLATES

_COMING = (RolloutMember.State.WAITING, RolloutMember.State.DEFERRED, RolloutMember.State.HELD)
_OPEN = (Rollout.State.RUNNING, Rollout.State.PAUSED)


@dataclass(frozen=True, slots=True)
class ComingUpdate:
    """One flow's next version. `notes` say what is new, `fields` are filled otherwise afterwards.

    `latest_day` is up to when it may be put off, None: not at all. `reason` says who put it off, and why. `is_held`: the
    partner has to decide something first.
    """

    member_id: UUID
    flow: str
    notes: list[str]
    fields: list[str]
    when: str
    latest_day: date | None
    deferred_until: date | None
    reason: str
    is_held: bool
    can_be_taken: bool

    @property
    def first_day(self) -> date:
        """The first day until which it can be put off."""
        return timezone.localdate() + timedelta(days=1)


def count_coming_updates(customer_id: UUID) -> int:
    """Return how many of a customer's flows get a new version. One query where none does."""
    members = RolloutMember.objects.filter(customer_id=customer_id, state__in=_COMING)
    if not members.exists():
        return 0
    with as_staff():  # customers' people may not read rollouts: those name how many others there are
        return members.filter(rollout__state__in=_OPEN).count()


def list_coming_updates(customer_id: UUID) -> list[ComingUpdate]:
    """Return what comes to a customer's flows, by name."""
    with as_staff():
        members = RolloutMember.objects.filter(
            customer_id=customer_id, state__in=_COMING, rollout__state__in=_OPEN
        ).select_related("rollout", "flow__customer", "flow__source", "flow__target", "flow__live_version")
        return [_update(member) for member in members.order_by("flow__name", "id")]


def get_own_member(customer_id: UUID, member_id: UUID) -> RolloutMember | None:
    """Return one flow's part in a rollout, None when it is not the customer's."""
    return RolloutMember.objects.select_related("flow").filter(id=member_id, customer_id=customer_id).first()


def _update(member: RolloutMember) -> ComingUpdate:
    rollout = member.rollout
    latest = rollout.started_at.date() + timedelta(days=rollout.defer_days)
    is_held = member.state == RolloutMember.State.HELD
    page = _page(member)
    return ComingUpdate(
        member_id=member.id,
        flow=member.flow.name,
        notes=_notes(member),
        fields=list(dict.fromkeys(line.label for line in page.changes)) if page else [],
        when=_when(member),
        latest_day=latest if latest > timezone.localdate() and not is_held else None,
        deferred_until=member.deferred_until if member.state == RolloutMember.State.DEFERRED else None,
        reason=member.reason if member.state == RolloutMember.State.DEFERRED else "",
        is_held=is_held,
        can_be_taken=not is_held and rollout.state == Rollout.State.RUNNING,
    )


def _page(member: RolloutMember) -> UpgradePage | None:
    try:
        return get_upgrade_page(member.flow, {})
    except (ValidationError, MissingRoleError, KeyError):
        return None


def _notes(member: RolloutMember) -> list[str]:
    template, live, rollout = TEMPLATES.get(member.flow.template), member.flow.live_version, member.rollout
    told = [rollout.note] if rollout.note else []
    if template is not None and live is not None:
        between = range(live.template_version + 1, rollout.template_version + 1)
        told += [_(template.changes[number]) for number in between if number in template.changes]
    return told


def _when(member: RolloutMember) -> str:
    rollout = member.rollout
    if member.state == RolloutMember.State.HELD:
        return _("After we have decided something about it with you.")
    if rollout.state == Rollout.State.PAUSED:
        return _("It is on hold just now.")
    if member.state == RolloutMember.State.DEFERRED:
        return _("On the day you chose.")
    before = member.ring - rollout.ring
    return _("Within minutes.") if before <= 0 else _("As soon as it has proved itself elsewhere, within days.")
