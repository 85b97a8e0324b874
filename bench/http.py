"""What the door to the network costs: calls through it beside the same calls by a bare client, in one process and one call.

    python -m bench.http [--calls 10000] [--at-once 16] [--repeats 3]

One call reads a record, the other sends one; the system answers from a process of its own. The door pins and checks the
address, signs, paces (from Redis where the system publishes a limit), caps the answer, judges it, keeps its evidence
without secrets and takes the call down in the log; the bare client does none of that. Returns 1 when the door makes less
than 60 % of the bare client's calls a second.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

import aiohttp
import orjson

from apps.connectors.auth import Signer
from apps.connectors.call_log import CallLog
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import budget_for
from bench.servers import bench_environment
from bench.work.entries import iterate_entries
from bench.work.systems import prepare_source, running_systems

DATABASE = "fairlead_bench_http"
SOURCE = 1_000  # records of the system that is read from
LEAST_SHARE = 0.6
TOKEN = "bench-" + "t" * 40
READ, SEND = "read a record", "send a record"
WARM_UP = 200

Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: calls a second, and this process's CPU-seconds for 10,000 calls."""

    rate: float
    cpu: float


class Work:
    """The calls that are made: their paths and bodies, the same for both clients."""

    def __init__(self) -> None:
        self._keys = [str(entry["id"]) for entry in iterate_entries(SOURCE)]

    def path(self, kind: str, number: int) -> str:
        """Return the path of call `number`, relative to the system's address."""
        return f"time-entries/{self._keys[number % SOURCE]}" if kind == READ else "time-lines"

    def body(self, number: int) -> bytes:
        """Return what is sent with call `number`."""
        line = {"external_id": f"TE-{number}", "amount": "123.45", "hours": 7.5, "note": "Workshop with the client"}
        return orjson.dumps(line)


def address(place: str, kind: str) -> str:
    """Return the system's address for one kind of call."""
    return f"http://{place}/psa/{SOURCE}/api/v1" if kind == READ else f"http://{place}/erp/http/api/v1"


async def all_calls(call: Call, number: int, at_once: int) -> Round:
    """Make `number` calls, so many at a time."""
    numbers = iter(range(number))

    async def lane() -> None:
        for one in numbers:
            await call(one)

    began, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(lane() for _ in range(at_once)))
    return Round(number / (time.perf_counter() - began), (time.process_time() - spent) * 10_000 / number)


async def by_bare_client(place: str, kind: str, work: Work, options: argparse.Namespace) -> Round:
    """Measure aiohttp alone: the answer is read and parsed, nothing else."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=options.at_once)
    base = address(place, kind)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def call(number: int) -> None:
            url = f"{base}/{work.path(kind, number)}"
            asked = session.get(url) if kind == READ else session.post(url, data=work.body(number))
            async with asked as answer:
                orjson.loads(await answer.read())

        await all_calls(call, WARM_UP, options.at_once)
        return await all_calls(call, options.calls, options.at_once)


async def by_door(place: str, kind: str, work: Work, options: argparse.Namespace, limits: Limits, redis: str) -> Round:
    """Measure the product's door, as a connector uses it."""
    door = Door(
        base_url=address(place, kind),
        auth=Signer({"Authorization": f"Bearer {TOKEN}"}, (TOKEN,)),
        limits=limits,
        allow=(place,),
        budget=budget_for(f"bench-{kind}", limits, redis),
        correlation_id="bench-http",
        system="bench",
        log=CallLog("bench", uuid4(), redis),
    )
    async with door:

        async def call(number: int) -> None:
            path = work.path(kind, number)
            if kind == READ:
                await door.request("GET", path)
            else:
                await door.request("POST", path, body=work.body(number))

        await all_calls(call, WARM_UP, options.at_once)
        return await all_calls(call, options.calls, options.at_once)


def measure(place: str, redis: str, options: argparse.Namespace) -> dict[tuple[str, str], list[Round]]:
    """Return the rounds of each kind of call and client, taken in turns."""
    work, rounds = Work(), dict[tuple[str, str], list[Round]]()
    free = Limits(at_once=options.at_once)
    paced = Limits(calls=10_000_000, seconds=60, at_once=options.at_once)
    prepare_source(place, SOURCE)
    for _ in range(options.repeats):
        for kind in (READ, SEND):
            made = {
                "bare client": by_bare_client(place, kind, work, options),
                "door": by_door(place, kind, work, options, free, redis),
                "door, paced": by_door(place, kind, work, options, paced, redis),
            }
            for client, calls in made.items():
                rounds.setdefault((kind, client), []).append(asyncio.run(calls))
    return rounds


def show(rounds: dict[tuple[str, str], list[Round]]) -> bool:
    """Print the table; True when the door keeps its share."""
    print(f"{'':16}{'':14}{'calls/s':>9}{'of bare':>9}{'CPU s per 10,000':>18}{'x bare':>8}")
    good = True
    for (kind, client), taken in rounds.items():
        bare = rounds[kind, "bare client"]
        rate, cpu = median(one.rate for one in taken), median(one.cpu for one in taken)
        share = rate / median(one.rate for one in bare)
        grown = cpu / median(one.cpu for one in bare)
        good = good and share >= LEAST_SHARE
        print(f"{kind:16}{client:14}{rate:9,.0f}{share:9.0%}{cpu:18.2f}{grown:8.2f}")
    print(f"target: at least {LEAST_SHARE:.0%} of the bare client's calls a second: {'met' if good else 'MISSED'}")
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.http", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="calls of each kind (default 10000)")
    parser.add_argument("--at-once", type=int, default=16, help="calls under way at the same time (default 16)")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of each measurement (default 3)")
    options = parser.parse_args(arguments)
    if options.calls < 100 or options.at_once < 1 or options.repeats < 1:
        parser.error("--calls must be at least 100, --at-once and --repeats at least 1")
    with bench_environment(DATABASE) as environment, running_systems() as place:
        return 0 if show(measure(place, environment["REDIS_URL"], options)) else 1


if __name__ == "__main__":
    sys.exit(main())
