"""Asks the name service where a host lies, and judges what it says: both doors connect to what comes from here only."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from apps.connectors.egress import Destination, check_address

LookUp = Callable[[str, int], Awaitable[list[str]]]  # host, port -> addresses


async def look_up_addresses(host: str, port: int) -> list[str]:
    """Return the host's addresses, each once, in the order in which they should be tried. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def find_addresses(destination: Destination, look_up: LookUp) -> list[str]:
    """Return where a destination may be connected to. One forbidden address refuses the host.

    Raises:
        EgressRefusedError: an address is not a public one, and the operator did not allow the destination.
        OSError: the name is not known.

    """
    addresses = await look_up(destination.host, destination.port)
    for address in addresses:
        check_address(destination, address)
    return addresses
