"""From one answer of the target to the operation's next state (pure)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.connectors.contract import WriteOutcome
from apps.connectors.errors import (
    BusinessClass,
    FailureKind,
    FieldProblem,
    RateLimitedError,
    RejectedError,
    RemoteError,
)
from apps.connectors.judgement import is_systems_fault
from apps.connectors.manifest import LateAnswer
from apps.flows.engine.asking import is_overdue, next_question
from apps.flows.engine.retry import next_attempt
from apps.flows.engine.states import OperationState

TAKEN = "The system has taken it and tells later what became of it: it is asked by itself."
NEVER_ANSWERED = "never_answered"  # the code of a refusal for want of an answer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ledger line becomes."""

    state: OperationState
    step: str
    target_key: str = ""
    due_at: datetime | None = None
    ambiguous: bool = False
    error_kind: str = ""
    error_class: str = ""
    error_field: str = ""
    error_code: str = ""
    error_message: str = ""


def from_outcome(
    outcome: WriteOutcome, *, attempt: int, now: datetime, jitter: float, late: LateAnswer | None = None
) -> Verdict:
    """Judge what the target answered at this attempt (1 for the first). `late` is how it tells later, if it does."""
    if outcome.receipt is not None:
        return of_receipt(outcome, "deliver", late, asked=0, taken_at=now, now=now)
    if outcome.error is None:
        return Verdict(OperationState.WRITTEN, "deliver", target_key=outcome.target_key or "")
    error = outcome.error
    until = error.until if isinstance(error, RateLimitedError) else None
    due_at = next_attempt(error.kind, attempt, now, until=until, jitter=jitter)
    state = OperationState.WAITING if due_at else OperationState.REJECTED
    return Verdict(state, "deliver", target_key=outcome.target_key or "", due_at=due_at, **of_error(error))


def of_receipt(
    outcome: WriteOutcome, step: str, late: LateAnswer | None, *, asked: int, taken_at: datetime, now: datetime
) -> Verdict:
    """Judge an outcome that decides nothing yet, after `asked` questions: wait for the next one, or let a person look."""
    rule, key = late or LateAnswer(), outcome.target_key or ""
    if not is_overdue(rule, taken_at, now) or _cannot_be_asked(outcome.error):
        told = outcome.receipt.wait_seconds if outcome.receipt else None
        due_at = next_question(rule, asked, now, told)
        reason = f" The last question failed: {outcome.error.message}" if outcome.error else ""
        return Verdict(OperationState.WAITING, step, key, due_at, error_message=f"{TAKEN}{reason}"[:600])
    sentence = (
        f"The system took it and has not said within {rule.give_up_hours} hours what became of it. "
        "Look for the record there: skip this one if it is there, retry it if it is not."
    )
    return Verdict(
        state=OperationState.REJECTED,
        step=step,
        target_key=key,
        ambiguous=True,
        error_kind=FailureKind.REJECTED.value,
        error_class=BusinessClass.TIMEOUT.value,
        error_code=NEVER_ANSWERED,
        error_message=sentence,
    )


def _cannot_be_asked(error: RemoteError | None) -> bool:
    """Say whether a question failed for reasons that say nothing about the record: its time is not over for that."""
    shut = {FailureKind.AUTH_EXPIRED, FailureKind.RATE_LIMITED}
    return error is not None and (error.kind in shut or is_systems_fault(error))


def of_error(error: RemoteError) -> dict[str, Any]:
    """Return what a verdict keeps of a failure."""
    problem = _first_problem(error)
    return {
        "ambiguous": error.ambiguous,
        "error_kind": error.kind.value,
        "error_class": problem.business_class.value,
        "error_field": problem.field[:60],
        "error_code": problem.code[:60],
        "error_message": problem.message[:600],
    }


def from_problems(step: str, problems: tuple[FieldProblem, ...]) -> Verdict:
    """Judge a record that our own checks or mapping refuse."""
    first = problems[0]
    message = " ".join(dict.fromkeys(problem.message for problem in problems))
    return Verdict(
        state=OperationState.REJECTED,
        step=step,
        error_kind=FailureKind.REJECTED.value,
        error_class=first.business_class.value,
        error_field=first.field[:60],
        error_code=first.code[:60],
        error_message=message[:600],
    )


def _first_problem(error: RemoteError) -> FieldProblem:
    if isinstance(error, RejectedError) and error.problems:
        return error.problems[0]
    return FieldProblem("", error.message, error.business_class or BusinessClass.INTERNAL)


def is_system_away(outcomes: list[WriteOutcome]) -> RemoteError | None:
    """Return the error when every single record failed because the whole system is unreachable, else None."""
    away = {BusinessClass.CONNECTION, BusinessClass.PROVIDER_OUTAGE}
    if not outcomes:
        return None
    for outcome in outcomes:
        if (
            outcome.error is None
            or outcome.error.kind != FailureKind.RETRYABLE
            or outcome.error.business_class not in away
        ):
            return None
    return outcomes[0].error


def connection_failure(outcomes: list[WriteOutcome]) -> RemoteError | None:
    """Return the first error that no record can get past: expired sign-in or wrong set-up. None when there is none."""
    blocking = {FailureKind.AUTH_EXPIRED, FailureKind.MISCONFIGURED}
    return next((o.error for o in outcomes if o.error is not None and o.error.kind in blocking), None)
