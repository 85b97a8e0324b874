"""Addresses of filtered lists: reading what was asked for, and linking to the same list asked differently."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.accounts.actor import Actor

_PAGING = ("before", "page", "repeats")


@dataclass(frozen=True, slots=True)
class Chip:
    """A ready-made filter. `count` None shows no number."""

    label: str
    url: str
    active: bool
    count: int | None = None
    icon: str = ""


def acting_person(request: HttpRequest) -> Actor:
    """Return who asks; views behind `requires` always have somebody."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def asked_id(request: HttpRequest, name: str) -> UUID | None:
    """Return an id from the query; nonsense asks for nothing."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def asked_words(request: HttpRequest, name: str) -> str:
    """Return typed words from the query, safe to search for."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:120]


def asked_number(request: HttpRequest, name: str, default: int) -> int:
    """Return a small whole number from the query."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else default


def asked_page(request: HttpRequest) -> int:
    """Return the page that is asked for, counted from 1."""
    text = request.GET.get("page", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def address(request: HttpRequest, **changes: Any) -> str:
    """Return this page's address with some of its query changed; None or "" takes a part away. Paging starts anew."""
    kept = request.GET.copy()
    for name in (*_PAGING, *changes):
        kept.pop(name, None)
    for name, value in changes.items():
        if value not in (None, ""):
            kept[name] = str(value)
    return f"?{kept.urlencode()}" if kept else "?"


def turned_pages(request: HttpRequest, *, page: int, pages: int) -> dict[str, str]:
    """Return the addresses of the pages before and after, "" where there is none."""
    return {
        "newer_url": address(request, page=page - 1) if page > 1 else "",
        "older_url": address(request, page=page + 1) if page < pages else "",
    }
