"""Which monitors of which flows a person switched off or paused, and what severity they gave the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.monitoring.models import Monitor
from apps.monitoring.monitor_kinds import MonitorKind


@dataclass(frozen=True, slots=True)
class Switches:
    """What differs from the defaults, by flow and kind."""

    rows: Mapping[tuple[UUID, MonitorKind], Monitor]
    now: datetime

    def is_off(self, flow_id: UUID, kind: MonitorKind) -> bool:
        """Return whether nobody is to be told of this just now."""
        row = self.rows.get((flow_id, kind))
        return row is not None and is_off(row, self.now)

    def severity(self, flow_id: UUID, kind: MonitorKind) -> str:
        """Return the severity a person chose, "" for the kind's own."""
        row = self.rows.get((flow_id, kind))
        return row.severity if row else ""


def is_off(row: Monitor, now: datetime) -> bool:
    """Return whether a monitor is switched off, or paused at that moment."""
    return not row.is_on or (row.paused_until is not None and row.paused_until > now)


def off_now(now: datetime) -> Q:
    """Return the same as a condition on monitors."""
    return Q(is_on=False) | Q(paused_until__gt=now)


def read_switches(now: datetime) -> Switches:
    """Return everything that differs. One query."""
    return Switches({(row.flow_id, MonitorKind(row.kind)): row for row in Monitor.objects.all()}, now)


def off_flows(kind: MonitorKind, now: datetime) -> list[UUID]:
    """Return the flows of which one monitor is off just now. One query."""
    rows = Monitor.objects.filter(off_now(now), kind=kind)
    return list(rows.values_list("flow_id", flat=True))
