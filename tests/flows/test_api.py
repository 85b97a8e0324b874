"""The API of flows, runs and records, over a line that really ran."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.dispatch import backlog
from apps.dispatch.services import enqueue, set_backlog_bound
from apps.flows.models import Run
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.lines import Line

Call = Callable[..., Any]
NOBODYS = "01890000-0000-7000-8000-000000000000"  # fixed: test processes must collect the same names


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line with faulty records, run once."""
    made = make_line(problems=True)
    made.run()
    return made


@pytest.fixture
def call(line: Line) -> Call:
    """Return a function that calls the API with a fresh key of the given rights."""
    with scope.work_in(line.partner):
        owner = create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )

    def send(method: str, path: str, *rights: Action, body: Any = None, customer_id: Any = None) -> Any:
        with scope.work_in(line.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=list(rights), customer_id=customer_id)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")

    return send


def test_flows_are_listed_and_filtered(line: Line, call: Call) -> None:
    (flow,) = call("get", "flows/", Action.VIEW_FLOWS).json()["results"]
    assert (flow["id"], flow["live_version"], flow["state"]) == (str(line.flow.id), 1, "live")
    assert call("get", "flows/?state=paused", Action.VIEW_FLOWS).json()["results"] == []
    assert call("get", f"flows/{uuid4()}/", Action.VIEW_FLOWS).status_code == 404
    wrong = call("get", "flows/?state=sideways", Action.VIEW_FLOWS)
    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/problem+json")


def test_a_run_is_started_read_and_cancelled(line: Line, call: Call) -> None:
    started = call("post", f"flows/{line.flow.id}/run-now/", Action.RUN_FLOWS)
    assert started.status_code == 202
    run = started.json()
    assert (run["state"], run["trigger"], run["started_by"]) == ("queued", "person", "Program")
    assert call("post", f"runs/{run['id']}/cancel/", Action.RUN_FLOWS).json()["state"] == "cancelled"
    again = call("post", f"runs/{run['id']}/cancel/", Action.RUN_FLOWS)
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert "over already" in again.json()["detail"]
    listed = call("get", f"runs/?flow={line.flow.id}&state=cancelled", Action.VIEW_RUNS).json()["results"]
    assert [row["id"] for row in listed] == [run["id"]]


def test_a_flow_is_paused_with_a_reason_and_resumed(line: Line, call: Call) -> None:
    path = f"flows/{line.flow.id}"
    missing = call("post", f"{path}/pause/", Action.RUN_FLOWS, body={})
    assert missing.json()["errors"] == [{"field": "reason", "message": "This field is required."}]
    assert call("post", f"{path}/pause/", Action.RUN_FLOWS, body={"reason": "audit"}).json()["state"] == "paused"
    assert call("post", f"{path}/pause/", Action.RUN_FLOWS, body={"reason": "audit"}).status_code == 409
    asked = call("post", f"{path}/run-now/", Action.RUN_FLOWS)
    assert (asked.status_code // 100, asked.json()["state"]) == (2, "queued")
    assert call("post", f"{path}/resume/", Action.RUN_FLOWS).json()["state"] == "live"
    assert call("post", f"{path}/resume/", Action.RUN_FLOWS).status_code == 409


def test_starting_more_is_put_off_while_the_backlog_is_full(line: Line, call: Call) -> None:
    blocked = line.operations(state="rejected")
    with scope.work_in(line.partner):
        set_backlog_bound(1)
        enqueue(kind="flows.run", reference=str(uuid4()), due_at=timezone.now() + timedelta(hours=1))
    backlog.forget_rooms()
    try:
        starts = [(f"flows/{line.flow.id}/run-now/", {}), ("operations/replay/", {"ids": [str(blocked[0].id)]})]
        for path, body in starts:
            right = Action.RUN_FLOWS if "run-now" in path else Action.WORK_CASES
            answer = call("post", path, right, body=body)
            assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
            assert 5 <= int(answer["Retry-After"]) <= 300
            assert "already" in answer.json()["detail"]
    finally:
        backlog.forget_rooms()
    with scope.work_in(line.partner):
        set_backlog_bound(100)
    assert call("post", f"flows/{line.flow.id}/run-now/", Action.RUN_FLOWS).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("get", "flows/", Action.VIEW_RUNS),
        ("get", "runs/", Action.VIEW_FLOWS),
        ("get", "operations/", Action.VIEW_FLOWS),
        ("post", f"runs/{NOBODYS}/cancel/", Action.VIEW_RUNS),
        ("post", f"flows/{NOBODYS}/run-now/", Action.VIEW_FLOWS),
        ("post", "operations/replay/", Action.VIEW_RUNS),
    ],
)
def test_a_key_without_the_right_is_refused(call: Call, method: str, path: str, right: Action) -> None:
    assert call(method, path, right, body={} if method == "post" else None).status_code == 403


def test_records_are_found_by_run_state_and_key(line: Line, call: Call) -> None:
    run = line.operations()[0].run_id
    blocked = line.operations(state="rejected")
    listed = call("get", f"operations/?run={run}&state=rejected&page_size=200", Action.VIEW_RUNS).json()["results"]
    assert {row["id"] for row in listed} == {str(op.id) for op in blocked}
    (found,) = call("get", f"operations/?business_key={blocked[0].business_key}", Action.VIEW_RUNS).json()["results"]
    assert found["error_message"] == blocked[0].error_message
    assert call("get", f"operations/?run={uuid4()}", Action.VIEW_RUNS).status_code == 404


