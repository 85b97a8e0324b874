"""Every address names the one action it demands, and only what the sweep can ask."""

import pytest

from apps.accounts.access import required_action_of
from apps.accounts.actions import ROLE_ACTIONS, Action, Role
from tests.architecture.addresses import ROW_NAMES, Address, all_addresses

ADDRESSES = all_addresses()
PLAIN_WORDS = {
    "system",
    "source",
    "template",
    "type_name",
    "target",
    "token",
    "uidb36",
    "key",
    "format",
    "secret",
    "digest",
    "number",
    "mail",
    "step",
    "record",
    "monitor",
}


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_it_names_the_action_it_demands(address: Address) -> None:
    assert isinstance(required_action_of(address.callback), Action), (
        f"{address} is open to nobody knows whom: decorate the view with @requires(Action.X) or @open_to_all"
    )
    assert all(address.demanded(method) for method in address.methods())


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_its_arguments_are_known_to_the_sweep(address: Address) -> None:
    unknown = {word for _, word in address.names} - ROW_NAMES - PLAIN_WORDS
    assert not unknown, f"{address}: add {sorted(unknown)} to tests/architecture/house.py, with a real row"


def test_every_row_is_named_by_a_uuid_never_by_a_number() -> None:
    pages = [address for address in ADDRESSES if address.has_rows and not address.is_api]
    assert pages
    assert [str(address) for address in pages if address.pattern.count("<uuid:") != _rows(address)] == []


def _rows(address: Address) -> int:
    return sum(word in ROW_NAMES for _, word in address.names)


def test_every_action_but_those_to_come_is_granted_to_somebody() -> None:
    granted = frozenset().union(*ROLE_ACTIONS.values())
    assert set(Action) - granted == set()


def test_every_role_may_do_something_and_an_owner_everything_of_a_partner() -> None:
    assert all(len(actions) > 2 for actions in ROLE_ACTIONS.values())
    for role in (Role.BUILDER, Role.OPERATIONS, Role.SUPPORT, Role.FINANCE, Role.READ_ONLY):
        assert ROLE_ACTIONS[role] <= ROLE_ACTIONS[Role.OWNER]
