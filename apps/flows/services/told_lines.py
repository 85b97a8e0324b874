"""Ledger lines that say something about a record instead of moving it: blocked from the beginning, for a person to decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.connectors.errors import BusinessClass, FailureKind
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.session import Session

_FACTS = (
    "canonical_type", "business_key", "source_key", "target_key", "label", "amount", "currency", "amount_quality",
    "client_ref", "project_ref", "period_ref", "cycle_from",
)  # fmt: skip


def facts_of(line: Operation) -> dict[str, Any]:
    """Return the columns that say which record a line is about, and what it is worth."""
    return {name: getattr(line, name) for name in _FACTS}


def told_line(  # noqa: PLR0913  each is one fact of the line, all by name
    session: Session,
    facts: Mapping[str, Any],
    *,
    version: str,
    step: str,
    business_class: BusinessClass,
    code: str,
    sentence: str,
    now: datetime,
) -> Operation:
    """Return a blocked line of a run, unsaved; `version` marks it as one that tells instead of moving."""
    return Operation(
        **facts,
        id=new_id(),
        customer_id=session.customer_id,
        flow_id=session.flow_id,
        run_id=session.run_id,
        last_run_id=session.run_id,
        source_version=version,
        state=OperationState.REJECTED,
        step=step,
        error_kind=FailureKind.REJECTED,
        error_class=business_class,
        error_code=code,
        error_message=sentence[:600],
        correlation_id=session.correlation_id,
        created_at=now,
        changed_at=now,
    )
