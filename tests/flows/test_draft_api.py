"""Drafts through the API: read with what is wrong, changed from what was seen, told about conflicts, published."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.tenants import scope
from tests.lines import Line
from tests.people import Watched
from tests.slow_system import walking

MakeLine = Callable[..., Line]
ASK = {"kind": "approve", "question": "Bill {hours} h?", "role": "finance", "needed": 1}


@pytest.fixture
def line(make_line: MakeLine) -> Iterator[Line]:
    with walking(make_line, ASK, {"kind": "deliver"}) as made:
        yield made


class Program:
    """A program with a key."""

    def __init__(self, line: Line, *rights: Action) -> None:
        people = Watched(line, None)  # type: ignore[arg-type]  # no run is looked at
        with scope.work_in(line.partner), acting(people.person(Role.OWNER).as_actor()):
            _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
        self.client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        self.path = f"/api/v1/flows/{line.flow.id}/draft/"

    def post(self, body: dict[str, Any], what: str = "") -> Any:
        return self.client.post(f"{self.path}{what}", body, content_type="application/json")


def test_a_draft_is_read_changed_undone_and_published(line: Line) -> None:
    program = Program(line, Action.VIEW_FLOWS, Action.EDIT_FLOWS)
    before = program.client.get(program.path).json()
    assert (before["draft"], before["seen"], before["changes"], before["problems"]) == ("", 0, 0, [])
    assert before["definition"]["steps"][2]["needed"] == 1
    wrong = program.post({"seen": 0, "edit": "set_step", "name": "approve", "step": {**ASK, "needed": 20}}).json()
    assert wrong["problems"] == [{"step": "approve", "key": "needed", "message": "must be a whole number from 1 to 9"}]
    refused = program.post({"note": ""}, "publish/")
    assert refused.status_code == 400
    assert program.post({}, "undo/").json()["changes"] == 0
    assert program.post({}, "redo/").json()["changes"] == 1
    right = program.post({"seen": wrong["seen"], "edit": "set_step", "name": "approve", "step": {**ASK, "needed": 2}})
    assert right.json()["problems"] == []
    live = program.post({"note": "two of them"}, "publish/").json()
    assert (live["draft"], live["live_version"], live["definition"]["steps"][2]["needed"]) == ("", 2, 2)
    assert program.post({}, "undo/").status_code == 409


def test_who_did_not_see_the_latest_is_told_both_values_and_may_choose(line: Line) -> None:
    program = Program(line, Action.VIEW_FLOWS, Action.EDIT_FLOWS)
    program.post({"seen": 0, "edit": "set_step", "name": "approve", "step": {**ASK, "needed": 2}})
    mine = {"seen": 0, "edit": "set_step", "name": "approve", "step": {**ASK, "needed": 3}}
    refused = program.post(mine)
    assert refused.status_code == 409
    assert "steps:approve.needed: 2 (theirs), 3 (ours)" in refused.json()["detail"]
    kept = program.post({**mine, "choices": {"steps:approve.needed": "ours"}}).json()
    assert kept["definition"]["steps"][2]["needed"] == 3
    assert program.client.delete(program.path).status_code == 204
    assert program.client.get(program.path).json()["draft"] == ""
    assert program.post({**mine, "draft": kept["draft"]}).status_code == 409  # of a draft that is no more


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"edit": "set_step", "name": "approve"}, "step", id="no step"),
        pytest.param({"edit": "add_step", "after": "gone", "step": {"kind": "wait"}}, "edit", id="behind nothing"),
        pytest.param({"edit": "set_part", "key": "settings", "value": {}}, "key", id="a part that is not to be set"),
        pytest.param({"edit": "set_lines", "place": "deliver", "lines": {"x": {"nonsense": 1}}}, "edit", id="no line"),
        pytest.param({"edit": "explode"}, "edit", id="no such change"),
        pytest.param(
            {"edit": "set_step", "name": "approve", "step": {**ASK, "question": "a\u0000b"}},
            "step",
            id="a zero character",
        ),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_its_field(line: Line, body: dict[str, Any], field: str) -> None:
    program = Program(line, Action.VIEW_FLOWS, Action.EDIT_FLOWS)
    refused = program.post({"seen": 0, **body})
    assert refused.status_code == 400, refused.content
    assert refused.json()["errors"][0]["field"].split(".")[0] == field


def test_a_key_that_may_only_look_changes_nothing(line: Line) -> None:
    program = Program(line, Action.VIEW_FLOWS)
    assert program.client.get(program.path).status_code == 200
    assert program.post({"seen": 0, "edit": "remove_step", "name": "approve"}).status_code == 403
