"""The operator's work on partners: add one, have its schema set up, invite its owner, suspend and activate it.

A partner that is not active does no due work, so its set-up cannot be due work of its own: a thread of the process that
took the order does it after the commit. What that thread loses by a kill stays visible as a partner being set up, and
`set_up_again` goes on from there; the owner's invitation is due work and waits until the partner is active.
"""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connections, transaction

from apps.accounts import audit
from apps.accounts.actions import Role
from apps.accounts.audit import AuditAction
from apps.accounts.services import invite_person
from apps.dispatch import wakeups
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.tenants import domains, scope
from apps.tenants.models import Partner
from apps.tenants.provisioning import NewPartner, provision_schema, register_partner

logger = logging.getLogger(__name__)

INVITE_OWNER = "monitoring.invite_owner"
SET_UP_TAKES = timedelta(minutes=5)  # at the very most; after that somebody may start it again
_builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="partner-set-up")


class PartnerStateError(ValueError):
    """The partner is not in the state this needs. The message says which it is in."""


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """Who is invited as owner of a partner."""

    name: str
    email: str


def add_partner(wanted: NewPartner, owner: FirstOwner | None = None) -> Partner:
    """Store a partner and have it set up after the commit; `owner` gets a mail as soon as the portal answers.

    Raises as `register_partner` does.
    """
    with transaction.atomic():
        partner = register_partner(wanted)
        _trace(AuditAction.PARTNER_CREATED, partner, {"short name": partner.slug})
        if owner is not None:
            invite_owner(partner, owner)
        transaction.on_commit(partial(_builder.submit, set_up, partner.id))
    return partner


def invite_owner(partner: Partner, owner: FirstOwner) -> None:
    """Have the partner's own portal invite an owner; waits while the partner is not active."""
    with scope.enter(partner.as_ref()):
        enqueue(kind=INVITE_OWNER, reference=json.dumps({"name": owner.name, "email": owner.email}))
    _trace(AuditAction.PARTNER_CHANGED, partner, {"invited as owner": owner.email})


def send_owner_invitation(work: LeasedWork) -> None:
    """Invite the owner that a piece of due work names; somebody who can sign in already is left alone."""
    wanted = json.loads(work.reference)
    try:
        with transaction.atomic():
            work.confirm()
            invite_person(email=wanted["email"], name=wanted["name"], role=Role.OWNER)
    except ValidationError as error:
        logger.warning("an owner could not be invited: %s", "; ".join(error.messages))


def set_up(partner_id: UUID) -> None:
    """Make the schema of a partner that waits for it, and say how it ended in the partner's state.

    Runs in a thread of its own, outside any request. Twice at once is harmless: the second waits and finds it done.
    """
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 41))", [f"set-up:{partner_id}"])
        partner = Partner.objects.get(id=partner_id)
        if partner.state == Partner.State.PROVISIONING:
            provision_schema(partner)
            wakeups.request(Queue.MAINT)
    except Exception:  # the thread's edge: turned into a state that the operator sees, and reported by the log
        logger.exception("the set-up of partner %s failed", partner_id)
        Partner.objects.filter(id=partner_id, state=Partner.State.PROVISIONING).update(state=Partner.State.FAILED)
    finally:
        connections.close_all()  # nobody else closes what a thread of our own opened


def set_up_again(partner: Partner, *, now: datetime) -> None:
    """Go on with a set-up that failed, or of which nothing was heard for too long. Raises PartnerStateError."""
    if not may_set_up_again(partner, now=now):
        raise PartnerStateError(f"{partner.name} is {partner.get_state_display()}: there is nothing to set up again.")
    _move(partner, Partner.State(partner.state), Partner.State.PROVISIONING)
    transaction.on_commit(partial(_builder.submit, set_up, partner.id))


def may_set_up_again(partner: Partner, *, now: datetime) -> bool:
    """Return whether the partner's set-up ended badly or seems to be lost."""
    if partner.state == Partner.State.PROVISIONING:
        return bool(partner.created_at < now - SET_UP_TAKES)
    return bool(partner.state == Partner.State.FAILED)


def suspend_partner(partner: Partner) -> None:
    """Close an active partner's portal and let its work wait. Raises PartnerStateError."""
    _move(partner, Partner.State.ACTIVE, Partner.State.SUSPENDED)


def activate_partner(partner: Partner) -> None:
    """Open a suspended partner's portal again; its work goes on where it waited. Raises PartnerStateError."""
    _move(partner, Partner.State.SUSPENDED, Partner.State.ACTIVE)


def _move(partner: Partner, before: Partner.State, after: Partner.State) -> None:
    # The row count decides between two people who press at once.
    if not Partner.objects.filter(id=partner.id, state=before).update(state=after):
        partner.refresh_from_db()
        raise PartnerStateError(f"{partner.name} is {partner.get_state_display()}: somebody may have been quicker.")
    partner.state = after
    _trace(AuditAction.PARTNER_CHANGED, partner, {"state": [before.label, after.label]})
    transaction.on_commit(domains.forget_hosts)


def _trace(action: AuditAction, partner: Partner, details: dict[str, object]) -> None:
    audit.record(action, subject="partner", subject_id=partner.id, details={"name": partner.name, **details})