def test_lists_are_paged_newest_first(line: Line, call: Call) -> None:
    page = call("get", "operations/?page_size=3", Action.VIEW_RUNS).json()
    ids = [row["id"] for row in page["results"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    following = call("get", "operations/?" + page["next"].split("?")[1], Action.VIEW_RUNS).json()
    assert not set(ids) & {row["id"] for row in following["results"]}


def test_attempts_are_shown_to_those_who_may_see_them(line: Line, call: Call) -> None:
    written = line.operations(state="written")[0]
    assert call("get", f"operations/{written.id}/", Action.VIEW_RUNS).json()["attempts"] is None
    (attempt,) = call("get", f"operations/{written.id}/", Action.VIEW_RUNS, Action.VIEW_PAYLOADS).json()["attempts"]
    assert attempt["exchange"]["method"] == "POST"
    assert "Bearer" not in str(attempt)


def test_records_are_replayed(line: Line, call: Call) -> None:
    blocked = [str(op.id) for op in line.operations(state="rejected")]
    answer = call("post", "operations/replay/", Action.WORK_CASES, body={"ids": blocked})
    assert (answer.status_code, len(answer.json())) == (202, 1)
    with scope.work_in(line.partner):
        assert Run.objects.get(id=answer.json()[0]["id"]).mode == "replay"
    written = str(line.operations(state="written")[0].id)
    assert call("post", "operations/replay/", Action.WORK_CASES, body={"ids": [written]}).status_code == 409
    wrong = call("post", "operations/replay/", Action.WORK_CASES, body={"ids": ["x"]})
    assert wrong.json()["errors"][0]["message"] == "Must be a valid UUID."


def test_a_key_of_another_customer_finds_nothing(line: Line, call: Call, make_line: Callable[..., Line]) -> None:
    other = make_line()
    elsewhere = {"customer_id": other.customer.id}
    assert call("get", f"flows/{line.flow.id}/", Action.VIEW_FLOWS, **elsewhere).status_code == 404
    record = line.operations()[0].id
    assert call("get", f"operations/{record}/", Action.VIEW_RUNS, **elsewhere).status_code == 404
    blocked = str(line.operations(state="rejected")[0].id)
    answer = call("post", "operations/replay/", Action.WORK_CASES, body={"ids": [blocked]}, **elsewhere)
    assert answer.status_code == 409


def test_templates_are_listed(line: Line, call: Call) -> None:
    listed = call("get", "templates/", Action.VIEW_FLOWS).json()
    types = {template["slug"]: template["canonical_type"] for template in listed}
    assert types.keys() == TEMPLATES.keys()
    assert (types["approved-time-to-bill"], types["client-onboarding"]) == ("TimeEntry", "Opportunity")
    (time,) = [template for template in listed if template["slug"] == "approved-time-to-bill"]
    assert (time["workflow"], time["accelerator"], time["version"]) == (
        "W3",
        "time-posting",
        TEMPLATES[time["slug"]].version,
    )
    assert list(time["settings"]["properties"]) == ["carry_unbillable", "first_day"]


def test_the_description_is_open_and_complete(line: Line) -> None:
    document = Client(headers={"host": "alder.localhost"}).get("/api/v1/schema/").json()
    assert "/api/v1/operations/replay/" in document["paths"]
    assert "fairlead" not in str(document).lower()


def test_a_key_that_is_wrong_is_told_so(line: Line) -> None:
    client = Client(headers={"host": "alder.localhost", "authorization": "Bearer fl_live_nothing"})
    assert client.get("/api/v1/flows/").status_code == 401


def test_a_program_compares_both_sides_and_reads_the_statement(line: Line, call: Call) -> None:
    today = timezone.now().date().isoformat()
    asked = {"flow": str(line.flow.id), "first": today, "last": today}
    started = call("post", "reconciliations/", Action.RUN_FLOWS, body=asked)
    assert (started.status_code, started.json()["mode"]) == (202, "balance")
    assert call("post", "reconciliations/", Action.RUN_FLOWS, body=asked).status_code == 409, "one at a time"
    assert call("get", "reconciliations/", Action.VIEW_FLOWS).json()["results"] == [], "it is not finished"
    line.work()
    [found] = call("get", f"reconciliations/?run={started.json()['id']}", Action.VIEW_FLOWS).json()["results"]
    assert (found["verdict"], found["unexplained"], found["first"]) == ("agreed", 0, today)
    said = found["statement"]
    assert sum(part["count"] for part in said["parts"].values()) == said["source"]["count"] - said["target"]["count"]
    assert call("get", f"reconciliations/{found['id']}/", Action.VIEW_FLOWS).json() == found
    wrong = call("post", "reconciliations/", Action.RUN_FLOWS, body={**asked, "first": "2020-01-01"})
    assert wrong.status_code == 400
    assert "older ones cannot be proven" in wrong.content.decode() or "at most" in wrong.content.decode()
    assert call("post", "reconciliations/", Action.RUN_FLOWS, body={**asked, "flow": NOBODYS}).status_code == 404
