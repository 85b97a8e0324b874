"""Keeps a connection's access token between calls, so that all workers share one and only one of them buys the next.

The token lies in this process's memory and, sealed, in Redis. The sealing key comes out of the client secret itself:
Redis alone opens nothing, and a connection with new credentials finds no token of the old ones. When Redis is gone each
process buys a token of its own.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError

from apps.connectors.auth import AccessToken
from apps.connectors.credentials import UnsealError, seal, unseal
from apps.connectors.errors import FailureKind, RemoteError

_CLAIM_SECONDS = 15  # a worker that buys a token and dies lets the next one try after so long
_LOOK_AGAIN_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 5.0
_GONE = (OSError, RedisError)
_HOPELESS = frozenset({FailureKind.AUTH_EXPIRED, FailureKind.MISCONFIGURED})


class KeyRedis(Protocol):
    """The part of a redis-py client that is used here."""

    def get(self, name: str) -> Any:
        """Return the stored bytes, None when there are none."""

    def set(self, name: str, value: Any, *, ex: int | None = None, nx: bool = False) -> Any:
        """Store for `ex` seconds; with `nx` only where nothing is, and then answer None when something was."""

    def delete(self, *names: str) -> Any:
        """Take away."""


class TokenShelf:
    """Where one connection's token lies. `secret` is what it is bought with."""

    def __init__(
        self, *, key: str, secret: str, client: KeyRedis | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        self._client = client
        self._sealing_key = hashlib.blake2b(secret.encode(), key=b"access-token", digest_size=32).digest()
        mark = hashlib.blake2b(self._sealing_key, digest_size=8).hexdigest()
        self._name, self._claim_name = f"token:{key}:{mark}", f"token-claim:{key}:{mark}"
        self._token: AccessToken | None = None

    async def take(self, *, refused: str = "") -> str:
        """Return a token that is still good and not the one just refused, "" when there is none."""
        if not self._is_good(self._token, refused):
            self._token = await self._shared()
        return self._token.text if self._token is not None and self._is_good(self._token, refused) else ""

    async def put(self, token: AccessToken) -> None:
        """Keep a new token, and let those who waited for it go on."""
        self._token = token
        if self._client is not None:
            seconds = max(1, int(token.use_until - self.clock()))
            sealed = seal(self._sealing_key, f"{token.use_until}|{token.text}", bound_to=self._name)
            await self._ask(self._client.set, self._name, sealed, ex=seconds)
            await self.let_go()

    async def claim(self) -> bool:
        """Return whether this worker is the one to buy the next token."""
        if self._client is None:
            return True
        answer = await self._ask(self._client.set, self._claim_name, b"1", ex=_CLAIM_SECONDS, nx=True)
        return answer is not None  # False when Redis is gone is still an answer: then each process buys its own

    async def let_go(self) -> None:
        """Let another worker try: this one got no token."""
        if self._client is not None:
            await self._ask(self._client.delete, self._claim_name)

    def _is_good(self, token: AccessToken | None, refused: str) -> bool:
        return token is not None and token.text != refused and self.clock() < token.use_until

    async def _shared(self) -> AccessToken | None:
        sealed = await self._ask(self._client.get, self._name) if self._client is not None else None
        if not isinstance(sealed, bytes):
            return None
        try:
            until, _, text = unseal(self._sealing_key, sealed, bound_to=self._name).partition("|")
            return AccessToken(text, float(until))
        except (UnsealError, ValueError):
            return None

    async def _ask(self, question: Callable[..., Any], *parts: Any, **named: Any) -> Any:
        try:
            return await asyncio.to_thread(question, *parts, **named)
        except _GONE:
            return False


class TokenSource:
    """Hands one door its access token: bought once, however many calls wait for it."""

    def __init__(self, shelf: TokenShelf, buy: Callable[[], Awaitable[AccessToken]]) -> None:
        self._shelf, self._buy = shelf, buy
        self._one_at_a_time = asyncio.Lock()
        self._hopeless: RemoteError | None = None

    async def current(self, *, refused: str = "") -> str:
        """Return a token to call with; `refused` is one that the system has just turned away.

        Raises what buying a token raises; credentials that were turned away once are not tried again.
        """
        async with self._one_at_a_time:
            if self._hopeless is not None:
                raise self._hopeless
            return await self._shelf.take(refused=refused) or await self._next(refused)

    async def _next(self, refused: str) -> str:
        ends_at = time.monotonic() + _LONGEST_LOOK_SECONDS
        while not await self._shelf.claim() and time.monotonic() < ends_at:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            found = await self._shelf.take(refused=refused)
            if found:
                return found
        found = await self._shelf.take(refused=refused)  # another worker may have bought one just before the claim
        try:
            token = None if found else await self._buy()
        except BaseException as error:
            self._hopeless = error if isinstance(error, RemoteError) and error.kind in _HOPELESS else None
            await self._shelf.let_go()
            raise
        if token is None:
            await self._shelf.let_go()
            return found
        await self._shelf.put(token)
        return token.text


@lru_cache(maxsize=1024)
def shelf_for(connection_id: str, secret: str, redis_url: str) -> TokenShelf:
    """Return the shelf of one connection with these credentials; the same one for the life of the process."""
    return TokenShelf(key=connection_id, secret=secret, client=_client(redis_url))


@lru_cache(maxsize=4)
def _client(redis_url: str) -> KeyRedis:
    return cast("KeyRedis", Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=1))
