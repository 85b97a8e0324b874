"""A change in a flow's draft does what it says and refuses what cannot be."""

from typing import Any

import pytest

from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.edits import (
    AddStep,
    Edit,
    EditError,
    MoveStep,
    RemoveStep,
    SetLines,
    SetPart,
    SetStep,
    free_name,
)

FIXED = [{"kind": "extract"}, {"kind": "check"}]
MAP, WAIT = {"kind": "map", "type": "project"}, {"kind": "wait", "event": "paid"}
WALK = FlowContent(
    {"canonical_type": "deal", "steps": [*FIXED, MAP, WAIT]}, {"wait": [{"target": "memo", "default": "-"}]}
)
STRAIGHT = FlowContent({"canonical_type": "deal", "steps": [*FIXED, {"kind": "map"}, {"kind": "deliver"}]})


def _names(content: FlowContent) -> list[str]:
    return [step_name(step) for step in content.steps]


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        pytest.param(AddStep("map", {"kind": "notify"}), ["extract", "check", "map", "notify", "wait"], id="add"),
        pytest.param(
            AddStep("check", {"kind": "notify"}), ["extract", "check", "notify", "map", "wait"], id="add in front"
        ),
        pytest.param(MoveStep("wait", "check"), ["extract", "check", "wait", "map"], id="move up"),
        pytest.param(MoveStep("map", "wait"), ["extract", "check", "wait", "map"], id="move down"),
        pytest.param(RemoveStep("map"), ["extract", "check", "wait"], id="remove"),
    ],
)
def test_steps_are_added_moved_and_removed(edit: Edit, names: list[str]) -> None:
    assert _names(edit.apply(WALK)) == names
    assert _names(WALK) == ["extract", "check", "map", "wait"]
    assert edit.words


@pytest.mark.parametrize(
    ("content", "edit", "told"),
    [
        pytest.param(WALK, SetStep("gone", WAIT), "somebody removed it", id="a step that is gone"),
        pytest.param(WALK, SetStep("wait", {"kind": "notify", "name": "wait"}), "keeps its kind", id="another kind"),
        pytest.param(WALK, SetStep("wait", {**WAIT, "name": "other"}), "keeps its name", id="another name"),
        pytest.param(WALK, AddStep("map", WAIT), "already", id="a name that is taken"),
        pytest.param(WALK, AddStep("map", {"kind": "dance"}), "kind is one of", id="an unknown kind"),
        pytest.param(WALK, AddStep("extract", {"kind": "notify"}), "come first", id="before the check"),
        pytest.param(WALK, MoveStep("check", "wait"), "stay where they are", id="moving the check"),
        pytest.param(WALK, MoveStep("wait", "wait"), "behind itself", id="behind itself"),
        pytest.param(WALK, RemoveStep("extract"), "stay where they are", id="removing the reading"),
        pytest.param(STRAIGHT, AddStep("map", WAIT), "in batches", id="adding to a flow of batches"),
        pytest.param(STRAIGHT, RemoveStep("deliver"), "in batches", id="removing from a flow of batches"),
        pytest.param(WALK, SetPart("steps", []), "cannot be changed here", id="an unknown part"),
        pytest.param(WALK, SetLines("wait", {"memo": {"colour": "red"}}), "unknown key 'colour'", id="an unknown key"),
    ],
)
def test_what_cannot_be_is_refused_in_words(content: FlowContent, edit: Edit, told: str) -> None:
    with pytest.raises(EditError, match=told):
        edit.apply(content)


def test_the_last_step_stays() -> None:
    with pytest.raises(EditError, match="last step stays"):
        RemoveStep("wait").apply(RemoveStep("map").apply(WALK))


def test_a_step_takes_its_own_lines_along_when_it_goes() -> None:
    assert "wait" not in RemoveStep("wait").apply(WALK).lines


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        pytest.param({"memo": {"default": "x"}}, [{"target": "memo", "default": "x"}], id="changed"),
        pytest.param({"memo": None}, [], id="reset"),
        pytest.param({"memo": {"removed": True}}, [{"target": "memo", "removed": True}], id="removed"),
        pytest.param(
            {"a": {"required": True}, "b": {"default": "2"}},
            [
                {"target": "memo", "default": "-"},
                {"target": "a", "required": True},
                {"target": "b", "default": "2"},
            ],
            id="several at once",
        ),
    ],
)
def test_lines_are_changed_reset_and_removed(changes: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    assert SetLines("wait", changes).apply(WALK).lines["wait"] == lines


def test_a_part_is_set_and_taken_back() -> None:
    smaller = SetPart("batch_size", 50).apply(WALK)
    assert smaller.definition["batch_size"] == 50
    assert "batch_size" not in SetPart("batch_size", None).apply(smaller).definition


def test_a_new_step_gets_a_name_that_is_free() -> None:
    once = AddStep("map", {"kind": "wait", "name": free_name(WALK, "wait")}).apply(WALK)
    assert free_name(WALK, "wait") == "wait_2"
    assert free_name(once, "wait") == "wait_3"
    assert free_name(WALK, "notify") == "notify"
