"""Where a reading stands in a list and where it goes next: page, offset, link and token, as plain values.

A position is JSON-able and opaque to the engine: None is the beginning, and None as the following one is the end.
"""

from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.manifest import Paging

Position = int | str | None


def page_parameters(paging: Paging, position: Position) -> dict[str, str]:
    """Return the query parameters that ask for the page at `position`; a link carries its own."""
    parameters = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
    if paging.style == "page" and paging.position_parameter:
        parameters[paging.position_parameter] = str(position or 1)
    elif paging.style in {"offset", "token"} and position:
        parameters[paging.position_parameter] = str(position)
    return parameters


def following_position(paging: Paging, position: Position, answer: Any, count: int) -> Position:
    """Return the position after a page of `count` records, or None when it was the last one."""
    if paging.style in {"link", "token"}:
        following = at_path(answer, paging.next_path)
        return following if isinstance(following, str | int) and following and following != position else None
    if paging.style == "none" or count == 0:
        return None
    start = _records_before(paging, position)
    total = _count_in(answer, paging.total_path)
    # A page that repeats records of the one before is longer than asked for: those do not count towards the total.
    done = start + min(count, paging.size) >= total if total is not None else count < paging.size
    if done:
        return None
    return int(position or 1) + 1 if paging.style == "page" else start + count


def _records_before(paging: Paging, position: Position) -> int:
    if paging.style == "page":
        return (int(position or 1) - 1) * paging.size
    return int(position or 0)


def _count_in(answer: Any, path: str) -> int | None:
    total = at_path(answer, path) if path else None
    if isinstance(total, bool) or not isinstance(total, int | str):
        return None
    return int(total) if str(total).isdigit() else None
