"""Records are read, written and compared by dotted path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.answers import at_path, holds, nested, placed

_NAMES = st.text("abc", min_size=1, max_size=3)


@given(st.dictionaries(st.tuples(_NAMES, _NAMES).map(".".join), st.integers(), max_size=6))
def test_what_was_nested_is_found_at_its_path(values: dict[str, int]) -> None:
    body = nested(values)
    assert {name: at_path(body, name) for name in values} == values


def test_nesting_leaves_what_it_was_given_alone() -> None:
    inner = {"a": 1}
    assert nested({"x": inner, "x.b": 2}) == {"x": {"a": 1, "b": 2}}
    assert inner == {"a": 1}


PLACED = {
    "nowhere": ("", {"id": 1}),
    "under a name": ("ticket", {"ticket": {"id": 1}}),
    "in a list of one": ("Contacts.0", {"Contacts": [{"id": 1}]}),
    "two levels down": ("data.ticket", {"data": {"ticket": {"id": 1}}}),
}


@pytest.mark.parametrize(("path", "body"), PLACED.values(), ids=PLACED.keys())
def test_a_record_stands_where_the_path_says(path: str, body: Any) -> None:
    assert placed({"id": 1}, path) == body
    assert at_path(body, path) == {"id": 1}


HELD: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same": ({"a": "x", "b": 1}, {"a": "x"}, True),
    "a number written differently": ({"a": "7.50"}, {"a": 7.5}, True),
    "another number": ({"a": "7.51"}, {"a": 7.5}, False),
    "an empty text where nothing was sent": ({"a": ""}, {"a": None}, True),
    "a field it does not have": ({}, {"a": 1}, False),
    "a field it does not have, and nothing was sent": ({}, {"a": None}, True),
    "nested": ({"p": {"name": "x"}}, {"p.name": "x"}, True),
    "nested, and different": ({"p": {"name": "y"}}, {"p.name": "x"}, False),
}


@pytest.mark.parametrize(("record", "written", "held"), HELD.values(), ids=HELD.keys())
def test_a_record_is_compared_with_what_was_written(
    record: dict[str, Any], written: dict[str, Any], held: bool
) -> None:
    assert holds(record, written) is held
