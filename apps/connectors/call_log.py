"""The last calls of each connection, kept for a day in Redis so that people can look at them; no call waits for it.

A door notes its calls in memory; every two seconds, and when it closes, a thread of the process writes them down. Whatever
cannot be written is dropped: the ledger is the record of what was done, this is a look over the shoulder. Bodies are kept
of calls that failed and of a few that went well, redacted and cut, and of none where the customer keeps no contents.
"""

import os
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

import orjson
import structlog
from redis import Redis
from redis.exceptions import RedisError

from apps.connectors.contract import Exchange
from apps.connectors.redaction import redact_body
from apps.connectors.telemetry import answer_group

KEPT_WELL, KEPT_FAILED = 150, 50
LIFE_SECONDS = 24 * 3600
_BODY_CAP = 2048
_LARGEST_SAMPLE = 16 * 1024  # larger bodies of calls that went well are not looked at: they cost more than they tell
_SAMPLES, _LINES = 2, 25  # of calls that went well, each time the door tells
_TELL_EVERY_SECONDS = 2.0
_MOST_WAITING = 500
_RETRY_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call as it is kept. `status` None means that no answer came; bodies are "" where none are kept."""

    at: datetime
    method: str
    url: str
    status: int | None
    milliseconds: int
    purpose: str  # the correlation id it was made under: "test-..." of a connection test, else a run's
    request: str = ""
    response: str = ""

    @property
    def failed(self) -> bool:
        """Return whether the call brought no answer, or a refusal."""
        return self.status is None or self.status >= 400

    @property
    def has_bodies(self) -> bool:
        """Return whether what was sent or answered is kept."""
        return bool(self.request or self.response)


@dataclass(frozen=True, slots=True)
class DayOfCalls:
    """How many calls were made on the present day (UTC), and how many of them failed or came too often."""

    made: int = 0
    failed: int = 0
    too_often: int = 0


@dataclass(slots=True)
class _Told:
    """What a door hands to the writer."""

    key: str
    member: str
    limited_key: str
    redis_url: str
    counts: Counter[str]
    lines: list[tuple[float, Exchange, bytes | None, bytes | None]]
    secrets: tuple[str, ...]
    purpose: str


class CallLog:
    """Takes down the calls of one door. Give it to `Door(log=...)`; `settle` waits for what was told so far."""

    def __init__(
        self, partner_id: object, connection_id: UUID, redis_url: str, *, purpose: str = "", bodies: bool = True
    ) -> None:
        self._key, self._limited = _key(partner_id, connection_id), _limited_key(partner_id)
        self._member, self._redis_url, self._purpose, self._bodies = str(connection_id), redis_url, purpose, bodies
        self._told_at = time.time()
        self._secrets: tuple[str, ...] = ()
        self._forget()

    def note(self, exchange: Exchange, sent: bytes | None, received: bytes, secrets: tuple[str, ...]) -> None:
        """Take down one call. `sent` and `received` as they were: they are redacted before they leave the process."""
        now = time.time()
        self._counts[answer_group(exchange.status)] += 1
        self._secrets = secrets
        if exchange.status is None or exchange.status >= 400:
            self._failed.append((now, exchange, None, None))
        else:
            self._well.append((now, exchange, None, None))
            if self._bodies and len(received) <= _LARGEST_SAMPLE and len(sent or b"") <= _LARGEST_SAMPLE:
                self._samples.append((now, exchange, sent, received))
        if now - self._told_at > _TELL_EVERY_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Hand what was noted to the writer, and begin anew."""
        if not self._counts:
            return
        self._told_at = time.time()
        sampled = {id(line[1]) for line in self._samples}
        lines = [line for line in self._well if id(line[1]) not in sampled]
        lines += [*self._samples, *(self._shown(line) for line in self._failed)]
        told = _Told(
            self._key, self._member, self._limited, self._redis_url, self._counts, lines, self._secrets, self._purpose
        )
        _writer().put(told)
        self._forget()

    def _shown(
        self, line: tuple[float, Exchange, bytes | None, bytes | None]
    ) -> tuple[float, Exchange, bytes | None, bytes | None]:
        if self._bodies:
            return line
        at, seen = line[0], line[1]
        return at, Exchange(seen.method, seen.url, seen.status, seen.milliseconds), None, None

    def _forget(self) -> None:
        self._counts: Counter[str] = Counter()
        self._well: deque[tuple[float, Exchange, bytes | None, bytes | None]] = deque(maxlen=_LINES)
        self._samples: deque[tuple[float, Exchange, bytes | None, bytes | None]] = deque(maxlen=_SAMPLES)
        self._failed: deque[tuple[float, Exchange, bytes | None, bytes | None]] = deque(maxlen=KEPT_FAILED)


def read_calls(partner_id: object, connection_id: UUID, redis_url: str, *, only_failed: bool) -> list[LoggedCall]:
    """Return the last calls of a connection, the newest first. Raises RedisError when the store does not answer."""
    key = _key(partner_id, connection_id)
    asked = _client(redis_url).pipeline(transaction=False)
    asked.lrange(f"{key}:failed", 0, KEPT_FAILED - 1)
    if not only_failed:
        asked.lrange(f"{key}:well", 0, KEPT_WELL - 1)
    found = [_read(line) for lines in asked.execute() for line in lines]
    return sorted(found, key=lambda call: call.at, reverse=True)


