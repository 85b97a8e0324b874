"""Retries that wait: for a moment, or for a flow that brings what is missing; each starts once, in the planner's name."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.flows.models import Flow, Run
from apps.flows.services.flow_state import pause_flow
from apps.monitoring.models import CaseNote, ExceptionCase
from apps.monitoring.planned_retries import retry_planned
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _page(response: Any) -> str:
    return response.content.decode()


def _post(blocked: Blocked, case: ExceptionCase, deed: str, **typed: str) -> Any:
    return blocked.owner.post(f"/exceptions/{case.id}/{deed}/", typed, follow=True)


def _plan(blocked: Blocked, case: ExceptionCase, **typed: str) -> Any:
    tomorrow = f"{timezone.localdate() + timedelta(days=2):%Y-%m-%d}"
    return _post(blocked, case, "plan", **{"day": tomorrow, "hour": "09:30", **typed})


def _replays(blocked: Blocked) -> int:
    with scope.work_in(blocked.line.partner):
        return Run.objects.filter(mode=Run.Mode.REPLAY).count()


def _look(blocked: Blocked, after: timedelta) -> int:
    with scope.work_in(blocked.line.partner):
        return retry_planned(timezone.now() + after)


@pytest.fixture
def other_flow(blocked: Blocked) -> Flow:
    """Another live flow of the customer into the same system."""
    with scope.work_in(blocked.line.partner):
        flow = Flow.objects.get(id=blocked.line.flow.id)
        version = flow.live_version
        flow.pk, flow.name, flow.live_version = None, "Clients to the ERP", None
        flow._state.adding = True
        flow.save(force_insert=True)
        assert version is not None
        version.pk, version.flow, version._state.adding = None, flow, True
        version.save(force_insert=True)
        Flow.objects.filter(id=flow.id).update(live_version=version)
        return Flow.objects.get(id=flow.id)


def test_a_planned_retry_starts_once_when_its_moment_has_come(blocked: Blocked) -> None:
    case = blocked.case("hours")
    assert "It is tried again at" in _page(_plan(blocked, case, question="Please open October again."))
    now = blocked.again(case)
    assert (now.waiting_on, now.retry_at is not None) == ("customer", True)
    with scope.work_in(blocked.line.partner):
        assert CaseNote.objects.get().shared
    assert _look(blocked, timedelta(hours=1)) == 0
    assert (_look(blocked, timedelta(days=3)), _look(blocked, timedelta(days=3))) == (1, 0)
    assert _replays(blocked) == 1
    again = blocked.again(case)
    assert (again.state, again.retry_at) == ("resolving", None)


def test_a_plan_can_be_taken_back(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _plan(blocked, case)
    assert "Taken back" in _page(_post(blocked, case, "plan/drop"))
    assert (_look(blocked, timedelta(days=3)), _replays(blocked)) == (0, 0)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"day": "2020-01-01"}, "still to come"),
        ({"day": "2199-01-01"}, "At most 90 days"),
        ({"day": ""}, "This field is required"),
        ({"hour": "25:00"}, "Enter a valid time"),
    ],
    ids=["past", "too far", "no day", "no time"],
)
def test_a_plan_that_cannot_be_is_explained_in_place(blocked: Blocked, typed: dict[str, str], sentence: str) -> None:
    case = blocked.case("hours")
    answer = _plan(blocked, case, **typed)
    assert (answer.status_code, sentence in _page(answer)) == (400, True)
    assert blocked.again(case).retry_at is None


def test_a_retry_that_cannot_start_says_why_and_is_over(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _plan(blocked, case)
    with scope.work_in(blocked.line.partner):
        pause_flow(Flow.objects.get(id=blocked.line.flow.id), reason="Period end.", made_by="Owner")
    assert (_look(blocked, timedelta(days=3)), _look(blocked, timedelta(days=3))) == (0, 0)
    page = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "The planned retry did not start:" in page
    _plan(blocked, case)
    with scope.work_in(blocked.line.partner):
        User.objects.filter(id=blocked.people["owner"].id).update(role="read_only")
    assert _look(blocked, timedelta(days=3)) == 0
    with scope.work_in(blocked.line.partner):
        last = ExceptionCase.objects.get(id=case.id).steps.last()
        assert last is not None
        assert "may not do this any more" in last.sentence


def test_what_is_missing_is_brought_first_and_then_the_records_are_tried_again(
    blocked: Blocked, other_flow: Flow
) -> None:
    case = blocked.case("resource")
    assert "Bring what is missing" in _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    _post(blocked, case, "bring", flow=str(other_flow.id))
    with scope.work_in(blocked.line.partner):
        brought = Run.objects.get(flow=other_flow)
        assert blocked.again(case).retry_after_id == brought.id
    assert (_look(blocked, timedelta()), _replays(blocked)) == (0, 0)  # it is not through yet
    blocked.line.work()
    assert _look(blocked, timedelta()) == 1
    assert _replays(blocked) == 1


def test_only_a_flow_that_writes_to_the_same_system_can_bring_it(blocked: Blocked, other_flow: Flow) -> None:
    case = blocked.case("resource")
    for flow in (str(blocked.line.flow.id), "nonsense", ""):
        assert _post(blocked, case, "bring", flow=flow).status_code == 400, flow
    with scope.work_in(blocked.line.partner):
        Flow.objects.filter(id=other_flow.id).update(target=other_flow.source_id)
    assert _post(blocked, case, "bring", flow=str(other_flow.id)).status_code == 400
    assert blocked.again(case).retry_after_id is None
