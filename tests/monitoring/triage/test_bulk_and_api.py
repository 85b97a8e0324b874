"""Proposals of many exceptions at once, and over the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.dispatch.models import Queue
from apps.monitoring.models import BulkJob, TriageProposal
from apps.monitoring.triage.proposing import propose_open
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

Call = Callable[..., Any]


@pytest.fixture
def call(blocked: Blocked) -> Call:
    """Return a function that calls the API of proposals with a program's key, bound to the line's customer or to none."""

    def send(method: str, path: str, body: Any = None, *, bound: bool = False) -> Any:
        with scope.work_in(blocked.line.partner), acting(blocked.person(Role.OWNER).as_actor()):
            customer = blocked.line.customer.id if bound else None
            rights = [Action.VIEW_CUSTOMERS, Action.WORK_CASES]
            _, text = create_api_key(name="Program", scopes=rights, customer_id=customer)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(f"/api/v1/triage-proposals/{path}", body, content_type="application/json")

    return send


def test_many_proposals_are_applied_where_one_click_is_enough(blocked: Blocked) -> None:
    with scope.enter(blocked.line.partner):
        propose_open(timezone.now())
    with scope.work_in(blocked.line.partner):
        skip = TriageProposal.objects.filter(case__error_field="cost_center").update(deed="skip")
        none = TriageProposal.objects.filter(case__error_field="approved_at").update(state="refused")
    assert (skip, none) == (1, 1)
    blocked.owner.post("/exceptions/bulk/ask/", {"kind": "triage", "everything": "1"})
    with scope.work_in(blocked.line.partner):
        job = BulkJob.objects.get()
        assert sorted(job.entries.values_list("state", "reason")) == [("barred", "no_proposal"), *[("pending", "")] * 6]
    blocked.owner.post(f"/exceptions/bulk/{job.id}/start/")
    blocked.line.work(Queue.MAINT)
    page = blocked.owner.get(f"/exceptions/bulk/{job.id}/").content.decode()
    assert "Two people must agree: decide on its own page." in page
    with scope.work_in(blocked.line.partner):
        assert TriageProposal.objects.filter(state="applied").count() == 5
        assert TriageProposal.objects.get(deed="skip").state == "open"


def test_a_program_reads_applies_and_refuses(blocked: Blocked, call: Call) -> None:
    with scope.enter(blocked.line.partner):
        propose_open(timezone.now())
    (found,) = call("get", "?error_class=closed_period").json()["results"]
    assert (found["deed"], found["says"].startswith("Ask the customer: “")) == ("ask", True)
    done = call("post", f"{found['id']}/apply/", {"arguments": {"question": "Open May?"}})
    assert (done.status_code, done.json()["state"], done.json()["decided_by_name"]) == (200, "changed", "Program")
    assert call("post", f"{found['id']}/refuse/", {"refusal": "too_risky"}).status_code == 409
    (score,) = call("get", "scorecard/").json()
    assert (score["changed"], score["share"]) == (1, 50)
    assert call("get", "", bound=True).json()["results"] == []
    assert call("post", f"{found['id']}/apply/", {}, bound=True).status_code == 404
    assert call("get", "scorecard/", bound=True).json() == []


@pytest.mark.parametrize(("deed", "arguments"), [("bring", {"flow": "the clients"}), ("wait", {"party": "the moon"})])
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    blocked: Blocked, call: Call, deed: str, arguments: dict[str, str]
) -> None:
    with scope.enter(blocked.line.partner):
        propose_open(timezone.now())
    with scope.work_in(blocked.line.partner):
        TriageProposal.objects.filter(error_class="closed_period").update(deed=deed, arguments={})
        proposal = TriageProposal.objects.get(error_class="closed_period")
    with scope.work_in(blocked.line.partner), acting(blocked.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="Runner", scopes=[Action.WORK_CASES, Action.RUN_FLOWS], customer_id=None)
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    address = f"/api/v1/triage-proposals/{proposal.id}/apply/"
    assert client.post(address, {"arguments": arguments}, content_type="application/json").status_code == 409
    with scope.work_in(blocked.line.partner):
        assert TriageProposal.objects.get(id=proposal.id).state == "open"
