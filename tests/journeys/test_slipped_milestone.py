"""A milestone past its day: one ticket and one mail for each slip, settled when it is done or gets a new day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.dispatch.models import DueWork
from apps.flows.models import BusinessEvent, OperationStep
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _wired(make_wired: MakeWired, **values: Any) -> tuple[Wired, str]:
    """Return a firm with one milestone, and somebody who leads the account."""
    wired = make_wired("slipped-milestone", source="psa", target="support")
    wired.person(Role.DELIVERY_LEAD)
    planned = {"project_code": "PRJ-0001", "name": "Go live", "kind": "milestone", "done": 0.5, **values}
    return wired, str(wired.add("psa", "tasks", **planned)["id"])


def _tickets(wired: Wired) -> list[str]:
    return [one["state"] for one in wired.records("support", "tickets") if one["subject"].startswith("Slipped")]


def _mails(wired: Wired) -> int:
    with scope.work_in(wired.partner):
        return OutgoingMail.objects.filter(subject__contains="has slipped").count()


def _said(wired: Wired) -> list[str]:
    with scope.work_in(wired.partner):
        return list(BusinessEvent.objects.filter(customer=wired.customer).order_by("id").values_list("name", flat=True))


def test_a_slip_is_one_ticket_and_one_mail_and_is_settled_when_the_milestone_is_done(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, ends=_day(-5))
    before = _mails(wired)
    assert wired.run().state == "clean"
    (ticket,) = [one for one in wired.records("support", "tickets") if one["subject"].startswith("Slipped")]
    assert (ticket["project"], ticket["priority"], ticket["due_on"]) == ("PRJ-0001", "high", _day(-5))
    assert _mails(wired) == before + 1
    wired.change("psa", "tasks", key, name="Go live in Oslo")
    wired.run()
    assert (_tickets(wired), _mails(wired)) == (["open"], before + 1)
    wired.change("psa", "tasks", key, done=1)
    assert wired.run().state == "clean"
    assert _tickets(wired) == ["solved"]
    assert _said(wired) == ["milestone.slipped", "milestone.recovered"]
    wired.change("psa", "tasks", key, name="Go live, done")
    wired.run()
    assert (_tickets(wired), len(_said(wired))) == (["solved"], 2)


def test_a_milestone_is_watched_until_its_day_and_a_new_day_counts_at_once(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, ends=_day(5))
    assert (wired.run().state, _tickets(wired)) == ("waiting", [])
    wired.change("psa", "tasks", key, ends=_day(9))
    wired.run()
    states = [one.state for one in wired.operations() if one.step == "its_day"]
    assert sorted(states) == ["superseded", "waiting"]
    _let_its_day_come(wired)
    assert _tickets(wired) == ["open"]
    wired.change("psa", "tasks", key, ends=_day(30))
    wired.run()
    assert _tickets(wired) == ["solved"], "it has a new day, so it has not slipped any more"
    _let_its_day_come(wired)
    assert _tickets(wired) == ["open"], "the second slip is told as the first was"
    assert _said(wired) == ["milestone.slipped", "milestone.recovered", "milestone.slipped"]


def _let_its_day_come(wired: Wired) -> None:
    """Let the day come for which a walk waits: it is woken, and finds its wait over."""
    with scope.work_in(wired.partner):
        OperationStep.objects.filter(flow_id=wired.flow.id, kind="wait", state="waiting").update(
            state="done", result={}
        )
    DueWork.objects.filter(kind="flows.walk", customer_id=wired.customer.id).update(due_at="2020-01-01T00:00:00Z")
    wired.work()


def test_a_milestone_without_a_project_is_an_exception(make_wired: MakeWired) -> None:
    wired, key = _wired(make_wired, ends=_day(-5), project_code=None)
    assert (wired.run().state, _tickets(wired)) == ("partial", [])
    (case,) = wired.cases()
    assert case.error_class == "missing_reference"
    wired.change("psa", "tasks", key, project_code="PRJ-0001")
    wired.run()
    assert (_tickets(wired), wired.cases()) == (["open"], [])
