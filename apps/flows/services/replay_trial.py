"""Trying a replay out: its records are planned and looked up as the run would, and nothing is written anywhere."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.connectors.contract import SourceRecord
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.models import Flow, FlowVersion, Operation, ReplayJob
from apps.flows.services.evidence import records_of
from apps.flows.services.execute_run import CANNOT_START
from apps.flows.services.replay_job import ReplayError, pending_operations, require_own
from apps.flows.services.session import open_trial
from apps.flows.services.trial import Trial, try_records

REPLAY_TRIAL = "flows.replay_trial"
MOST_TRIED = 200  # of all its flows together; spread evenly
MOST_FLOWS = 10
_MOST_REASONS = 10


def request_trial(job_id: UUID, *, by: Actor, version: ReplayJob.Version) -> ReplayJob:
    """Ask for a trial of a replay that is not confirmed yet. Asking while one is under way changes nothing.

    Raises:
        ReplayError: somebody else asked for the replay, or it has begun.

    """
    with transaction.atomic():
        job = ReplayJob.objects.select_for_update(no_key=True, of=("self",)).get(id=job_id)
        require_own(job, by)
        if job.state != ReplayJob.State.ASKED:
            raise ReplayError(_("It has begun already: there is nothing left to try out."))
        if job.trial is None or job.trial["state"] != "queued":
            job.trial = {"state": "queued", "version": version.value}
            job.save(update_fields=["trial"])
        enqueue(
            kind=REPLAY_TRIAL,
            reference=str(job.id),
            unique_key=f"replay-trial:{job.id}",
            priority=Priority.INTERACTIVE,
        )
    return job


def carry_out_trial(work: LeasedWork) -> None:
    """Do what a trial asks for. Doing it twice changes nothing but the time."""
    with transaction.atomic():
        job = ReplayJob.objects.filter(id=UUID(work.reference), state=ReplayJob.State.ASKED).first()
        if job is None or job.trial is None:
            return
        shares = _shares(job)
    try:
        found = _summed([_try_flow(work, flow, version, lines) for flow, version, lines in shares])
    except (*CANNOT_START, TimeoutError) as error:
        words = str(error) or "A system did not answer in time."
        found = {"state": "failed", "message": words[:600]}
    with transaction.atomic():
        work.confirm()
        ReplayJob.objects.filter(id=job.id).update(trial={**job.trial, **found})


def _shares(job: ReplayJob) -> list[tuple[Flow, FlowVersion, list[Operation]]]:
    """Return (flow, version, some of its records) of a job's flows, the same number of each."""
    able = pending_operations(job)
    flows = list(
        Flow.objects.filter(id__in=able.order_by().values("flow_id").distinct())
        .select_related("source", "target", "live_version", "customer")
        .order_by("id")[:MOST_FLOWS]
    )
    shares = []
    for flow in flows:
        most = MOST_TRIED // len(flows)
        lines = list(able.filter(flow_id=flow.id).select_related("last_run__version").order_by("id")[:most])
        pinned = job.trial is not None and job.trial["version"] == ReplayJob.Version.PINNED
        version = lines[0].last_run.version if pinned else flow.live_version
        if version is not None:
            shares.append((flow, version, lines))
    return shares


def _try_flow(work: LeasedWork, flow: Flow, version: FlowVersion, lines: list[Operation]) -> Trial:
    with transaction.atomic():
        work.confirm()
        session = open_trial(work, flow, version, UUID(work.reference))
        records: list[SourceRecord] = list(records_of(lines).values())
    with asyncio.Runner() as runner:
        return try_records(session, runner, records)


def _summed(trials: list[Trial]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    reasons: list[dict[str, Any]] = []
    for trial in trials:
        counts.update(trial.counts)
        reasons += trial.frequent_reasons()["rejected"]
    frequent = sorted(reasons, key=lambda one: -one["count"])[:_MOST_REASONS]
    return {
        "state": "done",
        "looked_at": sum(len(trial.judged) for trial in trials),
        "counts": {name: number for name, number in counts.items() if number},
        "reasons": [{"count": one["count"], "reason": one["reason"]} for one in frequent],
    }
