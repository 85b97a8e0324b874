"""Two people's changes of one flow meet: what one of them changed is kept, what both changed is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.content import STEPS, FlowContent, merge_contents, read_content, same_content
from apps.flows.mapping.rebase import Choice

FIXED = [{"kind": "extract"}, {"kind": "check"}]
WAIT = {"kind": "wait", "event": "paid"}
NOTIFY = {"kind": "notify", "text": "Done"}
MAP = {"kind": "map", "type": "project"}


def _content(*steps: dict[str, Any], lines: list[dict[str, Any]] | None = None, **parts: Any) -> FlowContent:
    definition = {"canonical_type": "deal", "batch_size": 500, **parts, "steps": [*FIXED, *steps]}
    return FlowContent(definition, {"delivery": lines} if lines else {})


BEGUN = _content(MAP, WAIT, NOTIFY)


@pytest.mark.parametrize(
    ("begun", "ours", "theirs", "expected"),
    [
        pytest.param(
            BEGUN,
            _content(MAP, WAIT, {**NOTIFY, "text": "Ready"}),
            _content(MAP, {**WAIT, "event": "signed"}, NOTIFY),
            _content(MAP, {**WAIT, "event": "signed"}, {**NOTIFY, "text": "Ready"}),
            id="two steps",
        ),
        pytest.param(
            BEGUN,
            _content(MAP, {**WAIT, "title": "Until paid"}, NOTIFY),
            _content(MAP, {**WAIT, "timeout_seconds": 60}, NOTIFY),
            _content(MAP, {**WAIT, "title": "Until paid", "timeout_seconds": 60}, NOTIFY),
            id="two keys of one step",
        ),
        pytest.param(BEGUN, _content(MAP, NOTIFY, WAIT), BEGUN, _content(MAP, NOTIFY, WAIT), id="one moved a step"),
        pytest.param(
            BEGUN,
            _content(MAP, NOTIFY, WAIT),
            _content(MAP, {"kind": "emit"}, WAIT, NOTIFY),
            _content(MAP, {"kind": "emit"}, NOTIFY, WAIT),
            id="one moved, the other added a step behind its neighbour",
        ),
        pytest.param(BEGUN, _content(MAP, NOTIFY), BEGUN, _content(MAP, NOTIFY), id="a removal is kept"),
        pytest.param(
            BEGUN,
            _content(MAP, NOTIFY),
            _content(MAP, WAIT, {**NOTIFY, "text": "Ready"}),
            _content(MAP, {**NOTIFY, "text": "Ready"}),
            id="one removed a step, the other changed another",
        ),
        pytest.param(
            BEGUN,
            _content(MAP, WAIT, NOTIFY, batch_size=100),
            _content(MAP, WAIT, NOTIFY, on_failure="roll_back"),
            _content(MAP, WAIT, NOTIFY, batch_size=100, on_failure="roll_back"),
            id="two parts of the flow",
        ),
        pytest.param(
            BEGUN,
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "default": "-"}]),
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "required": True}]),
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "default": "-", "required": True}]),
            id="two keys of a line that nobody had changed",
        ),
        pytest.param(
            _content(MAP, lines=[{"target": "c", "value_map": {"A": "1", "B": "2"}}]),
            _content(MAP, lines=[{"target": "c", "value_map": {"A": "1", "B": "2", "C": "3"}}]),
            _content(MAP, lines=[{"target": "c", "value_map": {"A": "9"}}]),
            _content(MAP, lines=[{"target": "c", "value_map": {"A": "9", "C": "3"}}]),
            id="rows of one table: added here, changed and removed there",
        ),
    ],
)
def test_what_only_one_side_changed_is_kept(
    begun: FlowContent, ours: FlowContent, theirs: FlowContent, expected: FlowContent
) -> None:
    merged = merge_contents(begun, ours, theirs)
    assert merged.conflicts == ()
    assert same_content(merged.content, expected)


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        pytest.param(
            _content(MAP, WAIT, {**NOTIFY, "text": "A"}),
            _content(MAP, WAIT, {**NOTIFY, "text": "B"}),
            "steps:notify.text",
            id="one key of a step",
        ),
        pytest.param(
            _content(MAP, NOTIFY),
            _content(MAP, {**WAIT, "event": "signed"}, NOTIFY),
            "steps:wait.step",
            id="one removed what the other changed",
        ),
        pytest.param(_content(MAP, NOTIFY, WAIT), _content(WAIT, MAP, NOTIFY), "steps:order", id="both moved steps"),
        pytest.param(
            _content(MAP, WAIT, NOTIFY, batch_size=1),
            _content(MAP, WAIT, NOTIFY, batch_size=2),
            "steps:batch_size",
            id="a part of the flow",
        ),
        pytest.param(
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "source": "note", "expression": ""}]),
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "expression": "r.a", "source": ""}]),
            "delivery:memo.source",
            id="two origins of one value",
        ),
        pytest.param(
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "removed": True}]),
            _content(MAP, WAIT, NOTIFY, lines=[{"target": "memo", "default": "-"}]),
            "delivery:memo.line",
            id="one removed the line that the other changed",
        ),
    ],
)
def test_what_both_changed_differently_is_a_conflict_until_it_is_decided(
    ours: FlowContent, theirs: FlowContent, name: str
) -> None:
    undecided = merge_contents(BEGUN, ours, theirs)
    assert [placed.name for placed in undecided.conflicts] == [name]
    assert same_content(undecided.content, ours)
    kept = merge_contents(BEGUN, ours, theirs, {name: Choice.OURS})
    assert (kept.conflicts, same_content(kept.content, ours)) == ((), True)
    given_up = merge_contents(BEGUN, ours, theirs, {name: Choice.THEIRS})
    assert (given_up.conflicts, same_content(given_up.content, theirs)) == ((), True)


def test_a_conflict_shows_all_three_values() -> None:
    ours, theirs = (_content(MAP, WAIT, {**NOTIFY, "text": text}) for text in ("A", "B"))
    placed = merge_contents(BEGUN, ours, theirs).conflicts[0]
    assert placed.place == STEPS
    assert (placed.conflict.before, placed.conflict.ours, placed.conflict.theirs) == ("Done", "A", "B")


_texts = st.sampled_from(["a", "b", "c"])
_steps = st.lists(
    st.fixed_dictionaries({"kind": st.just("wait"), "name": _texts}, optional={"title": _texts, "queue": _texts}),
    unique_by=lambda step: step["name"],
    max_size=3,
)
_lines = st.lists(
    st.one_of(
        st.fixed_dictionaries({"target": _texts}, optional={"default": _texts, "source": _texts, "label": _texts}),
        st.fixed_dictionaries({"target": _texts, "value_map": st.dictionaries(_texts, _texts, max_size=2)}),
        st.fixed_dictionaries({"target": _texts, "removed": st.just(True)}),
    ).filter(lambda line: len(line) > 1),
    unique_by=lambda line: line["target"],
    max_size=3,
)
_contents = st.builds(lambda steps, lines: _content(*steps, lines=lines), _steps, _lines)


@given(_contents, _contents)
def test_a_change_of_one_side_alone_is_taken_whole(begun: FlowContent, changed: FlowContent) -> None:
    for merged in (merge_contents(begun, changed, begun), merge_contents(begun, begun, changed)):
        assert merged.conflicts == ()
        assert same_content(merged.content, changed)


@given(_contents, _contents)
def test_the_same_change_twice_is_one_change(begun: FlowContent, changed: FlowContent) -> None:
    merged = merge_contents(begun, changed, changed)
    assert merged.conflicts == ()
    assert same_content(merged.content, changed)


@given(_contents, _contents, _contents)
def test_decided_one_way_or_the_other_nothing_is_open_and_sides_may_change_seats(
    begun: FlowContent, ours: FlowContent, theirs: FlowContent
) -> None:
    open_names = [placed.name for placed in merge_contents(begun, ours, theirs).conflicts]
    mirrored = [placed.name for placed in merge_contents(begun, theirs, ours).conflicts]
    assert sorted(open_names) == sorted(mirrored)
    for choice in Choice:
        assert merge_contents(begun, ours, theirs, dict.fromkeys(open_names, choice)).conflicts == ()


@given(_contents)
def test_a_stored_content_is_read_back(content: FlowContent) -> None:
    assert same_content(read_content(content.to_json()), content)
