"""The room's due work: judge when the ledger changed, and sweep every minute so that nothing depends on being told."""

from django.utils import timezone

from apps.connectors.call_hours import drop_old_hours
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.services import replay_job
from apps.monitoring.alerting import telling
from apps.monitoring.bulk import BULK, resume_stalled, work_on
from apps.monitoring.case_files import drop_old_files
from apps.monitoring.case_work import wake_due
from apps.monitoring.digest import send_digests
from apps.monitoring.insights.looking import look_due
from apps.monitoring.judging import judge_ledger
from apps.monitoring.monitors.teaching import teach_all
from apps.monitoring.monitors.watch import watch_cut_offs, watch_flows
from apps.monitoring.planned_retries import retry_planned
from apps.monitoring.reviews.drafting import draft_due
from apps.monitoring.risk_days import record_risk
from apps.monitoring.sla_watch import watch_clocks
from apps.monitoring.triage.alone import apply_alone
from apps.monitoring.triage.model import drop_old_calls, second_opinion
from apps.monitoring.triage.proposing import SLOW_AT_ONCE, propose_open
from apps.monitoring.triage.scoring import fall_back
from apps.monitoring.value.booking import book_value

__all__ = [
    "BULK",
    "CUT_OFFS",
    "CUT_OFFS_EVERY_SECONDS",
    "DIGEST",
    "DIGEST_EVERY_SECONDS",
    "INSIGHTS",
    "INSIGHTS_EVERY_SECONDS",
    "JUDGE",
    "REVIEWS",
    "REVIEWS_EVERY_SECONDS",
    "SLA",
    "SLA_EVERY_SECONDS",
    "SWEEP",
    "SWEEP_EVERY_SECONDS",
    "TEACH",
    "TEACH_EVERY_SECONDS",
    "TRIAGE",
    "TRIAGE_EVERY_SECONDS",
    "VALUE",
    "VALUE_EVERY_SECONDS",
    "book_customers_value",
    "draft_reviews",
    "judge",
    "look_for_insights",
    "send_due_digests",
    "sweep",
    "teach_monitors",
    "triage",
    "watch_coming_cut_offs",
    "watch_service_levels",
    "work_on",
]

JUDGE = "monitoring.judge"
SWEEP = "monitoring.sweep"
SWEEP_EVERY_SECONDS = 60
SLA = "monitoring.sla"
SLA_EVERY_SECONDS = 60
VALUE = "monitoring.value"
VALUE_EVERY_SECONDS = 3600
INSIGHTS = "monitoring.insights"
INSIGHTS_EVERY_SECONDS = 3600  # a day ends at each customer's own midnight
REVIEWS = "monitoring.reviews"
REVIEWS_EVERY_SECONDS = 3600  # a month ends at each customer's own midnight
TRIAGE = "monitoring.triage"
TRIAGE_EVERY_SECONDS = 60
DIGEST = "monitoring.digest"
DIGEST_EVERY_SECONDS = 900  # people live in zones that differ by quarters of an hour

TEACH = "monitoring.teach"
TEACH_EVERY_SECONDS = 3600  # each flow's day ends at its customer's midnight
CUT_OFFS = "monitoring.cut_offs"
CUT_OFFS_EVERY_SECONDS = 300


def judge(_: LeasedWork) -> None:
    """Bring the cases up to date: the ledger changed a moment ago."""
    judge_ledger()


def sweep(_: LeasedWork) -> None:
    """Do the room's round: wake and judge cases, look at every flow, tell people, keep the day's figures, take up what stalled."""
    wake_due(timezone.now())
    judge_ledger()
    retry_planned(timezone.now())
    watch_flows(timezone.now())
    telling.tell(timezone.now())
    record_risk(timezone.now())
    drop_old_files(timezone.now())
    drop_old_hours(timezone.now())
    resume_stalled()
    replay_job.resume_stalled()


def watch_service_levels(work: LeasedWork) -> None:
    """Write down the promises that ran out since the last look."""
    watch_clocks(timezone.now(), work.confirm)


def triage(_: LeasedWork) -> RunAgain | None:
    """Propose what can be done about open cases, apply what needs nobody, and let go of what is wrong too often."""
    now = timezone.now()
    looked_at = propose_open(now, second=second_opinion(now))
    apply_alone(now)
    fall_back(now)
    drop_old_calls(now)
    return RunAgain() if looked_at >= SLOW_AT_ONCE else None


def send_due_digests(_: LeasedWork) -> RunAgain | None:
    """Send the digests whose time has come where their readers live; in turns when they are many."""
    return None if send_digests(timezone.now()) else RunAgain()


def teach_monitors(_: LeasedWork) -> None:
    """Let the monitors learn from what ended since."""
    teach_all(timezone.now())


def watch_coming_cut_offs(_: LeasedWork) -> None:
    """Look whether the cut-offs to come will be reached."""
    watch_cut_offs(timezone.now())


def book_customers_value(work: LeasedWork) -> RunAgain | None:
    """Measure the days that are not measured yet and book the open months; in turns when they are many."""
    return None if book_value(timezone.now(), work.confirm) else RunAgain()


def look_for_insights(work: LeasedWork) -> RunAgain | None:
    """Look at the records of customers whose night has come; in turns when they are many."""
    return None if look_due(timezone.now(), work.confirm) else RunAgain()


def draft_reviews(work: LeasedWork) -> RunAgain | None:
    """Draft the reviews of the last month whose day has come; in turns when they are many."""
    return None if draft_due(timezone.now(), work.confirm) else RunAgain()
