"""The pages of changes: the inbox, one change with everything it is decided by, and what is demanded, over HTTP."""

from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.connectors.models import Connection
from apps.flows.models import ChangeRequest, Flow
from apps.flows.services.change_policy import Demands, default_demands, own_demands, set_policy
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line


@pytest.fixture
def asked(shown: Shown) -> ChangeRequest:
    """A changed line that a builder has asked for; the customer demands one approval and a comparison."""
    with scope.work_in(shown.line.partner):
        set_policy(shown.line.customer, Demands(approvals=1, what_if=True, samples=True))
    _change(shown, transforms="upper", note="Capitals")
    with scope.work_in(shown.line.partner):
        return ChangeRequest.objects.get()


def _change(shown: Shown, **typed: Any) -> Any:
    address = f"/flows/{shown.line.flow.id}/mapping/description/"
    return shown.as_(Role.BUILDER).post(address, typed_line(**typed), follow=True)


def _live(shown: Shown) -> int | None:
    with scope.work_in(shown.line.partner):
        live = Flow.objects.select_related("live_version").get(id=shown.line.flow.id).live_version
        return live.number if live else None


def _compare(shown: Shown) -> None:
    shown.owner.post(f"/flows/{shown.line.flow.id}/versions/2/what-if/", {"most": "100"})
    shown.line.work()


def test_a_change_is_asked_for_looked_at_approved_and_made_live(shown: Shown, asked: ChangeRequest) -> None:
    address, owner, builder = f"/changes/{asked.id}/", shown.owner, shown.as_(Role.BUILDER)
    inbox = page_of(owner.get("/changes/"))
    assert "Capitals" in inbox
    assert "0 of 1" in inbox
    assert address in page_of(owner.get("/changes/?view=mine"))
    assert address not in page_of(builder.get("/changes/?view=mine"))
    first = page_of(owner.get(address))
    for words in ("1 approval is missing", "The comparison over recorded records is missing", "What changes", "upper"):
        assert words in first
    assert "samples hold" in first
    early = page_of(owner.post(f"{address}decide/", {"decision": "approve", "note": "Fine"}))
    assert "Wait for the comparison" in early
    assert "Fine" in early
    _compare(shown)
    assert "See every difference" in page_of(owner.get(address))
    assert "Approved. It can go live now." in page_of(
        owner.post(f"{address}decide/", {"decision": "approve"}, follow=True)
    )
    assert _live(shown) == 1
    done = page_of(builder.post(f"{address}go-live/", follow=True))
    assert "Version 2 is live" in done
    assert "Builder has made it live" in done
    assert _live(shown) == 2
    assert "Owner" in page_of(owner.get("/changes/?view=over"))


def test_whoever_may_not_decide_reads_why_and_cannot(shown: Shown, asked: ChangeRequest) -> None:
    address, builder = f"/changes/{asked.id}/", shown.as_(Role.BUILDER)
    page = page_of(builder.get(address))
    assert "What is missing is listed below" in page
    assert 'name="decision"' not in page
    assert builder.post(f"{address}decide/", {"decision": "approve"}).status_code == 403
    with scope.work_in(shown.line.partner):
        ChangeRequest.objects.update(asked_by=shown.person(Role.OWNER))
    assert "You asked for it" in page_of(shown.owner.get(address))
    assert "You asked for it" in page_of(shown.owner.post(f"{address}decide/", {"decision": "approve"}))
    assert "Your role" not in page_of(shown.as_(Role.OPERATIONS).get(address))
    assert shown.as_(Role.READ_ONLY).get(address).status_code == 200
    assert shown.as_(Role.CUSTOMER_OWNER).get(address).status_code in {403, 404}
    assert "1 approval is missing" in page_of(builder.post(f"{address}go-live/", follow=True))


def test_a_refusal_needs_its_reason_and_a_request_is_withdrawn_and_asked_anew(
    shown: Shown, asked: ChangeRequest
) -> None:
    address, owner, builder = f"/changes/{asked.id}/", shown.owner, shown.as_(Role.BUILDER)
    for typed, told in (({"decision": "refuse"}, "Say why you refuse"), ({}, "Choose approve or refuse")):
        answer = owner.post(f"{address}decide/", typed)
        assert (answer.status_code, told in page_of(answer)) == (400, True)
    assert "It is withdrawn" in page_of(builder.post(f"{address}withdraw/", follow=True))
    assert "has withdrawn it" in page_of(builder.post(f"{address}go-live/", follow=True))
    versions = page_of(builder.get(f"/flows/{shown.line.flow.id}/versions/"))
    assert "Ask for it to go live" in versions
    again = builder.post(f"/flows/{shown.line.flow.id}/versions/2/ask/", {"reason": "Still wanted"}, follow=True)
    assert "Still wanted" in page_of(again)
    new = again.redirect_chain[-1][0]
    assert "Refused. Whoever asked reads why." in page_of(
        owner.post(f"{new}decide/", {"decision": "refuse", "note": "Not now"}, follow=True)
    )
    assert "Not now" in page_of(builder.get(new))
    assert _live(shown) == 1


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("mapping/company/value/", {"outside_value": "ZZ", "new_value": "DE01"}),
        ("mapping/company/values/add/", {"value_from": "ZZ", "value_to": "DE01"}),
        ("settings/change/", {"setting_carry_unbillable": "on"}),
    ],
    ids=["a value", "several values", "a setting"],
)
def test_every_form_leads_to_the_change_it_made(shown: Shown, path: str, typed: dict[str, str]) -> None:
    with scope.work_in(shown.line.partner):
        set_policy(shown.line.customer, Demands(approvals=1))
    answer = shown.as_(Role.BUILDER).post(f"/flows/{shown.line.flow.id}/{path}", typed, follow=True)
    with scope.work_in(shown.line.partner):
        change = ChangeRequest.objects.get()
    assert answer.redirect_chain[-1][0] == f"/changes/{change.id}/"
    assert "goes live once its change is approved" in page_of(answer)
    assert _live(shown) == 1


