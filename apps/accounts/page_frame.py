"""The frame around every page: which layout, which menu with which figures, which parts of the settings."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext, override

from apps.accounts.actor import Actor
from apps.accounts.badges import counts_for
from apps.accounts.models import User
from apps.accounts.navigation import (
    SECURITY,
    SECURITY_PATHS,
    SETTINGS_PATHS,
    NavigationEntry,
    SettingsTab,
    active_index,
    entries_for,
    is_below,
    settings_for,
)
from apps.accounts.preferences import preference_of
from apps.tenants.brand_drafts import look_for

Row = dict[str, Any]
THEME_COOKIE = "theme"
_A_YEAR = 365 * 86400


def layout_for(who: Actor | None) -> str:
    """Return the layout of a person's pages: the customer's portal, the operator's console or the partner's portal."""
    if who is None:
        return "layouts/entrance.html"
    if who.is_operator:
        return "layouts/platform.html"
    return "layouts/customer.html" if who.is_customer else "layouts/portal.html"


def navigation_of(request: HttpRequest, who: Actor) -> list[Row]:
    """Return the menu of a person with the entry of the present page marked and the figures beside the entries."""
    shown = _placed(request, who)
    active = active_index(request.path, [(url, *entry.below) for entry, url in shown])
    badges = counts_for(who, [entry.badge for entry, _ in shown if entry.badge])
    return [
        {
            "label": _own_word(request, entry) or gettext(entry.label),
            "url": url,
            "icon": entry.icon,
            "name": entry.url_name,
            "active": at == active,
            "badge": badges.get(entry.badge),
            "badge_name": entry.badge,
        }
        for at, (entry, url) in enumerate(shown)
    ]


def _own_word(request: HttpRequest, entry: NavigationEntry) -> str:
    """Return the partner's own word for an entry of the menu; "" where it has none."""
    return look_for(request).customers_noun if entry.url_name == "customers:customer-list" else ""


def section_crumbs(path: str, navigation: Sequence[Row]) -> list[Row]:
    """Return the way back for a page below an entry of the menu: the entry itself; nothing on the entry's own page."""
    here = next((entry for entry in navigation if entry["active"]), None)
    if here is None or here["url"] == path:
        return []
    return [{"label": here["label"], "url": here["url"]}]


def address_of(request: HttpRequest, url_name: str) -> str | None:
    """Return the address of a page at the request's host; None where this host does not serve it."""
    try:
        return reverse(url_name, urlconf=getattr(request, "urlconf", None))
    except NoReverseMatch:
        return None  # the platform host and a partner's host serve different pages


def home_url(request: HttpRequest, who: Actor) -> str:
    """Return the first page of a person's own menu."""
    return next((url for _, url in _placed(request, who)), "/")


def start_pages(request: HttpRequest, who: Actor) -> list[tuple[str, str]]:
    """Return the pages a person may start on, (URL name, words), in the order of the menu."""
    return [(entry.url_name, gettext(entry.label)) for entry, _ in _placed(request, who)]


def start_page_of(request: HttpRequest, person: User) -> str:
    """Return where a person is taken after signing in: the page they chose, else the first of their menu."""
    who, chosen = person.as_actor(), preference_of(person.pk).start_page
    wanted = next((url for entry, url in _placed(request, who) if entry.url_name == chosen), None)
    return wanted or home_url(request, who)


def keep_theme(response: HttpResponse, theme: str) -> None:
    """Remember light or dark in the browser that gets `response`; "" follows the device again."""
    if not theme:
        response.delete_cookie(THEME_COOKIE)
        return
    # Read by static/js/theme.js, which also changes it.
    response.set_cookie(
        THEME_COOKIE, theme, max_age=_A_YEAR, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )


def _placed(request: HttpRequest, who: Actor) -> list[tuple[NavigationEntry, str]]:
    """Return the entries of a person's menu that this host serves, each with its address."""
    entries = entries_for(is_customer=who.is_customer, is_operator=who.is_operator, actions=who.actions, role=who.role)
    return [(entry, url) for entry in entries if (url := address_of(request, entry.url_name)) is not None]


def settings_tabs(request: HttpRequest, who: Actor) -> list[Row]:
    """Return the parts of the settings a person may see; nothing outside the settings."""
    if not is_below(request.path, SETTINGS_PATHS):
        return []
    return _tabs(request, settings_for(actions=who.actions, is_operator=who.is_operator))


def security_tabs(request: HttpRequest) -> list[Row]:
    """Return the parts of a person's own security; nothing outside of it."""
    return _tabs(request, SECURITY) if is_below(request.path, SECURITY_PATHS) else []


def _tabs(request: HttpRequest, tabs: Sequence[SettingsTab]) -> list[Row]:
    placed = [(tab, url) for tab in tabs if (url := address_of(request, tab.url_name)) is not None]
    active = active_index(request.path, [(url, *tab.below) for tab, url in placed])
    return [{"label": gettext(tab.label), "url": url, "active": at == active} for at, (tab, url) in enumerate(placed)]


def language_choices() -> list[Row]:
    """Return the languages the portal speaks, each named in itself so that its readers find it."""
    spoken = get_language()
    rows = []
    for code, name in settings.LANGUAGES:
        with override(code):
            rows.append({"code": code, "name": gettext(name), "active": code == spoken})
    return rows
