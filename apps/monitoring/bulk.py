"""One deed for many cases: asked with its consequences shown, confirmed, then done case by case in the background.

Each case is done and ticked off in one transaction: a worker that is killed leaves nothing half done, and whoever takes
over goes on with the next case. Nothing is counted twice, because the entries themselves are what is counted.
"""

import time
from collections.abc import Callable, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actions import Action
from apps.accounts.actor import Actor, acting
from apps.accounts.language import speaking
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import cancel, enqueue
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Flow
from apps.flows.queries.mapping import problem_sentences
from apps.flows.services.replay import NothingToReplayError
from apps.flows.services.start_run import FlowNotLiveError
from apps.monitoring import cases
from apps.monitoring.blame import Fix, verdict_for
from apps.monitoring.case_pages import Bar
from apps.monitoring.cases import CaseError
from apps.monitoring.models import BulkEntry, BulkJob, CaseOperation, ExceptionCase, TriageProposal
from apps.monitoring.triage.applying import apply_to_case

BULK = "monitoring.bulk"
MOST_CASES = 10_000
SECONDS_AT_ONCE = 15.0
MOST_TRIES = 3  # a case that breaks the worker so often is passed over: the others must not wait for it
_CHUNK = 1_000
_NEEDS: dict[BulkJob.Kind, Action] = {
    BulkJob.Kind.RETRY: Action.WORK_CASES,
    BulkJob.Kind.SKIP: Action.WORK_CASES,
    BulkJob.Kind.ASSIGN: Action.WORK_CASES,
    BulkJob.Kind.CLOSE: Action.WORK_CASES,
    BulkJob.Kind.VALUE: Action.EDIT_FLOWS,
    BulkJob.Kind.TRIAGE: Action.WORK_CASES,
}


