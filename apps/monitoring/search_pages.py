"""Pages, settings and things to do, found by their words: the part of the search that needs no database."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.navigation import SECURITY, settings_for
from apps.accounts.page_frame import address_of, navigation_of
from apps.monitoring.search import Group, Hit

MOST_PAGES = 8


@dataclass(frozen=True, slots=True)
class _Deed:
    label: str
    url_name: str
    icon: str
    action: Action


_DEEDS = (
    _Deed(gettext_noop("Add a customer"), "customers:customer-create", "plus", Action.EDIT_CUSTOMERS),
    _Deed(gettext_noop("Start an onboarding"), "flows:onboarding-start", "flag", Action.EDIT_CUSTOMERS),
    _Deed(gettext_noop("Add a connection"), "connectors:connection-create", "plug", Action.EDIT_CONNECTIONS),
    _Deed(gettext_noop("Install a flow"), "flows:flow-install", "packages", Action.EDIT_FLOWS),
    _Deed(gettext_noop("Invite a person"), "accounts:person-invite", "user-plus", Action.EDIT_PEOPLE),
    _Deed(gettext_noop("New API key"), "accounts:api-key-create", "key", Action.EDIT_API_KEYS),
    _Deed(gettext_noop("Add a partner"), "monitoring:partner-create", "plus", Action.MANAGE_PARTNERS),
)
_MORE_PAGES = (
    _Deed(gettext_noop("Customers being onboarded"), "flows:onboarding-board", "flag", Action.VIEW_CUSTOMERS),
    _Deed(gettext_noop("Runs"), "flows:run-list", "history", Action.VIEW_FLOWS),
    _Deed(gettext_noop("Reconciliations"), "flows:reconciliation-list", "scale", Action.VIEW_FLOWS),
    _Deed(gettext_noop("Approvals"), "flows:approval-list", "user-check", Action.APPROVE),
    _Deed(gettext_noop("Systems that can be connected"), "connectors:system-list", "packages", Action.VIEW_CONNECTIONS),
)


def find_pages(request: HttpRequest, who: Actor, typed: str) -> list[Group]:
    """Return the pages and deeds whose words begin with what was typed; all of them while nothing was typed."""
    pages = tuple(hit for hit in _pages(request, who) if _fits(hit, typed))[:MOST_PAGES]
    deeds = tuple(hit for hit in _places(request, who, _DEEDS) if _fits(hit, typed))[:MOST_PAGES]
    groups = [Group("pages", _("Pages"), pages), Group("deeds", _("Actions"), deeds)]
    return [group for group in groups if group.hits]


def _pages(request: HttpRequest, who: Actor) -> list[Hit]:
    menu = [Hit(entry["label"], "", entry["url"], entry["icon"]) for entry in navigation_of(request, who)]
    parts = settings_for(actions=who.actions, is_operator=who.is_operator)
    settings = [
        Hit(_(tab.label), _("Settings"), url, "settings")
        for tab in (*parts, *SECURITY)
        if (url := address_of(request, tab.url_name)) is not None
    ]
    return list({hit.label: hit for hit in reversed([*menu, *_places(request, who, _MORE_PAGES), *settings])}.values())[
        ::-1
    ]


def _places(request: HttpRequest, who: Actor, deeds: tuple[_Deed, ...]) -> list[Hit]:
    return [
        Hit(_(deed.label), "", url, deed.icon)
        for deed in deeds
        if who.can(deed.action) and (url := address_of(request, deed.url_name)) is not None
    ]


def _fits(hit: Hit, typed: str) -> bool:
    words = f"{hit.label} {hit.note}".casefold().replace("-", " ").split()
    return all(any(word.startswith(part) for word in words) for part in typed.casefold().replace("-", " ").split())
