"""A dry run: read, map, check and compare as a run would, and write nothing: no ledger line, no link, no checkpoint.

It takes the run's own session and planning, so it cannot promise anything that a run would not do.
"""

import asyncio
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors.errors import BusinessClass, RemoteError
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.models import DryRun, Flow, FlowVersion
from apps.flows.services import blobs
from apps.flows.services.execute_run import CANNOT_START
from apps.flows.services.session import Session, open_trial
from apps.flows.services.trial import Trial, Wish, latest_source_keys, rows_of, try_out

DRY_RUN_KIND = "flows.dry_run"
SAMPLE = 50
MOST_CHANGES = 1_000
COUNTS = ("creates", "updates", "unchanged", "skipped", "rejected")
KEPT_ROWS = 200
KEPT_DRY_RUNS = 10  # per flow; older ones are dropped when a new one is asked for


class DryRunError(ValueError):
    """The flow cannot be tried; the message says what to do first."""


def request_dry_run(flow: Flow, *, by: str, sample: int | None = SAMPLE, version: FlowVersion | None = None) -> DryRun:
    """Ask for a trial of a flow (draft, paused or live) as background work; one that is under way is returned instead.

    `sample` is how many of the latest records are tried; None tries what has changed since the checkpoint: what the next
    run would do. `version` None means the live one.

    Raises:
        DryRunError: nothing is published, or the flow is retired.

    """
    wanted = version or flow.live_version
    if wanted is None:
        raise DryRunError(f"{flow.name} has no published version yet: publish its mapping first.")
    if flow.state == Flow.State.RETIRED:
        raise DryRunError(f"{flow.name} is retired: it will not run any more.")
    now = timezone.now()
    with transaction.atomic():
        Flow.objects.select_for_update(no_key=True).get(id=flow.id)  # two clicks at once ask for one trial
        under_way = DryRun.objects.filter(flow=flow, state__in=[DryRun.State.QUEUED, DryRun.State.RUNNING]).first()
        if under_way is not None and not under_way.is_lost(now):
            return under_way
        _drop_old(flow)
        dry_run = DryRun.objects.create(
            flow=flow,
            customer_id=flow.customer_id,
            version=wanted,
            scope=DryRun.Scope.CHANGES if sample is None else DryRun.Scope.LATEST,
            most=MOST_CHANGES if sample is None else max(1, min(sample, KEPT_ROWS)),
            requested_by=by[:200],
            created_at=now,
        )
        enqueue(
            kind=DRY_RUN_KIND,
            reference=str(dry_run.id),
            priority=Priority.INTERACTIVE,
            customer_id=flow.customer_id,
        )
    return dry_run


def _drop_old(flow: Flow) -> None:
    kept = list(DryRun.objects.filter(flow=flow).order_by("-id").values_list("id", flat=True)[: KEPT_DRY_RUNS - 1])
    DryRun.objects.filter(flow=flow).exclude(id__in=kept).delete()


def carry_out_dry_run(work: LeasedWork) -> None:
    """Do what a dry run asks for. Doing it twice changes nothing but the time."""
    try:
        with transaction.atomic():
            work.confirm()
            dry_run = _begin(UUID(work.reference))
            if dry_run is None:
                return
            session = open_trial(work, dry_run.flow, dry_run.version, dry_run.id)
            wish = _wish(session, dry_run)
    except CANNOT_START as error:
        _fail(work, error, "The dry run could not start: ")
        return
    try:
        with asyncio.Runner() as runner:
            trial = try_out(session, runner, wish)
    except (RemoteError, TimeoutError) as error:
        _fail(work, error)
    else:
        _keep(session, dry_run, trial)


def _begin(dry_run_id: UUID) -> DryRun | None:
    dry_run = (
        DryRun.objects.select_related("flow__source", "flow__target", "version")
        .filter(id=dry_run_id, state__in=[DryRun.State.QUEUED, DryRun.State.RUNNING])
        .first()
    )
    if dry_run is not None:
        started = dry_run.started_at or timezone.now()
        DryRun.objects.filter(id=dry_run.id).update(state=DryRun.State.RUNNING, started_at=started)
    return dry_run


def _wish(session: Session, dry_run: DryRun) -> Wish:
    if dry_run.scope == DryRun.Scope.CHANGES:
        return Wish(dry_run.most, since=session.position, as_next_run=True)
    return Wish(dry_run.most, keys=latest_source_keys(session, dry_run.most))


def _keep(session: Session, dry_run: DryRun, trial: Trial) -> None:
    with transaction.atomic():
        session.work.confirm()
        DryRun.objects.filter(id=dry_run.id).update(
            state=DryRun.State.DONE,
            finished_at=timezone.now(),
            reached_end=trial.reached_end,
            read=trial.counts.total(),
            **{name: trial.counts[name] for name in COUNTS},
            reasons=trial.frequent_reasons(),
            amounts={currency: str(amount) for currency, amount in trial.amounts.items()},
            rows=blobs.pack(rows_of(session, trial, KEPT_ROWS)),
        )


def _fail(work: LeasedWork, error: Exception, opening: str = "") -> None:
    with transaction.atomic():
        work.confirm()
        DryRun.objects.filter(id=UUID(work.reference)).update(
            state=DryRun.State.FAILED,
            finished_at=timezone.now(),
            error_class=_class_of(error),
            error_message=f"{opening}{_words(error)}"[:600],
        )


def _class_of(error: Exception) -> str:
    if isinstance(error, RemoteError):
        return error.business_class.value if error.business_class else BusinessClass.INTERNAL.value
    return (BusinessClass.TIMEOUT if isinstance(error, TimeoutError) else BusinessClass.MAPPING_GAP).value


def _words(error: Exception) -> str:
    if isinstance(error, RemoteError):
        return error.message
    if isinstance(error, TimeoutError):
        return "A system took too long to answer. Try again in a while."
    return str(error.args[0]) if error.args else str(error)


def rows_kept(dry_run: DryRun) -> list[dict[str, Any]]:
    """Return the records a dry run kept, problems first; see trial.rows_of for their form."""
    rows: list[dict[str, Any]] = blobs.unpack(dry_run.rows) or []
    return rows
