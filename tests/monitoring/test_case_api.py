"""The API of cases, over failures that really happened."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

Call = Callable[..., Any]


@pytest.fixture
def call(blocked: Blocked) -> Call:
    """Return a function that calls the API with a fresh key of the given rights."""

    def send(method: str, path: str, *rights: Action, body: Any = None) -> Any:
        with scope.work_in(blocked.line.partner):
            owner = blocked.person(Role.OWNER)
            with acting(owner.as_actor()):
                _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")

    return send


def _ids(response: Any) -> set[str]:
    return {row["id"] for row in response.json()["results"]}


def test_cases_are_listed_filtered_and_read(blocked: Blocked, call: Call) -> None:
    every = {str(case.id) for case in blocked.cases()}
    assert _ids(call("get", "cases/?open=true", Action.VIEW_CASES)) == every
    assert _ids(call("get", "cases/?open=false", Action.VIEW_CASES)) == set()
    assert _ids(call("get", "cases/?late=true", Action.VIEW_CASES)) == set()
    finance = {str(case.id) for case in blocked.cases() if case.queue == "finance"}
    assert _ids(call("get", "cases/?queue=finance", Action.VIEW_CASES)) == finance
    assert _ids(call("get", f"cases/?customer={uuid4()}", Action.VIEW_CASES)) == set()
    case = blocked.case("hours")
    read = call("get", f"cases/{case.id}/", Action.VIEW_CASES).json()
    assert read["operations"] == [str(record.id) for record in blocked.records(case)]
    assert (read["state"], read["is_late"], read["error_field"]) == ("open", False, "hours")


def test_a_case_is_retried_once_and_then_not_again(blocked: Blocked, call: Call) -> None:
    case = blocked.case("hours")
    (run,) = call("post", f"cases/{case.id}/retry/", Action.WORK_CASES).json()
    assert (run["mode"], run["started_by"]) == ("replay", "Program")
    again = call("post", f"cases/{case.id}/retry/", Action.WORK_CASES)
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert "being tried again already" in again.json()["detail"]


def test_some_of_its_records_are_retried(blocked: Blocked, call: Call) -> None:
    case = blocked.case("resource")
    chosen = [str(record.id) for record in blocked.records(case)]
    assert call("post", f"cases/{case.id}/retry/", Action.WORK_CASES, body={"operations": chosen}).status_code == 202
    none = call("post", f"cases/{case.id}/retry/", Action.WORK_CASES, body={"operations": [str(uuid4())]})
    assert none.status_code == 409


def test_a_case_is_assigned_and_noted(blocked: Blocked, call: Call) -> None:
    path = f"cases/{blocked.case('hours').id}"
    with scope.work_in(blocked.line.partner):
        support, viewer = blocked.person(Role.SUPPORT), blocked.person(Role.READ_ONLY)
    given = call("post", f"{path}/assign/", Action.WORK_CASES, body={"owner_id": str(support.id)}).json()
    assert given["owner_id"] == str(support.id)
    wrong = call("post", f"{path}/assign/", Action.WORK_CASES, body={"owner_id": str(viewer.id)})
    assert wrong.json()["errors"][0]["field"] == "owner_id"
    assert call("post", f"{path}/assign/", Action.WORK_CASES, body={"owner_id": None}).json()["owner_id"] is None
    noted = call("post", f"{path}/note/", Action.WORK_CASES, body={"text": "Seen.", "shared": True})
    assert (noted.status_code, noted.json()["author_name"], noted.json()["shared"]) == (201, "Program", True)
    assert call("post", f"{path}/note/", Action.WORK_CASES, body={"text": " "}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("get", "cases/", Action.VIEW_FLOWS),
        ("get", "cases/{case}/", Action.VIEW_FLOWS),
        ("post", "cases/{case}/retry/", Action.VIEW_CASES),
        ("post", "cases/{case}/assign/", Action.VIEW_CASES),
        ("post", "cases/{case}/note/", Action.VIEW_CASES),
    ],
    ids=["list", "read", "retry", "assign", "note"],
)
def test_a_key_without_the_right_is_refused(
    blocked: Blocked, call: Call, method: str, path: str, right: Action
) -> None:
    answer = call(method, path.format(case=blocked.case("hours").id), right)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_a_case_that_belongs_to_nobody_is_not_found(blocked: Blocked, call: Call) -> None:
    for verb in ("retry", "assign", "note"):
        assert call("post", f"cases/{uuid4()}/{verb}/", Action.WORK_CASES).status_code == 404, verb
    assert call("get", f"cases/{uuid4()}/", Action.VIEW_CASES).status_code == 404
