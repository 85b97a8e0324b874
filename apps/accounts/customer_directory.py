"""Names of customers for accounts' own pages; the customers room, which is above, says them when it starts."""

from collections.abc import Callable, Sequence
from uuid import UUID

CustomerName = tuple[UUID, str]
_listers: list[Callable[[], Sequence[CustomerName]]] = []


def register(lister: Callable[[], Sequence[CustomerName]]) -> None:
    """Ask `lister` for the (id, name) pairs of the open partner's customers from now on."""
    _listers[:] = [lister]


def list_customer_names() -> dict[UUID, str]:
    """Return the open partner's customers by id, in order of their names; empty where there are none."""
    return {customer_id: name for lister in _listers for customer_id, name in lister()}
