"""The room's due work: judge when the ledger changed, and sweep every minute so that nothing depends on being told."""

from apps.dispatch.leases import LeasedWork
from apps.monitoring.alerts import send_alerts
from apps.monitoring.bulk import BULK, resume_stalled, work_on
from apps.monitoring.judging import judge_ledger
from apps.monitoring.run_watch import judge_silence

__all__ = ["BULK", "JUDGE", "SWEEP", "SWEEP_EVERY_SECONDS", "judge", "sweep", "work_on"]

JUDGE = "monitoring.judge"
SWEEP = "monitoring.sweep"
SWEEP_EVERY_SECONDS = 60


def judge(_: LeasedWork) -> None:
    """Bring the cases up to date: the ledger changed a moment ago."""
    judge_ledger()


def sweep(_: LeasedWork) -> None:
    """Judge, look for flows that fell silent, tell people about new cases, and take up bulk jobs again."""
    judge_ledger()
    judge_silence()
    send_alerts()
    resume_stalled()
