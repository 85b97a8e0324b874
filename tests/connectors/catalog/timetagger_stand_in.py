"""A small TimeTagger 26.1 on loopback: the answers of the real one's API, kept in memory.

As there: /updates wants a number and answers at once with nothing new when nothing was stored for a while; a reset sends
everything; /records takes lists by PUT, answers 200 also for those it refuses, ignores an older `mt`, and stamps what it
stores; errors are plain text; a request without a token, or with one that is not valid, is 401.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.timetagger-token.of-one-person"


@dataclass
class TimeTaggerStandIn:
    """One person's records by key."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    reset_at: float = -1.0
    stored_at: float = 0.0
    asked: list[str] = field(default_factory=list)

    def put(self, key: str, t1: int, t2: int, ds: str, *, st: float | None = None) -> None:
        """Store one record, as the server does."""
        known = self.records.get(key)
        now = time.time() if st is None else st
        stamp = max(now, known["st"] + 0.0001) if known and st is None else now
        self.records[key] = {"key": key, "mt": int(now), "t1": t1, "t2": t2, "ds": ds, "st": stamp}
        self.stored_at = time.time()

    def hide(self, key: str) -> None:
        """Delete a record, as the app does: it stays and says so."""
        row = self.records[key]
        self.put(key, row["t1"], row["t2"], f"HIDDEN {row['ds']}")

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if request.headers.get("authtoken") != TOKEN:
            return web.Response(status=401, text="unauthorized: Missing jwt 'authtoken' in header.")
        path = request.match_info["rest"]
        if path == "version":
            return web.json_response({"version": "26.1.3"})
        if path != "updates":
            return web.Response(status=404, text=f"not found: /{path} is not a valid API path")
        if request.method != "GET":
            return web.Response(status=405, text="method not allowed: /updates can only be used with GET")
        return self._updates(request.query.get("since", "").strip())

    def _updates(self, text: str) -> web.Response:
        try:
            since = float(text)
        except ValueError:
            return web.Response(status=400, text="bad request: /updates since needs a number (timestamp)")
        now = time.time()
        if self.stored_at + 0.2 < since:
            return web.json_response({"server_time": now, "reset": 0, "records": [], "settings": []})
        reset = since <= self.reset_at
        rows = [row for row in self.records.values() if reset or row["st"] >= since]
        return web.json_response({"server_time": now, "reset": reset, "records": rows, "settings": []})


@asynccontextmanager
async def serve(stand_in: TimeTaggerStandIn) -> AsyncIterator[int]:
    """Serve the stand-in on a free loopback port."""
    app = web.Application()
    app.router.add_route("*", "/timetagger/api/v2/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
