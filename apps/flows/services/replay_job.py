"""A replay of many operations as one background job: asked with its consequences, confirmed, cancelled, gone on with.

What was chosen is put down operation by operation, inside the database, so that every count is made of rows and a job of
100,000 records costs this process nothing. services/replay_portions.py then does it, portion after portion.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Flow, Operation, ReplayEntry, ReplayJob, Run
from apps.flows.services.cancel_run import RunOverError, cancel_run

REPLAY = "flows.replay"
MOST_OPERATIONS = 100_000
UNDER_WAY = frozenset({ReplayJob.State.QUEUED, ReplayJob.State.RUNNING})


class ReplayError(ValueError):
    """A replay job cannot be asked for, confirmed or gone on with; the message says why and what to do."""


class Bar(StrEnum):
    """Why an operation is left alone. Stored as it is; pages say it in words."""

    ARRIVED = "arrived"  # the target holds it: a second try could only do harm
    HELD_ALREADY = "held_already"
    ON_ITS_WAY = "on_its_way"
    OVERTAKEN = "overtaken"
    LEFT_OUT = "left_out"
    TAKEN_BACK = "taken_back"
    FLOW_STOPPED = "flow_stopped"
    IN_ANOTHER_JOB = "in_another_job"


BAR_OF_STATE = """CASE o.state WHEN 'written' THEN 'arrived' WHEN 'unchanged' THEN 'held_already'
  WHEN 'waiting' THEN 'on_its_way' WHEN 'superseded' THEN 'overtaken' WHEN 'skipped' THEN 'left_out'
  WHEN 'undone' THEN 'taken_back' ELSE '' END"""

_PUT_DOWN = f"""
INSERT INTO flows_replayentry (id, job_id, operation_id, state, reason)
SELECT uuidv7(), %s, barred.id, CASE barred.reason WHEN '' THEN 'pending' ELSE 'barred' END, barred.reason
FROM (
  SELECT o.id, CASE WHEN o.state <> 'rejected' THEN {BAR_OF_STATE} WHEN f.state <> 'live' THEN 'flow_stopped'
    WHEN EXISTS (SELECT 1 FROM flows_replayentry e JOIN flows_replayjob j ON j.id = e.job_id
                 WHERE e.operation_id = o.id AND e.state IN ('pending', 'queued') AND j.state IN ('queued', 'running'))
      THEN 'in_another_job' ELSE '' END AS reason
  FROM (CHOSEN) AS chosen(id) JOIN flows_operation o ON o.id = chosen.id JOIN flows_flow f ON f.id = o.flow_id
  ORDER BY o.id
) AS barred
"""  # noqa: S608  both parts are constants of this module
_PIN_LIVE = """
UPDATE flows_replayentry e SET version_id = f.live_version_id FROM flows_operation o JOIN flows_flow f ON f.id = o.flow_id
WHERE e.job_id = %s AND e.state = 'pending' AND o.id = e.operation_id
"""
_PIN_AS_RUN = """
UPDATE flows_replayentry e SET version_id = r.version_id FROM flows_operation o JOIN flows_run r ON r.id = o.last_run_id
WHERE e.job_id = %s AND e.state = 'pending' AND o.id = e.operation_id
"""


def ask_replay(chosen: QuerySet[Operation], *, by: Actor, wanted: Mapping[str, Any] | None = None) -> ReplayJob:
    """Put down which operations are to be tried again, and which cannot be; nothing else happens before it is confirmed.

    `wanted` is what people read back: {"words": "of a run", "query": "state=rejected"}.

    Raises:
        ReplayError: none is chosen, or more than MOST_OPERATIONS.

    """
    with transaction.atomic():
        if by.user_id is not None:
            # What was only looked at is worth nothing once the same person asks for something else.
            ReplayJob.objects.filter(asked_by_id=by.user_id, state=ReplayJob.State.ASKED).delete()
        job = ReplayJob.objects.create(
            wanted=dict(wanted or {}),
            asked_by_id=by.user_id,
            asked_by_name=by.shown_name[:200],
            asked_at=timezone.now(),
        )
        number = _put_down(job, chosen)
        if not number:
            raise ReplayError(_("Choose at least one record."))
        if number > MOST_OPERATIONS:
            raise ReplayError(_("These are more than %(most)d records: narrow the list.") % {"most": MOST_OPERATIONS})
        job.wanted["live"] = _live_numbers(job)
        job.save(update_fields=["wanted"])
    return job


def _put_down(job: ReplayJob, chosen: QuerySet[Operation]) -> int:
    try:
        inner, parameters = chosen.order_by("id").values_list("id")[: MOST_OPERATIONS + 1].query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_PUT_DOWN.replace("CHOSEN", inner), [job.id, *parameters])
        return int(cursor.rowcount)


def _live_numbers(job: ReplayJob) -> dict[str, int]:
    """Return {flow id: number of its live version} of the operations that can be replayed."""
    flows = Flow.objects.filter(operations__in=pending_operations(job), live_version__isnull=False).distinct()
    return {str(flow_id): number for flow_id, number in flows.values_list("id", "live_version__number")}


def pending_operations(job: ReplayJob) -> QuerySet[Operation]:
    """Return the operations of a job that are still to be tried."""
    pending = ReplayEntry.objects.filter(job=job, state=ReplayEntry.State.PENDING)
    return Operation.objects.filter(id__in=pending.values("operation_id"))


def confirm_replay(
    job_id: UUID,
    *,
    by: Actor,
    begin: ReplayJob.From = ReplayJob.From.FAILED_STEP,
    version: ReplayJob.Version = ReplayJob.Version.LIVE,
) -> ReplayJob:
    """Let the job begin. Confirming twice begins it once.

    Raises:
        ReplayError: somebody else asked for it, nothing of it can be replayed, or another version went live meanwhile.
        ReplayJob.DoesNotExist: it was withdrawn.

    """
    with transaction.atomic():
        job = _locked(job_id)
        require_own(job, by)
        if job.state != ReplayJob.State.ASKED:
            return job
        if not job.entries.filter(state=ReplayEntry.State.PENDING).exists():
            raise ReplayError(_("Nothing of it can be tried again: see the reasons."))
        if version == ReplayJob.Version.LIVE and _live_numbers(job) != job.wanted.get("live"):
            raise ReplayError(_("Another version went live meanwhile: ask again, and see which it is now."))
        with connection.cursor() as cursor:
            cursor.execute(_PIN_LIVE if version == ReplayJob.Version.LIVE else _PIN_AS_RUN, [job.id])
            number = cursor.rowcount
        job.begin, job.version, job.state = begin, version, ReplayJob.State.QUEUED
        job.save(update_fields=["begin", "version", "state"])
        _enqueue(job.id)
        details = {"operations": number, "begin": begin.value, "version": version.value}
        audit.record(AuditAction.OPERATION_REPLAYED, subject="replay", subject_id=str(job.id), details=details)
    return job


def _locked(job_id: UUID) -> ReplayJob:
    return ReplayJob.objects.select_for_update(no_key=True, of=("self",)).get(id=job_id)


def require_own(job: ReplayJob, by: Actor) -> None:
    """Raise ReplayError unless `by` asked for the job."""
    if job.asked_by_id != by.user_id or (by.user_id is None and job.asked_by_name != by.shown_name[:200]):
        raise ReplayError(_("Only whoever asked for it can confirm it."))


def drop_asked(job_id: UUID, *, by: Actor) -> None:
    """Forget a job that was asked for and not confirmed."""
    ReplayJob.objects.filter(id=job_id, asked_by_id=by.user_id, state=ReplayJob.State.ASKED).delete()


def cancel_replay(job_id: UUID, *, by: Actor) -> ReplayJob:
    """Stop a job: what was not begun stays as it is, the batch on its way is still settled and counted.

    Raises:
        ReplayError: it is over already.

    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.state not in UNDER_WAY:
            raise ReplayError(_("This replay is over already: there is nothing to cancel."))
        job.entries.filter(state=ReplayEntry.State.PENDING).update(state=ReplayEntry.State.CANCELLED)
        job.state, job.finished_at = ReplayJob.State.CANCELLED, timezone.now()
        job.save(update_fields=["state", "finished_at"])
        for run in _runs_at_work(job):
            try:
                cancel_run(run, made_by=by.shown_name)
            except RunOverError:
                continue  # it ended a moment ago
        _enqueue(job.id)  # its entries that are on their way are still counted
    return job


