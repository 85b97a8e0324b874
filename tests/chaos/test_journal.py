"""The judge of the chaos run finds what it must find."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from bench.outages.journal import Findings, judge_journal

HISTORY = {"TE-1": [Decimal("8.0")], "TE-2": [Decimal("4.0"), Decimal("6.11"), Decimal("6.12")]}


def _effect(action: str, name: str, **values: Any) -> dict[str, Any]:
    return {"action": action, "external_id": name, "values": values}


FINE = [
    _effect("create", "TE-1", quantity=8.0),
    _effect("create", "TE-2", quantity=4.0),
    _effect("change", "TE-2", quantity=6.12),
]


@pytest.mark.parametrize(
    ("effects", "wanted"),
    [
        pytest.param(FINE, Findings(), id="everything arrived once, a version in between was skipped"),
        pytest.param(FINE[1:], Findings(lost=("TE-1",)), id="one never arrived"),
        pytest.param(FINE[:2], Findings(lost=("TE-2",)), id="the last edit never arrived"),
        pytest.param([*FINE, FINE[0]], Findings(doubled=("TE-1",)), id="one was created twice"),
        pytest.param(
            [*FINE, _effect("change", "TE-2", quantity=6.11)],
            Findings(out_of_order=("TE-2",)),
            id="an older version came last",
        ),
        pytest.param([*FINE, _effect("change", "TE-1", description="x")], Findings(), id="hours were left as they are"),
        pytest.param(
            [*FINE, _effect("create", "TE-9", quantity=1.0)],
            Findings(invented=("TE-9",)),
            id="one should not have come",
        ),
        pytest.param(
            [_effect("create", "TE-1", quantity=7.0), *FINE[1:]],
            Findings(lost=("TE-1",), invented=("TE-1",)),
            id="one came with hours it never had",
        ),
        pytest.param([], Findings(lost=("TE-1", "TE-2")), id="nothing arrived at all"),
    ],
)
def test_it_names_what_was_lost_doubled_or_came_out_of_order(
    effects: Sequence[Mapping[str, Any]], wanted: Findings
) -> None:
    assert judge_journal(HISTORY, effects) == wanted
    assert judge_journal(HISTORY, effects).clean == (wanted == Findings())


def test_findings_of_several_firms_add_up() -> None:
    both = Findings(lost=("a",)) + Findings(lost=("b",), doubled=("c",))
    assert both == Findings(lost=("a", "b"), doubled=("c",))