def read_day(partner_id: object, connection_id: UUID, redis_url: str, now: datetime) -> DayOfCalls:
    """Return how many calls were made today (UTC). Raises RedisError."""
    asked = _client(redis_url).hgetall(_day_key(_key(partner_id, connection_id), now))
    counts = {name.decode(): int(number) for name, number in cast("dict[bytes, bytes]", asked).items()}
    failed = sum(number for group, number in counts.items() if group not in {"2xx", "3xx", "429"})
    return DayOfCalls(sum(counts.values()), failed, counts.get("429", 0))


def list_limited(partner_id: object, redis_url: str, since: datetime) -> dict[UUID, datetime]:
    """Return which connections were last told that they call too often, and when, from `since` on; {} without Redis."""
    try:
        asked = _client(redis_url).zrangebyscore(
            _limited_key(partner_id), since.timestamp(), "+inf", withscores=True, start=0, num=1_000
        )
    except (OSError, RedisError):
        return {}
    found = cast("list[tuple[bytes, float]]", asked)
    return {UUID(member.decode()): datetime.fromtimestamp(at, UTC) for member, at in found}


def forget_calls(partner_id: object, connection_id: UUID, redis_url: str) -> None:
    """Drop what is kept of a connection's calls; what cannot be dropped goes by itself within a day."""
    key = _key(partner_id, connection_id)
    try:
        _client(redis_url).delete(f"{key}:well", f"{key}:failed", _day_key(key, datetime.now(UTC)))
        _client(redis_url).zrem(_limited_key(partner_id), str(connection_id))
    except (OSError, RedisError):
        log.warning("call_log_not_dropped", connection=str(connection_id))


def settle() -> None:
    """Return when everything told so far in this process is written, or dropped."""
    _writer().join()


class _Writer:
    """One thread of a process that writes down what doors tell it, as far as it keeps up."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._told: queue.Queue[_Told] = queue.Queue(_MOST_WAITING)
        self._again_at: dict[str, float] = {}  # of a store that did not answer
        threading.Thread(target=self._work, name="call-log", daemon=True).start()

    def put(self, told: _Told) -> None:
        """Take what a door tells; with too much waiting it is dropped."""
        try:
            self._told.put_nowait(told)
        except queue.Full:
            return

    def join(self) -> None:
        """Wait for everything taken so far."""
        self._told.join()

    def _work(self) -> None:
        while True:
            told = self._told.get()
            try:
                if time.monotonic() >= self._again_at.get(told.redis_url, 0.0):
                    _write(told)
            except (OSError, RedisError):
                self._again_at[told.redis_url] = time.monotonic() + _RETRY_SECONDS
            except Exception:
                log.exception("call_log_dropped")  # one odd call must not end the log of all others
            finally:
                self._told.task_done()


_starting = threading.Lock()
_running: list[_Writer] = []


def _writer() -> _Writer:
    """Return this process's writer: threads do not live on in a forked child, so each starts its own."""
    with _starting:
        if not _running or _running[0].process != os.getpid():
            _running[:] = [_Writer()]
        return _running[0]


def _write(told: _Told) -> None:
    well: list[bytes] = []
    failed: list[bytes] = []
    for at, seen, sent, received in told.lines:
        request = redact_body(sent or b"", told.secrets, cap=_BODY_CAP) or seen.request[:_BODY_CAP]
        response = redact_body(received or b"", told.secrets, cap=_BODY_CAP) or seen.response[:_BODY_CAP]
        call = (at, seen.method, seen.url, seen.status, seen.milliseconds, told.purpose, request, response)
        (failed if seen.status is None or seen.status >= 400 else well).append(orjson.dumps(call))
    now = datetime.now(UTC)
    pipe = _client(told.redis_url).pipeline(transaction=False)
    _push(pipe, f"{told.key}:well", well, KEPT_WELL)
    _push(pipe, f"{told.key}:failed", failed, KEPT_FAILED)
    day = _day_key(told.key, now)
    for group, number in told.counts.items():
        pipe.hincrby(day, group, number)
    pipe.expire(day, 2 * LIFE_SECONDS)
    if told.counts["429"]:
        pipe.zadd(told.limited_key, {told.member: now.timestamp()})
        pipe.zremrangebyscore(told.limited_key, 0, now.timestamp() - LIFE_SECONDS)
        pipe.expire(told.limited_key, LIFE_SECONDS)
    pipe.execute()


def _push(pipe: "Redis", key: str, lines: Sequence[bytes], most: int) -> None:
    if lines:
        pipe.lpush(key, *lines)
        pipe.ltrim(key, 0, most - 1)
        pipe.expire(key, LIFE_SECONDS)


def _read(line: bytes) -> LoggedCall:
    at, method, url, status, milliseconds, purpose, request, response = orjson.loads(line)
    return LoggedCall(datetime.fromtimestamp(at, UTC), method, url, status, milliseconds, purpose, request, response)


def _key(partner_id: object, connection_id: UUID) -> str:
    return f"calls:{partner_id}:{connection_id}"


def _day_key(key: str, now: datetime) -> str:
    return f"{key}:{now.astimezone(UTC):%Y-%m-%d}"


def _limited_key(partner_id: object) -> str:
    return f"calls-limited:{partner_id}"


@lru_cache(maxsize=4)
def _client(redis_url: str) -> Redis:
    """One pool for a process; the short time-outs keep a page from waiting for a store that is away."""
    return Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=1)
