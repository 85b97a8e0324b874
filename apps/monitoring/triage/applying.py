"""What people decide about one proposal: apply it, agree as the first of two, or refuse it. Each leaves a trace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.services.replay import NothingToReplayError
from apps.flows.services.start_run import FlowNotLiveError
from apps.monitoring import case_book, case_work, cases, planned_retries
from apps.monitoring.blame import WaitingOn, WorkQueue
from apps.monitoring.cases import CaseError, hold_open_case
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.triage.advice import ARGUMENTS, Deed
from apps.monitoring.triage.policies import fallen, policy_for, read_policies
from apps.monitoring.triage.policy import Handling, Policy, Ruling, decide
from apps.monitoring.triage.reading import money_of
from apps.monitoring.triage.words import filled, read_moment

_State = TriageProposal.State
# Whatever can stand in the way of a deed.
REFUSALS = (CaseError, NothingToReplayError, FlowNotLiveError, LayerError, MappingError, ValidationError)
_OPTIONAL = {"note", "question"}  # of a retry at a moment
NEEDS: dict[Deed, Action] = {
    Deed.RETRY: Action.WORK_CASES,
    Deed.ADD_VALUE: Action.EDIT_FLOWS,
    Deed.BRING: Action.RUN_FLOWS,
    Deed.ASK: Action.WORK_CASES,
    Deed.WAIT: Action.WORK_CASES,
    Deed.PLAN: Action.WORK_CASES,
    Deed.SKIP: Action.WORK_CASES,
}


class Outcome(StrEnum):
    """What came of agreeing."""

    APPLIED = "applied"
    NEEDS_ANOTHER = "needs_another"


@dataclass(frozen=True, slots=True)
class Changes:
    """What somebody changed before applying: what is said with the deed, and whether the customer is told."""

    arguments: Mapping[str, str] | None = None
    tell: str = ""  # a sentence for the customer's people, "" for none


def apply_proposal(
    proposal_id: UUID, *, by: Actor, now: datetime, changes: Changes | None = None, alone: bool = False
) -> Outcome:
    """Do what is proposed, or agree to it as the first of two people.

    Raises:
        CaseError: it was decided on already, the policy or the person's role forbids it, or the same person agreed before.
        CaseClosedError, FlowNotLiveError, NothingToReplayError, LayerError, MappingError: as the deed itself.

    """
    given = changes or Changes()
    with transaction.atomic():
        proposal, case = _held(proposal_id)
        said, is_changed = _said(proposal, given)
        ruling = ruling_of(proposal, case, now)
        _require_allowed(proposal, ruling, by, alone=alone)
        if ruling.handling is Handling.TWO_PEOPLE and _needs_another(proposal, by, is_changed=is_changed):
            _agree_first(proposal, said, by, now, is_changed=is_changed)
            return Outcome.NEEDS_ANOTHER
        _do(proposal, case, said, by, now)
        if given.tell.strip():
            cases.note_case(case.id, text=given.tell, shared=True, by=by)
        proposal.arguments, proposal.alone = dict(said), alone
        proposal.was_changed = proposal.was_changed or is_changed
        proposal.state = _State.CHANGED if proposal.was_changed else _State.APPLIED
        _decided(proposal, by, now)
        _record(AuditAction.TRIAGE_APPLIED, proposal, ruling)
    return Outcome.APPLIED


def apply_to_case(case_id: UUID, *, by: Actor, now: datetime) -> None:
    """Do what is proposed for a case, as one of many. Raises as `apply_proposal`, and CaseError where two must agree."""
    proposal = TriageProposal.objects.filter(case_id=case_id, state__in=TriageProposal.WAITING).first()
    if proposal is None:
        raise CaseError("", _("Nothing is proposed for it any more."))
    with transaction.atomic():
        if apply_proposal(proposal.id, by=by, now=now) is Outcome.NEEDS_ANOTHER:
            raise CaseError("", _("Two people must agree: decide on its own page."))


def refuse_proposal(proposal_id: UUID, *, reason: str, by: Actor, now: datetime) -> TriageProposal:
    """Put a proposal aside, with the reason. Raises CaseError when it was decided on already, or the reason is none."""
    if reason not in TriageProposal.Refusal.values:
        raise CaseError("reason", _("Choose why: it is how proposals get better."))
    with transaction.atomic():
        proposal, _case = _held(proposal_id)
        proposal.state, proposal.refusal = _State.REFUSED, reason
        _decided(proposal, by, now)
        _record(AuditAction.TRIAGE_REFUSED, proposal, None)
    return proposal


def ruling_of(
    proposal: TriageProposal,
    case: ExceptionCase,
    now: datetime,
    *,
    policy: Policy | None = None,
    by_hand: set[tuple[str, str]] | None = None,
) -> Ruling:
    """Return who has to agree to a proposal just now; policy and what fell back are read unless they are given."""
    holds = policy or policy_for(read_policies(), case.error_class)
    fell = fallen() if by_hand is None else by_hand
    done = TriageProposal.objects.filter(case=case, opening=case.reopened, state__in=TriageProposal.DONE)
    return decide(
        holds,
        Deed(proposal.deed),
        money_of(case, holds.currency, now),
        fell_back=(proposal.error_class, proposal.source) in fell,
        tried=done.exists(),
    )


def hindrance(proposal: TriageProposal, ruling: Ruling, by: Actor) -> str:
    """Return why a person cannot apply a proposal, "" where nothing stands in the way."""
    if ruling.handling is Handling.NEVER:
        return _("The policy leaves this to people: use the ways out below.")
    if not by.can(NEEDS[Deed(proposal.deed)]):
        return _("Your role does not include what is proposed.")
    if proposal.state == _State.APPROVED and proposal.first_by_id == by.user_id and by.user_id is not None:
        return _("You agreed already: another person has to confirm it.")
    if ruling.handling is Handling.TWO_PEOPLE and by.user_id is None:
        return _("Two people must agree: a program cannot be one of them.")
    return ""


def _held(proposal_id: UUID) -> tuple[TriageProposal, ExceptionCase]:
    # The case first, as everything that is done to it does.
    case_id = TriageProposal.objects.values_list("case_id", flat=True).get(id=proposal_id)
    case = hold_open_case(case_id)
    proposal = TriageProposal.objects.select_for_update(of=("self",)).get(id=proposal_id)
    if not proposal.is_open:
        raise CaseError("", _("This proposal was decided on already: nothing was changed."))
    return proposal, case


def _said(proposal: TriageProposal, given: Changes) -> tuple[dict[str, str], bool]:
    """Return what is said with the deed, all of it there, and whether that differs from what was proposed."""
    proposed = filled(proposal)
    said = dict(proposed)
    if given.arguments is not None:
        names = ARGUMENTS[Deed(proposal.deed)]
        said |= {name: value.strip() for name, value in given.arguments.items() if name in names}
    for name in ARGUMENTS[Deed(proposal.deed)]:
        if not said.get(name) and not (name in _OPTIONAL and proposal.deed != Deed.ASK):
            raise CaseError(name, _("Fill this in: without it nothing can be done."))
    return said, said != proposed


def _require_allowed(proposal: TriageProposal, ruling: Ruling, by: Actor, *, alone: bool) -> None:
    if alone and ruling.handling is not Handling.ALONE:
        raise CaseError("", _("The policy wants a person to look at it."))
    if words := hindrance(proposal, ruling, by):
        raise CaseError("", words)


def _needs_another(proposal: TriageProposal, by: Actor, *, is_changed: bool) -> bool:
    """Return whether somebody else has to agree still: nobody did, or to something else than is said now."""
    agreed = proposal.state == _State.APPROVED and proposal.first_by_id not in {None, by.user_id}
    return not agreed or is_changed


def _agree_first(
    proposal: TriageProposal, said: Mapping[str, str], by: Actor, now: datetime, *, is_changed: bool
) -> None:
    proposal.state, proposal.arguments = _State.APPROVED, dict(said)
    proposal.was_changed = proposal.was_changed or is_changed
    proposal.first_by_id, proposal.first_name, proposal.first_at = by.user_id, by.shown_name[:200], now
    proposal.save()
    _record(AuditAction.TRIAGE_APPROVED, proposal, None)


def _do(proposal: TriageProposal, case: ExceptionCase, said: Mapping[str, str], by: Actor, now: datetime) -> None:
    if proposal.queue and proposal.queue != case.queue:
        case_book.move_to_queue(case, WorkQueue(proposal.queue))
        case.save(update_fields=["queue", "due_at"])
    if proposal.team_id is not None and proposal.team_id != case.team_id:
        case.team_id = proposal.team_id
        case.save(update_fields=["team"])
    _DEEDS[Deed(proposal.deed)](case.id, said, by)
    case_book.note_step(case, "As it was proposed.", by.shown_name, now)


def _decided(proposal: TriageProposal, by: Actor, now: datetime) -> None:
    proposal.decided_by_name, proposal.decided_at = by.shown_name[:200], now
    proposal.save()


def _record(action: AuditAction, proposal: TriageProposal, ruling: Ruling | None) -> None:
    details = {
        "proposal": str(proposal.id),
        "deed": proposal.deed,
        "team": str(proposal.team_id or ""),
        "source": proposal.source,
        "confidence": proposal.confidence,
        "evidence": proposal.evidence,
        "changed": proposal.was_changed,
        "refusal": proposal.refusal,
        "first": proposal.first_name,
    }
    if ruling is not None:
        details |= {"policy": ruling.handling.name.lower(), "because": ruling.reason.name.lower()}
    audit.record(action, subject="case", subject_id=str(proposal.case_id), details=details)


def _retry(case_id: UUID, _said: Mapping[str, str], by: Actor) -> None:
    cases.retry_case(case_id, by=by)


def _add_value(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    names = ARGUMENTS[Deed.ADD_VALUE]
    cases.add_value_and_retry(case_id, **{name: said[name] for name in names}, by=by)


def _bring(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    try:
        flow_id = UUID(said["flow"])
    except ValueError:
        raise CaseError("flow", _("Choose a flow that is live and writes to the same system.")) from None
    planned_retries.bring_and_retry(case_id, flow_id=flow_id, by=by)


def _ask(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    cases.note_case(case_id, text=said["question"], shared=True, by=by)
    if ExceptionCase.objects.get(id=case_id).waiting_on != WaitingOn.CUSTOMER:
        case_work.set_waiting(case_id, party=WaitingOn.CUSTOMER, note="", by=by)


def _wait(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    if said["party"] not in set(WaitingOn):
        raise CaseError("party", _("Fill this in: without it nothing can be done."))
    case_work.set_waiting(case_id, party=WaitingOn(said["party"]), note=said.get("note", "")[:200], by=by)


def _plan(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    moment = read_moment(said["at"])
    if moment is None:
        raise CaseError("at", _("Write the moment as a day and a time."))
    planned_retries.plan_retry(case_id, at=moment, question=said.get("question", ""), by=by)


def _skip(case_id: UUID, said: Mapping[str, str], by: Actor) -> None:
    cases.skip_operations(case_id, None, reason=said["reason"], by=by)


_DEEDS: dict[Deed, Callable[[UUID, Mapping[str, str], Actor], None]] = {
    Deed.RETRY: _retry,
    Deed.ADD_VALUE: _add_value,
    Deed.BRING: _bring,
    Deed.ASK: _ask,
    Deed.WAIT: _wait,
    Deed.PLAN: _plan,
    Deed.SKIP: _skip,
}
