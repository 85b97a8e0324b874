"""Conditions: which records a flow is about."""

from typing import Any

import pytest

from apps.flows.engine.conditions import CONDITIONS, FILTER_REASON, REASON_SENTENCES


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("approved", {"approval": "approved"}, True),
        ("approved", {"approval": "locked"}, True),
        ("approved", {"approval": "submitted"}, False),
        ("approved", {}, False),
        ("billable", {"billable": True}, True),
        ("billable", {"billable": False}, False),
        ("billable", {}, True),
        ("active", {"active": False}, False),
        ("active", {}, True),
    ],
)
def test_a_condition_holds_or_not(name: str, values: dict[str, Any], expected: bool) -> None:
    assert CONDITIONS[name].holds(values) is expected


def test_every_reason_to_skip_has_a_sentence() -> None:
    assert set(REASON_SENTENCES) == {condition.reason for condition in CONDITIONS.values()} | {FILTER_REASON}
