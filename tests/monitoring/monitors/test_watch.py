"""Monitors over flows that really have runs: what they learn, which exceptions open and close, and what keeps them silent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.models import AuditEntry
from apps.connectors.models import CircuitBreaker
from apps.customers.models import CutOff
from apps.flows.models import Flow, FlowVersion, Run, TriggerEvent
from apps.flows.services.rhythms import learn_flow
from apps.monitoring.blame import Severity
from apps.monitoring.case_book import SYSTEM, close_case
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase, Monitor, MonitorFigures, MonitorFinding
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitors.flow_watch import watch_of
from apps.monitoring.monitors.switching import Wanted, set_monitor
from apps.monitoring.monitors.teaching import teach_flow
from apps.monitoring.monitors.watch import watch_cut_offs, watch_flows
from apps.tenants import scope
from tests.lines import Line
from tests.monitoring.conftest import Blocked
from tests.told import is_said_in_german

K = MonitorKind
EVERY = timedelta(hours=8)
WEEKS = 3 * 7 * 3  # runs of three weeks
MINUTES = timedelta(minutes=1)


class Story:
    """A flow that ran every eight hours for three weeks, in some one and a half minutes for some twelve records."""

    def __init__(self, line: Line) -> None:
        self.line, self.now = line, timezone.now()
        with scope.work_in(line.partner):
            FlowVersion.objects.update(published_at=self.now - timedelta(days=60))
            made = [
                self.made(
                    self.now - MINUTES - (WEEKS - 1 - number) * EVERY,
                    took=timedelta(seconds=60 + number % 30),
                    read=10 + number % 5,
                )
                for number in range(WEEKS)
            ]
            TriggerEvent.objects.bulk_create([run.event for run in made])
            Run.objects.bulk_create(made)
            self.ran(self.now - EVERY / 2, took=20 * EVERY, read=9000, mode=Run.Mode.BACKFILL)
            learn_flow(self.flow)
            self.teach(self.now)

    @property
    def flow(self) -> Flow:
        return Flow.objects.select_related("customer").get(id=self.line.flow.id)

    def ran(self, ended: datetime, **values: Any) -> Run:
        """Let the flow have run."""
        run = self.made(ended, **values)
        run.event.save()
        run.save()
        return run

    def made(
        self,
        ended: datetime,
        took: timedelta = MINUTES,
        read: int = 12,
        rejected: int = 0,
        state: str = "",
        mode: str = Run.Mode.READ,
    ) -> Run:
        """Return a run, and the event that started it, as they would be stored."""
        flow, began = self.line.flow, ended - took
        event = TriggerEvent(
            flow=flow, customer=flow.customer, kind="schedule", dedupe_key=str(uuid7()), received_at=began
        )
        run = Run(
            flow=flow, customer=flow.customer, event=event, version=flow.live_version, mode=mode, created_at=began,
            state=state or ("clean" if read else "empty"), read=read, written=read - rejected, rejected=rejected,
            started_at=began, finished_at=ended,
        )  # fmt: skip
        event.run_id = run.id
        return run

    def teach(self, now: datetime) -> None:
        teach_flow(self.flow, now)

    def learned(self, kind: K) -> MonitorFigures:
        return MonitorFigures.objects.get(kind=kind)

    def told(self, hours: float) -> list[tuple[str, str]]:
        """Return all exceptions so many hours later: what they are about, and how they ended ("" while open)."""
        watch_flows(self.now + timedelta(hours=hours))
        return [(case.error_class, case.closed_how) for case in ExceptionCase.objects.order_by("id")]

    def at(self, hours: float) -> datetime:
        return self.now + timedelta(hours=hours)


@pytest.fixture
def story(make_line: Callable[..., Line]) -> Story:
    return Story(make_line())


def test_a_flow_slows_goes_empty_falls_silent_and_comes_back(story: Story) -> None:
    with scope.work_in(story.line.partner):
        assert story.told(0.1) == []
        story.ran(story.at(8), took=20 * MINUTES)
        slow = ("slow", "")
        assert story.told(8.1) == [slow]
        assert story.told(8.2) == [slow]
        story.ran(story.at(16))
        slow = ("slow", "ran_well")
        assert story.told(16.1) == [slow]
        for hours in (24, 32):
            story.ran(story.at(hours), read=0)
        assert story.told(32.1) == [slow, ("empty", "")]
        story.ran(story.at(40))
        empty = ("empty", "arrived")
        assert story.told(40.1) == [slow, empty]
        assert story.told(54) == [slow, empty, ("overdue", "")]
        story.ran(story.at(55), read=20, rejected=15, state="partial")
        overdue = ("overdue", "arrived")
        assert story.told(55.1) == [slow, empty, overdue, ("partial", "")]
        story.ran(story.at(56))
        event = TriggerEvent.objects.create(
            flow=story.flow, customer=story.line.customer, kind="webhook", dedupe_key="w", received_at=story.at(56)
        )
        assert story.told(57.2)[3:] == [("partial", "ran_well"), ("backlog", "")]
        event.run = story.ran(story.at(57.3))
        event.save(update_fields=["run"])
        assert story.told(57.4)[4:] == [("backlog", "ran_well")]
        assert MonitorFinding.objects.filter(ended_at__isnull=True).count() == 0


def test_it_learns_once_from_each_run_and_not_from_backfills_or_what_was_wrong(story: Story) -> None:
    with scope.work_in(story.line.partner):
        usual = story.learned(K.SLOW).learned["usual"]
        assert 60 <= usual["low"] <= usual["high"] < 90
        assert usual["seen"] == WEEKS
        story.teach(story.at(0.5))
        assert story.learned(K.SLOW).learned["usual"] == usual
        story.ran(story.at(6), took=20 * MINUTES)
        story.told(6.1)
        story.teach(story.at(6.2))
        assert len(story.learned(K.SLOW).samples) == WEEKS + 1
        assert story.learned(K.SLOW).learned["usual"] == usual
        close_case(
            ExceptionCase.objects.get(),
            ExceptionCase.ClosedHow.BY_PERSON,
            reason="So it is.",
            now=story.at(7),
            done_by=SYSTEM,
        )
        story.teach(story.at(7.5))
        assert story.learned(K.SLOW).learned["usual"]["seen"] == WEEKS + 1
        assert story.told(8) == [("slow", "by_person")]  # told once: a person knows


def test_a_day_that_brings_far_less_than_usual_is_told_until_enough_comes(story: Story) -> None:
    zone = ZoneInfo(story.line.customer.time_zone)
    midnights = [
        (story.now + timedelta(days=ahead)).astimezone(zone).replace(hour=0, minute=0) for ahead in range(2, 6)
    ]
    # Three weeks say what is usual on working days, and too little of weekends: this one and the next are none.
    day = next(one for one in midnights if one.weekday() < 4)
    with scope.work_in(story.line.partner):
        ended = story.at(8)
        while ended < day:
            story.ran(ended)
            ended += EVERY
        for hours in (1, 9, 17, 25):
            story.ran(day + timedelta(hours=hours), read=1)
        story.teach(day + timedelta(hours=26))
        assert story.learned(K.EMPTY).learned["last"][1] == 3
        after = (day + timedelta(hours=26, minutes=1) - story.now).total_seconds() / 3600
        assert story.told(after) == [("empty", "")]
        assert "Usually 3" in MonitorFinding.objects.get().sentence
        story.ran(story.at(after), read=60)
        assert story.told(after + 0.1) == [("empty", "arrived")]


def test_what_a_person_switched_off_is_not_told_and_says_who_and_why(story: Story) -> None:
    with scope.work_in(story.line.partner):
        story.ran(story.at(1), took=20 * MINUTES)
        assert story.told(1.1) == [("slow", "")]
        off = Wanted(is_on=False, reason="A larger firm is moved over.")
        for kind in (K.SLOW, K.FAILED):
            set_monitor(story.flow, kind, off, by="Ada", now=story.at(1.2))
        assert story.told(1.3) == [("slow", "by_person")]
        story.ran(story.at(2), state="failed", read=0)
        judge_ledger()
        assert story.told(2.1) == [("slow", "by_person")]
        row = next(one for one in watch_of(story.flow, story.at(2.2)).rows if one.name == K.SLOW)
        assert (row.state, row.note) == ("inactive", "Ada: A larger firm is moved over.")
        assert AuditEntry.objects.filter(action="monitor_changed").count() == 2
        paused = Wanted(paused_until=story.at(4), severity=Severity.HIGH, reason="Until Monday.")
        set_monitor(story.flow, K.SLOW, paused, by="Ada", now=story.at(2.3))
        set_monitor(story.flow, K.FAILED, Wanted(), by="Ada", now=story.at(2.3))
        assert [row.kind for row in Monitor.objects.all()] == [K.SLOW]
        judge_ledger()
        story.ran(story.at(3), took=20 * MINUTES)
        judge_ledger()
        assert ("slow", "") not in story.told(3.1)
        assert ("slow", "") in story.told(4.1)
        assert ExceptionCase.objects.get(error_class="slow").severity == Severity.HIGH


def test_a_cut_off_that_blocked_records_endanger_is_told_in_time(blocked: Blocked) -> None:
    customer, now = blocked.line.customer, timezone.now()
    local = (now + timedelta(hours=2)).astimezone(ZoneInfo(customer.time_zone))
    with scope.work_in(blocked.line.partner):
        cut_off = CutOff.objects.create(
            customer=customer, name="Invoice run", rhythm="weekly", day=local.weekday(), at=f"{local:%H:%M}"
        )
        assert watch_cut_offs(now - timedelta(hours=20)) == (0, 0)
        assert watch_cut_offs(now) == (1, 0)
        assert watch_cut_offs(now + MINUTES) == (0, 0)
        case = ExceptionCase.objects.get(error_class="cut_off_risk")
        assert case.due_at == CutOff.objects.get(id=cut_off.id).next_at(now)
        assert "Invoice run falls due on" in case.explanation
        assert is_said_in_german(case.explanation)
        assert "blocked" in case.explanation
        assert watch_cut_offs(now + timedelta(hours=3)) == (0, 1)
        assert ExceptionCase.objects.get(id=case.id).closed_how == "ran_well"


def test_a_system_that_is_away_silences_what_it_explains(story: Story) -> None:
    with scope.work_in(story.line.partner):
        breaker = CircuitBreaker.objects.create(
            connection=story.line.source, customer=story.line.customer, state="open", probes=5, since=story.now,
            needs_person=True, reason="The sign-in was refused.",
        )  # fmt: skip
        judge_ledger()
        assert story.told(20) == [("connection", "")]
        rows = {row.name: row for row in watch_of(story.flow, story.at(20)).rows}
        assert {rows[kind].word for kind in (K.OVERDUE, K.EMPTY, K.SLOW, K.BACKLOG)} == {"Silent"}
        assert "“Connections” has found why." in rows[K.OVERDUE].note
        breaker.delete()
        assert ("overdue", "") in story.told(20.1)
