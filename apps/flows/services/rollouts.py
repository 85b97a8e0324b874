"""Rolling a newer base out to all flows of a template, ring after ring, with a stop by itself and the way back."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import TextField
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.engine.rings import Gates, Ring, assign_rings, why_not_rings
from apps.flows.models import Flow, FlowVersion, Rollout, RolloutMember
from apps.flows.services.bases import PartnerLines, partner_lines
from apps.flows.services.ring_proofs import StartProof, accept_unproven
from apps.flows.services.ring_watch import judge_ring
from apps.flows.services.taking_back import CANNOT, put_back, reason_of, stop
from apps.flows.services.upgrades import UndecidedError, plan_upgrade, upgrade
from apps.flows.templates_library import flow_template

ROLLOUT_KIND = "flows.rollout"
LOOKED_AT_EVERY = timedelta(minutes=1)
_AT_ONCE = 20  # flows changed in one slice; a worker is not held longer
_OPEN = (Rollout.State.RUNNING, Rollout.State.PAUSED)
_CONTENT = ("definition", "base_definition", "layers")  # what is large in a version


class RolloutError(ValueError):
    """A rollout cannot be started or changed so; the message says why and what to do."""


# Everything a version says, as one short word: most flows of a template say the same.
_MADE_OF = MD5(Concat(*(Cast(f"live_version__{name}", TextField()) for name in _CONTENT), output_field=TextField()))


def flows_behind(template: str) -> list[Flow]:
    """Return the flows of a template that do not stand on its newest base: who a rollout would reach.

    Flows that are made of the same are judged once, by the first of them: a fixed number of statements for each such kind.
    """
    flows = (
        Flow.objects.filter(template=template, live_version__isnull=False)
        .exclude(state=Flow.State.RETIRED)
        .select_related("customer", "source", "target", "live_version")
        .defer(*(f"live_version__{name}" for name in _CONTENT))
        .prefetch_related("roles__connection")
        .annotate(made_of=_MADE_OF)
    )
    of_kind: defaultdict[Hashable, list[Flow]] = defaultdict(list)
    for flow in flows:
        of_kind[_kind_of(flow)].append(flow)
    versions = FlowVersion.objects.in_bulk([some[0].live_version_id for some in of_kind.values()])
    partner, behind = partner_lines(template), set[UUID]()
    for some in of_kind.values():
        first, light = some[0], some[0].live_version
        first.live_version = versions[first.live_version_id]
        if _is_behind(first, partner):
            behind.update(flow.id for flow in some)
        first.live_version = light
    return [flow for flow in flows if flow.id in behind]


def _kind_of(flow: Any) -> Hashable:
    """Return all that decides whether a flow of a template is behind; `made_of` stands for its version's content."""
    roles = tuple(sorted((role.role, role.connection.system) for role in flow.roles.all()))
    systems = (flow.source.system, flow.target.system, roles)
    return flow.made_of, flow.live_version.template_version, systems, json.dumps(flow.settings, sort_keys=True)


def _is_behind(flow: Flow, partner: PartnerLines) -> bool:
    try:
        return plan_upgrade(flow, partner=partner) is not None
    except CANNOT:
        return True  # it is told as held, with the reason


def start_rollout(  # noqa: PLR0913  each is one fact of the rollout, all by name
    *,
    template: str,
    rings: Sequence[Ring],
    gates: Gates,
    pilots: Collection[UUID] = (),
    note: str = "",
    defer_days: int = 14,
    started_by: str,
) -> Rollout:
    """Start the rollout of a template's newest base. `pilots` are customers whose flows go first.

    Raises:
        RolloutError: no flow is behind, the rings cannot be, or a rollout of the template is under way.

    """
    if wrong := why_not_rings(rings):
        raise RolloutError(wrong)
    behind = flows_behind(template)
    if not behind:
        raise RolloutError(_("Every flow of this template stands on its newest version already."))
    first = [str(flow.id) for flow in behind if flow.customer_id in set(pilots)]
    with transaction.atomic():
        rollout = Rollout(
            template=template,
            template_version=flow_template(template).version,
            note=note[:300],
            rings=[ring.to_json() for ring in rings],
            gates=gates.to_json(),
            defer_days=defer_days,
            started_at=timezone.now(),
            started_by=started_by[:200],
        )
        try:
            with transaction.atomic():
                rollout.save()
        except IntegrityError:
            raise RolloutError(_("A rollout of this template is under way: wait for its end, or stop it.")) from None
        assigned = assign_rings([str(flow.id) for flow in behind], first, rings, str(rollout.id))
        RolloutMember.objects.bulk_create(
            [
                RolloutMember(
                    rollout=rollout,
                    flow=flow,
                    customer_id=flow.customer_id,
                    ring=assigned[str(flow.id)],
                    version_before=flow.live_version,
                )
                for flow in behind
            ]
        )
        details = {"template": template, "version": rollout.template_version, "flows": len(behind)}
        audit.record(AuditAction.ROLLOUT_STARTED, subject="rollout", subject_id=str(rollout.id), details=details)
        _look_at(rollout)
    return rollout


