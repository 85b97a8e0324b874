"""The rhythm of a live flow: learned from runs that moved records, said in words, and broken by silence."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.flows.models import Flow, FlowVersion, Run, TriggerEvent
from apps.flows.queries.rhythm_words import rhythm_words
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.rhythms import learn_flow
from apps.monitoring.models import ExceptionCase
from apps.monitoring.monitors.watch import watch_flows
from apps.tenants import scope
from tests.lines import Line


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line that has been live for a year."""
    made = make_line()
    with scope.work_in(made.partner):
        FlowVersion.objects.update(published_at=timezone.now() - timedelta(days=365))
    return made


def _ran(line: Line, *moments: datetime, written: int = 1, mode: str = "read") -> None:
    flow = Flow.objects.get(id=line.flow.id)
    for moment in moments:
        event = TriggerEvent.objects.create(
            flow=flow, customer=flow.customer, kind="schedule", dedupe_key=str(uuid7()), received_at=moment
        )
        event.run = Run.objects.create(
            flow=flow, customer=flow.customer, event=event, version=flow.live_version, mode=mode, created_at=moment,
            state="clean", read=written, written=written, started_at=moment, finished_at=moment,
        )  # fmt: skip
        event.save(update_fields=["run"])


def _hourly(until: datetime, number: int = 24 * 8) -> list[datetime]:
    return [until - timedelta(hours=n) for n in reversed(range(number))]


def _learned(line: Line) -> Flow:
    learn_flow(Flow.objects.select_related("customer").get(id=line.flow.id))
    return Flow.objects.get(id=line.flow.id)


def test_what_was_seen_is_said_in_words(line: Line) -> None:
    with scope.work_in(line.partner):
        _ran(line, *_hourly(timezone.now())[:9])
        assert rhythm_words(_learned(line)) == ""
        _ran(line, *_hourly(timezone.now()))
        assert rhythm_words(_learned(line)).startswith("usually every hour, on all days")


def test_silence_longer_than_the_rhythm_is_a_case_until_records_come_again(line: Line) -> None:
    now = timezone.now()
    with scope.work_in(line.partner):
        _ran(line, *_hourly(now - timedelta(hours=6)))
        _learned(line)
        _ran(line, now - timedelta(minutes=5), written=0)  # it runs, and moves nothing
        _ran(line, now - timedelta(minutes=4), mode="replay")
        assert watch_flows(timezone.now()) == (1, 0)
        case = ExceptionCase.objects.get()
        assert (case.error_class, "No record has come through" in case.explanation) == ("empty", True)
        _ran(line, now)
        assert watch_flows(timezone.now()) == (0, 1)


def test_after_a_pause_silence_counts_from_the_resuming(line: Line) -> None:
    with scope.work_in(line.partner):
        _ran(line, *_hourly(timezone.now() - timedelta(days=2)))
        flow = _learned(line)
        pause_flow(flow, reason="Holidays.", made_by="Ann")
        assert watch_flows(timezone.now()) == (0, 0)
        resume_flow(flow)
        assert watch_flows(timezone.now()) == (0, 0)
        assert "resumed_at" in (_learned(line).rhythm or {})
