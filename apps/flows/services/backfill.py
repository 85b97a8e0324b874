"""Reading a span of days once more, or for the first time: a run with a position of its own, below all live work.

The flow's checkpoint stays where it is. What the ledger has already in the same version is left as it is, so a backfill
over days that were read before changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.engine.states import RUN_TERMINAL, BatchState, RunState
from apps.flows.models import Batch, Flow, Run, TriggerEvent
from apps.flows.services.start_run import start_run

MOST_DAYS = 731  # two years, a leap year among them


class BackfillError(ValueError):
    """A backfill cannot be started. `field` names what to mend ("first", "last", "" for neither), the message how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def start_backfill(flow: Flow, *, first: date, last: date, started_by: str, outside_key: str = "") -> Run:
    """Queue the reading of what was changed from `first` to `last`, both included, as days of the customer's time zone.

    `outside_key` is under which a program asks: `find_backfill` finds the run by it.

    Raises:
        BackfillError: the days cannot be, or a backfill of the flow is under way.
        FlowNotLiveError: the flow is a draft or retired.

    """
    zone, now = ZoneInfo(flow.customer.time_zone), datetime.now(UTC)
    require_span(first, last, today=now.astimezone(zone).date())
    until = min(datetime.combine(last + timedelta(days=1), time(), tzinfo=zone), now)
    since = datetime.combine(first, time(), tzinfo=zone)
    payload = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "since": since.astimezone(UTC).isoformat(),
        "until": until.astimezone(UTC).isoformat(),
    }
    key = _outside(outside_key) if outside_key else f"backfill:{uuid7()}"
    return _start(flow, payload, key=key, started_by=started_by)


def find_backfill(flow: Flow, outside_key: str) -> Run | None:
    """Return the backfill that a program asked for under this key, None when there is none."""
    if not outside_key:
        return None
    return Run.objects.filter(flow=flow, event__flow=flow, event__dedupe_key=_outside(outside_key)).first()


def _outside(key: str) -> str:
    return f"backfill:outside:{key}"


def require_span(first: date, last: date, *, today: date) -> None:
    """Raise BackfillError unless the days are in order, over, and not too many."""
    if last < first:
        raise BackfillError("last", _("Choose a last day that is not before the first."))
    if first > today or last > today:
        raise BackfillError("first" if first > today else "last", _("Choose days that have come: this one has not."))
    if (last - first).days >= MOST_DAYS:
        raise BackfillError("first", _("Choose at most two years at once: start several, one after the other."))


def resume_backfill(run: Run, *, started_by: str) -> Run:
    """Go on where a backfill stopped, as a new run of the same days.

    Raises:
        BackfillError: it is no backfill, is not over, had read everything, or was gone on with already.
        FlowNotLiveError: the flow is a draft or retired.

    """
    if not can_resume(run):
        raise BackfillError("", _("Only a backfill that ended before its end can be gone on with."))
    payload = {**run.event.payload, "position": own_position(run.id, run.event.payload), "continues": str(run.id)}
    return _start(run.flow, payload, key=f"backfill:{run.id}", started_by=started_by)


def can_resume(run: Run) -> bool:
    """Return True for a backfill that ended before it had read everything."""
    return run.mode == Run.Mode.BACKFILL and run.state in (RunState.CANCELLED, RunState.FAILED) and not run.reading_done


def _start(flow: Flow, payload: Mapping[str, Any], *, key: str, started_by: str) -> Run:
    with transaction.atomic():
        # Held, so that two clicks at once start one.
        held = Flow.objects.select_for_update(no_key=True, of=("self",)).get(id=flow.id)
        under_way = Run.objects.filter(flow=held, mode=Run.Mode.BACKFILL).exclude(state__in=RUN_TERMINAL)
        if under_way.exists():
            raise BackfillError("", _("A backfill of this flow is under way: wait for its end, or cancel it."))
        run = start_run(
            flow,
            kind=TriggerEvent.Kind.BACKFILL,
            dedupe_key=key,
            mode=Run.Mode.BACKFILL,
            started_by=started_by,
            payload=payload,
        )
        if run is None:
            raise BackfillError("", _("This backfill was gone on with already."))
        details = {"flow": str(flow.id), "first": payload["first"], "last": payload["last"]}
        audit.record(AuditAction.RUN_STARTED, subject="run", subject_id=str(run.id), details=details)
    return run


def window_of(payload: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return from when (included) to when (left out) a backfill reads."""
    return datetime.fromisoformat(payload["since"]), datetime.fromisoformat(payload["until"])


def own_position(run_id: UUID, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return up to where a backfill has read and settled; None at its beginning."""
    settled = Batch.objects.filter(run_id=run_id, state=BatchState.SETTLED, checkpoint_after__isnull=False)
    latest = settled.order_by("-number").values_list("checkpoint_after", flat=True).first()
    return latest or payload.get("position")
