"""The menu follows from what somebody may do."""

import pytest

from apps.accounts.actions import CUSTOMER_ROLES, PLATFORM_ROLES, ROLE_ACTIONS, Role
from apps.accounts.navigation import active_path, entries_for


def _labels(role: Role) -> list[str]:
    entries = entries_for(
        is_customer=role in CUSTOMER_ROLES, is_operator=role in PLATFORM_ROLES, actions=ROLE_ACTIONS[role]
    )
    return [entry.label for entry in entries]


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (
            Role.OWNER,
            ["Home", "Customers", "Exceptions", "Flows", "Connections", "People", "API keys", "Brand", "Audit trail"],
        ),
        (Role.OPERATIONS, ["Home", "Customers", "Exceptions", "Flows", "Connections", "People"]),
        (Role.FINANCE, ["Home", "Customers", "Exceptions", "Flows"]),
        (Role.READ_ONLY, ["Home", "Customers", "Exceptions", "Flows", "Connections"]),
        (Role.CUSTOMER_VIEWER, ["Overview", "Needs attention", "Activity"]),
        (Role.OPERATOR, ["Partners", "People", "Audit trail"]),
    ],
    ids=lambda value: value.value if isinstance(value, Role) else "",
)
def test_a_role_sees_its_own_menu(role: Role, labels: list[str]) -> None:
    assert _labels(role) == labels


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/customers/", "/customers/"),
        ("/customers/1/flows/", "/customers/"),
        ("/cases/", "/cases/"),
        ("/cases/archive/2/", "/cases/archive/"),
        ("/accounts/password/", None),
    ],
    ids=[
        "the home page",
        "a list",
        "a page below a list",
        "a shorter one beside a longer",
        "the longest wins",
        "no entry",
    ],
)
def test_it_marks_the_entry_the_page_belongs_to(path: str, expected: str | None) -> None:
    assert active_path(path, ["/", "/customers/", "/cases/", "/cases/archive/"]) == expected
