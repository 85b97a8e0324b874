"""Runs the sandbox systems: one process, until it is told to stop."""

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.server import serve


class Command(BaseCommand):
    """`manage.py run_sandbox --port 8090 --state FOLDER`."""

    help = "Serves the sandbox PSA, ERP, CRM, workspaces and tax service over HTTP, with a page at /sandbox/ that shows their records."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="port to listen on, 0 for a free one")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--state", type=Path, required=True, help="folder for what the systems remember")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self._serve(options["state"], options["host"], options["port"]))

    async def _serve(self, state: Path, host: str, port: int) -> None:
        serving = asyncio.ensure_future(
            serve(state, admin_token(settings.SECRET_KEY), host=host, port=port, ready=lambda p: self._say(host, p))
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, serving.cancel)
        try:
            await serving
        except asyncio.CancelledError:
            self.stdout.write("Sandbox systems stopped.")

    def _say(self, host: str, port: int) -> None:
        self.stdout.write(f"Sandbox systems answer at http://{host}:{port}/sandbox/")
        self.stdout.flush()
