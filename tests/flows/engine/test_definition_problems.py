"""What is wrong with a definition in the making: each step is judged, not only the first that is wrong."""

from typing import Any

import pytest

from apps.flows.engine.definition_problems import StepProblem, list_problems
from apps.flows.templates_library import TEMPLATES

HEAD: list[dict[str, Any]] = [{"kind": "extract"}, {"kind": "check"}]


def definition(*steps: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"canonical_type": "TimeEntry", "steps": [*HEAD, *steps], **parts}


@pytest.mark.parametrize("slug", TEMPLATES)
def test_nothing_is_wrong_with_the_templates(slug: str) -> None:
    assert list_problems(TEMPLATES[slug].definition.to_json()) == []


def test_every_wrong_step_and_part_is_named_once() -> None:
    steps = (
        {"kind": "approve", "question": "Bill {nothing}?", "role": ""},
        {"kind": "milestone", "state": "deal_closed"},
        {"kind": "notify", "name": "told", "role": "finance", "subject": "", "text": "x"},
        {"kind": "decide", "when": "true", "then": "approve"},
        {"kind": "deliver", "of": "approve"},
    )
    found = list_problems(definition(*steps, batch_size="many", filter={"expression": "r.nothing"}))
    assert [(one.step, one.key) for one in found] == [
        ("approve", "question"),
        ("told", "subject"),
        ("decide", "then"),
        ("", "filter.expression"),
        ("", "batch_size"),
    ]


def test_a_name_twice_is_told_at_the_second() -> None:
    step = {"kind": "milestone", "name": "done", "state": "deal_closed"}
    assert [(one.step, one.key) for one in list_problems(definition(step, dict(step)))] == [("done", "name")]


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        pytest.param({"canonical_type": "X"}, ("", "canonical_type"), id="unknown type"),
        pytest.param(definition({"kind": "nonsense"}), ("nonsense", "kind"), id="unknown kind"),
        pytest.param(definition(), ("", "steps"), id="no step behind the check"),
        pytest.param(
            {"canonical_type": "TimeEntry", "steps": [HEAD[0], {"kind": "check", "zone": "Mars"}, {"kind": "emit"}]},
            ("check", "zone"),
            id="the check",
        ),
    ],
)
def test_what_nothing_can_stand_in_for_ends_the_search(stored: dict[str, Any], problem: tuple[str, str]) -> None:
    first = list_problems(stored)[0]
    assert isinstance(first, StepProblem)
    assert (first.step, first.key) == problem
