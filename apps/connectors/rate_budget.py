"""One call budget per connection for all workers: a token bucket in Redis, asked for in chunks.

A worker takes a handful of tokens at a time, so a call costs no round trip. When Redis is gone, each process goes on
with its own small share of the published limit: slower, never faster than the system allows.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError

from apps.connectors.errors import RateLimitedError
from apps.connectors.manifest import Limits

LONGEST_WAIT_SECONDS = 20.0  # longer waits leave the worker and become due work
_CHUNK_LIFE_SECONDS = 2.0
_RETRY_REDIS_SECONDS = 5.0
_LARGEST_CHUNK = 20
_LIKELY_WORKERS = 8


class RateBudget(Protocol):
    """Allows calls at the pace the system permits."""

    async def take(self) -> None:
        """Return when one call may be made. Raises RateLimitedError when that is too far away."""

    async def hold(self, seconds: float) -> None:
        """Let nobody call for so long: the system has said so."""


class NoBudget:
    """For systems that publish no limit: costs nothing."""

    async def take(self) -> None:
        """Return at once."""

    async def hold(self, seconds: float) -> None:
        """Ignore the request: the caller already waits."""


class TokenRedis(Protocol):
    """The part of a redis-py client that is used here."""

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
        """Run a Lua script."""


# KEYS: bucket, hold. ARGV: capacity, tokens a second, wanted. Answers {granted, milliseconds until the next one}.
# The clock is Redis's own, so that workers with wrong clocks share one truth.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local held = redis.call('PTTL', KEYS[2])
if held > 0 then return {0, held} end
local capacity, rate, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000, tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * rate)
local granted = math.min(wanted, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate) + 1000)
local wait = 0
if granted == 0 then wait = math.ceil((1 - tokens) / rate) end
return {granted, wait}
"""
HOLD = "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end return 1"


class RedisBudget:
    """A token bucket shared by all workers; `key` names the connection."""

    def __init__(
        self, client: TokenRedis, *, key: str, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if limits.calls is None:
            raise ValueError("A system without a published limit takes NoBudget.")
        self._client = client
        self._bucket_key, self._hold_key = f"budget:{key}", f"budget-hold:{key}"
        self._calls, self._rate = limits.calls, limits.calls / limits.seconds
        self._chunk = max(1, min(_LARGEST_CHUNK, int(self._rate)))
        self._clock = clock
        self._tokens, self._tokens_until = 0, 0.0
        self._local = _LocalBucket(max(1.0, limits.calls / _LIKELY_WORKERS), self._rate / _LIKELY_WORKERS, clock)
        self._redis_again_at = 0.0
        self._asking = asyncio.Lock()

    async def take(self) -> None:
        """Return when one call may be made.

        Raises:
            RateLimitedError: the next token is more than 20 seconds away.

        """
        if self._spend():
            return
        async with self._asking:
            while not self._spend():
                granted, wait = await self._ask()
                if granted:
                    self._tokens, self._tokens_until = granted, self._clock() + _CHUNK_LIFE_SECONDS
                else:
                    await self._wait(wait)

    async def hold(self, seconds: float) -> None:
        """Let no worker call this system for so long."""
        self._tokens = 0
        self._local.hold(seconds)
        try:
            await asyncio.to_thread(self._client.eval, HOLD, 1, self._hold_key, max(1, int(seconds * 1000)))
        except (OSError, RedisError):
            self._redis_again_at = self._clock() + _RETRY_REDIS_SECONDS

    def _spend(self) -> bool:
        if self._tokens > 0 and self._clock() < self._tokens_until:
            self._tokens -= 1
            return True
        return False

    async def _ask(self) -> tuple[int, float]:
        if self._clock() < self._redis_again_at:
            return self._local.take()
        try:
            granted, wait = await asyncio.to_thread(
                self._client.eval, TAKE, 2, self._bucket_key, self._hold_key, self._calls, self._rate, self._chunk
            )
        except (OSError, RedisError):
            self._redis_again_at = self._clock() + _RETRY_REDIS_SECONDS
            return self._local.take()
        return int(granted), float(wait) / 1000

    async def _wait(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT_SECONDS:
            raise RateLimitedError(
                "The system's call limit is used up for now: the work goes on by itself later.",
                until=datetime.now(UTC) + timedelta(seconds=seconds),
            )
        await asyncio.sleep(seconds)


class _LocalBucket:
    """This process's share while Redis is away."""

    def __init__(self, capacity: float, rate: float, clock: Callable[[], float]) -> None:
        self._capacity, self._rate, self._clock = capacity, rate, clock
        self._tokens, self._at = 1.0, clock()

    def take(self) -> tuple[int, float]:
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = max(now, self._at)
        if self._at > now:
            return 0, self._at - now
        if self._tokens >= 1:
            self._tokens -= 1
            return 1, 0.0
        return 0, (1 - self._tokens) / self._rate

    def hold(self, seconds: float) -> None:
        self._tokens, self._at = 1.0, self._clock() + seconds


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """How much of a connection's call limit is used in the present window, tokens that workers hold ready included.

    `held_seconds` is for how long the system has said that nobody may call it, 0 when it has not.
    """

    used: int
    calls: int
    seconds: int
    held_seconds: int

    @property
    def percent(self) -> int:
        """Return the share that is used, 0 to 100."""
        return min(100, 100 * self.used // self.calls)


def read_use(connection_id: str, limits: Limits, redis_url: str) -> BudgetUse | None:
    """Return how much of a connection's call limit is used, None for a system without one. Raises RedisError."""
    if limits.calls is None:
        return None
    asked = cast("Redis", _client(redis_url)).pipeline(transaction=False)
    asked.hmget(f"budget:{connection_id}", "tokens", "at")
    asked.pttl(f"budget-hold:{connection_id}")
    asked.time()
    (tokens, at), held, (seconds, micros) = asked.execute()
    left = float(limits.calls)
    if tokens is not None and at is not None:
        passed = seconds + micros / 1_000_000 - float(at) / 1000
        left = min(left, float(tokens) + max(0.0, passed) * limits.calls / limits.seconds)
    return BudgetUse(limits.calls - int(left), limits.calls, limits.seconds, max(0, -(-held // 1000)))


def budget_for(connection_id: str, limits: Limits, redis_url: str) -> RateBudget:
    """Return the budget of one connection: none where the system publishes no limit."""
    if limits.calls is None:
        return NoBudget()
    return RedisBudget(_client(redis_url), key=connection_id, limits=limits)


@lru_cache(maxsize=4)
def _client(redis_url: str) -> TokenRedis:
    """One pool for a process; the short time-outs let the local share take over quickly."""
    return cast("TokenRedis", Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=1))
