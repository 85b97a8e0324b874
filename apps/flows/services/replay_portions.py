"""Carrying a replay job on: portion after portion becomes a run of its flow, and each entry follows its operation.

One portion of a flow is under way at a time. Live work of the flow gets its turn between two of them, and records go in
the order in which they were read. Every step is one transaction, so a worker that is killed leaves nothing half done.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.states import RUN_TERMINAL, OperationState, RunState
from apps.flows.models import Flow, Operation, ReplayEntry, ReplayJob, Run, TriggerEvent
from apps.flows.services.replay_job import BAR_OF_STATE, UNDER_WAY
from apps.flows.services.start_run import FlowNotLiveError, replay_payload, start_run

PORTION = 500
PORTION_ANEW = 100  # each is asked for by name again
SECONDS_AT_ONCE = 15.0
UNTRIED = "untried"  # the run met the record in another version, or no longer
_LOOK_AGAIN = timedelta(seconds=2)
_LOOK_SELDOM = timedelta(seconds=30)  # everything left waits for another day

# An entry is settled as soon as its run has dealt with its operation, or has ended without doing so. A run that was
# cancelled may still settle the batch on its way.
_FOLLOW = f"""
UPDATE flows_replayentry e SET state = n.state, reason = n.reason
FROM (
  SELECT e.id, CASE WHEN tried.here AND o.state = 'rejected' THEN 'failed'
      WHEN tried.here AND o.state <> 'waiting' THEN 'done'
      WHEN tried.here OR NOT tried.over THEN 'queued'
      WHEN o.state <> 'rejected' THEN 'barred'
      WHEN r.state IN ('failed', 'cancelled') THEN 'cancelled'
      ELSE 'failed' END AS state,
    CASE WHEN tried.here AND o.state = 'rejected' THEN left(o.error_message, 200)
      WHEN tried.here OR NOT tried.over THEN ''
      WHEN o.state <> 'rejected' THEN {BAR_OF_STATE}
      WHEN r.state IN ('failed', 'cancelled') THEN left(r.error_message, 200)
      ELSE 'untried' END AS reason
  FROM flows_replayentry e JOIN flows_operation o ON o.id = e.operation_id JOIN flows_run r ON r.id = e.run_id,
  LATERAL (SELECT o.last_run_id = e.run_id AS here, r.state = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM flows_batch b WHERE b.run_id = r.id AND b.state IN ('planned', 'sent')) AS over) AS tried
  WHERE e.job_id = %s AND e.state = 'queued'
) n
WHERE e.id = n.id AND n.state <> 'queued'
"""  # noqa: S608  a constant of this house


def work_on(work: LeasedWork) -> RunAgain | None:
    """Carry a replay job on for some seconds; None once everything of it is settled."""
    job_id, until = UUID(work.reference), time.monotonic() + SECONDS_AT_ONCE
    while time.monotonic() < until:
        with transaction.atomic():
            work.confirm()
            going_on = carry_on(job_id)
        if going_on is None or going_on.at is not None:
            return going_on
    return RunAgain()


def carry_on(job_id: UUID) -> RunAgain | None:
    """Count what came of earlier portions and start the next ones, in the caller's transaction.

    Returns None once the job is over, `RunAgain()` when more can be begun at once, with a time when runs must end first.
    """
    job = ReplayJob.objects.select_for_update(no_key=True, of=("self",)).filter(id=job_id).first()
    if job is None or job.state == ReplayJob.State.ASKED:
        return None
    _follow_runs(job)
    if job.state not in UNDER_WAY:
        return _look_again(job)
    if job.started_at is None:
        job.state, job.started_at = ReplayJob.State.RUNNING, timezone.now()
    job.state = ReplayJob.State.RUNNING
    job.save(update_fields=["state", "started_at"])
    for flow in _flows_with_room(job):
        _start_portion(job, flow)
    if not _has(job, ReplayEntry.State.PENDING, ReplayEntry.State.QUEUED):
        _end(job)
        return None
    return _look_again(job)


def _has(job: ReplayJob, *states: ReplayEntry.State) -> bool:
    return job.entries.filter(state__in=states).exists()


def _end(job: ReplayJob) -> None:
    stopped = _has(job, ReplayEntry.State.CANCELLED)
    job.state = ReplayJob.State.CANCELLED if stopped else ReplayJob.State.DONE
    job.finished_at = timezone.now()
    job.save(update_fields=["state", "finished_at"])


def _look_again(job: ReplayJob) -> RunAgain | None:
    on_the_way = list(
        Run.objects.filter(id__in=job.entries.filter(state=ReplayEntry.State.QUEUED).values("run_id"))
        .order_by()
        .values_list("state", flat=True)
    )
    if not on_the_way:
        return RunAgain() if job.state in UNDER_WAY else None
    waits = all(state == RunState.WAITING for state in on_the_way)
    return RunAgain(timezone.now() + (_LOOK_SELDOM if waits else _LOOK_AGAIN))


def _follow_runs(job: ReplayJob) -> None:
    begun = set(_runs_on_the_way(job).values_list("id", flat=True))
    if not begun:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, [[state.value for state in RUN_TERMINAL], job.id])
    # Where a whole run could not pass, further portions of its flow could not either.
    for run in Run.objects.filter(id__in=begun, state=RunState.FAILED):
        _stop_flow(job, run.flow_id, run.error_message)


def _runs_on_the_way(job: ReplayJob) -> QuerySet[Run]:
    return Run.objects.filter(id__in=job.entries.filter(state=ReplayEntry.State.QUEUED).values("run_id"))


def _stop_flow(job: ReplayJob, flow_id: UUID, reason: str) -> None:
    pending = job.entries.filter(state=ReplayEntry.State.PENDING, operation__flow_id=flow_id)
    pending.update(state=ReplayEntry.State.CANCELLED, reason=reason[:200])


def _flows_with_room(job: ReplayJob) -> list[Flow]:
    """Return the flows of which something is left to do and no portion is under way."""
    at_work = _runs_on_the_way(job).exclude(Q(state__in=RUN_TERMINAL) | Q(state=RunState.WAITING, reading_done=True))
    pending = job.entries.filter(state=ReplayEntry.State.PENDING).values("operation__flow_id").distinct()
    wanted = Flow.objects.filter(id__in=pending).exclude(id__in=at_work.values("flow_id"))
    return list(wanted.select_related("live_version").order_by("id"))


def _start_portion(job: ReplayJob, flow: Flow) -> None:
    portion = _next_portion(job, flow)
    fit = [entry for entry in portion if entry.operation.state == OperationState.REJECTED]
    _leave_alone(entry for entry in portion if entry.operation.state != OperationState.REJECTED)
    if not fit:
        return
    try:
        run = _start(job, flow, fit)
    except FlowNotLiveError as error:
        _stop_flow(job, flow.id, str(error))
        return
    ReplayEntry.objects.filter(id__in=[entry.id for entry in fit]).update(state=ReplayEntry.State.QUEUED, run=run)


def _next_portion(job: ReplayJob, flow: Flow) -> list[ReplayEntry]:
    """Return the next entries of a flow, as far as they go with one version."""
    pending = job.entries.filter(state=ReplayEntry.State.PENDING, operation__flow_id=flow.id)
    most = PORTION_ANEW if job.begin == ReplayJob.From.START else PORTION
    found = list(pending.select_related("operation", "version").order_by("id")[:most])
    return [entry for entry in found if entry.version_id == found[0].version_id]


def _leave_alone(entries: Iterable[ReplayEntry]) -> None:
    ids = [entry.id for entry in entries]
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE flows_replayentry e SET state = 'barred', reason = {BAR_OF_STATE} "  # noqa: S608  constants
            "FROM flows_operation o WHERE o.id = e.operation_id AND e.id = ANY(%s)",
            [ids],
        )


def _start(job: ReplayJob, flow: Flow, fit: Sequence[ReplayEntry]) -> Run:
    operations = [entry.operation for entry in fit]
    anew = job.begin == ReplayJob.From.START
    run = start_run(
        flow,
        kind=TriggerEvent.Kind.REPLAY,
        dedupe_key=f"replay:{uuid7()}",
        # From the start means: read the records again, by name. What is unchanged there is the same ledger line.
        mode=Run.Mode.RECORDS if anew else Run.Mode.REPLAY,
        started_by=job.asked_by_name,
        payload=_read_again(operations) if anew else replay_payload([operation.id for operation in operations]),
        version=fit[0].version,
    )
    if run is None:
        raise RuntimeError("a fresh key was taken")
    return run


def _read_again(operations: Sequence[Operation]) -> dict[str, list[str]]:
    return {"keys": list(dict.fromkeys(operation.source_key for operation in operations))}
