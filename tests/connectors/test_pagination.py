"""Every style of paging walks to its end and stops there."""

from typing import Any

import pytest

from apps.connectors.manifest import Paging
from apps.connectors.pagination import NEXT_LINK, TOTAL, Position, following_position, next_link, page_parameters

PAGE = Paging("page", 2, "size", "page")
PAGE_TOTAL = Paging("page", 2, "size", "page", total_path="meta.total")
OFFSET = Paging("offset", 2, "limit", "offset")
OFFSET_TOTAL = Paging("offset", 2, "limit", "offset", total_path="total")
LINK = Paging("link", 2, "size", next_path="links.next")
TOKEN = Paging("token", 2, "size", "after", next_path="next_token")
FROM_NOUGHT = Paging("page", 2, "size", "page", first=0)
MORE = Paging("page", 2, "size", "page", more_path="has_more")
UNTIL = Paging("token", 2, "size", "after", next_path="next_token", end_path="end")
HEADER = Paging("link_header", 2, "size", next_path=NEXT_LINK)
COUNTED = Paging("page", 2, "size", "page", total_header="X-Total-Count")
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
    ("first page is number nought", FROM_NOUGHT, None, [], 2, 1),
    ("page after number nought", FROM_NOUGHT, 0, [], 2, 1),
    ("more is promised after a short page", MORE, None, {"has_more": True}, 1, 2),
    ("no more after a full page", MORE, 2, {"has_more": False}, 2, None),
    ("nothing said about more ends", MORE, 2, {}, 2, None),
    ("a token that is given at the end too", UNTIL, "t1", {"next_token": "t2", "end": True}, 2, None),
    ("a token before the end", UNTIL, "t1", {"next_token": "t2", "end": False}, 2, "t2"),
    ("link in a header", HEADER, None, {NEXT_LINK: "https://x/2"}, 2, "https://x/2"),
    ("no link in a header", HEADER, "https://x/2", {NEXT_LINK: ""}, 2, None),
    ("a length told in a header ends", COUNTED, 2, {TOTAL: "4"}, 2, None),
    ("a length told in a header goes on", COUNTED, 2, {TOTAL: "5"}, 2, 3),
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
        (FROM_NOUGHT, None, {"size": "2", "page": "0"}),
        (HEADER, None, {"size": "2"}),
        (NONE, None, {}),
    ],
)
def test_it_asks_for_the_page_at_a_position(paging: Paging, position: Position, parameters: dict[str, str]) -> None:
    assert page_parameters(paging, position) == parameters


LINKS = {
    "one": ('<https://x/2>; rel="next"', "https://x/2"),
    "after another": ('<https://x/1>; rel="self", <https://x/2?a=b,c>; rel="next"', "https://x/2?a=b,c"),
    "several relations": ('<https://x/2>; title=more; rel="last next"', "https://x/2"),
    "without quotes": ("<https://x/2>;rel=next", "https://x/2"),
    "a word that only begins so": ('<https://x/2>; rel="nextish"', ""),
    "only others": ('<https://x/1>; rel="prev"', ""),
    "nothing": ("", ""),
    "brackets without end": ("<" * 50_000, ""),
}


@pytest.mark.parametrize(("header", "link"), LINKS.values(), ids=LINKS.keys())
def test_the_next_link_of_a_header_is_found(header: str, link: str) -> None:
    assert next_link(header) == link