def _runs_at_work(job: ReplayJob) -> QuerySet[Run]:
    """Return the job's runs that are not over; one that has tried everything and only waits is left to itself."""
    on_the_way = ReplayEntry.objects.filter(job=job, state=ReplayEntry.State.QUEUED).values("run_id")
    open_runs = Run.objects.filter(id__in=on_the_way).exclude(state__in=RUN_TERMINAL)
    return open_runs.exclude(state=RunState.WAITING, reading_done=True)


def resume_replay(job_id: UUID) -> ReplayJob:
    """Go on with a job that was stopped, where it was; what arrived meanwhile is left alone.

    Raises:
        ReplayError: it was not stopped, or nothing of it is left.

    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.state != ReplayJob.State.CANCELLED:
            raise ReplayError(_("Only a replay that was stopped can be gone on with."))
        again = job.entries.filter(state=ReplayEntry.State.CANCELLED)
        if not again.update(state=ReplayEntry.State.PENDING, reason="", run=None):
            raise ReplayError(_("Nothing of it is left to be tried."))
        job.state, job.finished_at = ReplayJob.State.QUEUED, None
        job.save(update_fields=["state", "finished_at"])
        _enqueue(job.id)
    return job


def resume_stalled() -> None:
    """Make jobs due again that nobody works on; one that is due already stays as it is."""
    with transaction.atomic():
        for job_id in ReplayJob.objects.filter(state__in=UNDER_WAY).values_list("id", flat=True):
            _enqueue(job_id)


def _enqueue(job_id: UUID) -> None:
    enqueue(kind=REPLAY, reference=str(job_id), unique_key=f"replay:{job_id}", priority=Priority.RETRY)