class BulkError(ValueError):
    """A bulk job cannot be asked for or confirmed. `field` names what to mend, the message says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def ask_bulk(kind: BulkJob.Kind, chosen: QuerySet[ExceptionCase], *, by: Actor) -> BulkJob:
    """Put down what is to be done to which cases, so that the consequences can be shown; nothing happens yet.

    Raises:
        BulkError: no case is chosen, more than MOST_CASES, or the person's role does not include it.

    """
    if not by.can(_NEEDS[kind]):
        raise BulkError("", _("Your role does not include this."))
    with transaction.atomic():
        # What was only looked at is worth nothing once the same person asks for something else.
        BulkJob.objects.filter(asked_by_id=by.user_id, state=BulkJob.State.ASKED).delete()
        job = BulkJob.objects.create(
            kind=kind, asked_by_id=by.user_id, asked_by_name=by.shown_name, asked_at=timezone.now()
        )
        entries = [
            BulkEntry(job=job, case=case, state=_state(bar), reason=bar)
            for case in _with_facts(chosen)[: MOST_CASES + 1].iterator(chunk_size=_CHUNK)
            for bar in [_bar(kind, case)]
        ]
        if not entries:
            raise BulkError("", _("Choose at least one exception."))
        if len(entries) > MOST_CASES:
            raise BulkError("", _("These are more than %(most)d exceptions: narrow the list.") % {"most": MOST_CASES})
        BulkEntry.objects.bulk_create(entries, batch_size=_CHUNK)
    return job


def _with_facts(chosen: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    held = CaseOperation.objects.filter(case=OuterRef("pk"), open=True)
    return (
        chosen.order_by("due_at", "id")
        .select_related("flow", "retry_run")
        .annotate(has_records=Exists(held), is_blocked=Exists(held.filter(operation__state=OperationState.REJECTED)))
        .annotate(
            has_proposal=Exists(TriageProposal.objects.filter(case=OuterRef("pk"), state__in=TriageProposal.WAITING))
        )
    )


def _state(bar: str) -> BulkEntry.State:
    return BulkEntry.State.BARRED if bar else BulkEntry.State.PENDING


def _bar(kind: BulkJob.Kind, case: ExceptionCase) -> str:
    if not case.is_open:
        return Bar.CLOSED
    if kind in {BulkJob.Kind.ASSIGN, BulkJob.Kind.CLOSE}:
        return ""
    if kind is BulkJob.Kind.TRIAGE:
        return "" if case.has_proposal else Bar.NO_PROPOSAL  # type: ignore[attr-defined]  # annotated
    is_blocked, has_records = case.is_blocked, case.has_records  # type: ignore[attr-defined]  # annotated
    if kind is BulkJob.Kind.VALUE and (case.flow is None or Fix.ADD_VALUE not in verdict_for(case.error_class).fixes):
        return Bar.NO_TABLE
    if kind is BulkJob.Kind.SKIP:
        return "" if is_blocked else Bar.NOTHING_BLOCKED
    if case.retry_run is not None and case.retry_run.finished_at is None:
        return Bar.ON_ITS_WAY
    if case.flow is not None and case.flow.state != Flow.State.LIVE:
        return Bar.FLOW_STOPPED
    nothing_to_try = not is_blocked and (has_records or case.flow is None)
    return Bar.NOTHING_BLOCKED if nothing_to_try else ""


def confirm_bulk(
    job_id: UUID,
    *,
    by: Actor,
    reason: str = "",
    owner_id: UUID | None = None,
    wording: Mapping[str, str] | None = None,
) -> BulkJob:
    """Let the job begin, with the reason, person or translation it needs. Confirming twice begins it once.

    `wording` is a translation: {"target": "cost_center", "outside_value": "Sales DE", "new_value": "4100"}.

    Raises:
        BulkError: somebody else asked for it, the reason or the person is missing, or nothing of it can be done.
        BulkJob.DoesNotExist: it was withdrawn.

    """
    with transaction.atomic():
        job = BulkJob.objects.select_for_update(no_key=True).get(id=job_id)
        if job.asked_by_id != by.user_id:
            raise BulkError("", _("Only whoever asked for it can confirm it."))
        if job.state != BulkJob.State.ASKED:
            return job
        _require_what_it_needs(job, reason.strip(), owner_id)
        job.wording = _require_wording(wording or {}) if job.kind == BulkJob.Kind.VALUE else {}
        if not job.entries.filter(state=BulkEntry.State.PENDING).exists():
            raise BulkError("", _("There is nothing left that can be done: see the reasons above."))
        job.reason, job.owner_id, job.state = reason.strip()[:200], owner_id, BulkJob.State.QUEUED
        job.save(update_fields=["reason", "wording", "owner", "state"])
        _enqueue(job.id)
    return job


def _require_what_it_needs(job: BulkJob, reason: str, owner_id: UUID | None) -> None:
    if job.kind in {BulkJob.Kind.SKIP, BulkJob.Kind.CLOSE} and not reason:
        raise BulkError("reason", _("Say why: the reason is kept with every one of them."))
    if job.kind == BulkJob.Kind.ASSIGN and owner_id is not None:
        try:
            cases.require_worker(owner_id)
        except CaseError as error:
            raise BulkError("owner", str(error)) from error


def _require_wording(given: Mapping[str, str]) -> dict[str, str]:
    said = {name: given.get(name, "").strip() for name in ("target", "outside_value", "new_value")}
    for name, value in said.items():
        if not value:
            raise BulkError(
                name, _("Fill this in: a translation needs the field, the value as it comes, and the new one.")
            )
    return said


def cancel_bulk(job_id: UUID) -> BulkJob:
    """Stop a job after the case that is being done just now; what is done stays done."""
    with transaction.atomic():
        job = BulkJob.objects.select_for_update(no_key=True).get(id=job_id)
        if job.state in {BulkJob.State.ASKED, BulkJob.State.QUEUED, BulkJob.State.RUNNING}:
            now = timezone.now()
            job.entries.filter(state=BulkEntry.State.PENDING).update(state=BulkEntry.State.CANCELLED, settled_at=now)
            job.state, job.finished_at = BulkJob.State.CANCELLED, now
            job.save(update_fields=["state", "finished_at"])
            cancel(kind=BULK, reference=str(job.id))
    return job


def drop_asked(job_id: UUID, *, by: Actor) -> None:
    """Forget a job that was asked for and not confirmed."""
    BulkJob.objects.filter(id=job_id, asked_by_id=by.user_id, state=BulkJob.State.ASKED).delete()


def mark_told(job_id: UUID) -> None:
    """Remember that whoever asked has seen that the job is over."""
    BulkJob.objects.filter(id=job_id, told_at__isnull=True).update(told_at=timezone.now())


def resume_stalled() -> None:
    """Make jobs due again that nobody works on; one that is due already stays as it is."""
    with transaction.atomic():
        open_jobs = BulkJob.objects.filter(state__in=[BulkJob.State.QUEUED, BulkJob.State.RUNNING])
        for job_id in open_jobs.values_list("id", flat=True):
            _enqueue(job_id)


def take_finished(who: Actor) -> list[BulkJob]:
    """Return this person's jobs that are over and were not told yet; they are told now."""
    if who.user_id is None:
        return []
    over = [BulkJob.State.DONE, BulkJob.State.CANCELLED]
    with transaction.atomic():
        waiting = BulkJob.objects.filter(asked_by_id=who.user_id, state__in=over, told_at__isnull=True)
        finished = list(waiting.filter(started_at__isnull=False).select_for_update(skip_locked=True, of=("self",)))
        BulkJob.objects.filter(id__in=[job.id for job in finished]).update(told_at=timezone.now())
    return finished


