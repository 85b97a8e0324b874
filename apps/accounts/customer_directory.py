"""Names of customers for accounts' own pages; the customers room, which is above, says them when it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerDirectory:
    """What the customers room answers about the open partner: names by customer id, and by the id of their people."""

    list_names: Callable[[], Mapping[UUID, str]]
    list_names_by_person: Callable[[], Mapping[UUID, str]]


_directories: list[CustomerDirectory] = []


def register(directory: CustomerDirectory) -> None:
    """Ask `directory` from now on; called once, when the customers room starts."""
    _directories[:] = [directory]


def list_customer_names() -> dict[UUID, str]:
    """Return the open partner's customers by id, in order of their names; empty where there are none."""
    return {customer_id: name for known in _directories for customer_id, name in known.list_names().items()}


def list_customer_names_by_person() -> dict[UUID, str]:
    """Return for each customer user the customers they belong to, in words."""
    return {user_id: name for known in _directories for user_id, name in known.list_names_by_person().items()}
