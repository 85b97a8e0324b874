"""What steps do inside the house, in the transaction that moves the walk: ask, wait, tell, call a flow, enter, say.

Each effect answers how the step stands after it: done with a result, or waiting until a time or until it is resumed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.connectors.errors import BusinessClass, FieldProblem
from apps.flows.engine.acts import Act, Ask, CallFlow, Enter, Refuse, Result, Say, Tell, WaitFor, WaitUntil
from apps.flows.engine.definition import Step
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import ApprovalRequest, EventWait, Flow, Milestone, Run, TriggerEvent
from apps.flows.services import approvals, events, notices
from apps.flows.services.start_run import FlowNotLiveError, start_run
from apps.flows.services.walk_giving_way import GIVES_WAY
from apps.flows.services.walk_session import WalkSession

_LOOK_AGAIN = timedelta(seconds=30)  # at another flow's run, should its end not be told


@dataclass(frozen=True, slots=True)
class Stands:
    """How a step stands: done with `result`, waiting (until `due_at`, None: until it is resumed), or refused."""

    result: Result = field(default_factory=dict)
    note: str = ""
    waits: bool = False
    due_at: datetime | None = None
    problems: tuple[FieldProblem, ...] = ()


def take_effect(session: WalkSession, step: Step, act: Act) -> Stands:
    """Carry out one act, or look how it stands when it was begun before."""
    return _EFFECTS[type(act)](session, step, act)


def _ask(session: WalkSession, step: Step, act: Ask) -> Stands:
    request = approvals.latest(session.operation.id, step.name)
    if request is None or request.state == ApprovalRequest.State.WITHDRAWN or _asked_for_a_failed_try(session, step):
        request = approvals.ask(session.operation, step.name, act)
    if request.state == ApprovalRequest.State.OPEN:
        return Stands(note=f"Waits for {act.role.replace('_', ' ')} to approve.", waits=True)
    said = approvals.words_of(request)
    if request.state == ApprovalRequest.State.APPROVED:
        return Stands({"approved": True, "by": said}, f"Approved by {said}.")
    if request.state == ApprovalRequest.State.REJECTED and act.go_on_refused:
        return Stands({"approved": False, "by": said}, f"Refused by {said}.")
    reason = "was not answered in time" if request.state == ApprovalRequest.State.EXPIRED else f"was refused by {said}"
    sentence = f"The approval {reason}: clear it up, then retry to ask again."
    return Stands(problems=(FieldProblem("", sentence, BusinessClass.MISSING_APPROVAL),))


def _asked_for_a_failed_try(session: WalkSession, step: Step) -> bool:
    """A retry after a refusal asks again: the answer that stopped the walk is not the answer to the new question."""
    row = session.rows.get(step.name)
    return row is not None and row.state == "failed"


def _wait_for(session: WalkSession, step: Step, act: WaitFor) -> Stands:
    wait = events.wait_for(session.operation, step.name, name=act.event_name, subject=act.correlation, until=act.until)
    if wait.state == EventWait.State.MET and wait.event is not None:
        return Stands(wait.event.payload, f"{act.event_name} was said.")
    if act.until is None or act.until > timezone.now():
        note = f"Waits for {act.event_name} about {act.correlation}."
        return Stands(_giving_way(act), note, waits=True, due_at=act.until)
    wait.state = EventWait.State.EXPIRED
    wait.save(update_fields=["state"])
    if act.go_on_without:
        return Stands({"heard": False}, f"{act.event_name} was not said in time: gone on without it.")
    sentence = f"{act.event_name} was not said about {act.correlation} in time: clear it up, then retry to wait again."
    return Stands(problems=(FieldProblem("", sentence, BusinessClass.TIMEOUT),))


def _wait_until(_session: WalkSession, _step: Step, act: WaitUntil) -> Stands:
    return Stands(_giving_way(act), "Waits for its time.", waits=True, due_at=act.until)


def _giving_way(act: WaitFor | WaitUntil) -> Result:
    return {GIVES_WAY: True} if act.gives_way else {}


def _tell(session: WalkSession, _step: Step, act: Tell) -> Stands:
    told = notices.tell(session.operation, role=act.role, address=act.address, subject=act.subject, text=act.text)
    return Stands({"told": told}, f"Told {told} people." if told != 1 else "Told one person.")


def _call_flow(session: WalkSession, step: Step, act: CallFlow) -> Stands:
    row = session.rows.get(step.name)
    begun = row.result.get("run") if row is not None else None
    run = Run.objects.filter(id=UUID(begun)).first() if begun else None
    if run is None or (row is not None and row.state == "failed"):
        flow = Flow.objects.filter(
            customer_id=session.flow.customer_id, template=act.template, state__in=[Flow.State.LIVE, Flow.State.PAUSED]
        ).first()
        if flow is None:
            sentence = (
                f"This customer has no live flow of the kind {act.template!r}: install it or set it live, then retry."
            )
            return Stands(problems=(FieldProblem("", sentence, BusinessClass.MISSING_REFERENCE),))
        # A replay is a run of its own, and starts the other flow anew.
        run = _start(flow, f"step:{session.operation.id}:{step.name}:{session.run.id}"[:120], act.key)
    return _called(run, act)


def _start(flow: Flow, dedupe_key: str, key: str) -> Run:
    try:
        run = start_run(
            flow, kind=TriggerEvent.Kind.FLOW, dedupe_key=dedupe_key, mode=Run.Mode.RECORDS, payload={"keys": [key]}
        )
    except FlowNotLiveError:
        run = None
    if run is not None:
        return run
    return Run.objects.get(event__flow=flow, event__dedupe_key=dedupe_key)


def _called(run: Run, act: CallFlow) -> Stands:
    result = {"run": str(run.id), "state": run.state}
    if not act.wait:
        return Stands(result, "Started the other flow.")
    if run.state not in RUN_TERMINAL:
        return Stands(result, "Waits for the other flow's run.", waits=True, due_at=timezone.now() + _LOOK_AGAIN)
    if run.state in (RunState.CLEAN, RunState.EMPTY):
        return Stands(result, "The other flow's run ended well.")
    sentence = f"The other flow's run ended {run.state}: mend what it found there, then retry."
    return Stands(result, problems=(FieldProblem("", sentence, BusinessClass.CONFLICT),))


def _enter(session: WalkSession, step: Step, act: Enter) -> Stands:
    evidence: Mapping[str, Any] = {"step": step.name, "label": session.operation.label}
    milestone, fresh = Milestone.objects.get_or_create(
        customer_id=session.operation.customer_id,
        subject=act.subject,
        state=act.state,
        defaults={"operation_id": session.operation.id, "entered_at": timezone.now(), "evidence": evidence},
    )
    if not fresh and milestone.left_at is not None:
        milestone.left_at, milestone.entered_at = None, timezone.now()
        milestone.operation_id = session.operation.id
        milestone.save(update_fields=["left_at", "entered_at", "operation"])
    return Stands({"state": act.state}, f"Entered: {act.state.replace('_', ' ')}.")


def _say(session: WalkSession, step: Step, act: Say) -> Stands:
    operation = session.operation
    events.publish(
        act.name,
        customer_id=operation.customer_id,
        subject=act.subject,
        payload=act.payload,
        dedupe_key=f"{operation.id}:{step.name}",
        caused_by=operation.id,
    )
    return Stands({"subject": act.subject}, f"Said {act.name}.")


def _refuse(_session: WalkSession, _step: Step, act: Refuse) -> Stands:
    return Stands(problems=act.problems)


_EFFECTS: Mapping[type, Callable[[WalkSession, Step, Any], Stands]] = {
    Ask: _ask,
    WaitFor: _wait_for,
    WaitUntil: _wait_until,
    Tell: _tell,
    CallFlow: _call_flow,
    Enter: _enter,
    Say: _say,
    Refuse: _refuse,
}
