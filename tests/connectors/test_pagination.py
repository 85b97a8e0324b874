"""Every style of paging walks to its end and stops there."""

from typing import Any

import pytest

from apps.connectors.manifest import Paging
from apps.connectors.pagination import Position, following_position, page_parameters

PAGE = Paging("page", 2, "size", "page")
PAGE_TOTAL = Paging("page", 2, "size", "page", total_path="meta.total")
OFFSET = Paging("offset", 2, "limit", "offset")
OFFSET_TOTAL = Paging("offset", 2, "limit", "offset", total_path="total")
LINK = Paging("link", 2, "size", next_path="links.next")
TOKEN = Paging("token", 2, "size", "after", next_path="next_token")
NONE = Paging("none")

STEPS: list[tuple[str, Paging, Position, Any, int, Position]] = [
    ("full page, more to come", PAGE, None, [], 2, 2),
    ("third page", PAGE, 3, [], 2, 4),
    ("short page ends", PAGE, 3, [], 1, None),
    ("empty page ends", PAGE, 3, [], 0, None),
    ("total reached ends without another call", PAGE_TOTAL, 2, {"meta": {"total": 4}}, 2, None),
    ("total not reached goes on", PAGE_TOTAL, 2, {"meta": {"total": 5}}, 2, 3),
    ("short page before the total goes on", PAGE_TOTAL, None, {"meta": {"total": 5}}, 1, 2),
    ("empty page before the total ends", PAGE_TOTAL, 2, {"meta": {"total": 9}}, 0, None),
    ("a page with repeated records does not end early", PAGE_TOTAL, 2, {"meta": {"total": 5}}, 4, 3),
    ("total missing counts the page", PAGE_TOTAL, None, {}, 2, 2),
    ("total as text", PAGE_TOTAL, None, {"meta": {"total": "2"}}, 2, None),
    ("offset moves by what came", OFFSET, 4, [], 2, 6),
    ("offset ends", OFFSET, 4, [], 1, None),
    ("offset with total", OFFSET_TOTAL, None, {"total": 3}, 2, 2),
    ("offset with total ends", OFFSET_TOTAL, 2, {"total": 3}, 1, None),
    ("link", LINK, None, {"links": {"next": "https://x/2"}}, 2, "https://x/2"),
    ("link ends", LINK, "https://x/2", {"links": {}}, 2, None),
    ("link to itself ends", LINK, "https://x/2", {"links": {"next": "https://x/2"}}, 2, None),
    ("token", TOKEN, None, {"next_token": "t1"}, 2, "t1"),
    ("token after an empty page", TOKEN, None, {"next_token": "t1"}, 0, "t1"),
    ("token ends", TOKEN, "t1", {"next_token": ""}, 2, None),
    ("token of another kind ends", TOKEN, "t1", {"next_token": {"x": 1}}, 2, None),
    ("no paging", NONE, None, [], 500, None),
]


@pytest.mark.parametrize(
    ("paging", "position", "answer", "count", "following"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS]
)
def test_it_finds_the_next_position(
    paging: Paging, position: Position, answer: Any, count: int, following: Position
) -> None:
    assert following_position(paging, position, answer, count) == following


@pytest.mark.parametrize(
    ("paging", "position", "parameters"),
    [
        (PAGE, None, {"size": "2", "page": "1"}),
        (PAGE, 3, {"size": "2", "page": "3"}),
        (OFFSET, None, {"limit": "2"}),
        (OFFSET, 6, {"limit": "2", "offset": "6"}),
        (Paging("offset", 2, "count", "startIndex", first_record=1), None, {"count": "2"}),
        (Paging("offset", 2, "count", "startIndex", first_record=1), 6, {"count": "2", "startIndex": "7"}),
        (TOKEN, "t1", {"size": "2", "after": "t1"}),
        (LINK, None, {"size": "2"}),
        (NONE, None, {}),
    ],
)
def test_it_asks_for_the_page_at_a_position(paging: Paging, position: Position, parameters: dict[str, str]) -> None:
    assert page_parameters(paging, position) == parameters
