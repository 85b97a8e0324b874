"""What people decide about a change of another system's field: take it over once, or keep it out.

Taking it over is one write of one field into the target, done by a worker. It looks first: where somebody has changed the
value meanwhile, the decision was made about something else, and the person is asked again.
"""

import asyncio
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import breaker, call_hours
from apps.connectors.answers import at_path
from apps.connectors.breaker import PausedError
from apps.connectors.contract import Connector, Write
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.opening import open_connector
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.engine.ownership import is_same
from apps.flows.models import OwnerReview
from apps.flows.services.blobs import plain_json

TAKE_OVER_KIND = "flows.owner_review"
_PATIENCE_SECONDS = 45.0


class _Came(StrEnum):
    WRITTEN = "written"
    AGREED = "agreed"
    CHANGED = "changed"
    FAILED = "failed"


class _Answer(NamedTuple):
    came: _Came
    theirs: Any = None
    problem: str = ""


def take_over(review_id: UUID, *, decided_by: str) -> OwnerReview:
    """Ask for our value to be written into the target, once; a worker does it.

    Raises:
        ValidationError: it is decided already, or its values are not stored.
        OwnerReview.DoesNotExist: there is none in scope.

    """
    with transaction.atomic():
        review = _locked(review_id)
        if not review.is_kept:
            words = _("What is in this customer's records is not stored: change the value in the system that owns it.")
            raise ValidationError(words)
        _decide(review, OwnerReview.State.ASKED, decided_by)
        enqueue(
            kind=TAKE_OVER_KIND,
            reference=str(review.id),
            priority=Priority.INTERACTIVE,
            unique_key=f"{TAKE_OVER_KIND}:{review.id}",
            customer_id=review.customer_id,
            connection_id=review.connection_id,
        )
        _note(review, "taken over")
    return review


def refuse(review_id: UUID, *, decided_by: str, note: str = "") -> OwnerReview:
    """Keep a change out: the target keeps its value, and the same change is not asked about again.

    Raises:
        ValidationError: it is decided already, or the note is too long.
        OwnerReview.DoesNotExist: there is none in scope.

    """
    if len(note) > 300:
        raise ValidationError({"note": _("Write at most 300 characters.")})
    with transaction.atomic():
        review = _locked(review_id)
        review.note = note
        _decide(review, OwnerReview.State.REFUSED, decided_by)
        _note(review, "kept out")
    return review


def _locked(review_id: UUID) -> OwnerReview:
    review = OwnerReview.objects.select_for_update(no_key=True).get(id=review_id)
    if review.state != OwnerReview.State.OPEN:
        raise ValidationError(_("This change is decided already."))
    return review


def _decide(review: OwnerReview, state: OwnerReview.State, decided_by: str) -> None:
    review.state, review.decided_at, review.decided_by, review.problem = state, timezone.now(), decided_by, ""
    review.save(update_fields=["state", "decided_at", "decided_by", "note", "problem"])


def _note(review: OwnerReview, decision: str) -> None:
    details = {"field": f"{review.canonical_type}.{review.field}", "record": review.label, "decision": decision}
    audit.record(AuditAction.OWNER_REVIEW_DECIDED, subject="record", subject_id=review.operation_id, details=details)


def carry_out(work: LeasedWork) -> RunAgain | None:
    """Write what somebody took over. Doing it twice changes nothing: the second look finds both in agreement."""
    with transaction.atomic():
        work.confirm()
        review = (
            OwnerReview.objects.select_related("connection")
            .filter(id=UUID(work.reference), state=OwnerReview.State.ASKED)
            .first()
        )
    if review is None:
        return None
    try:
        breaker.require_closed([review.connection_id])
        with transaction.atomic():
            connector = open_connector(review.connection, correlation_id=f"review-{review.id}")
    except PausedError as paused:
        return RunAgain(paused.until, waiting_for=paused.connection_id)
    except RemoteError as error:
        _settle(work, review, _Answer(_Came.FAILED, problem=error.message))
        return None
    except UnsealError:
        _settle(work, review, _Answer(_Came.FAILED, problem="A stored secret cannot be opened any more: replace it."))
        return None
    answer = asyncio.run(_write(connector, review))
    call_hours.note_calls(review.connection_id, connector.take_counts())
    _settle(work, review, answer)
    return None


async def _write(connector: Connector, review: OwnerReview) -> _Answer:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), connector:
            return await _look_and_write(connector, review)
    except RemoteError as error:
        return _Answer(_Came.FAILED, problem=error.message)
    except TimeoutError:
        return _Answer(_Came.FAILED, problem="The system took too long to answer.")
    except KeyError:
        return _Answer(_Came.FAILED, problem="The system no longer has this kind of record.")


async def _look_and_write(connector: Connector, review: OwnerReview) -> _Answer:
    if connector.manifest.object_named(review.object_name).reading is not None:
        async for page in connector.read(review.object_name, None, [review.target_key]):
            for record in page.records:
                theirs = at_path(record.values, review.target_field)
                if is_same(theirs, review.ours):
                    return _Answer(_Came.AGREED)
                if not is_same(theirs, review.theirs):
                    return _Answer(_Came.CHANGED, theirs)
    values = {review.target_field: review.ours}
    write = Write(0, values, review.business_key, f"{review.id.hex}:take-over", review.target_key)
    outcome = (await connector.upsert(review.object_name, [write]))[0]
    if outcome.error is not None:
        return _Answer(_Came.FAILED, problem=outcome.error.message)
    return _Answer(_Came.WRITTEN)


def _settle(work: LeasedWork, review: OwnerReview, answer: _Answer) -> None:
    """Write down what came of it; where nothing was written the review is open again, with the reason."""
    changes: dict[str, Any] = {"state": OwnerReview.State.OPEN, "problem": answer.problem[:400]}
    if answer.came is _Came.WRITTEN:
        changes["state"] = OwnerReview.State.ACCEPTED
    elif answer.came is _Came.AGREED:
        changes["state"] = OwnerReview.State.AGREED
    elif answer.came is _Came.CHANGED:
        changes["theirs"] = plain_json(answer.theirs)
        changes["problem"] = "The value was changed there meanwhile: look again before you decide."
    with transaction.atomic():
        work.confirm()
        OwnerReview.objects.filter(id=review.id, state=OwnerReview.State.ASKED).update(**changes)
