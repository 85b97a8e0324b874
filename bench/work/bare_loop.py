"""The floor: the same work as one bare asyncio loop (limit a), and with a durable ledger line per record (limit b).

`python -m bench.work.bare_loop PLACE ENTRIES TARGET [--batch] [--ledger]`. No tenancy, no retries, no checkpoints.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

import aiohttp
import orjson
import psycopg
from uuid_utils.compat import uuid7

from bench.planning import map_by_hand
from bench.work.meter import Meter, report

AT_ONCE, PAGE, BATCH = 16, 200, 100
_TABLE = """
CREATE TABLE IF NOT EXISTS bench_ledger (
  id uuid PRIMARY KEY, run text NOT NULL, external_id text NOT NULL, state text NOT NULL, target_key text NOT NULL,
  amount numeric, currency text NOT NULL, source jsonb, mapped jsonb, created_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX IF NOT EXISTS bench_ledger_key ON bench_ledger (run, external_id);
CREATE INDEX IF NOT EXISTS bench_ledger_open ON bench_ledger (run, state) WHERE state <> 'written';
"""
_COPY = "COPY bench_ledger (id, run, external_id, state, target_key, amount, currency, source, mapped) FROM STDIN"
_SETTLE = """
UPDATE bench_ledger AS l SET state = 'written', target_key = n.target_key
FROM unnest(%s::uuid[], %s::text[]) AS n(id, target_key) WHERE l.id = n.id
"""
Line = tuple[dict[str, Any], dict[str, Any]]  # the entry, and what is sent of it


class Loop:
    """One walk from the source to the target."""

    def __init__(self, session: aiohttp.ClientSession, place: str, number: int, target: str, *, batch: bool) -> None:
        self._session, self._number, self._batch = session, number, batch
        self._source = f"http://{place}/psa/{number}/api/v1/time-entries"
        self._target = f"http://{place}/erp/{target}/api/v1/time-lines"

    async def pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the pages, the next one asked for while the last is worked on."""
        last = (self._number + PAGE - 1) // PAGE
        ahead = asyncio.ensure_future(self._page(1))
        for page in range(1, last + 1):
            entries = await ahead
            if page < last:
                ahead = asyncio.ensure_future(self._page(page + 1))
            yield entries

    async def _page(self, page: int) -> list[dict[str, Any]]:
        async with self._session.get(f"{self._source}?page={page}&size={PAGE}") as answer:
            return list(orjson.loads(await answer.read())["results"])

    async def deliver(self, lines: Sequence[Line]) -> list[str]:
        """Send the lines and return the target's number of each."""
        keys = [""] * len(lines)
        step = BATCH if self._batch else 1
        starts = iter(range(0, len(lines), step))

        async def lane() -> None:
            for start in starts:
                chunk = [mapped for _, mapped in lines[start : start + step]]
                keys[start : start + step] = await (self._send_batch(chunk) if self._batch else self._send(chunk[0]))

        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
        return keys

    async def _send(self, line: dict[str, Any]) -> list[str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": line["external_id"]}
        async with self._session.post(self._target, data=orjson.dumps(line, default=str), headers=headers) as answer:
            return [orjson.loads(await answer.read())["id"]]

    async def _send_batch(self, lines: list[dict[str, Any]]) -> list[str]:
        body = orjson.dumps({"records": lines}, default=str)
        headers = {"Content-Type": "application/json"}
        async with self._session.post(f"{self._target}/batch", data=body, headers=headers) as answer:
            return [result["id"] for result in orjson.loads(await answer.read())["results"]]


def write_ahead(ledger: psycopg.Connection, run: str, lines: Sequence[Line]) -> list[Any]:
    """Store the lines before they are sent; returns their ids."""
    ids = [uuid7() for _ in lines]
    with ledger.transaction(), ledger.cursor() as cursor, cursor.copy(_COPY) as copy:
        for number, (entry, mapped) in zip(ids, lines, strict=True):
            kept = orjson.dumps(entry).decode(), orjson.dumps(mapped, default=str).decode()
            copy.write_row(
                (number, run, mapped["external_id"], "sent", "", mapped["amount"], mapped["currency"], *kept)
            )
    return ids


async def carry(place: str, number: int, target: str, *, batch: bool, ledger: psycopg.Connection | None) -> Decimal:
    """Move everything, 400 records between two commits; returns the sum delivered."""
    total, waiting = Decimal(0), list[Line]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        loop = Loop(session, place, number, target, batch=batch)

        async def flush() -> None:
            ids = write_ahead(ledger, target, waiting) if ledger is not None else []
            keys = await loop.deliver(waiting)
            if ledger is not None:
                with ledger.transaction():
                    ledger.execute(_SETTLE, [ids, keys])
            waiting.clear()

        async for entries in loop.pages():
            for entry in entries:
                mapped = map_by_hand(entry)
                if mapped is not None:
                    waiting.append((entry, mapped))
                    total += mapped["amount"]
            if len(waiting) >= 2 * PAGE:
                await flush()
        await flush()
    return total


def main() -> None:
    """Warm up on a small source, then measure."""
    place, number, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    batch, ledger, backend = "--batch" in sys.argv, None, None
    if "--ledger" in sys.argv:
        ledger = psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True)
        ledger.execute(_TABLE)
        backend = ledger.info.backend_pid
    asyncio.run(carry(place, 400, f"{target}-warm", batch=batch, ledger=ledger))
    meter = Meter(backend)
    asyncio.run(carry(place, number, target, batch=batch, ledger=ledger))
    report(meter.stop())


if __name__ == "__main__":
    main()
