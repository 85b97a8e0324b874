"""Rollouts as pages show them: who would be reached, how each ring does, and what became of every flow."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.flows.engine.rings import Figures, Gates
from apps.flows.models import Flow, Rollout, RolloutMember
from apps.flows.services.ring_figures import figures_since, usual_figures
from apps.flows.services.ring_proofs import Proof, Standing, is_asked, proofs_of
from apps.flows.services.rollouts import flows_behind
from apps.flows.templates_library import TEMPLATES, FlowTemplate

_OPEN = (Rollout.State.RUNNING, Rollout.State.PAUSED)


@dataclass(frozen=True, slots=True)
class RolloutOffer:
    """What a rollout of a template would reach. `under_way` is the one that runs, `earlier` those that are over."""

    template: FlowTemplate
    behind: list[Flow]
    customers: list[tuple[UUID, str]]
    under_way: Rollout | None
    earlier: list[Rollout]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One flow of a ring. `proof` says how its reconciliation stands, "" where none was asked for; `proof_url` leads to it."""

    member: RolloutMember
    proof: str = ""
    proof_url: str = ""


@dataclass(frozen=True, slots=True)
class RingRow:
    """One ring: its flows by state, and what those that were changed did since and before.

    `proofs` counts its flows by how their reconciliation stands, empty while none is asked for; `waits_until` is up to when
    the next ring waits for those under way, None when it does not.
    """

    name: str
    members: list[MemberRow]
    counts: dict[str, int]
    now: Figures
    usual: Figures
    is_current: bool
    is_over: bool
    proofs: dict[str, int]
    waits_until: datetime | None

    @property
    def pending(self) -> int:
        """How many reconciliations the ring waits for."""
        return self.proofs.get(Standing.WAITING, 0) + self.proofs.get(Standing.UNDER_WAY, 0)


@dataclass(frozen=True, slots=True)
class RolloutPage:
    """One rollout. `latest_day` is up to when a customer may put it off; None: not at all."""

    rollout: Rollout
    template: FlowTemplate | None
    gates: Gates
    rings: list[RingRow]
    changed: int
    total: int
    latest_day: date | None

    @property
    def is_open(self) -> bool:
        """True while it can be stopped."""
        return self.rollout.state in _OPEN


def get_rollout_offer(slug: str) -> RolloutOffer:
    """Return what a rollout of a template would reach. Raises Http404."""
    template = TEMPLATES.get(slug)
    if template is None:
        raise Http404("There is no such template.")
    rollouts = list(Rollout.objects.filter(template=slug)[:20])
    behind = flows_behind(slug)
    customers = {flow.customer_id: flow.customer.name for flow in behind}
    return RolloutOffer(
        template=template,
        behind=behind,
        customers=sorted(customers.items(), key=lambda one: one[1].casefold()),
        under_way=next((one for one in rollouts if one.state in _OPEN), None),
        earlier=[one for one in rollouts if one.state not in _OPEN],
    )


def get_rollout(rollout_id: UUID) -> Rollout:
    """Return a rollout. Raises Http404."""
    found = Rollout.objects.filter(id=rollout_id).first()
    if found is None:
        raise Http404("There is no such rollout.")
    return found


def get_member(rollout_id: UUID, member_id: UUID) -> RolloutMember:
    """Return one flow's part in a rollout. Raises Http404."""
    found = RolloutMember.objects.select_related("flow").filter(id=member_id, rollout_id=rollout_id).first()
    if found is None:
        raise Http404("This flow is not part of the rollout.")
    return found


def get_rollout_page(rollout: Rollout) -> RolloutPage:
    """Return a rollout with its rings."""
    members = list(rollout.members.select_related("flow__customer", "version_before", "version_after"))
    proofs = proofs_of(rollout.rings, members)
    latest = rollout.started_at.date() + timedelta(days=rollout.defer_days)
    return RolloutPage(
        rollout=rollout,
        template=TEMPLATES.get(rollout.template),
        gates=Gates.from_json(rollout.gates),
        rings=[_ring(rollout, number, members, proofs) for number in range(len(rollout.rings))],
        changed=sum(member.state == RolloutMember.State.CHANGED for member in members),
        total=len(members),
        latest_day=latest if rollout.defer_days else None,
    )


def _ring(rollout: Rollout, number: int, members: Sequence[RolloutMember], proofs: Mapping[UUID, Proof]) -> RingRow:
    own = [member for member in members if member.ring == number]
    standing = Counter(proofs[member.flow_id].standing.value for member in own if member.flow_id in proofs)
    is_current = number == rollout.ring and rollout.state in _OPEN
    longest = timedelta(minutes=Gates.from_json(rollout.gates).longest_minutes)
    waits = is_current and rollout.ring_since is not None and is_asked(rollout.rings[number])
    changed = [member for member in own if member.version_after_id and member.changed_at]
    return RingRow(
        name=rollout.rings[number]["name"],
        members=[_member(member, proofs.get(member.flow_id)) for member in own],
        counts=dict(Counter(member.state for member in own)),
        now=figures_since(changed) if changed else Figures(),
        usual=usual_figures(changed) if changed else Figures(),
        is_current=is_current,
        is_over=number < rollout.ring or rollout.state == Rollout.State.DONE,
        proofs=dict(standing),
        waits_until=rollout.ring_since + longest if waits and rollout.ring_since else None,
    )


def _member(member: RolloutMember, proof: Proof | None) -> MemberRow:
    if proof is None:
        return MemberRow(member)
    url = reverse("flows:reconciliation-detail", args=[proof.found]) if proof.found else ""
    return MemberRow(member, _proof_words(member, proof), url)


def _proof_words(member: RolloutMember, proof: Proof) -> str:
    if proof.standing is Standing.DONE:
        return _("Reconciled.")
    if proof.standing is Standing.UNPROVEN:
        return _("Not proven: %(why)s") % {"why": proof.why}
    if proof.standing is Standing.WAITING:
        return _("Waits for its reconciliation to begin.")
    if member.flow.state == Flow.State.PAUSED:
        return _("Its reconciliation waits until the flow is resumed.")
    return _("Its reconciliation waits: %(why)s") % {"why": proof.why} if proof.why else _("It is being reconciled.")
