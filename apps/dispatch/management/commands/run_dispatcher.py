"""`manage.py run_dispatcher`: the clock of all background work, until SIGTERM."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.dispatch.dispatcher import Dispatcher


class Command(BaseCommand):
    """Looks for due work every second, wakes workers, and works itself when nobody answers."""

    help = "Look for due work every second and see that it gets done; ends in order on SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--helpers", type=int, default=2, help="most queues to work off itself at a time (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        dispatcher = Dispatcher(helpers=options["helpers"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stopping.set())
        dispatcher.run()
