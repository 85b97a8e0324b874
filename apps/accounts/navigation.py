"""Where people can go from every page: one table per kind of person (pure)."""

from dataclasses import dataclass

from apps.accounts.actions import Action


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One entry of the menu; shown to those who may do `action`."""

    label: str
    url_name: str
    icon: str
    action: Action


PARTNER: tuple[NavigationEntry, ...] = (
    NavigationEntry("Home", "monitoring:home", "home", Action.VIEW_HOME),
    NavigationEntry("Customers", "customers:customer-list", "building", Action.VIEW_CUSTOMERS),
    NavigationEntry("Exceptions", "monitoring:case-list", "alert-triangle", Action.VIEW_CASES),
    NavigationEntry("Flows", "flows:flow-list", "arrows-exchange", Action.VIEW_FLOWS),
    NavigationEntry("Connections", "connectors:connection-list", "plug", Action.VIEW_CONNECTIONS),
    NavigationEntry("People", "accounts:people", "users", Action.VIEW_PEOPLE),
    NavigationEntry("API keys", "accounts:api-keys", "key", Action.EDIT_API_KEYS),
    NavigationEntry("Brand", "accounts:brand-edit", "palette", Action.EDIT_BRAND),
    NavigationEntry("Audit trail", "accounts:audit", "history", Action.VIEW_AUDIT),
)
CUSTOMER: tuple[NavigationEntry, ...] = (
    NavigationEntry("Overview", "monitoring:customer-home", "home", Action.VIEW_OWN_HEALTH),
    NavigationEntry("Needs attention", "monitoring:case-list", "alert-triangle", Action.VIEW_CASES),
    NavigationEntry("Activity", "flows:run-list", "history", Action.VIEW_RUNS),
)
OPERATOR: tuple[NavigationEntry, ...] = (
    NavigationEntry("Partners", "monitoring:partner-list", "building", Action.VIEW_PARTNERS),
    NavigationEntry("People", "accounts:people", "users", Action.VIEW_PEOPLE),
    NavigationEntry("Audit trail", "accounts:audit", "history", Action.VIEW_AUDIT),
)


def entries_for(*, is_customer: bool, is_operator: bool, actions: frozenset[Action]) -> tuple[NavigationEntry, ...]:
    """Return the menu of somebody who may do `actions`, in the order it is shown."""
    table = CUSTOMER if is_customer else OPERATOR if is_operator else PARTNER
    return tuple(entry for entry in table if entry.action in actions)


def active_path(path: str, addresses: list[str]) -> str | None:
    """Return the address the present page belongs to: the longest that `path` starts with; "/" only for itself."""
    fitting = [address for address in addresses if path == address or (address != "/" and path.startswith(address))]
    return max(fitting, key=len, default=None)
