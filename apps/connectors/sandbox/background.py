"""Runs the sandbox systems in a thread of this process: for the demo's past, tests and benches, which are not asynchronous."""

import asyncio
import threading
from pathlib import Path
from typing import Self

from apps.connectors.sandbox.server import serve

_START_SECONDS = 120.0  # a busy machine takes its time; a start that fails is told at once


class BackgroundSandbox:
    """`with BackgroundSandbox(folder, admin_token="...") as sandbox: sandbox.url` serves on a free loopback port, or on `port`."""

    def __init__(self, state: Path, *, admin_token: str, port: int = 0) -> None:
        self.admin_token = admin_token
        self.port = port
        self._state = state
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._serving: asyncio.Task[None] | None = None
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        """The address the systems answer at."""
        return f"http://{self.host_and_port}"

    @property
    def host_and_port(self) -> str:
        """What an egress allowance for the sandbox says."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("The sandbox systems did not start in time.")
        if self._failure is not None:
            raise RuntimeError("The sandbox systems did not start.") from self._failure
        return self

    def __exit__(self, *exc: object) -> None:
        if self._serving is not None:
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(_START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        work = serve(self._state, self.admin_token, host="127.0.0.1", port=self.port, ready=self._note)
        self._serving = self._loop.create_task(work)
        try:
            self._loop.run_until_complete(self._serving)
        except asyncio.CancelledError:
            pass
        except OSError as failure:
            if self._ready.is_set():
                raise
            self._failure = failure  # told by who waits for the start
        finally:
            self._ready.set()
            self._loop.close()

    def _note(self, port: int) -> None:
        self.port = port
        self._ready.set()
