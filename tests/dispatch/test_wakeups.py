import threading
import time

import pytest

from apps.dispatch.models import Queue
from apps.dispatch.wakeups import WINDOW_SECONDS, Publisher


class Sent:
    """Stands for the broker: writes down what was sent, or refuses, or hangs."""

    def __init__(self) -> None:
        self.queues: list[Queue] = []
        self.refuses = False
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self, queue: Queue) -> None:
        self.hangs.wait(5)
        if self.refuses:
            raise ConnectionError("no broker")
        self.queues.append(queue)


@pytest.fixture
def sent() -> Sent:
    return Sent()


def wait_for(sent: Sent, count: int) -> None:
    until = time.monotonic() + 5
    while len(sent.queues) < count and time.monotonic() < until:
        time.sleep(0.01)


def test_requests_close_together_become_one_message_per_queue(sent: Sent) -> None:
    publisher = Publisher(sent)
    publisher.request(Queue.RUN)
    wait_for(sent, 1)
    for _ in range(50):
        publisher.request(Queue.RUN)
        publisher.request(Queue.POLL)
    wait_for(sent, 3)
    time.sleep(2 * WINDOW_SECONDS)
    assert sorted(sent.queues) == [Queue.POLL, Queue.RUN, Queue.RUN]


def test_a_broker_that_hangs_holds_up_nobody(sent: Sent) -> None:
    publisher = Publisher(sent)
    sent.hangs.clear()
    began = time.monotonic()
    for _ in range(10):
        publisher.request(Queue.RUN)
    assert time.monotonic() - began < 0.5
    sent.hangs.set()
    wait_for(sent, 1)


def test_a_broker_that_is_gone_is_counted_and_left_in_peace_for_a_while(sent: Sent) -> None:
    publisher = Publisher(sent, silence_seconds=0.2)
    sent.refuses = True
    assert not publisher.publish_now(Queue.RUN)
    assert publisher.broker_gone
    sent.refuses = False
    assert not publisher.publish_now(Queue.RUN)
    assert (publisher.failures, sent.queues) == (1, [])
    time.sleep(0.25)
    assert publisher.broker_gone
    assert publisher.publish_now(Queue.RUN)
    assert not publisher.broker_gone
