"""What monitoring does when flows or connectors report something: look sooner."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.connectors.signals import breaker_moved
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.signals import ledger_changed
from apps.monitoring.tasks import JUDGE

_SETTLES = timedelta(seconds=1)  # a run settles many batches: one look after several of them is enough


def connect() -> None:
    """Listen to flows and to connections."""
    ledger_changed.connect(_on_ledger_changed, dispatch_uid="monitoring.judge")
    breaker_moved.connect(_on_ledger_changed, dispatch_uid="monitoring.judge_connections")


def _on_ledger_changed(sender: Any, **_: Any) -> None:  # noqa: ARG001  the signal names its sender
    enqueue(kind=JUDGE, unique_key=JUDGE, due_at=timezone.now() + _SETTLES, priority=Priority.LIVE)
