"""What is wrong with a step is said as a sentence that tells what to do, in words a form can show."""

from typing import Any

import pytest

from apps.flows.engine.definition_problems import list_problems
from apps.flows.queries.problem_words import problem_words

HEAD: list[dict[str, Any]] = [{"kind": "extract"}, {"kind": "check"}]
DONE = {"kind": "milestone", "name": "done", "state": "deal_closed"}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param({"kind": "notify", "subject": "", "text": "x", "role": "owner"}, "Fill this in.", id="missing"),
        pytest.param({**DONE, "title": "x" * 81}, "Write at most 80 characters.", id="too long"),
        pytest.param({**DONE, "state": "nowhere"}, "Choose one of the list.", id="no choice"),
        pytest.param({**DONE, "timeout_seconds": "soon"}, "Write a whole number from 1 to 31449600.", id="no number"),
        pytest.param(
            {"kind": "approve", "question": "?", "role": "owner", "free_below": "much"},
            "Write an amount, such as 10000.00.",
            id="no amount",
        ),
        pytest.param(
            {**DONE, "retry": {"retryable": ["soon"]}},
            "Write at most 20 whole numbers of seconds, such as 1, 5, 30.",
            id="no waits",
        ),
        pytest.param(
            {"kind": "deliver", "of": "later"},
            "“later” is no step before this one: choose one, or move this step behind it.",
            id="no earlier step",
        ),
        pytest.param(
            {"kind": "decide", "when": "true", "then": "decide"},
            "“decide” is no step behind this one: a flow only goes forward. Choose a later one.",
            id="back",
        ),
        pytest.param(
            {**DONE, "condition": "r.nothing"},
            "There is no field “nothing” in a record of the kind “Time entry”. Choose one of the names below.",
            id="no field",
        ),
        pytest.param(
            {"kind": "notify", "subject": "{", "text": "x", "role": "owner"},
            "A brace is not closed: write {field}, or {{ for a brace.",
            id="brace",
        ),
        pytest.param(
            {"kind": "notify", "subject": "x", "text": "x"},
            "Choose either a role or an address, and not both.",
            id="nobody to write to",
        ),
        pytest.param(
            {"kind": "wait"}, "Fill in one of the three: an event, a time, or hours.", id="nothing to wait for"
        ),
        pytest.param(
            {"kind": "wait", "event": "x"}, "Say what the event must be about, such as r.id.", id="about nothing"
        ),
        pytest.param(
            {"kind": "lookup", "role": "target", "key": "r.id"},
            "Choose a kind of record, or name the system's own object: one of the two.",
            id="nothing looked up",
        ),
        pytest.param({"kind": "write_back"}, "Name at least one field of the source.", id="nothing written back"),
        pytest.param(
            {"kind": "deliver", "type": "Project"},
            "The record itself is of the kind “TimeEntry”: choose the step that makes it one of the kind “Project”.",
            id="another kind",
        ),
    ],
)
def test_what_is_wrong_with_a_step_is_said_with_what_to_do(step: dict[str, Any], said: str) -> None:
    problem = list_problems({"canonical_type": "TimeEntry", "steps": [*HEAD, step]})[0]
    assert problem_words(problem.message) == said


def test_what_has_no_words_of_its_own_is_said_as_the_parser_says_it() -> None:
    assert problem_words("cannot be read: “(” is not closed") == "Cannot be read: “(” is not closed."