def test_the_demands_are_set_for_all_and_for_one(shown: Shown) -> None:
    owner, customer = shown.owner, shown.line.customer
    typed = {"approvals": "2", "what_if": "on"}
    assert "It holds from the next change on" in page_of(owner.post("/settings/changes/", typed, follow=True))
    own = {"holds": "own", "approvals": "1"}
    owner.post(f"/customers/{customer.id}/changes/", own)
    with scope.work_in(shown.line.partner):
        assert (default_demands(), own_demands(customer.id)) == (Demands(2, what_if=True), Demands(1))
    owner.post(f"/customers/{customer.id}/changes/", {**own, "holds": "default"})
    with scope.work_in(shown.line.partner):
        assert own_demands(customer.id) is None
    assert owner.post("/settings/changes/", {"approvals": "3"}).status_code == 400
    assert shown.as_(Role.BUILDER).get("/settings/changes/").status_code == 403
    assert "What they need before they go live" in page_of(owner.get(f"/customers/{customer.id}/settings/"))


def test_a_translation_taught_from_a_case_waits_for_its_approval(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        judge_ledger()
        set_policy(shown.line.customer, Demands(approvals=1))
        case = ExceptionCase.objects.filter(flow=shown.line.flow).first()
    assert case is not None
    typed = {"target": "company", "outside_value": "ZZ", "new_value": "DE01"}
    answer = shown.owner.post(f"/exceptions/{case.id}/value/", typed, follow=True)
    with scope.work_in(shown.line.partner):
        assert (ChangeRequest.objects.count(), ExceptionCase.objects.get(id=case.id).retry_run_id) == (1, None)
    assert "once version 2 is approved" in page_of(answer) or "waits for approval" in page_of(answer)


def test_a_sandbox_flow_is_promoted_and_its_change_says_what_is_missing(shown: Shown) -> None:
    flow, builder = shown.line.flow, shown.as_(Role.BUILDER)
    address = f"/flows/{flow.id}/promote/"
    assert "is in production itself" in page_of(builder.get(address, follow=True))
    with scope.work_in(shown.line.partner):
        Connection.objects.filter(customer_id=shown.line.customer.id).update(environment="sandbox")
    assert address in page_of(builder.get(f"/flows/{flow.id}/"))
    page = page_of(builder.get(address))
    for words in ("Reads from", "Writes to", "A new one, without address and secrets", "are never copied"):
        assert words in page
    typed = {"name": flow.name, "source": "new", "target": "new", "reason": "Tried for two weeks"}
    taken = builder.post(address, typed)
    assert (taken.status_code, "already has a flow called" in page_of(taken)) == (400, True)
    change = page_of(builder.post(address, {**typed, "name": "Live"}, follow=True))
    for words in (
        "Tried for two weeks",
        "To do at the connections",
        "has no address yet",
        "has never run",
        "/connections/",
    ):
        assert words in change
    assert "Start the flow" in change
    with scope.work_in(shown.line.partner):
        made = Flow.objects.get(name="Live")
        shell = made.source_id
    draft = page_of(builder.get(f"/flows/{made.id}/"))
    assert "Start…" in draft
    assert builder.get(f"/connections/{shell}/").status_code == 200
    again = builder.post(f"/flows/{made.id}/versions/2/ask/", follow=True)
    assert "Tried for two weeks" in page_of(again)
    assert "Promoted from" in page_of(shown.as_(Role.READ_ONLY).get(f"/flows/{made.id}/versions/"))
    assert shown.as_(Role.OPERATIONS).get(address).status_code == 403


def test_the_api_lists_asks_and_lets_people_decide(shown: Shown, asked: ChangeRequest) -> None:
    owner = shown.owner
    (listed,) = owner.get("/api/v1/changes/?state=open").json()["results"]
    assert (listed["id"], listed["version"], listed["needed"], listed["asked_by"]) == (str(asked.id), 2, 1, "Builder")
    here = f"/api/v1/changes/{asked.id}/"
    early = owner.post(f"{here}decide/", {"decision": "approve"}, content_type="application/json")
    assert (early.status_code, "comparison" in early.json()["detail"]) == (409, True)
    wrong = owner.post(f"{here}decide/", {"decision": "refuse"}, content_type="application/json")
    assert [one["field"] for one in wrong.json()["errors"]] == ["note"]
    said = {"decision": "refuse", "note": "Not now"}
    ended = owner.post(f"{here}decide/", said, content_type="application/json").json()
    assert (ended["state"], ended["approvals"][0]["person"]) == ("refused", "Owner")
    wanted = {"flow_id": str(shown.line.flow.id), "version": 2, "reason": "Once more"}
    new = owner.post("/api/v1/changes/", wanted, content_type="application/json")
    assert (new.status_code, new.json()["state"]) == (201, "open")
    missing = owner.post("/api/v1/changes/", {**wanted, "version": 9}, content_type="application/json")
    assert [one["field"] for one in missing.json()["errors"]] == ["version"]
    settings = {"settings": {"carry_unbillable": True}}
    waits = owner.post(f"/api/v1/flows/{shown.line.flow.id}/settings/", settings, content_type="application/json")
    assert (waits.status_code, waits.json()["state"]) == (202, "open")
