"""What a version changes about a flow's steps is told step by step and option by option."""

from typing import Any

import pytest

from apps.flows.queries.step_changes import Difference, step_changes

FIXED = [{"kind": "extract"}, {"kind": "check"}]
WAIT = {"kind": "wait", "hours": 4, "title": "Cool down"}
TELL = {"kind": "notify", "subject": "Hours", "text": "Arrived", "role": "customer_owner"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param([WAIT], [WAIT], [], id="nothing"),
        pytest.param(
            [WAIT],
            [WAIT, TELL],
            [("Step Notify", "", "Notify; subject: Hours; text: Arrived; role: customer_owner")],
            id="a new step",
        ),
        pytest.param([WAIT, TELL], [TELL], [("Step Cool down", "Wait; hours: 4", "")], id="a step that is gone"),
        pytest.param(
            [WAIT],
            [{**WAIT, "hours": 8, "proceed_on_error": True}],
            [("Cool down: For hours", "4", "8"), ("Cool down: go on when refused", "", "yes")],
            id="options of a step",
        ),
        pytest.param(
            [{**WAIT, "retry": {"outage": [60, 300]}}],
            [{**WAIT, "retry": {"outage": [60]}}],
            [("Cool down: tries again after", "outage: 60, 300", "outage: 60")],
            id="other times to try again",
        ),
        pytest.param(
            [WAIT, TELL],
            [TELL, WAIT],
            [("Order of the steps", "Read → Check → Cool down → Notify", "Read → Check → Notify → Cool down")],
            id="another order",
        ),
    ],
)
def test_every_difference_is_told_once(
    before: list[dict[str, Any]], after: list[dict[str, Any]], told: list[Difference]
) -> None:
    assert list(step_changes([*FIXED, *before], [*FIXED, *after])) == told
