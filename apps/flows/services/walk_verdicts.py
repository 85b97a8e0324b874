"""What becomes of a walking record whose call failed: tried again, or left to a person with a sentence."""

import random
from datetime import datetime

from django.utils import timezone

from apps.connectors.errors import BusinessClass, FieldProblem, RateLimitedError, RemoteError
from apps.flows.engine.definition import Step
from apps.flows.engine.retry import next_attempt
from apps.flows.engine.states import OperationState
from apps.flows.services import verdicts
from apps.flows.services.verdicts import Verdict


def next_try(step: Step, error: RemoteError, attempts: int) -> datetime | None:
    """Return when a call that failed is tried again, None when it is not."""
    until = error.until if isinstance(error, RateLimitedError) else None
    jitter = 0.5 + random.random() / 2  # noqa: S311  spreading load, no secret
    delays = step.retry.get(error.kind)
    return next_attempt(error.kind, attempts, timezone.now(), until=until, jitter=jitter, delays=delays)


def judged(step: Step, error: RemoteError) -> Verdict:
    """Return what becomes of a record whose call failed for good."""
    return Verdict(OperationState.REJECTED, step.name, **verdicts.of_error(error))


def cannot_call(step: Step, error: Exception) -> Verdict:
    """Return what becomes of a record whose call could not even be made."""
    if isinstance(error, RemoteError):
        return judged(step, error)
    problem = FieldProblem("", str(error).strip("'\""), BusinessClass.CONNECTION)
    return verdicts.from_problems(step.name, (problem,))
