"""Changing one monitor of a flow: off, paused, with a limit or a severity of its own. Only what differs is stored."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.models import Flow
from apps.monitoring.blame import Severity
from apps.monitoring.models import Monitor
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind

LONGEST_PAUSE = timedelta(days=366)
MOST = 1e9


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a monitor is to be; as it stands, the default. `own_limit` is in base units: seconds, records, a share of one."""

    is_on: bool = True
    paused_until: datetime | None = None
    own_limit: float | None = None
    severity: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the audit trail keeps it."""
        return {**asdict(self), "paused_until": self.paused_until.isoformat() if self.paused_until else None}


DEFAULT = Wanted()


def wanted_of(row: Monitor | None) -> Wanted:
    """Return how a monitor is now."""
    if row is None:
        return DEFAULT
    return Wanted(row.is_on, row.paused_until, row.own_limit, row.severity, row.reason)


def set_monitor(flow: Flow, kind: MonitorKind, wanted: Wanted, *, by: str, now: datetime) -> None:
    """Let a monitor be as wanted from now on.

    Raises:
        ValidationError: something of it makes no sense, by field.

    """
    _require_sense(kind, wanted, now)
    with transaction.atomic():
        row = Monitor.objects.select_for_update().filter(flow=flow, kind=kind).first()
        before = wanted_of(row)
        if before == wanted:
            return
        if wanted == DEFAULT:
            Monitor.objects.filter(flow=flow, kind=kind).delete()
        else:
            values = {"changed_at": now, "changed_by": by[:200], "customer_id": flow.customer_id, **asdict(wanted)}
            Monitor.objects.update_or_create(flow=flow, kind=kind, defaults=values)
        details = {"flow": flow.name, "monitor": kind.value, "before": before.to_json(), "after": wanted.to_json()}
        audit.record(AuditAction.MONITOR_CHANGED, subject="flow", subject_id=str(flow.id), details=details)


def _require_sense(kind: MonitorKind, wanted: Wanted, now: datetime) -> None:
    sheet, problems = SHEETS[kind], dict[str, str]()
    is_silent = not wanted.is_on or wanted.paused_until is not None
    if is_silent and not wanted.reason.strip():
        problems["reason"] = _("Say why, so that others know whether it may be switched on again.")
    if wanted.paused_until is not None and not now < wanted.paused_until <= now + LONGEST_PAUSE:
        problems["paused_until"] = _("Choose a day to come, at most a year from now, or switch it off.")
    if wanted.own_limit is not None:
        most = 1.0 if kind is MonitorKind.PARTIAL else MOST
        if not sheet.unit:
            problems["own_limit"] = _("This monitor has no limit.")
        elif not 0 < wanted.own_limit <= most:
            problems["own_limit"] = _("Write a number above 0; of percent, at most 100.")
    if wanted.severity and (not sheet.graded or wanted.severity not in set(Severity)):
        problems["severity"] = _("This severity cannot be chosen here.")
    if problems:
        raise ValidationError(problems)
