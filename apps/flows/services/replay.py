"""What a person does with failed operations: replay them, correct and replay, or skip them with a reason."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from uuid_utils.compat import uuid7

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.values import PARSERS, UnusableValueError
from apps.flows.engine.states import OperationState
from apps.flows.models import Correction, Flow, FlowVersion, Operation, Run, TriggerEvent
from apps.flows.services.evidence import canonical_values_of
from apps.flows.services.start_run import replay_payload, start_run
from apps.flows.signals import ledger_changed


class NothingToReplayError(ValueError):
    """None of the chosen operations can be replayed; the message says why."""


class CorrectionError(ValueError):
    """A corrected value is not acceptable. `field` names it, the message says how to write it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def replay_operations(
    operation_ids: Sequence[UUID], *, started_by: str, version: FlowVersion | None = None
) -> list[Run]:
    """Queue a replay of rejected operations: one run per flow, with its live version or the `version` named.

    A named version replays its own flow's operations only. What is not rejected is left out.

    Raises:
        NothingToReplayError: none of them is rejected.
        FlowNotLiveError: a flow is paused or retired.

    """
    by_flow: defaultdict[UUID, list[UUID]] = defaultdict(list)
    lines = Operation.objects.filter(id__in=list(operation_ids), state=OperationState.REJECTED).order_by("id")
    if version is not None:
        lines = lines.filter(flow_id=version.flow_id)
    for operation_id, flow_id in lines.values_list("id", "flow_id"):
        by_flow[flow_id].append(operation_id)
    if not by_flow:
        raise NothingToReplayError(gettext("Nothing to replay: these records are not blocked any more."))
    with transaction.atomic():
        return [_replay(flow, by_flow[flow.id], started_by, version) for flow in Flow.objects.filter(id__in=by_flow)]


def _replay(flow: Flow, chosen: list[UUID], started_by: str, version: FlowVersion | None) -> Run:
    run = start_run(
        flow,
        kind=TriggerEvent.Kind.REPLAY,
        dedupe_key=f"replay:{uuid7()}",
        mode=Run.Mode.REPLAY,
        started_by=started_by,
        payload=replay_payload(chosen),
        version=version,
    )
    if run is None:
        raise RuntimeError("a fresh key was taken")
    details = {"flow": str(flow.id), "operations": len(chosen)}
    audit.record(AuditAction.OPERATION_REPLAYED, subject="run", subject_id=str(run.id), details=details)
    return run


def correct_operation(operation: Operation, *, field: str, new_value: str, reason: str, made_by: str) -> Correction:
    """Set one canonical value for the next replay of a rejected operation; the source is not touched.

    Raises:
        CorrectionError: unknown field, value that cannot be read, or an operation that is not rejected.

    """
    spec = canonical_type(operation.canonical_type).field_named(field)
    if spec is None:
        raise CorrectionError(field, gettext("There is no field %(field)s.") % {"field": field})
    try:
        value = PARSERS[spec.kind](new_value)
    except UnusableValueError as error:
        raise CorrectionError(field, f"{spec.label}: {error.message}.") from None
    with transaction.atomic():
        line = Operation.objects.select_for_update(no_key=True).get(id=operation.id)
        if line.state != OperationState.REJECTED:
            raise CorrectionError(field, gettext("This record is not blocked any more: nothing was changed."))
        before = canonical_values_of(line).get(field)
        correction = Correction.objects.create(
            operation=line,
            customer_id=line.customer_id,
            field=field,
            old_value=_as_json(before),
            new_value=_as_json(value),
            reason=reason[:300],
            made_by=made_by,
            made_at=timezone.now(),
        )
        Operation.objects.filter(id=line.id).update(revision=line.revision + 1)
        audit.record(
            AuditAction.OPERATION_EDITED,
            subject="operation",
            subject_id=str(line.id),
            details={"field": field, "old": _as_json(before), "new": _as_json(value), "reason": reason},
        )
    return correction


def _as_json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def skip_operations(operation_ids: Iterable[UUID], *, reason: str, made_by: str) -> int:
    """Leave rejected operations out for good, with a reason. Returns how many; the ledger keeps the reason.

    Raises:
        ValueError: no reason was given.

    """
    if not reason.strip():
        raise ValueError(gettext("Say why these records are left out: the reason stays in the ledger."))
    now = timezone.now()
    with transaction.atomic():
        lines = list(
            Operation.objects.select_for_update(no_key=True).filter(
                id__in=list(operation_ids), state=OperationState.REJECTED
            )
        )
        Operation.objects.filter(id__in=[line.id for line in lines]).update(
            state=OperationState.SKIPPED, error_message=f"Left out by {made_by}: {reason.strip()}"[:600], changed_at=now
        )
        for line in lines:
            audit.record(
                AuditAction.OPERATION_SKIPPED, subject="operation", subject_id=str(line.id), details={"reason": reason}
            )
        for flow_id, customer_id in {(line.flow_id, line.customer_id) for line in lines}:
            ledger_changed.send(sender=Operation, flow_id=flow_id, customer_id=customer_id)
    return len(lines)
