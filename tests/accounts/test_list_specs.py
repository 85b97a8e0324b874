"""What a list's address asks for, and the addresses a list makes of it."""

from dataclasses import dataclass

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option, read_state

FIRMS = ListSpec(
    "firms",
    columns=(
        Column("name", "Name", sort=("name",), fixed=True),
        Column("size", "Size", sort=("size", "name"), key=lambda firm: firm.size, nullable=True, large_first=True),
        Column("town", "Town", sort=("town",), shown=False),
        Column("note", "Note"),
    ),
    filters=(
        Filter("q", "Name", "search"),
        Filter("state", "State", "chips", (Option("live", "Live"), Option("left", "Left"))),
        Filter("since", "Since", "date"),
        Filter("owner", "Owner", "select"),
    ),
    order="name",
)


@dataclass
class Firm:
    """A row in memory."""

    name: str
    size: int | None


def _read(address: str) -> ListState:
    return read_state(QueryDict(address), FIRMS, {"owner": [Option("ann", "Ann")]})


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("", ""),
        ("sort=name", ""),
        ("sort=-name", "sort=-name"),
        ("sort=note", ""),
        ("sort=--size", ""),
        ("sort=id);DROP", ""),
        ("state=live&q=++abc+", "q=abc&state=live"),
        ("state=asleep", ""),
        ("owner=ann", "owner=ann"),
        ("owner=bob", ""),
        ("since=2026-01-31", "since=2026-01-31"),
        ("since=2026-02-31", ""),
        ("since=20260131", ""),
        ("q=a%00b", "q=ab"),
        ("columns=town,note", "columns=name,town,note"),
        ("columns=note&columns=town", "columns=name,town,note"),
        ("columns=name,size,note", ""),
        ("columns=name", "columns=name"),
        ("columns=nonsense", ""),
        ("page=3&state=live", "state=live"),
        ("csrfmiddlewaretoken=x&next=//evil", ""),
    ],
    ids=lambda words: words[:30] or "nothing",
)
def test_an_address_is_read_and_said_again_without_what_made_no_sense(address: str, canonical: str) -> None:
    assert _read(address).query() == canonical


@pytest.mark.parametrize(
    ("text", "page"),
    [("", 1), ("0", 1), ("-4", 1), ("7", 7), ("²", 1), ("1e3", 1), ("9" * 7, 100_000), ("9" * 40, 1)],
    ids=["none", "zero", "negative", "seven", "superscript", "float", "far", "absurd"],
)
def test_a_page_number_is_a_number(text: str, page: int) -> None:
    assert _read(f"page={text}").page == page


@given(st.text(max_size=60))
def test_no_address_is_too_strange_and_reading_twice_changes_nothing(text: str) -> None:
    asked = QueryDict(mutable=True)
    for name in ("q", "state", "since", "owner", "sort", "columns", "page", "format"):
        asked[name] = text
    once = read_state(asked, FIRMS, {})
    assert read_state(QueryDict(once.query()), FIRMS, {}).query() == once.query()
    once.ordering()


def test_a_change_starts_on_the_first_page_and_keeps_everything_else() -> None:
    state = _read("q=abc&state=live&sort=-size&page=4&columns=note")
    assert state.address({"state": "left"}) == "?q=abc&state=left&sort=-size&columns=name,note"
    assert state.address({"q": ""}) == "?state=live&sort=-size&columns=name,note"
    assert state.address({"sort": "name"}) == "?q=abc&state=live&columns=name,note"
    assert state.address({"columns": ""}) == "?q=abc&state=live&sort=-size"
    assert state.address(page=5) == "?q=abc&state=live&sort=-size&columns=name,note&page=5"


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("sort=size", ["small", "large", "unknown"]),
        ("sort=-size", ["large", "small", "unknown"]),
        ("sort=name", ["unknown", "large", "small"]),
    ],
    ids=["upwards", "downwards", "as they came"],
)
def test_rows_of_memory_are_sorted_with_unknown_values_last(address: str, names: list[str]) -> None:
    rows = [Firm("unknown", None), Firm("large", 9), Firm("small", 1)]
    assert [firm.name for firm in _read(address).sorted_rows(rows)] == names


def test_the_order_for_the_database_ends_with_a_tie_break() -> None:
    parts = [(part.expression.name, part.descending, part.nulls_last) for part in _read("sort=-size").ordering()]
    assert parts == [("size", True, True), ("name", True, True), ("id", False, None)]


@pytest.mark.parametrize(
    ("columns", "filters", "order"),
    [
        ((Column("a", "A", sort=("a",)), Column("a", "A")), (), "a"),
        ((Column("a", "A"),), (), "a"),
        ((Column("a", "A", sort=("a",)),), (), "b"),
        ((Column("a", "A", sort=("a",)),), (Filter("page", "Page", "search"),), "a"),
    ],
    ids=["one name twice", "order by what cannot be sorted", "order by nothing known", "a reserved word"],
)
def test_a_declaration_that_could_not_work_is_refused(
    columns: tuple[Column, ...], filters: tuple[Filter, ...], order: str
) -> None:
    with pytest.raises(ValueError, match="x:"):
        ListSpec("x", columns=columns, filters=filters, order=order)
