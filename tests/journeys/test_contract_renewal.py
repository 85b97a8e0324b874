"""A contract on its way to its end: one renewal deal and one task in time, whatever is changed on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import OutgoingMail
from apps.dispatch.models import DueWork
from apps.flows.models import OperationStep
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


@pytest.fixture
def wired(make_wired: MakeWired) -> Wired:
    """A firm whose only contract in force is the one that a test sets up."""
    wired = make_wired("contract-renewal", source="contract", target="crm", roles={"tasks": "support"})
    for agreement in wired.records("contract", "agreements"):
        wired.change("contract", "agreements", agreement["id"], state="void")
    return wired


def _contract(wired: Wired, **values: Any) -> str:
    deal = wired.records("crm", "opportunities")[0]
    agreed = {
        "name": "Cloud move", "state": "signed", "client_name": deal["account_name"], "signer_email": "signs@okafor.example",
        "deal_id": deal["id"], "amount": "50000.00", "currency": "EUR", "starts": _day(-300), "ends": _day(30), **values,
    }  # fmt: skip
    return str(wired.add("contract", "agreements", **agreed)["id"])


def _renewals(wired: Wired) -> list[dict[str, Any]]:
    return [one for one in wired.records("crm", "opportunities") if one["name"].startswith("Renewal: ")]


def _tasks(wired: Wired) -> list[dict[str, Any]]:
    return [one for one in wired.records("support", "tickets") if one["subject"].startswith("Renew ")]


def test_a_contract_that_ends_soon_becomes_one_deal_and_one_task(wired: Wired) -> None:
    key = _contract(wired)
    assert wired.run().state == "clean", [(one.step, one.error_message) for one in wired.operations()]
    (deal,), (task,) = _renewals(wired), _tasks(wired)
    sold = wired.records("crm", "opportunities")[0]
    assert (deal["account_id"], deal["stage"], float(deal["amount"])) == (sold["account_id"], "qualification", 50_000)
    assert (deal["close_date"], task["due_on"]) == (_day(30), _day(30))
    with scope.work_in(wired.partner):
        assert OutgoingMail.objects.filter(to=sold["owner"], subject__contains="Cloud move").count() == 1
    wired.change("crm", "opportunities", deal["id"], stage="proposal", amount="61000.00")
    wired.change("contract", "agreements", key, name="Cloud move, phase 2")
    assert wired.run().state == "clean"
    (deal,), (task,) = _renewals(wired), _tasks(wired)
    assert (deal["stage"], float(deal["amount"])) == ("proposal", 61_000), "what sales has made of it stays"
    assert "phase 2" in task["subject"]
    with scope.work_in(wired.partner):
        assert OutgoingMail.objects.filter(to=sold["owner"], subject__contains="Cloud move").count() == 1


def test_a_contract_is_watched_until_its_time_and_an_extension_counts_at_once(wired: Wired) -> None:
    key = _contract(wired, ends=_day(200))
    assert (wired.run().state, _renewals(wired)) == ("waiting", [])
    wired.change("contract", "agreements", key, ends=_day(400))
    wired.run()
    assert sorted(one.state for one in wired.operations() if one.step == "its_time") == ["superseded", "waiting"]
    with scope.work_in(wired.partner):
        OperationStep.objects.filter(flow_id=wired.flow.id, kind="wait", state="waiting").update(
            state="done", result={}
        )
    DueWork.objects.filter(kind="flows.walk", customer_id=wired.customer.id).update(due_at="2020-01-01T00:00:00Z")
    wired.work()
    assert [deal["close_date"] for deal in _renewals(wired)] == [_day(400)]
    assert len(_tasks(wired)) == 1


def test_a_contract_whose_deal_nobody_knows_is_an_exception_and_one_that_is_over_is_none(wired: Wired) -> None:
    _contract(wired, ends=_day(-10))
    key = _contract(wired, deal_id="OP-9999")
    assert wired.run().state == "partial"
    assert _renewals(wired) == []
    (case,) = wired.cases()
    assert (case.error_class, case.queue, case.operation_count) == ("missing_reference", "master_data", 1)
    wired.change("contract", "agreements", key, deal_id=wired.records("crm", "opportunities")[0]["id"])
    wired.run()
    assert (len(_renewals(wired)), wired.cases()) == (1, [])
