"""One operation walks: step by step, each planned purely, written ahead, called outside any transaction, settled in one.

A step that waits leaves rows and nothing else. Whatever ends its wait (an answer, an event, a time, a retry) makes this
work due again; being woken for nothing is harmless, because every step looks for itself how it stands.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import NoReturn
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.connectors import breaker, call_hours, connection_state, shape_book
from apps.connectors.breaker import PausedError
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import FailureKind, FieldProblem, RemoteError
from apps.connectors.judgement import is_systems_fault
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.acts import CALLS, Act, End, Go, Refuse, Send
from apps.flows.engine.definition import DefinitionError, OnFailure, Step
from apps.flows.engine.records import GAVE_WAY, OLDER_VERSION, REASONS
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.walk import next_step, passed_over
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.drift import DriftError
from apps.flows.models import OpenReceipt, Operation, OperationStep
from apps.flows.services import receipts, telemetry, undo, verdicts, walk_giving_way, walk_receipts, walk_rows
from apps.flows.services.session import correlation_of
from apps.flows.services.verdicts import Verdict
from apps.flows.services.walk_calls import CallAnswer
from apps.flows.services.walk_delivered import keep_delivered
from apps.flows.services.walk_delivery import Prepared, prepare, prepare_question
from apps.flows.services.walk_effects import Stands, take_effect
from apps.flows.services.walk_giving_way import GIVES_WAY
from apps.flows.services.walk_session import UNDONE_TIMES, MissingRoleError, WalkSession, open_walk
from apps.flows.services.walk_verdicts import cannot_call, judged, next_try

SLICE_SECONDS = 15.0  # then others get their turn
_MOVES = frozenset({"deliver", "withdraw"})
_ATTEMPTS_TO_TELL = 3  # one call that fails says little; one that fails for seconds tells of an outage
_CANNOT_CALL = (MissingRoleError, MappingError, UnsealError, RemoteError, KeyError)
log = structlog.get_logger(__name__)


class _Paused(Exception):  # noqa: N818  not an error: the walk leaves the worker here
    """The walk goes no further now."""

    def __init__(self, until: datetime | None, waiting_for: UUID | None = None) -> None:
        super().__init__()
        self.until = until
        self.waiting_for = waiting_for  # a connection whose return ends the wait sooner


def walk_on(work: LeasedWork) -> RunAgain | None:
    """Carry one operation on until it waits or ends. Returns when to look again, None when something else will say so."""
    with transaction.atomic():
        work.confirm()
        session = _opened(work)
        if session is None or undo.is_in_the_way(session):
            return None
    watched = telemetry.watch_slice(
        "walk",
        run_id=session.run.id,
        flow_id=session.flow.id,
        version=session.run.version.number,
        mode=session.run.mode,
        caused_by=correlation_of(session.run, cause=session.correlation_id),
    )
    with watched as tally:
        try:
            again = _Walk(session).go()
            tally.outcome = "goes on" if again else "over"
        except _Paused as paused:
            tally.outcome = "waits"
            again = RunAgain(paused.until, waiting_for=paused.waiting_for) if paused.until else None
    return again


def _opened(work: LeasedWork) -> WalkSession | None:
    try:
        session = open_walk(work)
    except DefinitionError as error:
        operation = Operation.objects.select_related("last_run").get(id=work.reference)
        log.warning("walk_cannot_be_read", operation=str(operation.id), reason=str(error))
        raise
    return session


class _Walk:
    """The steps of one operation in one slice."""

    def __init__(self, session: WalkSession) -> None:
        self.session = session
        self.ends_at = time.monotonic() + SLICE_SECONDS

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """One transaction that moves the walk, as the lease's holder; a walk that was cancelled meanwhile stops here."""
        with transaction.atomic():
            self.session.work.confirm()
            if not walk_rows.is_walking(self.session.operation.id):
                raise _Paused(None)
            yield

    def go(self) -> RunAgain | None:
        session = self.session
        while (step := next_step(session.definition.walk, session.states)) is not None:
            if time.monotonic() >= self.ends_at or session.work.lost:
                return RunAgain()
            with telemetry.step(step.kind, 1):
                self._take(step)
            if session.operation.state != OperationState.WAITING:
                return None
        with self._moving():
            walk_rows.end(session, self._end_state())
        return None

    def _end_state(self) -> OperationState:
        called = [row for row in self.session.rows.values() if row.kind in _MOVES and row.state == StepState.DONE]
        unchanged = called and all(
            row.result.get("unchanged") or row.result.get("withdrawn") is False for row in called
        )
        return OperationState.UNCHANGED if unchanged else OperationState.WRITTEN

    def _take(self, step: Step) -> None:
        self._begin_again(step)
        self._require_due(step)
        receipt = walk_receipts.open_receipt(self.session, step)
        if receipt is not None:
            self._ask(step, receipt)
            return
        act = self._planned(step)
        if act is None:
            self._pass(step, StepState.SKIPPED, note="Its condition did not hold.")
        elif isinstance(act, Go):
            self._pass(step, StepState.DONE, result=act.result, note=act.note, to=act.to)
        elif isinstance(act, End):
            self._end(step, act)
        elif isinstance(act, Refuse):
            self._refuse(step, verdicts.from_problems(step.name, act.problems))
        elif isinstance(act, CALLS):
            self._call(step, act)
        else:
            self._effect(step, act)

    def _begin_again(self, step: Step) -> None:
        """A step that had failed and is tried again has its tries and its time anew."""
        row = self.session.rows.get(step.name)
        if row is not None and row.state == StepState.FAILED:
            row.attempts, row.started_at = 0, timezone.now()

    def _require_due(self, step: Step) -> None:
        """A call that waits for its next try is left alone until then, whoever woke the walk."""
        row = self.session.rows.get(step.name)
        waits_for_retry = row is not None and row.state == StepState.WAITING and row.error_kind
        if row is not None and waits_for_retry and row.due_at is not None and row.due_at > timezone.now():
            raise _Paused(row.due_at)

    def _planned(self, step: Step) -> Act | None:
        """Return what the step wants to do, None when its condition does not hold."""
        context = self.session.context(step)
        try:
            if not context.holds(step.condition):
                return None
            return step.options.plan(context) if step.options else Go()
        except UnusableValueError as wrong:
            sentence = f"{step.title or step.name}: {wrong.message}."
            return Refuse((FieldProblem("", sentence, wrong.business_class),))

    def _pass(self, step: Step, state: StepState, *, note: str = "", to: str = "", **kept: object) -> None:
        session = self.session
        with self._moving():
            row = walk_rows.row_of(session, step)
            walk_rows.save(row, state, note=note[:300], **{"result": {}, **kept})
            for between in passed_over(session.definition.walk, step.name, to):
                skipped = walk_rows.row_of(session, between)
                walk_rows.save(skipped, StepState.SKIPPED, note="Another way was chosen.")

    def _end(self, step: Step, act: End) -> None:
        with self._moving():
            walk_rows.save(walk_rows.row_of(self.session, step), StepState.DONE, note=act.note[:300])
            self.session.operation.step = step.name
            walk_rows.end(self.session, act.state, act.note)

    def _refuse(self, step: Step, verdict: Verdict) -> None:
        session = self.session
        with self._moving():
            receipts.close(session.operation.id, step.name)
            if step.proceed_on_error:
                row = walk_rows.row_of(session, step)
                kept = {"error_class": verdict.error_class, "error_message": verdict.error_message}
                walk_rows.save(row, StepState.SKIPPED, note="It was refused; the flow goes on without it.", **kept)
            else:
                walk_rows.refuse(session, step, verdict)
                if session.definition.on_failure == OnFailure.ROLL_BACK and not verdict.ambiguous:
                    undo.roll_back_by_policy(session.operation)

    def _effect(self, step: Step, act: Act) -> None:
        session = self.session
        with self._moving():
            stands = take_effect(session, step, act)
            if not stands.problems:
                self._note(step, stands)
        if stands.problems:
            self._refuse(step, verdicts.from_problems(step.name, stands.problems))
        elif stands.waits and session.operation.state == OperationState.WAITING:
            raise _Paused(stands.due_at)

    def _note(self, step: Step, stands: Stands) -> None:
        row = walk_rows.row_of(self.session, step)
        if not stands.waits:
            walk_rows.save(row, StepState.DONE, result=stands.result, note=stands.note[:300])
            return
        walk_rows.save(row, StepState.WAITING, result=stands.result, note=stands.note[:300], due_at=stands.due_at)
        if GIVES_WAY in stands.result:
            self._rest(step)
        Operation.objects.filter(id=self.session.operation.id).update(step=step.name)

    def _rest(self, step: Step) -> None:
        """Begin a wait that gives way: what came before is settled with it, and a newer version that waits already goes on."""
        session = self.session
        walk_rows.supersede_earlier(session)
        if walk_giving_way.has_newer(session.operation):
            session.operation.step = step.name
            walk_rows.end(session, OperationState.SUPERSEDED, REASONS[GAVE_WAY])

    def _call(self, step: Step, act: Act) -> None:
        prepared = self._prepared(step, act)
        if prepared is not None and not (prepared.unchanged or prepared.overtaken or prepared.idle):
            self._make(step, prepared)

    def _ask(self, step: Step, receipt: OpenReceipt) -> None:
        """Ask what became of what the system has taken, once it is time to."""
        if receipt.due_at > timezone.now():
            raise _Paused(receipt.due_at)
        try:
            with transaction.atomic():  # the secrets are read
                prepared = prepare_question(self.session, receipt)
        except _CANNOT_CALL as error:
            self._refuse(step, replace(cannot_call(step, error), ambiguous=True))
            return
        self._make(step, prepared)

    def _make(self, step: Step, prepared: Prepared) -> None:
        """Make a call and settle it; one that only asks changes nothing and is not written ahead."""
        try:
            breaker.require_closed([prepared.connection_id])
        except PausedError as paused:
            self._wait_for_connection(step, paused)
        if prepared.receipt is None:
            with self._moving():
                walk_rows.write_ahead(self.session, step, prepared.evidence)
        answer = prepared.call(step.timeout_seconds)
        call_hours.note_calls(prepared.connection_id, prepared.connector.take_counts())
        if answer.outcome.receipt is None:
            self._settle(step, prepared, answer)
        else:
            self._follow(step, prepared, answer)

    def _follow(self, step: Step, prepared: Prepared, answer: CallAnswer) -> None:
        """Wait until the system is asked (again) what became of what it has taken, at most for the time it has."""
        outcome = answer.outcome
        with transaction.atomic():
            self.session.work.confirm()
            verdict = walk_receipts.follow(self.session, step, prepared, answer)
        if verdict is None:
            raise _Paused(None)  # it was cancelled meanwhile
        asked = prepared.receipt.asked if prepared.receipt is not None else 0
        if outcome.error is not None:
            self._tell_breaker(step, prepared.connection_id, outcome.error, asked)
            if outcome.error.kind is FailureKind.MISCONFIGURED:
                with transaction.atomic():
                    connection_state.mark_attention(prepared.connection_id, outcome.error.message)
        if verdict.state == OperationState.WAITING:
            raise _Paused(verdict.due_at)
        self._refuse(step, verdict)

    def _wait_for_connection(self, step: Step, paused: PausedError) -> NoReturn:
        """Leave the worker until the connection is back; what the last try left behind stays as it is."""
        session = self.session
        with transaction.atomic():
            session.work.confirm()
            row = walk_rows.row_of(session, step)
            kept = {name: getattr(row, name) for name in ("error_kind", "error_class", "error_field", "error_message")}
            walk_rows.save(row, StepState.WAITING, note=paused.message[:300], **kept)
            Operation.objects.filter(id=session.operation.id).update(step=step.name)
        raise _Paused(paused.until, paused.connection_id)

    def _prepared(self, step: Step, act: Act) -> Prepared | None:
        """Return the call ready to be made; None when the step was refused before anything left."""
        try:
            with transaction.atomic():
                prepared = prepare(self.session, step, act)
        except _CANNOT_CALL as error:
            if isinstance(error, DriftError) and isinstance(act, Send):
                with transaction.atomic():  # what is put back there is known by the time somebody tries again
                    self.session.work.confirm()
                    shape_book.ask_quietly(self.session.connection(act.role))
            self._refuse(step, cannot_call(step, error))
            return None
        if prepared.problems:
            self._refuse(step, verdicts.from_problems(step.name, prepared.problems))
            return None
        if prepared.overtaken:
            self._end(step, End(OperationState.SUPERSEDED, REASONS[OLDER_VERSION]))
        elif prepared.unchanged:
            kept = {"result": {"key": prepared.made.outside_key, "unchanged": True}, **prepared.made.columns()}
            self._pass(step, StepState.DONE, note="Nothing that it receives has changed.", **kept)
        elif prepared.idle:
            self._pass(step, StepState.DONE, result={"withdrawn": False}, note=prepared.idle)
        return prepared

    def _settle(self, step: Step, prepared: Prepared, answer: CallAnswer) -> None:
        session, outcome = self.session, answer.outcome
        with transaction.atomic():
            session.work.confirm()
            row = walk_rows.row_of(session, step)
            if prepared.receipt is None:
                walk_rows.close_evidence(session, row, outcome, answer.minded)
            else:
                walk_rows.note_answer(session, row, outcome)
            if outcome.error is None:
                self._keep(step, prepared, answer)
                return
            due_at = next_try(step, outcome.error, row.attempts)
            if due_at is not None and prepared.receipt is not None:
                receipts.close(session.operation.id, step.name)
            if outcome.error.kind is FailureKind.AUTH_EXPIRED:
                row.attempts -= 1  # the door was shut: nothing was tried
                walk_rows.save(row, StepState.WAITING, note="The sign-in was refused.")
            elif due_at is not None:
                verdict = judged(step, outcome.error)
                walk_rows.save(
                    row,
                    StepState.WAITING,
                    due_at=due_at,
                    ambiguous=verdict.ambiguous,
                    note="Is tried again.",
                    error_kind=verdict.error_kind,
                    error_class=verdict.error_class,
                    error_message=verdict.error_message,
                )
        self._tell_breaker(step, prepared.connection_id, outcome.error, row.attempts)
        if due_at is not None:
            raise _Paused(due_at)
        if outcome.error.kind is FailureKind.MISCONFIGURED:
            with transaction.atomic():
                connection_state.mark_attention(prepared.connection_id, outcome.error.message)
        self._refuse(step, judged(step, outcome.error))

    def _tell_breaker(self, step: Step, connection_id: UUID, error: RemoteError, attempts: int) -> None:
        """Wait with the connection where the failure opens its breaker: a refused sign-in, or a system that stays away."""
        if error.kind is FailureKind.AUTH_EXPIRED:
            breaker.note_refusal(connection_id, error.message)
        elif is_systems_fault(error) and attempts >= _ATTEMPTS_TO_TELL:
            breaker.note_outage(connection_id, error.message)
        else:
            return
        try:
            breaker.require_closed([connection_id])
        except PausedError as paused:
            self._wait_for_connection(step, paused)
        if error.kind is FailureKind.AUTH_EXPIRED:
            raise _Paused(timezone.now())  # somebody has entered new credentials this very moment

    def _keep(self, step: Step, prepared: Prepared, answer: CallAnswer) -> None:
        session, row, made = self.session, walk_rows.row_of(self.session, step), prepared.made
        outside_key = answer.outcome.target_key or made.outside_key
        if prepared.receipt is not None:
            receipts.close(session.operation.id, step.name)
        walk_rows.save(
            row,
            StepState.DONE,
            result={**answer.result, **_times_undone(row)},
            note=answer.note[:300],
            **made.columns(outside_key),
            # What an earlier, undone or repeated try created stays ours to take back.
            created=row.created or answer.outcome.created,
            ambiguous=False,
        )
        if prepared.takes_back:
            walk_rows.drop_link(session, prepared.connection_id, made.outside_key)
        elif prepared.type_name and outside_key:
            keep_delivered(session, prepared, outside_key, answer.minded)


def _times_undone(row: OperationStep) -> dict[str, int]:
    return {UNDONE_TIMES: row.result[UNDONE_TIMES]} if UNDONE_TIMES in row.result else {}
