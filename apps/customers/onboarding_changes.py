"""Changes to onboardings: what people decide and note, whom they ask for a step, and the links that customers get."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit, tokens
from apps.accounts.actor import current_actor
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.customers.models import Customer, Onboarding, OnboardingInvite
from apps.customers.onboarding import Step
from apps.tenants import scope

LINK_DAYS = 14
MOST_OPEN_LINKS = 20  # of one customer
LONGEST_NOTES = 10_000
# What a customer's colleague without an account may be asked for.
SHAREABLE = frozenset({Step.COMPANY, Step.ENTITIES, Step.CONNECTIONS})


class LinkError(ValueError):
    """A link does not open its step any more. `reason` is "unknown", "revoked", "expired" or "answered"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WhoIsAsked:
    """Whom a step is sent to; `title` is what the step is called. `system` names the one system whose access is asked for."""

    step: Step
    title: str
    name: str
    email: str
    message: str = ""
    system: str = ""
    system_name: str = ""


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A stored link and its address, which exists nowhere else than here and in the mail."""

    invite: OnboardingInvite
    address: str


def start_onboarding(customer: Customer, *, owner_id: UUID | None) -> Onboarding:
    """Begin a customer's onboarding; one that was begun before is returned as it is."""
    now = timezone.now()
    begun = {"started_at": now, "changed_at": now, "owner_id": owner_id}
    row, is_new = Onboarding.objects.get_or_create(customer=customer, defaults=begun)
    if is_new:
        audit.record(
            AuditAction.ONBOARDING_STARTED,
            subject="customer",
            subject_id=str(customer.id),
            details={"name": customer.name},
        )
    return row


def change_notes(customer: Customer, *, notes: str) -> None:
    """Keep what the team notes. Raises ValidationError when it is too long."""
    text = notes.replace("\x00", "").strip()
    if len(text) > LONGEST_NOTES:
        raise ValidationError({"notes": _("Notes hold at most 10,000 characters: shorten them.")})
    _change(customer, notes=text)


def change_owner(customer: Customer, *, owner: User | None) -> None:
    """Say who of the team looks after the onboarding."""
    _change(customer, owner_id=owner.id if owner else None)
    _record(AuditAction.ONBOARDING_CHANGED, customer, {"owner": str(owner or "")})


def remember_step(customer: Customer, step: Step) -> None:
    """Keep where the work stopped, so that coming back leads there."""
    _change(customer, current_step=step.value)


def plan_systems(customer: Customer, *, systems: list[str]) -> None:
    """Say which systems will be connected; the order is kept, repeats are dropped."""
    _change(customer, planned=list(dict.fromkeys(systems))[:40])


def confirm_step(customer: Customer, step: Step, *, confirmed: bool = True) -> None:
    """Call a step complete, or open it again."""
    actor = current_actor()
    with transaction.atomic():
        row = _locked(customer)
        if confirmed:
            who = actor.shown_name if actor else "system"
            row.confirmed[step.value] = {"by": who[:200], "at": timezone.now().isoformat()}
        elif row.confirmed.pop(step.value, None) is None:
            return
        row.changed_at = timezone.now()
        row.save(update_fields=["confirmed", "changed_at"])
        _record(AuditAction.ONBOARDING_CHANGED, customer, {"step": step.value, "complete": confirmed})


def finish_onboarding(customer: Customer) -> bool:
    """Set the customer live and close its open links; False when that was done before."""
    actor, now = current_actor(), timezone.now()
    with transaction.atomic():
        row = _locked(customer)
        Customer.objects.filter(id=customer.id, state=Customer.State.ONBOARDING).update(state=Customer.State.LIVE)
        if row.finished_at is not None:
            return False
        row.finished_at, row.changed_at = now, now
        row.finished_by = actor.name[:200] if actor else ""
        row.current_step = Step.GO_LIVE.value
        row.save(update_fields=["finished_at", "changed_at", "finished_by", "current_step"])
        _open_invites(row).update(revoked_at=now)
        _record(AuditAction.ONBOARDING_FINISHED, customer, {"name": customer.name})
    return True


def ask_colleague(
    customer: Customer, *, step: Step, title: str, colleague: User, message: str = ""
) -> OnboardingInvite:
    """Ask one of the team for a step, by a mail that leads there; asking again replaces the earlier ask."""
    message = _cleaned(message, 500)
    with transaction.atomic():
        row = _locked(customer)
        _open_invites(row).filter(step=step.value, assignee__isnull=False).update(revoked_at=timezone.now())
        invite = _invite(row, WhoIsAsked(step, title, colleague.name, colleague.email, message))
        invite.assignee = colleague
        invite.save(force_insert=True)
        address = absolute_url(reverse("flows:onboarding-step", args=[customer.id, step.value]))
        _mail("mail/onboarding_task", invite, customer, address, title=title)
        _record(AuditAction.ONBOARDING_ASKED, customer, {"step": step.value, "who": colleague.email})
    return invite


def take_back_ask(invite: OnboardingInvite) -> None:
    """Make an ask void: a link opens nothing any more. Doing it twice is harmless."""
    changed = OnboardingInvite.objects.filter(id=invite.id, revoked_at=None, answered_at=None)
    if changed.update(revoked_at=timezone.now()):
        details = {"step": invite.step, "who": invite.email}
        _record(AuditAction.ONBOARDING_LINK_REVOKED, invite.customer, details)


