"""What a customer's colleague does through a link: one system's access, stored or replaced, and tested at once."""

from django.db import transaction

from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.services import NewConnection, change_connection, create_connection, set_secrets
from apps.customers.models import Customer


def give_access(customer: Customer, known: Connection | None, wanted: NewConnection) -> ConnectionTest:
    """Connect a system, or give a known connection another address and other secrets, and ask for a test.

    Raises:
        ValidationError: the address, a secret or a setting is wrong; the message names it.

    """
    with transaction.atomic():
        if known is None:
            connection = create_connection(customer, _with_free_name(customer, wanted))
        else:
            connection = change_connection(
                known, name=known.name, base_url=wanted.base_url, values={**known.settings, **wanted.settings}
            )
            set_secrets(connection, wanted.secrets)
        return request_test(connection)


def _with_free_name(customer: Customer, wanted: NewConnection) -> NewConnection:
    """Give the connection a number behind its name when the customer has one of that name already."""
    taken = set(Connection.objects.filter(customer=customer).values_list("name", flat=True))
    names = [wanted.name, *(f"{wanted.name} {number}" for number in range(2, len(taken) + 3))]
    free = next(name for name in names if name not in taken)
    return NewConnection(
        system=wanted.system,
        name=free,
        base_url=wanted.base_url,
        secrets=wanted.secrets,
        settings=wanted.settings,
        environment=wanted.environment,
    )
