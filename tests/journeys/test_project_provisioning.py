"""A project's place to work and its people's access: there in time, once, and gone again when they should be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.dispatch.models import DueWork
from apps.flows.models import OperationStep
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
CODE = "PRJ-0001"


def _day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _one_project(make_wired: MakeWired, **values: Any) -> Wired:
    """Return a firm with one project that matters: all others are on hold."""
    wired = make_wired("project-workspace", source="psa", target="workspace")
    for project in wired.records("psa", "projects"):
        if project["code"] != CODE:
            wired.change("psa", "projects", project["id"], state="on_hold")
    _change(wired, **{"state": "planned", "starts": _day(30), "manager": "person0001@firm.example", **values})
    return wired


def _change(wired: Wired, **values: Any) -> None:
    wired.change("psa", "projects", wired.record("psa", "projects", code=CODE)["id"], **values)


def _mails(wired: Wired) -> list[str]:
    with scope.work_in(wired.partner):
        return list(OutgoingMail.objects.order_by("id").values_list("subject", flat=True))


def test_a_project_gets_its_workspace_once_it_goes_ahead_and_loses_it_when_it_is_called_off(
    make_wired: MakeWired,
) -> None:
    wired = _one_project(make_wired)
    wired.person(Role.DELIVERY_LEAD)
    assert wired.run().written == 0
    _change(wired, state="active")
    run = wired.run()
    assert (run.state, run.written) == ("clean", 1), wired.operations()[-1].error_message
    made = wired.record("workspace", "workspaces", project=CODE)
    assert (made["kind"], made["owner"]) == ("team", "person0001@firm.example")
    welcomed = _mails(wired)
    assert len(welcomed) == 2, "the delivery lead and the project manager"

    _change(wired, name="Renamed")
    assert wired.run().written == 1
    assert wired.record("workspace", "workspaces", project=CODE)["name"] == f"{CODE} Renamed"
    assert _mails(wired) == welcomed

    _change(wired, state="closed")
    assert wired.run().state == "clean"
    assert wired.records("workspace", "workspaces") == []
    assert wired.written("workspace")[-1] == ("remove", "workspaces")
    assert len(_mails(wired)) == 3
    _change(wired, state="active")
    assert wired.run().written == 1
    assert len(wired.records("workspace", "workspaces", project=CODE)) == 1


def test_a_project_that_was_worked_on_keeps_its_workspace_when_it_is_closed(make_wired: MakeWired) -> None:
    wired = _one_project(make_wired, state="active", starts=_day(-10))
    assert wired.run().written == 1
    _change(wired, state="closed")
    assert wired.run().state in {"clean", "empty"}
    assert len(wired.records("workspace", "workspaces", project=CODE)) == 1


def test_a_manager_nobody_knows_is_an_exception_until_somebody_mends_it(make_wired: MakeWired) -> None:
    wired = _one_project(make_wired, state="active", manager="nobody@firm.example")
    assert (wired.run().state, wired.records("workspace", "workspaces")) == ("partial", [])
    (case,) = wired.cases()
    assert (case.error_class, case.queue) == ("missing_reference", "delivery")
    _change(wired, manager="person0002@firm.example")
    assert wired.run().written == 1
    assert wired.cases() == []


@pytest.fixture
def planning(make_wired: MakeWired) -> Wired:
    """A firm in which nobody is assigned yet but one person, from next week on."""
    wired = make_wired("project-access", source="resource", target="identity")
    for number, one in enumerate(wired.records("resource", "assignments")):
        values = {"employee_no": "E-0001", "starts": _day(7), "ends": _day(60), "state": "hard"}
        wired.change("resource", "assignments", one["id"], **(values if number == 0 else {"employee_no": None}))
    return wired


def _assign(wired: Wired, **values: Any) -> None:
    (one,) = [one for one in wired.records("resource", "assignments") if one["employee_no"]]
    wired.change("resource", "assignments", one["id"], **values)


def _let_its_time_come(wired: Wired) -> None:
    """Let the day come for which a walk waits: it is woken, and finds its wait over."""
    with scope.work_in(wired.partner):
        OperationStep.objects.filter(flow_id=wired.flow.id, kind="wait", state="waiting").update(
            state="done", result={}
        )
    DueWork.objects.filter(kind="flows.walk", customer_id=wired.customer.id).update(due_at="2020-01-01T00:00:00Z")
    wired.work()


def _members(wired: Wired) -> list[str]:
    return [one["employee_no"] for one in wired.records("identity", "memberships") if one["group"] != "STAFF"]


def test_access_begins_before_the_work_follows_the_assignment_and_ends_with_it(planning: Wired) -> None:
    assert (planning.run().state, _members(planning)) == ("waiting", [])
    _assign(planning, starts=_day(2))
    planning.run()
    assert _members(planning) == ["E-0001"]
    _assign(planning, ends=_day(90))
    planning.run()
    (held,) = [one for one in planning.records("identity", "memberships") if one["group"] != "STAFF"]
    assert held["ends"] == _day(90)
    states = sorted(one.state for one in planning.operations() if one.state != "skipped")
    assert states == ["superseded", "superseded", "waiting"]
    _let_its_time_come(planning)
    assert _members(planning) == []
    assert planning.operations(state="waiting") == []


def test_who_is_released_loses_access_and_the_delivery_lead_is_told(planning: Wired) -> None:
    planning.person(Role.DELIVERY_LEAD)
    _assign(planning, starts=_day(0))
    planning.run()
    assert _members(planning) == ["E-0001"]
    before = len(_mails(planning))
    _assign(planning, state="done")
    assert planning.run().state == "clean"
    assert (_members(planning), len(_mails(planning))) == ([], before + 1)
    _assign(planning, note="still done")
    planning.run()
    assert [one[0] for one in planning.written("identity")].count("remove") == 1


def test_somebody_without_a_sign_in_is_an_exception(planning: Wired) -> None:
    _assign(planning, starts=_day(0), employee_no="E-0003")
    assert planning.run().state == "partial"
    (case,) = planning.cases()
    assert (case.error_class, case.queue) == ("missing_reference", "access")