def issue_link(customer: Customer, wanted: WhoIsAsked) -> IssuedLink:
    """Mail somebody at the customer a link to one step; it works without an account until it is answered or runs out.

    Raises:
        ValidationError: the step cannot be shared, a field is wrong, or too many links are open.

    """
    if wanted.step not in SHAREABLE or (wanted.step is Step.CONNECTIONS) != bool(wanted.system):
        raise ValidationError({"step": _("This step is done by your own team: it cannot be sent to a customer.")})
    token = tokens.new_token()
    with transaction.atomic():
        row = _locked(customer)
        same = _open_invites(row).filter(email=wanted.email.strip().lower(), step=wanted.step, system=wanted.system)
        same.filter(assignee=None).update(revoked_at=timezone.now())
        if _open_invites(row).filter(assignee=None).count() >= MOST_OPEN_LINKS:
            sentence = _("There are %(number)s open links already: take some back first.")
            raise ValidationError(sentence % {"number": MOST_OPEN_LINKS})
        invite = _invite(row, wanted)
        invite.token_hash = tokens.token_hash(token)
        invite.expires_at = invite.created_at + timedelta(days=LINK_DAYS)
        invite.clean_fields(exclude=["onboarding", "customer", "assignee"])
        invite.save(force_insert=True)
        address = absolute_url(reverse("flows:onboarding-shared", args=[token]))
        _mail("mail/onboarding_link", invite, customer, address, title=wanted.system_name or wanted.title)
        _record(AuditAction.ONBOARDING_ASKED, customer, {"step": wanted.step.value, "who": invite.email, "by": "link"})
    return IssuedLink(invite, address)


def require_link(token: str, *, now: datetime) -> OnboardingInvite:
    """Return the open ask a link belongs to. Raises LinkError, which says why it does not open."""
    found = OnboardingInvite.objects.select_related("customer", "onboarding").filter(
        token_hash=tokens.token_hash(token), assignee=None
    )
    invite = found.first()
    if invite is None:
        raise LinkError("unknown")
    state = invite.state(now)
    if state != "waiting":
        raise LinkError(state)
    if invite.opened_at is None:
        found.update(opened_at=now)
    return invite


def answer_ask(invite: OnboardingInvite) -> bool:
    """Note that the step was done by whoever acts, and close the ask; False when it was closed meanwhile."""
    actor, now = current_actor(), timezone.now()
    who = (f"{actor.name} <{actor.email}>" if actor.email else actor.name) if actor else "system"
    changed = OnboardingInvite.objects.filter(id=invite.id, answered_at=None, revoked_at=None)
    if not changed.update(answered_at=now, answered_by=who[:400]):
        return False
    Onboarding.objects.filter(id=invite.onboarding_id).update(changed_at=now)
    _record(AuditAction.ONBOARDING_ANSWERED, invite.customer, {"step": invite.step, "who": invite.email})
    return True


def answer_colleagues_ask(customer: Customer, step: Step) -> None:
    """Close the ask to the colleague who just worked on the step."""
    actor = current_actor()
    if actor is None or actor.user_id is None:
        return
    open_asks = OnboardingInvite.objects.filter(
        customer=customer, step=step.value, assignee_id=actor.user_id, answered_at=None, revoked_at=None
    )
    open_asks.update(answered_at=timezone.now(), answered_by=actor.name[:400])


def _invite(row: Onboarding, wanted: WhoIsAsked) -> OnboardingInvite:
    actor = current_actor()
    return OnboardingInvite(
        customer_id=row.customer_id,
        onboarding=row,
        step=wanted.step.value,
        system=wanted.system,
        name=_cleaned(wanted.name, 120),
        email=wanted.email.strip().lower(),
        message=_cleaned(wanted.message, 500),
        asked_by=(actor.name if actor else scope.require().partner.name)[:200],
        created_at=timezone.now(),
    )


def _open_invites(row: Onboarding) -> QuerySet[OnboardingInvite]:
    return OnboardingInvite.objects.filter(onboarding=row, answered_at=None, revoked_at=None)


def _mail(template: str, invite: OnboardingInvite, customer: Customer, address: str, *, title: str) -> None:
    context = {"invite": invite, "customer": customer, "action_url": address, "title": title, "days": LINK_DAYS}
    send_branded(template, to=invite.email, context=context)


def _locked(customer: Customer) -> Onboarding:
    now = timezone.now()
    begun = {"started_at": customer.created_at, "changed_at": now}
    row, _is_new = Onboarding.objects.select_for_update(no_key=True).get_or_create(customer=customer, defaults=begun)
    return row


def _change(customer: Customer, **values: Any) -> None:
    with transaction.atomic():
        row = _locked(customer)
        Onboarding.objects.filter(id=row.id).update(changed_at=timezone.now(), **values)


def _cleaned(text: str, longest: int) -> str:
    return text.replace("\x00", "").strip()[:longest]


def _record(action: AuditAction, customer: Customer, details: dict[str, Any]) -> None:
    audit.record(action, subject="customer", subject_id=str(customer.id), details=details)
