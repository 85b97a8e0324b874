"""Keeps a connection's access token between calls, so that all workers share one and only one of them buys the next.

The token lies in this process's memory and, sealed, in Redis. The sealing key comes out of the client secret itself:
Redis alone opens nothing, and a connection with new credentials finds no token of the old ones. When Redis is gone each
process buys a token of its own.
"""

import asyncio
import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError

from apps.connectors.credentials import UnsealError, seal, unseal
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError, RetryableError
from apps.connectors.grants import AccessToken, TokenAnswer

_CLAIM_SECONDS = 15  # a worker that buys a token and dies lets the next one try after so long
_LOOK_AGAIN_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 5.0
_LONGEST_RENEWAL_SECONDS = 20.0  # what one worker waits while another renews
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


class TokenSource(ABC):
    """Hands one door its access token: gotten once, however many calls wait for it."""

    def __init__(self, shelf: TokenShelf) -> None:
        self._shelf = shelf
        self._one_at_a_time = asyncio.Lock()
        self._hopeless: RemoteError | None = None

    async def current(self, *, refused: str = "") -> str:
        """Return a token to call with; `refused` is one that the system has just turned away.

        Raises what getting a token raises; credentials that were turned away once are not tried again.
        """
        async with self._one_at_a_time:
            if self._hopeless is not None:
                raise self._hopeless
            return await self._shelf.take(refused=refused) or await self._next(refused)

    async def settle(self) -> None:
        """Return when nothing is under way that must not be cut short."""
        return

    @abstractmethod
    async def _next(self, refused: str) -> str:
        """Get the next token, or find the one that another worker got. Raises RemoteError."""


class BoughtSource(TokenSource):
    """Hands one door its access token where that is bought with the connection's own secrets, as often as needed."""

    def __init__(self, shelf: TokenShelf, buy: Callable[[], Awaitable[AccessToken]]) -> None:
        super().__init__(shelf)
        self._buy = buy

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


@dataclass(frozen=True, slots=True, repr=False)
class Borrowed:
    """A refresh token in one worker's hand. `generation` tells it from those before and after it."""

    token: str
    generation: int


class RefreshKeeper(Protocol):
    """Keeps one connection's refresh token for all workers. Its methods block: they are called in a thread."""

    def borrow(self) -> Borrowed | None:
        """Return the token to exchange, None while another worker has it."""

    def keep(self, borrowed: Borrowed, new_token: str) -> None:
        """Store what it was exchanged for, durably, and let others borrow; "" when the old one stays good."""

    def give_back(self, borrowed: Borrowed) -> None:
        """Let others borrow: it was not exchanged."""

    def note_refused(self, borrowed: Borrowed, reason: str) -> None:
        """The system does not take it any more: a person must sign in again."""


class RenewingSource(TokenSource):
    """Hands one door its access token where that is bought with a refresh token, which each use may replace.

    Such a token in two hands at once can end the whole sign-in, so one worker at a time borrows it, and what the system
    gave in exchange is stored before anything else is done with the answer. One loss is left: a process that dies between
    the answer and the storing takes the new token with it. Where the system still takes the old one for a while (Xero: 30
    minutes) the next worker mends it, elsewhere a person signs in again. A call that is given up does not do that harm:
    the exchange goes on behind it, and `settle` waits for it.
    """

    def __init__(
        self, shelf: TokenShelf, keeper: RefreshKeeper, exchange: Callable[[str], Awaitable[TokenAnswer]]
    ) -> None:
        super().__init__(shelf)
        self._keeper, self._exchange = keeper, exchange
        self._renewal: asyncio.Task[str] | None = None

    async def settle(self) -> None:
        """Return when no exchange is under way."""
        if self._renewal is not None and not self._renewal.done():
            await asyncio.wait({self._renewal})

    async def _next(self, refused: str) -> str:
        await self.settle()  # of a call that was given up
        found = await self._shelf.take(refused=refused)
        if found:
            return found
        ends_at = time.monotonic() + _LONGEST_RENEWAL_SECONDS
        while (borrowed := await asyncio.to_thread(self._keeper.borrow)) is None:
            if time.monotonic() > ends_at:
                raise RetryableError(
                    "Another worker has been renewing the sign-in for too long: this is tried again.",
                    business_class=BusinessClass.TIMEOUT,
                )
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            if found := await self._shelf.take(refused=refused):
                return found
        self._renewal = asyncio.create_task(self._renew(borrowed, refused))
        self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._renewal)

    async def _renew(self, borrowed: Borrowed, refused: str) -> str:
        found = await self._shelf.take(refused=refused)  # another worker may have put one there just before
        if found:
            await asyncio.to_thread(self._keeper.give_back, borrowed)
            return found
        try:
            answer = await self._exchange(borrowed.token)
        except RemoteError as error:
            self._hopeless = error if error.kind in _HOPELESS else None
            if error.kind is FailureKind.AUTH_EXPIRED:
                await asyncio.to_thread(self._keeper.note_refused, borrowed, error.message)
            else:
                await asyncio.to_thread(self._keeper.give_back, borrowed)
            raise
        await asyncio.to_thread(self._keeper.keep, borrowed, answer.refresh_token)
        await self._shelf.put(answer.access)
        return answer.access.text


@lru_cache(maxsize=1024)
def shelf_for(connection_id: str, secret: str, redis_url: str) -> TokenShelf:
    """Return the shelf of one connection with these credentials; the same one for the life of the process."""
    return TokenShelf(key=connection_id, secret=secret, client=_client(redis_url))


@lru_cache(maxsize=4)
def _client(redis_url: str) -> KeyRedis:
    return cast("KeyRedis", Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=1))