def _look_at(rollout: Rollout) -> None:
    enqueue(
        kind=ROLLOUT_KIND, reference=str(rollout.id), priority=Priority.BACKFILL, unique_key=f"rollout:{rollout.id}"
    )


def carry_on(work: LeasedWork, start: StartProof) -> RunAgain | None:
    """Change the next flows of the ring, or judge it by what they did since: one slice of a rollout that runs.

    `start` begins a flow's reconciliation, which the ring waits for.
    """
    with transaction.atomic():
        work.confirm()
        members = _next_members(UUID(work.reference))
    for member_id in members:
        with transaction.atomic():
            work.confirm()
            _change(member_id)
    with transaction.atomic():
        work.confirm()
        rollout = Rollout.objects.select_for_update().get(id=UUID(work.reference))
        if rollout.state != Rollout.State.RUNNING:
            return None
        judge_ring(rollout, start, timezone.now())
        if rollout.state != Rollout.State.RUNNING:
            return None
    return RunAgain(timezone.now() + LOOKED_AT_EVERY) if rollout.ring_since else RunAgain()


def _next_members(rollout_id: UUID) -> list[UUID]:
    rollout = Rollout.objects.get(id=rollout_id)
    if rollout.state != Rollout.State.RUNNING:
        return []
    deferred = rollout.members.filter(state=RolloutMember.State.DEFERRED, ring__lte=rollout.ring)
    deferred.filter(deferred_until__lte=timezone.localdate()).update(state=RolloutMember.State.WAITING, reason="")
    waiting = rollout.members.filter(state=RolloutMember.State.WAITING, ring__lte=rollout.ring)
    return list(waiting.values_list("id", flat=True)[:_AT_ONCE])


def _change(member_id: UUID) -> None:
    member = (
        RolloutMember.objects.select_for_update(of=("self",))
        .select_related("rollout", "flow__customer", "flow__source", "flow__target", "flow__live_version")
        .get(id=member_id)
    )
    if member.state != RolloutMember.State.WAITING or member.rollout.state != Rollout.State.RUNNING:
        return
    _bring(member, member.rollout.started_by)


def _bring(member: RolloutMember, by: str) -> None:
    """Give a flow its change, or hold it with the reason why it cannot be."""
    member.version_before = member.flow.live_version
    try:
        with transaction.atomic():
            made = upgrade(member.flow, made_by=by)
    except UndecidedError as error:
        _hold(member, str(error))
    except CANNOT as error:
        _hold(member, f"It cannot be changed: {reason_of(error)}")
    else:
        _note_changed(member, made)
    member.save()


def _note_changed(member: RolloutMember, made: FlowVersion | None) -> None:
    if made is not None and made.published_at is None:
        _hold(member, f"Version {made.number} waits for approval: it is among the changes.")
        return
    # None: a person has brought it there meanwhile.
    member.version_after = made or member.flow.live_version
    member.state, member.changed_at = RolloutMember.State.CHANGED, timezone.now()


def _hold(member: RolloutMember, reason: str) -> None:
    member.state, member.reason = RolloutMember.State.HELD, reason[:300]


def stop_rollout(rollout: Rollout, *, made_by: str, take_back: bool) -> None:
    """End a rollout by a person; with `take_back` every flow that it changed gets its version from before.

    Raises:
        RolloutError: it is over already.

    """
    with transaction.atomic():
        held = Rollout.objects.select_for_update().get(id=rollout.id)
        if held.state not in _OPEN:
            raise RolloutError(_("This rollout is over."))
        changed = list(held.members.filter(state=RolloutMember.State.CHANGED)) if take_back else []
        stop(held, f"Stopped by {made_by}.", changed, made_by=made_by)


