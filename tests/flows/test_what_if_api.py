"""The API of what-ifs: asked once, answered with figures alone, and refused by name; rules are called by their title."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.customers.retention import set_payload_rule
from apps.flows.models import Flow
from apps.flows.queries.causes import cause_words
from apps.flows.services.what_if import propose_line
from apps.tenants import scope
from tests.lines import Line

Call = Callable[..., Any]


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line with records and a proposed version."""
    made = make_line()
    made.run()
    with scope.work_in(made.partner):
        propose_line(
            Flow.objects.get(id=made.flow.id), target="description", changes={"transforms": ["upper"]}, made_by="Ann"
        )
    return made


@pytest.fixture
def call(line: Line) -> Call:
    """Return a function that calls the API with a key."""
    with scope.work_in(line.partner):
        owner = create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )

    def send(path: str, body: Any = None, *, right: Action = Action.EDIT_FLOWS) -> Any:
        with scope.work_in(line.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=[right, Action.VIEW_FLOWS], customer_id=None)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        if body is None:
            return client.get(f"/api/v1/{path}")
        return client.post(f"/api/v1/{path}", body, content_type="application/json")

    return send


def test_it_is_asked_once_and_answered_with_figures(line: Line, call: Call) -> None:
    wanted = {"flow": str(line.flow.id), "version": 2, "most": 100}
    asked = call("what-ifs/", wanted)
    assert asked.status_code == 202
    assert call("what-ifs/", wanted).json()["id"] == asked.json()["id"]
    line.work()
    told = call(f"what-ifs/{asked.json()['id']}/", right=Action.VIEW_FLOWS).json()
    assert (told["state"], told["version_before"], told["version_after"], told["asked_by"]) == ("done", 1, 2, "Program")
    counts = told["result"]["counts"]
    assert counts["changed"] > 0
    assert sum(counts.values()) == told["read"]
    assert told["needs_reason"] is True
    assert "rows" not in told


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        pytest.param({"version": 1}, 409, "live already", id="what is live"),
        pytest.param({"version": 9}, 400, "no such version", id="no such version"),
        pytest.param({"flow": str(uuid4())}, 400, "no such flow", id="no such flow"),
        pytest.param({"flow": "x"}, 400, "flow", id="no id"),
        pytest.param({"most": 7}, 400, "most", id="another size"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    line: Line, call: Call, changes: dict[str, Any], status: int, words: str
) -> None:
    answer = call("what-ifs/", {"flow": str(line.flow.id), "version": 2, **changes})
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_a_customer_that_keeps_nothing_and_who_may_not_ask(line: Line, call: Call) -> None:
    wanted = {"flow": str(line.flow.id), "version": 2}
    assert call("what-ifs/", wanted, right=Action.VIEW_RUNS).status_code == 403
    assert call(f"what-ifs/{uuid4()}/").status_code == 404
    with scope.work_in(line.partner):
        set_payload_rule(line.customer, stored=False, keep_days=30)
    assert call("what-ifs/", wanted).status_code == 409


def test_a_rule_is_called_by_its_title_and_anything_else_by_its_class() -> None:
    with translation.override("en"):
        assert cause_words("closed_period", "rule:period_open") != cause_words("closed_period")
        assert cause_words("closed_period", "E-17") == cause_words("closed_period") == "Closed period"
