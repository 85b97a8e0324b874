"""A walking record step by step: how each stands, what it made and where, what it waits for, and every try of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.connectors.redaction import redact_json
from apps.flows.engine.definition import DefinitionError, FlowDefinition, Step, parse_definition
from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import ApprovalRequest, EventWait, Operation, OperationStep
from apps.flows.queries.approvals import decisions_of, in_sight
from apps.flows.queries.awaited_answers import list_awaited
from apps.flows.queries.step_words import kind_title, step_icon, step_title
from apps.flows.services.evidence import Attempt
from apps.flows.services.walk_session import RECORD

NOT_REACHED = "not_reached"
_OPEN_ENDS = (OperationState.WAITING, OperationState.REJECTED)


@dataclass(frozen=True, slots=True)
class ShownApproval:
    """The question a step asked. `url` is "" when the reader may not open it; `decisions` are entries of a timeline."""

    question: str
    state: str
    url: str
    due_at: datetime | None
    decisions: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a record's walk; `step` is None while it is not reached.

    `result` is what later steps may read, secrets taken out. `waits_for` says in words what must happen for it to go on,
    `until` by when. `tries` are its calls, the newest first.
    """

    name: str
    kind: str
    title: str
    kind_words: str
    icon: str
    state: str
    sentence: str
    step: OperationStep | None = None
    result: Any = None
    waits_for: str = ""
    until: datetime | None = None
    called_run: str = ""
    approval: ShownApproval | None = None
    tries: list[Attempt] = field(default_factory=list)

    @property
    def outside(self) -> tuple[str, str] | None:
        """Return the system and its number of what the step made; None when it made nothing outside."""
        if self.step is None or self.step.connection is None or not self.step.outside_key:
            return None
        return self.step.connection.name, self.step.outside_key


def list_steps(operation: Operation, attempts: Iterable[Attempt], who: Actor) -> list[StepRow]:
    """Return the steps of a record that walks, in order, also those it has not reached; [] for one that went with its batch."""
    begun = OperationStep.objects.filter(operation_id=operation.id).select_related("connection")
    rows = {row.name: row for row in begun.order_by("position")}
    if not rows:
        return []
    rows.pop(RECORD, None)
    definition = _definition(operation)
    known = {step.name: step for step in definition.walk} if definition else {}
    names = [name for name in known if name in rows or operation.state in _OPEN_ENDS]
    reader = _Reader(operation, attempts, who)
    return [
        reader.row(name, known.get(name), rows.get(name)) for name in [*names, *(n for n in rows if n not in known)]
    ]


def _definition(operation: Operation) -> FlowDefinition | None:
    try:
        return parse_definition(operation.last_run.version.definition)
    except DefinitionError:
        return None


class _Reader:
    """What the steps of one record have in common, read once."""

    def __init__(self, operation: Operation, attempts: Iterable[Attempt], who: Actor) -> None:
        self.tries: defaultdict[str, list[Attempt]] = defaultdict(list)
        for attempt in attempts:
            self.tries[attempt.step].append(attempt)
        asked = ApprovalRequest.objects.filter(operation_id=operation.id).prefetch_related("decisions__for_person")
        self.asked = {request.step: request for request in asked.order_by("asked_at")}
        self.open_to = set(in_sight(who).filter(operation_id=operation.id).values_list("id", flat=True))
        self.awaited = {awaited.step: awaited for awaited in list_awaited(operation)}
        self.waits = {wait.step: wait for wait in EventWait.objects.filter(operation_id=operation.id, state="open")}

    def row(self, name: str, step: Step | None, stored: OperationStep | None) -> StepRow:
        kind = stored.kind if stored else step.kind if step else ""
        title = step_title(step) if step else kind_title(kind)
        if stored is None:
            return StepRow(name, kind, title, kind_title(kind), step_icon(kind), NOT_REACHED, "")
        waits_for, until = self._waits(stored)
        return StepRow(
            name=name,
            kind=kind,
            title=title,
            kind_words=kind_title(kind) if title != kind_title(kind) else "",
            icon=step_icon(kind),
            state=stored.state,
            sentence=stored.error_message or stored.note,
            step=stored,
            result=redact_json(stored.result) if stored.result else None,
            waits_for=waits_for,
            until=until,
            called_run=_called_run(stored),
            approval=self._approval(name),
            tries=self.tries[name],
        )

    def _waits(self, stored: OperationStep) -> tuple[str, datetime | None]:
        if stored.state not in (StepState.WAITING, StepState.UNDOING):
            return "", None
        if (awaited := self.awaited.get(stored.name)) is not None:
            return awaited.what, None
        if stored.kind == "approve" and (request := self.asked.get(stored.name)) is not None:
            return _("an answer to: %(question)s") % {"question": request.question}, request.due_at
        if (wait := self.waits.get(stored.name)) is not None:
            words = {"event": wait.event_name, "subject": wait.correlation}
            return _("the event %(event)s about %(subject)s") % words, wait.until
        if stored.error_message and stored.due_at:
            return _("its next try"), stored.due_at
        if stored.due_at and stored.kind == "wait":
            return _("its time"), stored.due_at
        return "", None

    def _approval(self, name: str) -> ShownApproval | None:
        request = self.asked.get(name)
        if request is None:
            return None
        is_open = request.state == ApprovalRequest.State.OPEN
        return ShownApproval(
            question=request.question,
            state="waiting" if is_open else request.state,
            url=reverse("flows:approval-detail", args=[request.id]) if request.id in self.open_to else "",
            due_at=request.due_at if is_open else None,
            decisions=decisions_of(request),
        )


def _called_run(stored: OperationStep) -> str:
    result: Mapping[str, Any] = stored.result
    run = result.get("run", "") if stored.kind == "call" else ""
    return reverse("flows:run-detail", args=[run]) if run else ""