def take_back_all(rollout: Rollout, *, made_by: str) -> int:
    """Give every flow that a rollout changed its version from before, also after its end; return how many were."""
    with transaction.atomic():
        held = Rollout.objects.select_for_update().get(id=rollout.id)
        if held.state in _OPEN:
            raise RolloutError(_("The rollout is under way: stop it first."))
        changed = list(held.members.filter(state=RolloutMember.State.CHANGED))
        for member in changed:
            put_back(member, made_by=made_by)
        return sum(member.state == RolloutMember.State.TAKEN_BACK for member in changed)


def pause_rollout(rollout: Rollout) -> None:
    """Leave a rollout where it is until it is resumed. Raises RolloutError when it does not run."""
    _switch(rollout, Rollout.State.RUNNING, Rollout.State.PAUSED)


def resume_rollout(rollout: Rollout) -> None:
    """Go on with a paused rollout; what was held is tried once more, and a ring that waited for its proof passes without.

    Raises RolloutError when it is not paused.
    """
    _switch(rollout, Rollout.State.PAUSED, Rollout.State.RUNNING, lambda: _try_again(rollout))


def _try_again(rollout: Rollout) -> None:
    rollout.members.filter(state=RolloutMember.State.HELD).update(state=RolloutMember.State.WAITING, reason="")
    held = Rollout.objects.get(id=rollout.id)  # its row is held: it was switched in this transaction
    if accept_unproven(held):
        details = {"ring": held.rings[held.ring]["name"], "unproven": held.reason}
        audit.record(AuditAction.ROLLOUT_ACCEPTED, subject="rollout", subject_id=str(held.id), details=details)
    held.reason = ""
    held.save(update_fields=["reason", "rings"])
    _look_at(rollout)


def _switch(
    rollout: Rollout, before: Rollout.State, after: Rollout.State, then: Callable[[], None] = lambda: None
) -> None:
    with transaction.atomic():
        if not Rollout.objects.filter(id=rollout.id, state=before).update(state=after):
            raise RolloutError(_("This rollout has changed meanwhile: look at it again."))
        then()


def defer(member: RolloutMember, *, until: date, made_by: str, reason: str = "") -> None:
    """Let a customer's flow wait with its change until a day, within what the rollout allows.

    Raises:
        RolloutError: it is changed already, the rollout is over, or the day is too far away.

    """
    with transaction.atomic():
        held = RolloutMember.objects.select_for_update(of=("self",)).select_related("rollout").get(id=member.id)
        latest = held.rollout.started_at.date() + timedelta(days=held.rollout.defer_days)
        if held.rollout.state not in _OPEN or held.state not in {
            RolloutMember.State.WAITING,
            RolloutMember.State.DEFERRED,
        }:
            raise RolloutError(_("This flow does not wait for its change any more."))
        if not timezone.localdate() < until <= latest:
            raise RolloutError(_("Choose a day up to %(day)s.") % {"day": latest.isoformat()})
        held.state, held.deferred_until = RolloutMember.State.DEFERRED, until
        held.reason = f"{made_by}: {reason}"[:300] if reason else made_by[:300]
        held.save(update_fields=["state", "deferred_until", "reason"])
        details = {"flow": str(held.flow_id), "until": until.isoformat(), "by": made_by, "reason": reason[:200]}
        audit.record(AuditAction.ROLLOUT_DEFERRED, subject="rollout", subject_id=str(held.rollout_id), details=details)


def take_now(member: RolloutMember, *, made_by: str) -> RolloutMember:
    """Give a flow its change before its ring's turn; the member is held where that needs a decision.

    Raises:
        RolloutError: it does not wait any more, or the rollout does not run.

    """
    with transaction.atomic():
        held = (
            RolloutMember.objects.select_for_update(of=("self",))
            .select_related("rollout", "flow__customer", "flow__source", "flow__target", "flow__live_version")
            .get(id=member.id)
        )
        waits = held.state in {RolloutMember.State.WAITING, RolloutMember.State.DEFERRED}
        if not waits or held.rollout.state != Rollout.State.RUNNING:
            raise RolloutError(_("This flow does not wait for its change any more."))
        _bring(held, made_by)
    return held
