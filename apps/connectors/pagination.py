"""Where a reading stands in a list and where it goes next: page, offset, link and token, as plain values.

A position is JSON-able and opaque to the engine: None is the beginning, and None as the following one is the end.
"""

import re
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.manifest import Paging

Position = int | str | None
NEXT_LINK = "next_link"  # where the answer of a list with "link_header" paging has its next page
TOTAL = "total"  # where the answer of a list that tells its length in a header has it
_LONGEST_HEADER = 16_000


def page_parameters(paging: Paging, position: Position) -> dict[str, str]:
    """Return the query parameters that ask for the page at `position`; a link carries its own."""
    parameters = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
    if paging.style == "page" and paging.position_parameter:
        parameters[paging.position_parameter] = str(paging.first if position is None else position)
    elif paging.style == "offset" and position:
        parameters[paging.position_parameter] = str(int(position) + paging.first_record)
    elif paging.style == "token" and position:
        parameters[paging.position_parameter] = str(position)
    return parameters


def following_position(paging: Paging, position: Position, answer: Any, count: int) -> Position:
    """Return the position after a page of `count` records, or None when it was the last one."""
    if _is_the_end(paging, answer):
        return None
    if paging.style in {"link", "link_header", "token"}:
        following = at_path(answer, paging.next_path)
        return following if isinstance(following, str | int) and following and following != position else None
    if paging.style == "none" or count == 0:
        return None
    start = _records_before(paging, position)
    total = _count_in(answer, TOTAL if paging.total_header else paging.total_path)
    # A page that repeats records of the one before is longer than asked for: those do not count towards the total.
    done = start + min(count, paging.size) >= total if total is not None else _is_short(paging, count)
    if done:
        return None
    return _page_number(paging, position) + 1 if paging.style == "page" else start + count


def _is_the_end(paging: Paging, answer: Any) -> bool:
    more = bool(at_path(answer, paging.more_path)) if paging.more_path else True
    return not more or (bool(at_path(answer, paging.end_path)) if paging.end_path else False)


def _is_short(paging: Paging, count: int) -> bool:
    """Say whether a page has fewer records than asked for, which tells the end where the system itself does not."""
    return count < paging.size and not paging.more_path


def _page_number(paging: Paging, position: Position) -> int:
    return paging.first if position is None else int(position)


def _records_before(paging: Paging, position: Position) -> int:
    if paging.style == "page":
        return (_page_number(paging, position) - paging.first) * paging.size
    return int(position or 0)


def _count_in(answer: Any, path: str) -> int | None:
    total = at_path(answer, path) if path else None
    if isinstance(total, bool) or not isinstance(total, int | str):
        return None
    return int(total) if str(total).isdigit() else None


_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^,;<>]*)*)")
_NEXT = re.compile(r";\s*rel\s*=\s*\"?[^\";]*\bnext\b", re.IGNORECASE)


def next_link(header: str) -> str:
    """Return where a Link header (https://www.rfc-editor.org/rfc/rfc8288) says that the next page lies, "" when it does not."""
    return next((match[1] for match in _LINK.finditer(header[:_LONGEST_HEADER]) if _NEXT.search(match[2])), "")
