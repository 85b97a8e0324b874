"""Two versions of a document, field by field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.templatetags.document_diff import MOST_ROWS, compare_documents

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ({"a": 1}, {"a": 2}, [("a", "1", "2", "changed")]),
        ({"a": 1}, {"b": 1}, [("b", "", "1", "added"), ("a", "1", "", "removed")]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a[1]", "1", "1", "same"), ("a[2]", "2", "3", "changed")]),
        ({"a": 1}, {"a": True}, [("a", "1", "true", "changed")]),
        ({"a": None}, {"a": ""}, [("a", "null", "", "changed")]),
        ({"a": {"b": 1}}, {"a": {}}, [("a", "", "{}", "added"), ("a.b", "1", "", "removed")]),
    ],
    ids=["changed", "added and removed", "in a list", "one is not true", "null is not empty", "emptied"],
)
def test_each_field_says_what_became_of_it(before: object, after: object, rows: list[tuple[str, ...]]) -> None:
    found = compare_documents(before, after).rows
    assert [(row.label, row.left, row.right, row.kind) for row in found] == rows


def test_a_changed_secret_is_seen_to_have_changed_and_never_read() -> None:
    row = compare_documents({"password": "old-one"}, {"password": "new-one"}).rows[0]
    assert row.kind == "changed"
    assert "one" not in row.left + row.right


def test_only_changes_leaves_out_the_rest_and_counts_it() -> None:
    diff = compare_documents({"a": 1, "b": 2}, {"a": 1, "b": 3}, only_changes=True)
    assert ([row.label for row in diff.rows], diff.same) == (["b"], 1)


def test_a_huge_document_is_cut_and_says_so() -> None:
    diff = compare_documents({}, {str(number): number for number in range(MOST_ROWS + 5)})
    assert (len(diff.rows), diff.is_cut) == (MOST_ROWS, True)


@given(DOCUMENTS)
def test_a_document_is_the_same_as_itself(document: object) -> None:
    assert not compare_documents(document, document, only_changes=True).rows
