"""Where people can go from every page: one table per kind of person, and the parts of the settings (pure).

Words are marked here and translated where a page is made, so that this module needs no Django.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.accounts.actions import Action, Role


def _(words: str) -> str:
    return words


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One entry of the menu; shown to those who may do `action`.

    `below` are addresses outside the entry's own that belong to it. `badge` names the figure beside it (see badges.py).
    """

    label: str
    url_name: str
    icon: str
    action: Action
    below: tuple[str, ...] = ()
    badge: str = ""


Menu = tuple[NavigationEntry, ...]
OPEN_CASES, BROKEN_CONNECTIONS, NEEDED_FROM_CUSTOMER = "open-cases", "broken-connections", "needed-from-customer"
OPEN_APPROVALS, OPEN_CHANGES = "open-approvals", "open-changes"
SETTINGS_PATHS = ("/settings/", "/people/", "/api-keys/", "/audit/", "/accounts/")

_HOME = NavigationEntry(_("Home"), "monitoring:home", "home", Action.VIEW_HOME)
_CUSTOMERS = NavigationEntry(
    _("Customers"), "customers:customer-list", "building", Action.VIEW_CUSTOMERS, ("/onboarding/",)
)
_CASES = NavigationEntry(_("Exceptions"), "monitoring:case-list", "alert-triangle", Action.VIEW_CASES, badge=OPEN_CASES)
_SERVICE = NavigationEntry(
    _("Service levels"), "monitoring:sla-list", "hourglass", Action.VIEW_CUSTOMERS, ("/cut-offs/",)
)
_APPROVALS = NavigationEntry(_("Approvals"), "flows:approval-list", "user-check", Action.APPROVE, badge=OPEN_APPROVALS)
_FLOWS = NavigationEntry(
    _("Flows"),
    "flows:flow-list",
    "arrows-exchange",
    Action.VIEW_FLOWS,
    ("/runs/", "/operations/", "/dry-runs/", "/reconciliations/", "/monitors/"),
)
_CHANGES = NavigationEntry(_("Changes"), "flows:change-list", "git-branch", Action.VIEW_FLOWS, badge=OPEN_CHANGES)
_CONNECTIONS = NavigationEntry(
    _("Connections"),
    "connectors:connection-list",
    "plug",
    Action.VIEW_CONNECTIONS,
    ("/systems/", "/private-systems/", "/providers/"),
    BROKEN_CONNECTIONS,
)
_TEMPLATES = NavigationEntry(_("Templates"), "flows:template-list", "packages", Action.VIEW_FLOWS)
_QUESTIONS = NavigationEntry(
    _("What is held up"), "monitoring:question-unposted", "coin", Action.VIEW_REPORTS, ("/questions/",)
)
_INSIGHTS = NavigationEntry(_("Insights"), "monitoring:insight-list", "zoom-exclamation", Action.VIEW_REPORTS)
_REPORTS = NavigationEntry(
    _("Reports"),
    "monitoring:reports",
    "chart-bar",
    Action.VIEW_REPORTS,
    ("/estimates/", "/my/value/", "/reviews/", "/my/reviews/"),
)
_SETTINGS = NavigationEntry(_("Settings"), "accounts:settings", "settings", Action.OWN_PROFILE, SETTINGS_PATHS)

PARTNER: Menu = (
    _HOME,
    _CUSTOMERS,
    _CASES,
    _QUESTIONS,
    _INSIGHTS,
    _SERVICE,
    _APPROVALS,
    _FLOWS,
    _CHANGES,
    _CONNECTIONS,
    _TEMPLATES,
    _REPORTS,
    _SETTINGS,
)
# Who works one part of the portal all day sees that part, in the order of the day.
BY_ROLE: dict[Role, Menu] = {
    Role.SUPPORT: (_CASES, _QUESTIONS, _INSIGHTS, _SERVICE, _CUSTOMERS, _FLOWS, _CONNECTIONS, _REPORTS, _SETTINGS),
    Role.FINANCE: (_HOME, _QUESTIONS, _INSIGHTS, _CASES, _SERVICE, _APPROVALS, _CUSTOMERS, _REPORTS, _SETTINGS),
}
CUSTOMER: Menu = (
    NavigationEntry(_("Home"), "monitoring:customer-home", "home", Action.VIEW_OWN_HEALTH),
    NavigationEntry(
        _("My flows"),
        "monitoring:customer-flows",
        "arrows-exchange",
        Action.VIEW_OWN_HEALTH,
        ("/flows/", "/runs/", "/operations/", "/my/updates/"),
    ),
    NavigationEntry(
        _("Needs me"),
        "monitoring:customer-needs",
        "user-question",
        Action.VIEW_CASES,
        ("/approvals/",),
        NEEDED_FROM_CUSTOMER,
    ),
    NavigationEntry(_("Exceptions"), "monitoring:case-list", "alert-triangle", Action.VIEW_CASES),
    _QUESTIONS,
    _INSIGHTS,
    NavigationEntry(_("Our service"), "monitoring:own-service", "hourglass", Action.VIEW_OWN_HEALTH),
    _REPORTS,
    _SETTINGS,
)
OPERATOR: Menu = (
    NavigationEntry(_("Partners"), "monitoring:partner-list", "building", Action.VIEW_PARTNERS, ("/partners/",)),
    NavigationEntry(_("Provider status"), "monitoring:fleet-provider-list", "heartbeat", Action.VIEW_PARTNERS),
    NavigationEntry(_("People"), "accounts:people", "users", Action.VIEW_PEOPLE),
    NavigationEntry(_("Audit trail"), "accounts:audit", "history", Action.VIEW_AUDIT),
    _SETTINGS,
)


