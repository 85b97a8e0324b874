"""A worker process for journeys: for each line on standard input it does everything that is due, then says "done"."""

import sys

import django

django.setup()

from apps.dispatch.models import Queue  # noqa: E402  models exist once Django is set up
from apps.dispatch.worker import drain  # noqa: E402


def main() -> None:
    """Work until the input ends."""
    for _ in sys.stdin:
        for queue in (Queue.RUN, *Queue):
            drain(queue, worker="journey", seconds=30)
        print("done", flush=True)


if __name__ == "__main__":
    main()