def _enqueue(job_id: UUID) -> None:
    enqueue(kind=BULK, reference=str(job_id), unique_key=f"bulk:{job_id}", priority=Priority.INTERACTIVE)


def work_on(work: LeasedWork) -> RunAgain | None:
    """Do case after case of a job for some seconds; the rest follows when others had their turn."""
    job_id, until = UUID(work.reference), time.monotonic() + SECONDS_AT_ONCE
    if work.attempts > MOST_TRIES:
        _pass_over(work, job_id)
        return RunAgain()
    while time.monotonic() < until:
        with transaction.atomic():
            work.confirm()
            if not do_next(job_id):
                return None
    return RunAgain()


def do_next(job_id: UUID) -> bool:
    """Do the job's next case inside the caller's transaction. False once the job is over."""
    job = BulkJob.objects.select_for_update(no_key=True, of=("self",)).filter(id=job_id).first()
    if job is None or not job.is_under_way:
        return False
    entry = _next_entry(job)
    if entry is None:
        job.state, job.finished_at = BulkJob.State.DONE, timezone.now()
        job.save(update_fields=["state", "finished_at"])
        return False
    if job.started_at is None:
        job.state, job.started_at = BulkJob.State.RUNNING, timezone.now()
        job.save(update_fields=["state", "started_at"])
    _settle(entry, _refusal(job, entry))
    return True


def _next_entry(job: BulkJob) -> BulkEntry | None:
    return job.entries.filter(state=BulkEntry.State.PENDING).order_by("id").first()


def _settle(entry: BulkEntry, refusal: str) -> None:
    entry.state = BulkEntry.State.FAILED if refusal else BulkEntry.State.DONE
    entry.reason, entry.settled_at = refusal[:300], timezone.now()
    entry.save(update_fields=["state", "reason", "settled_at"])


def _refusal(job: BulkJob, entry: BulkEntry) -> str:
    """Do the deed to one case as the person who asked; return why it could not be done, "" when it was."""
    person = job.asked_by
    who = person.as_actor() if person and person.is_active else None
    with speaking(who.language if who else "", time_zone=who.time_zone if who else ""):
        if who is None or not who.can(_NEEDS[BulkJob.Kind(job.kind)]):
            return _("Whoever asked for it may not do this any more.")
        try:
            with acting(who), transaction.atomic():
                _DEEDS[BulkJob.Kind(job.kind)](job, entry.case_id, who)
        except (CaseError, NothingToReplayError, FlowNotLiveError, LayerError) as error:
            return str(error)
        except ValidationError as error:
            return " ".join(error.messages)
        except MappingError as error:
            return " ".join(problem_sentences(error.problems))
        except ExceptionCase.DoesNotExist:
            return _("It is not there any more.")
    return ""


def _retry(_job: BulkJob, case_id: UUID, who: Actor) -> None:
    cases.retry_case(case_id, by=who)


def _skip(job: BulkJob, case_id: UUID, who: Actor) -> None:
    cases.skip_operations(case_id, None, reason=job.reason, by=who)


def _assign(job: BulkJob, case_id: UUID, who: Actor) -> None:
    cases.assign_case(case_id, owner_id=job.owner_id, by=who)


def _close(job: BulkJob, case_id: UUID, who: Actor) -> None:
    cases.close_case(case_id, reason=job.reason, by=who)


def _add_value(job: BulkJob, case_id: UUID, who: Actor) -> None:
    cases.add_value_and_retry(case_id, **job.wording, by=who)


def _apply_proposal(_job: BulkJob, case_id: UUID, who: Actor) -> None:
    apply_to_case(case_id, by=who, now=timezone.now())


_DEEDS: dict[BulkJob.Kind, Callable[[BulkJob, UUID, Actor], None]] = {
    BulkJob.Kind.RETRY: _retry,
    BulkJob.Kind.SKIP: _skip,
    BulkJob.Kind.ASSIGN: _assign,
    BulkJob.Kind.CLOSE: _close,
    BulkJob.Kind.VALUE: _add_value,
    BulkJob.Kind.TRIAGE: _apply_proposal,
}


def _pass_over(work: LeasedWork, job_id: UUID) -> None:
    with transaction.atomic():
        work.confirm()
        job = BulkJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        entry = _next_entry(job) if job is not None and job.is_under_way else None
        if entry is not None:
            _settle(entry, "Something went wrong on our side: look at this one by itself.")
