"""Paths: what they fetch, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.mapping.paths import PathError, build_getter, parse_path

RECORD = {
    "hours": 7.5,
    "custom": {"client": {"id": "C1", "tags": {"a": {"b": 5}}}, "region": "EMEA"},
    "lines": [{"amount": 3}, {"amount": 4}],
    "custom_fields": [
        {"id": 3, "name": "Cost centre", "value": "CC-1"},
        {"id": 4, "name": "Region", "value": "N"},
        "x",
    ],
    "text": "abc",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hours", 7.5),
        ("custom.region", "EMEA"),
        ("custom.client.id", "C1"),
        ("custom.client.tags.a.b", 5),
        ("lines.1.amount", 4),
        ("lines.0", {"amount": 3}),
        ("lines.9.amount", None),
        ("lines.9", None),
        ("lines.amount", None),
        ("custom_fields[name=Cost centre].value", "CC-1"),
        ("custom_fields[id=4].value", "N"),
        ("custom_fields[id=5].value", None),
        ("custom[id=5].value", None),
        ("missing", None),
        ("missing.further", None),
        ("text.further", None),
        ("text.further.still", None),
        ("custom.region.further", None),
        ("hours.a.b.c", None),
    ],
)
def test_a_path_fetches_its_value_or_nothing(path: str, expected: Any) -> None:
    assert build_getter(parse_path(path))(RECORD) == expected


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (".a", "character 1"),
        ("a..b", "character 3"),
        ("a.", "character 2"),
        ("a[b]", "character 2"),
        ("a[b=c", "character 2"),
        ("a[b=c]d", "character 7"),
        (" a", "character 1"),
        ("a.b .c", "character 3"),
        ("x" * 201, "longer than 200"),
        (".".join("abcdefghijk"), "deeper than 10"),
    ],
)
def test_a_bad_path_is_refused_with_its_place(path: str, words: str) -> None:
    with pytest.raises(PathError, match=words):
        parse_path(path)


def test_a_path_knows_its_root() -> None:
    assert parse_path("custom.client.id").root == "custom"


@given(
    record=st.dictionaries(st.sampled_from("abc"), JSON), path=st.text(alphabet="abc01.[]=", min_size=1, max_size=12)
)
def test_following_any_path_through_any_record_never_raises(record: dict[str, Any], path: str) -> None:
    try:
        get = build_getter(parse_path(path))
    except PathError:
        return
    get(record)
