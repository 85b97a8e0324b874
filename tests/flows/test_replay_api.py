"""The API of replays and backfills: once under a key of the caller's, with true counts, refused by name."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import ReplayJob, Run
from apps.tenants import scope
from tests.lines import Line

Call = Callable[..., Any]


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line whose first run left records blocked."""
    made = make_line(problems=True)
    made.run()
    return made


@pytest.fixture
def call(line: Line) -> Call:
    """Return a function that calls the API with a key of the partner's, or of one customer."""
    with scope.work_in(line.partner):
        owner = create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )

    def send(path: str, body: Any = None, *, key: str = "", right: Action = Action.WORK_CASES, of: Any = None) -> Any:
        with scope.work_in(line.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=[right], customer_id=of)
        headers = {"host": "alder.localhost", "authorization": f"Bearer {text}"}
        client = Client(headers={**headers, "Idempotency-Key": key} if key else headers)
        if body is None:
            return client.get(f"/api/v1/{path}")
        return client.post(f"/api/v1/{path}", body, content_type="application/json")

    return send


def _work(line: Line) -> None:
    for _ in range(2):
        with transaction.atomic():
            DueWork.objects.filter(kind="flows.replay").update(due_at="2020-01-01T00:00Z")
        line.work(Queue.MAINT, Queue.RUN)


def test_all_blocked_records_of_a_flow_are_tried_again_once_under_one_key(line: Line, call: Call) -> None:
    blocked = line.operations(state="rejected")
    wanted = {"filter": {"flow": str(line.flow.id)}}
    first = call("replays/", wanted, key="monday")
    assert first.status_code == 202
    assert first.json()["asked"] == len(blocked) == first.json()["pending"]
    again = call("replays/", wanted, key="monday")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    with scope.work_in(line.partner):
        assert ReplayJob.objects.count() == 1
    _work(line)
    over = call(f"replays/{first.json()['id']}/").json()
    assert (over["state"], over["done"] + over["failed"], over["under_way"]) == ("done", len(blocked), 0)
    assert call(f"replays/{first.json()['id']}/cancel/", {}).status_code == 409


def test_what_arrived_is_left_alone_and_counted(line: Line, call: Call) -> None:
    written, blocked = line.operations(state="written")[0], line.operations(state="rejected")[0]
    told = call("replays/", {"ids": [str(written.id), str(blocked.id), str(uuid4())]}).json()
    assert (told["asked"], told["left_alone"], told["pending"]) == (2, 1, 1)
    nothing = call("replays/", {"ids": [str(written.id)]})
    assert nothing.status_code == 409
    stopped = call(f"replays/{told['id']}/cancel/", {}).json()
    assert (stopped["state"], stopped["cancelled"]) == ("cancelled", 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "ids", id="names nothing"),
        pytest.param({"ids": [], "begin": "start"}, "ids", id="an empty choice"),
        pytest.param({"filter": {}}, "filter", id="everything there is"),
        pytest.param({"ids": ["nonsense"]}, "ids", id="no id"),
        pytest.param({"filter": {"flow": str(uuid4())}, "version": "newest"}, "version", id="an unknown version"),
        pytest.param({"ids": [str(uuid4())], "filter": {"flow": str(uuid4())}}, "ids", id="both ways"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_field(call: Call, body: dict[str, Any], field: str) -> None:
    answer = call("replays/", body)
    assert answer.status_code == 400
    assert field in answer.content.decode()


def test_only_keys_of_the_partner_with_the_right_replay(line: Line, call: Call) -> None:
    wanted = {"filter": {"flow": str(line.flow.id)}}
    assert call("replays/", wanted, right=Action.VIEW_RUNS).status_code == 403
    assert call("replays/", wanted, of=line.customer.id).status_code == 403
    assert call(f"replays/{uuid4()}/").status_code == 404


def test_a_backfill_is_queued_once_under_one_key(line: Line, call: Call) -> None:
    path, days = f"flows/{line.flow.id}/backfills/", {"first": "2026-01-01", "last": "2026-01-31"}
    first = call(path, days, key="january", right=Action.RUN_FLOWS)
    assert (first.status_code, first.json()["mode"], first.json()["trigger"]) == (202, "backfill", "backfill")
    again = call(path, days, key="january", right=Action.RUN_FLOWS)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert call(path, days, right=Action.RUN_FLOWS).status_code == 409
    wrong = call(path, {"first": "2026-02-01", "last": "2026-01-01"}, right=Action.RUN_FLOWS)
    assert wrong.status_code == 400
    assert "last" in wrong.content.decode()
    assert call(path, days).status_code == 403
    with scope.work_in(line.partner):
        assert Run.objects.filter(mode="backfill").count() == 1
