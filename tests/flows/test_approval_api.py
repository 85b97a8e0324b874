"""The API of approvals: who sees which, the answer in a key's name, and what is refused."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.flows.models import ApprovalDecision, ApprovalRequest
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.flows.asked import Office, browser_of, open_office

NOBODYS = "01890000-0000-7000-8000-000000000000"


@dataclass
class Caller:
    """A customer's questions, and keys that ask about them."""

    partner: PartnerRef
    office: Office

    def ask(self, **changes: Any) -> ApprovalRequest:
        """Ask something."""
        with scope.enter(self.partner):
            return self.office.ask(**changes)

    def key(self, *rights: Action, name: str = "Warehouse", bound: bool = False) -> Client:
        """Return a program with a fresh key."""
        with scope.enter(self.partner), acting(self.office.person(Role.OWNER).as_actor()):
            _, text = create_api_key(
                name=name,
                scopes=list(rights or (Action.APPROVE,)),
                customer_id=self.office.customer.id if bound else None,
            )
        return Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})


@pytest.fixture
def caller(partner_a: PartnerRef, clean_cache: None) -> Caller:
    """A customer with one flow."""
    with scope.enter(partner_a):
        return Caller(partner_a, open_office())


def _path(request: ApprovalRequest, rest: str = "") -> str:
    return f"/api/v1/approvals/{request.id}/{rest}"


def _decide(client: Client, request: ApprovalRequest, **said: Any) -> Any:
    return client.post(_path(request, "decide/"), said, content_type="application/json")


def test_open_questions_are_listed_and_one_is_read(caller: Caller) -> None:
    request, closed = caller.ask(), caller.ask()
    with scope.enter(caller.partner):
        ApprovalRequest.objects.filter(id=closed.id).update(state="approved")
    key = caller.key()
    (row,) = key.get("/api/v1/approvals/").json()["results"]
    assert (row["id"], row["amount"], row["currency"], row["state"]) == (str(request.id), "18240.5000", "EUR", "open")
    assert row["facts"] == [{"label": "Project", "value": "P-100"}, {"label": "Period", "value": "2026-10"}]
    assert key.get(f"/api/v1/approvals/?flow={NOBODYS}").json()["results"] == []
    assert key.get(_path(closed)).json()["state"] == "approved"
    assert key.get(f"/api/v1/approvals/{NOBODYS}/").status_code == 404


def test_a_key_decides_in_its_own_name_and_the_same_answer_again_changes_nothing(caller: Caller) -> None:
    request, key = caller.ask(needed=2), caller.key()
    for _ in range(2):
        answer = _decide(key, request, decision="approve", reason="Checked.")
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
    (said,) = answer.json()["decisions"]
    assert (said["decided_by"], said["decision"], said["via"]) == ("API key Warehouse", "approve", "api")
    turned = _decide(key, request, decision="reject", reason="No.")
    assert (turned.status_code, turned["Content-Type"]) == (409, "application/problem+json")
    assert _decide(caller.key(name="Another"), request, decision="approve").status_code == 409
    with scope.enter(caller.partner):
        assert ApprovalDecision.objects.count() == 1


def test_a_signed_in_person_decides_as_themselves(caller: Caller) -> None:
    request = caller.ask()
    with scope.enter(caller.partner):
        browser = browser_of(caller.office.person(Role.FINANCE))
    browser.handler.enforce_csrf_checks = False
    answer = _decide(browser, request, decision="approve")
    assert answer.status_code in {200, 401}
    with scope.enter(caller.partner):
        names = list(ApprovalDecision.objects.values_list("person_name", flat=True))
    assert names == (["Finance"] if answer.status_code == 200 else [])


WRONG = [
    pytest.param({"decision": "maybe"}, "decision", id="no decision"),
    pytest.param({}, "decision", id="nothing at all"),
    pytest.param({"decision": "reject"}, "reason", id="a refusal without a reason"),
    pytest.param({"decision": "reject", "reason": " "}, "reason", id="a refusal with an empty reason"),
    pytest.param({"decision": "approve", "reason": "x" * 501}, "reason", id="a reason too long"),
]


@pytest.mark.parametrize(("said", "field"), WRONG)
def test_what_is_wrong_is_named(caller: Caller, said: dict[str, str], field: str) -> None:
    request = caller.ask()
    answer = _decide(caller.key(), request, **said)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    with scope.enter(caller.partner):
        assert not ApprovalDecision.objects.exists()


def test_a_closed_question_answers_409_and_says_who_decided(caller: Caller) -> None:
    request = caller.ask()
    assert _decide(caller.key(), request, decision="approve").json()["state"] == "approved"
    late = _decide(caller.key(name="Late"), request, decision="reject", reason="No.")
    assert late.status_code == 409
    assert "API key Warehouse approved this already" in late.json()["detail"]


def test_a_key_without_the_right_and_a_key_of_a_customer(caller: Caller) -> None:
    own, internal = caller.ask(role="finance_approver"), caller.ask()
    assert caller.key(Action.VIEW_RUNS).get("/api/v1/approvals/").status_code == 403
    bound = caller.key(name="Customer's", bound=True)
    assert [row["id"] for row in bound.get("/api/v1/approvals/").json()["results"]] == [str(own.id)]
    assert _decide(bound, internal, decision="approve").status_code == 404
    assert _decide(bound, own, decision="approve").json()["state"] == "approved"