@dataclass(frozen=True, slots=True)
class SettingsTab:
    """One part of the settings. `below` are addresses outside the part's own that belong to it."""

    label: str
    url_name: str
    action: Action
    below: tuple[str, ...] = ()


SECURITY_PATHS = ("/accounts/2fa/", "/accounts/password/change/", "/accounts/sessions/", "/accounts/reauthenticate/")
SETTINGS = (
    SettingsTab(_("My profile"), "accounts:profile", Action.OWN_PROFILE),
    SettingsTab(_("Security"), "mfa_index", Action.OWN_PROFILE, SECURITY_PATHS),
    SettingsTab(_("Stand-in"), "flows:stand-in", Action.APPROVE),
    SettingsTab(_("People"), "accounts:people", Action.VIEW_PEOPLE),
    SettingsTab(_("API keys"), "accounts:api-keys", Action.EDIT_API_KEYS),
    SettingsTab(_("Brand"), "accounts:brand-edit", Action.EDIT_BRAND),
    SettingsTab(_("Changes"), "flows:change-default", Action.EDIT_PEOPLE),
    SettingsTab(_("Routing"), "monitoring:routing", Action.EDIT_CUSTOMERS),
    SettingsTab(_("Alerts"), "monitoring:alerts", Action.EDIT_CUSTOMERS),
    SettingsTab(_("My alerts"), "monitoring:own-alerts", Action.VIEW_OWN_HEALTH),
    SettingsTab(_("Proposals"), "monitoring:proposal-policies", Action.EDIT_CUSTOMERS),
    SettingsTab(_("Exchange rates"), "monitoring:rates", Action.EDIT_CUSTOMERS),
    SettingsTab(_("Configuration"), "flows:partner-configuration", Action.EDIT_FLOWS),
    SettingsTab(_("Records kept"), "customers:ledger-edit", Action.EDIT_CUSTOMERS),
    SettingsTab(_("Service levels"), "monitoring:sla-settings", Action.EDIT_CUSTOMERS),
    SettingsTab(_("Audit trail"), "accounts:audit", Action.VIEW_AUDIT),
)
SECURITY = (
    SettingsTab(_("Two-step sign-in"), "mfa_index", Action.OWN_PROFILE, ("/accounts/2fa/",)),
    SettingsTab(_("Password"), "account_change_password", Action.OWN_PROFILE),
    SettingsTab(_("Signed-in devices"), "usersessions_list", Action.OWN_PROFILE),
)


def entries_for(*, is_customer: bool, is_operator: bool, actions: frozenset[Action], role: Role | None = None) -> Menu:
    """Return the menu of somebody who may do `actions`, in the order it is shown."""
    if is_customer:
        table = CUSTOMER
    elif is_operator:
        table = OPERATOR
    else:
        table = BY_ROLE.get(role, PARTNER) if role else PARTNER
    return tuple(entry for entry in table if entry.action in actions)


def settings_for(*, actions: frozenset[Action], is_operator: bool = False) -> tuple[SettingsTab, ...]:
    """Return the parts of the settings for somebody who may do `actions`; the console has no brand, keys or records."""
    not_here = (
        {
            "accounts:brand-edit",
            "accounts:api-keys",
            "customers:ledger-edit",
            "monitoring:sla-settings",
            "flows:change-default",
        }
        if is_operator
        else set()
    )
    return tuple(tab for tab in SETTINGS if tab.action in actions and tab.url_name not in not_here)


def is_below(path: str, addresses: Iterable[str]) -> int:
    """Return how many letters of `path` the best fitting address explains, 0 for none; "/" fits only itself."""
    fits = [len(a) for a in addresses if path == a or (a != "/" and path.startswith(a))]
    return max(fits, default=0)


def active_index(path: str, places: Sequence[Sequence[str]]) -> int | None:
    """Return which of the places the page at `path` belongs to: the one whose address explains most of it.

    Each place is the addresses that belong to it; the first is its own.
    """
    scores = [is_below(path, addresses) for addresses in places]
    best = max(scores, default=0)
    return scores.index(best) if best else None
