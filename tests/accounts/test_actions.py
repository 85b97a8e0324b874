"""The one table of who may do what."""

import pytest

from apps.accounts.actions import (
    ACTION_LABELS,
    CUSTOMER_ROLES,
    KEY_ACTIONS,
    PARTNER_ROLES,
    PLATFORM_ROLES,
    ROLE_ACTIONS,
    ROLE_LABELS,
    ROLE_SENTENCES,
    Action,
    Role,
    allowed,
)

A = Action
_EVERYBODY = {A.PUBLIC, A.OWN_PROFILE}
_LOOK = {A.VIEW_HOME, A.VIEW_CUSTOMERS, A.VIEW_CONNECTIONS, A.VIEW_FLOWS, A.VIEW_RUNS, A.VIEW_CASES, A.VIEW_REPORTS}
_REPORTED_TO = {A.VIEW_OWN_HEALTH, A.VIEW_CASES, A.VIEW_RUNS, A.VIEW_REPORTS, A.VIEW_OWN_REPORTS}
# Written out once more on purpose: a right given away by mistake must show as a difference between two tables.
EXPECTED: dict[Role, set[Action]] = {
    Role.OWNER: set(Action)
    - {A.VIEW_OWN_HEALTH, A.VIEW_OWN_REPORTS, A.CORRECT_OWN, A.DEFER_UPDATES, A.VIEW_PARTNERS, A.MANAGE_PARTNERS},
    Role.BUILDER: _EVERYBODY
    | _LOOK
    | {A.EDIT_CUSTOMERS, A.EDIT_CONNECTIONS, A.TEST_CONNECTIONS, A.EDIT_FLOWS, A.RUN_FLOWS, A.VIEW_PAYLOADS}
    | {A.WORK_CASES, A.EDIT_AND_RETRY, A.VIEW_PEOPLE},
    Role.OPERATIONS: _EVERYBODY
    | _LOOK
    | {A.TEST_CONNECTIONS, A.RUN_FLOWS, A.VIEW_PAYLOADS, A.WORK_CASES, A.EDIT_AND_RETRY, A.VIEW_PEOPLE}
    | {A.APPROVE_CHANGES},
    Role.SUPPORT: _EVERYBODY | _LOOK | {A.TEST_CONNECTIONS, A.VIEW_PAYLOADS, A.WORK_CASES},
    Role.FINANCE: _EVERYBODY
    | _LOOK - {A.VIEW_CONNECTIONS}
    | {A.WORK_CASES, A.EDIT_AND_RETRY, A.APPROVE, A.APPROVE_REVIEWS},
    Role.READ_ONLY: _EVERYBODY | _LOOK,
    Role.CUSTOMER_OWNER: _EVERYBODY | _REPORTED_TO | {A.APPROVE, A.CORRECT_OWN, A.DEFER_UPDATES},
    Role.FINANCE_APPROVER: _EVERYBODY | _REPORTED_TO | {A.APPROVE, A.CORRECT_OWN},
    Role.DELIVERY_LEAD: _EVERYBODY | _REPORTED_TO,
    Role.CUSTOMER_VIEWER: _EVERYBODY | {A.VIEW_OWN_HEALTH, A.VIEW_CASES, A.VIEW_RUNS},
    Role.OPERATOR: _EVERYBODY | {A.VIEW_PARTNERS, A.MANAGE_PARTNERS, A.VIEW_PEOPLE, A.EDIT_PEOPLE, A.VIEW_AUDIT},
}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
@pytest.mark.parametrize("action", list(Action), ids=lambda action: action.value)
def test_a_role_may_do_exactly_what_the_table_says(role: Role, action: Action) -> None:
    assert allowed(role, action) == (action in EXPECTED[role])


def test_every_role_is_of_exactly_one_kind() -> None:
    assert set(Role) == PARTNER_ROLES | CUSTOMER_ROLES | PLATFORM_ROLES
    assert len(PARTNER_ROLES) + len(CUSTOMER_ROLES) + len(PLATFORM_ROLES) == len(Role)


def test_every_role_and_action_has_words() -> None:
    assert set(ROLE_LABELS) == set(ROLE_SENTENCES) == set(ROLE_ACTIONS) == set(Role)
    assert set(ACTION_LABELS) == set(Action)


def test_it_keeps_people_of_customers_away_from_everything_of_the_partner() -> None:
    partner_only = {A.VIEW_CUSTOMERS, A.VIEW_CONNECTIONS, A.VIEW_PAYLOADS, A.VIEW_PEOPLE, A.VIEW_AUDIT, A.VIEW_HOME}
    assert all(not ROLE_ACTIONS[role] & partner_only for role in CUSTOMER_ROLES)


def test_an_api_key_can_never_manage_people_keys_brand_or_partners() -> None:
    kept = {A.EDIT_PEOPLE, A.EDIT_API_KEYS, A.EDIT_BRAND, A.MANAGE_PARTNERS, A.VIEW_AUDIT, A.VIEW_PEOPLE}
    assert not kept & set(KEY_ACTIONS)
