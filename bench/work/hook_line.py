"""The product's side of the webhooks' bench: a flow that listens at one address, and the worker that does what is due.

`python -m bench.work.hook_line prepare PLACE ENTRIES TARGET` makes them and reports the address; `... work` drains the
queue as a worker process does, until its standard input is closed.
"""

import os
import sys
import threading
import time
from urllib.parse import urlsplit

from bench.work import product_line  # it sets Django up

from apps.connectors.webhook_endpoints import create_webhook_endpoint  # isort: skip
from apps.dispatch.models import Queue  # isort: skip
from apps.dispatch.worker import drain  # isort: skip
from apps.flows.models import Flow  # isort: skip
from apps.flows.triggers.webhook import listen  # isort: skip
from apps.tenants import scope  # isort: skip
from apps.tenants.models import Partner  # isort: skip
from bench.work.meter import report  # isort: skip

LOOK_SECONDS = 0.05  # the wake-ups that a worker gets come at most every 200 ms, the dispatcher looks every second


def prepare(place: str, number: int, target: str) -> None:
    """Install the flow, listen at a new address, and report it."""
    product_line.adapt_systems(batch=True)
    with scope.public():
        partner = Partner.objects.get(slug="bench").as_ref()
    flow = product_line.install(partner, place, number, target)
    with scope.work_in(partner):
        endpoint, address, secret = create_webhook_endpoint(flow.source)
        listen(Flow.objects.get(id=flow.id), endpoint)
    report(None, path=urlsplit(address).path, secret=secret)


def work() -> None:
    """Do what is due until nobody is there any more."""
    product_line.adapt_systems(batch=True)
    gone = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        gone.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    print("ready", os.getpid(), flush=True)
    while not gone.is_set():
        if not drain(Queue.RUN, worker="bench", seconds=5):
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        work()
