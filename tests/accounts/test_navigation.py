"""The menu follows from what somebody may do, and marks where they are."""

import pytest

from apps.accounts.actions import CUSTOMER_ROLES, PLATFORM_ROLES, ROLE_ACTIONS, Role
from apps.accounts.navigation import active_index, entries_for, settings_for
from tests.service_levels import Firm

EVERYTHING = [
    "Home",
    "Customers",
    "Exceptions",
    "What is held up",
    "Insights",
    "Service levels",
    "Flows",
    "Changes",
    "Connections",
    "Templates",
    "Reports",
    "Settings",
]
WITH_APPROVALS = [*EVERYTHING[:6], "Approvals", *EVERYTHING[6:]]
OF_A_CUSTOMER = [
    "Home",
    "My flows",
    "Needs me",
    "Exceptions",
    "What is held up",
    "Insights",
    "Our service",
    "Reports",
    "Settings",
]
REPORTED = {"Reports", "What is held up", "Insights"}


def _labels(role: Role) -> list[str]:
    entries = entries_for(
        is_customer=role in CUSTOMER_ROLES, is_operator=role in PLATFORM_ROLES, actions=ROLE_ACTIONS[role], role=role
    )
    return [entry.label for entry in entries]


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.OWNER, WITH_APPROVALS),
        (Role.OPERATIONS, EVERYTHING),
        (Role.READ_ONLY, EVERYTHING),
        (
            Role.SUPPORT,
            [
                "Exceptions",
                "What is held up",
                "Insights",
                "Service levels",
                "Customers",
                "Flows",
                "Connections",
                "Reports",
                "Settings",
            ],
        ),
        (
            Role.FINANCE,
            [
                "Home",
                "What is held up",
                "Insights",
                "Exceptions",
                "Service levels",
                "Approvals",
                "Customers",
                "Reports",
                "Settings",
            ],
        ),
        (Role.FINANCE_APPROVER, OF_A_CUSTOMER),
        (Role.CUSTOMER_VIEWER, [label for label in OF_A_CUSTOMER if label not in REPORTED]),
        (Role.OPERATOR, ["Partners", "Provider status", "People", "Audit trail", "Settings"]),
    ],
    ids=lambda value: value.value if isinstance(value, Role) else "",
)
def test_a_role_sees_its_own_menu(role: Role, labels: list[str]) -> None:
    assert _labels(role) == labels


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (
            Role.OWNER,
            [
                "My profile",
                "Security",
                "Stand-in",
                "People",
                "API keys",
                "Brand",
                "Changes",
                "Routing",
                "Alerts",
                "Proposals",
                "Exchange rates",
                "Configuration",
                "Records kept",
                "Service levels",
                "Audit trail",
            ],
        ),
        (Role.OPERATIONS, ["My profile", "Security", "People"]),
        (Role.SUPPORT, ["My profile", "Security"]),
        (Role.CUSTOMER_OWNER, ["My profile", "Security", "Stand-in", "My alerts"]),
        (Role.OPERATOR, ["My profile", "Security", "People", "Audit trail"]),
    ],
    ids=lambda value: value.value if isinstance(value, Role) else "",
)
def test_a_role_sees_its_own_parts_of_the_settings(role: Role, labels: list[str]) -> None:
    tabs = settings_for(actions=ROLE_ACTIONS[role], is_operator=role in PLATFORM_ROLES)
    assert [tab.label for tab in tabs] == labels


PLACES = [("/",), ("/customers/", "/onboarding/"), ("/flows/", "/runs/", "/operations/"), ("/flows/templates/",)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 0),
        ("/customers/", 1),
        ("/customers/1/flows/", 1),
        ("/onboarding/7/", 1),
        ("/runs/9/", 2),
        ("/flows/templates/approved-time/", 3),
        ("/accounts/password/", None),
    ],
    ids=[
        "the home page",
        "a list",
        "a page below a list",
        "a part that lives elsewhere",
        "a run belongs to the flows",
        "the longest address wins",
        "no entry",
    ],
)
def test_it_marks_the_entry_the_page_belongs_to(path: str, expected: int | None) -> None:
    assert active_index(path, PLACES) == expected


@pytest.mark.parametrize("role", [Role.OWNER, Role.OPERATIONS, Role.READ_ONLY, Role.SUPPORT])
def test_the_monitors_are_one_step_from_the_menu(firm: Firm, role: Role) -> None:
    browser = firm.browser(role)
    flows = browser.get("/flows/").content.decode()
    assert 'href="/monitors/">Monitors</a>' in flows
    page = browser.get("/monitors/").content.decode()
    assert 'href="/flows/">All flows</a>' in page
    marked = page[page.index('aria-current="page"') - 200 : page.index('aria-current="page"')]
    assert 'href="/flows/"' in marked


def test_who_may_not_see_flows_has_no_monitors_either(firm: Firm) -> None:
    assert firm.browser(Role.FINANCE_APPROVER).get("/monitors/").status_code in {403, 404}
