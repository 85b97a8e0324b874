"""Makes a socket to a server whose addresses were judged: what speaks over it cannot be led elsewhere."""

import asyncio
import socket

from apps.connectors.egress import Destination
from apps.connectors.errors import BusinessClass, RetryableError
from apps.connectors.name_service import LookUp, find_addresses

_CONNECT_SECONDS = 10.0


async def reach(destination: Destination, look_up: LookUp, timeout: float) -> socket.socket:
    """Return a socket connected to the first address that answers; all of them were judged before one is tried.

    Raises:
        EgressRefusedError: an address may not be called.
        RetryableError: the name is not known, or nobody answers.

    """
    try:
        addresses = await find_addresses(destination, look_up)
    except OSError:
        raise RetryableError(
            f"The host name {destination.host} is not known: check the address, or wait until the name service answers again.",
            business_class=BusinessClass.CONNECTION,
        ) from None
    for address in addresses:
        reached = await _try(address, destination.port, min(_CONNECT_SECONDS, timeout))
        if reached is not None:
            return reached
    raise RetryableError(
        f"{destination.host} does not accept connections right now.", business_class=BusinessClass.CONNECTION
    )


async def _try(address: str, port: int, seconds: float) -> socket.socket | None:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(0)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
    except (OSError, TimeoutError):
        made.close()
        return None
    return made
