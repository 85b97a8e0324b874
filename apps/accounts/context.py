"""What every page knows about who looks at it: `actor`, the menu, and the parts of the settings."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts.actor import Actor
from apps.accounts.page_frame import (
    home_url,
    language_choices,
    layout_for,
    navigation_of,
    section_crumbs,
    security_tabs,
    settings_tabs,
)


def actor(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page shows.

    `actor`: Actor or None; `navigation`: [{"label", "url", "icon", "active", "name", "badge", "badge_name"}, ...];
    `section_crumbs`: the way back to the menu's entry, for `page_header`; `layout`: the frame for a page that several
    kinds of people see: `{% extends layout %}`; `home_url`; `languages`: [{"code", "name", "active"}, ...];
    `settings_tabs` and `security_tabs`: [{"label", "url", "active"}, ...], empty outside the settings.
    The menu is made when it is first asked for: parts of pages do without.
    """
    who: Actor | None = getattr(request, "actor", None)
    menu: Any = SimpleLazyObject(lambda: navigation_of(request, who)) if who else []
    return {
        "actor": who,
        "navigation": menu,
        "section_crumbs": SimpleLazyObject(lambda: section_crumbs(request.path, menu)),
        "layout": layout_for(who),
        "home_url": home_url(request, who) if who else "/",
        "languages": SimpleLazyObject(language_choices),
        "settings_tabs": settings_tabs(request, who) if who else [],
        "security_tabs": security_tabs(request) if who else [],
    }
