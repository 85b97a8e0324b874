"""Asks the name service where a host lies; both doors judge what it says before they connect."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

LookUp = Callable[[str, int], Awaitable[list[str]]]  # host, port -> addresses


async def look_up_addresses(host: str, port: int) -> list[str]:
    """Return the host's addresses, each once, in the order in which they should be tried. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
