"""What every page knows about who looks at it: `actor` and the `navigation` entries."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from apps.accounts.actor import Actor
from apps.accounts.navigation import active_path, entries_for


def actor(request: HttpRequest) -> dict[str, Any]:
    """Return {"actor": Actor or None, "navigation": [{"label", "url", "icon", "active", "name"}, ...], "layout": str}.

    `layout` is the frame for a page that several kinds of people see: `{% extends layout %}`.
    """
    who: Actor | None = getattr(request, "actor", None)
    return {"actor": who, "navigation": _navigation(request, who) if who else [], "layout": layout_for(who)}


def layout_for(who: Actor | None) -> str:
    """Return the layout of a person's pages: the customer's portal, the operator's console or the partner's portal."""
    if who is None:
        return "layouts/entrance.html"
    if who.is_operator:
        return "layouts/platform.html"
    return "layouts/customer.html" if who.is_customer else "layouts/portal.html"


def _navigation(request: HttpRequest, who: Actor) -> list[dict[str, Any]]:
    shown = []
    for entry in entries_for(is_customer=who.is_customer, is_operator=who.is_operator, actions=who.actions):
        url = _address(request, entry.url_name)
        if url is not None:
            shown.append({"label": entry.label, "url": url, "icon": entry.icon, "name": entry.url_name})
    active = active_path(request.path, [row["url"] for row in shown])
    return [{**row, "active": row["url"] == active} for row in shown]


def _address(request: HttpRequest, url_name: str) -> str | None:
    try:
        return reverse(url_name, urlconf=getattr(request, "urlconf", None))
    except NoReverseMatch:
        return None  # the platform host and a partner's host serve different pages
