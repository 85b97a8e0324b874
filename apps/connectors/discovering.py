"""Finds out what the objects of connected systems look like: asked for by a person, after a good test, and once a day."""

import asyncio
from uuid import UUID

from django.db import transaction

from apps.connectors import shape_book
from apps.connectors.breaker import PausedError, require_closed
from apps.connectors.contract import Connector
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.models import Connection
from apps.connectors.opening import open_connector
from apps.connectors.shapes import DiscoveredShape
from apps.dispatch.leases import LeasedWork

SWEEP_KIND = "connectors.discover_old"
SWEEP_EVERY_SECONDS = 3600


def discover(work: LeasedWork) -> None:
    """Ask a connection's system what its objects look like and store it: calls happen outside any transaction."""
    with transaction.atomic():
        work.confirm()
        connection = Connection.objects.filter(id=UUID(work.reference)).first()
        if connection is None:
            return
        opened = _opened(connection)
    found = opened if isinstance(opened, str) else _asked(opened)
    with transaction.atomic():
        work.confirm()
        if isinstance(found, str):
            shape_book.finish(connection, reason=found)
        else:
            shape_book.take_in(connection.id, connection.customer_id, found)
            shape_book.finish(connection)


def sweep(work: LeasedWork) -> None:
    """Ask for a discovery of each connection that was not looked at for a day."""
    with transaction.atomic():
        work.confirm()
        shape_book.ask_for_the_old()


def _opened(connection: Connection) -> Connector | str:
    """Return the connection opened, or why it cannot be."""
    try:
        require_closed([connection.id])
        return open_connector(connection, correlation_id=f"fields-{connection.id}")
    except PausedError as paused:
        return paused.message
    except RemoteError as error:
        return error.message
    except UnsealError:
        return "A stored secret cannot be opened any more: replace it."
    except KeyError:
        return "The catalogue no longer has this system."


def _asked(connector: Connector) -> tuple[DiscoveredShape, ...] | str:
    try:
        return asyncio.run(_discovered(connector))
    except RemoteError as error:
        return error.message


async def _discovered(connector: Connector) -> tuple[DiscoveredShape, ...]:
    async with connector:
        return await connector.discover()
