import multiprocessing

import pytest

from apps.dispatch.models import Queue
from apps.dispatch.worker_process import SharedFlag, Watchdog
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import Notes, put


def _watchdog() -> Watchdog:
    watchdog = Watchdog((Queue.RUN,))
    watchdog.heard_at = 0.0
    return watchdog


@pytest.mark.parametrize(
    ("looks", "deaf"),
    [
        pytest.param([(100, True, False), (129, True, False)], False, id="not for long enough"),
        pytest.param([(100, True, False), (130, True, False)], True, id="thirty seconds of waiting work"),
        pytest.param([(100, True, False), (115, False, False), (130, True, False)], False, id="work was done between"),
        pytest.param([(100, True, False), (115, True, True), (130, True, False)], False, id="busy between"),
        pytest.param([(100, False, False), (200, False, False)], False, id="nothing to do"),
    ],
)
def test_a_worker_is_deaf_when_idle_while_work_waits(looks: list[tuple[float, bool, bool]], deaf: bool) -> None:
    watchdog = _watchdog()
    answers = [watchdog.is_deaf(now=now, work_waits=waits, busy=busy) for now, waits, busy in looks]
    assert answers[-1] is deaf


def test_a_worker_that_hears_messages_is_not_deaf() -> None:
    watchdog = _watchdog()
    watchdog.is_deaf(now=100, work_waits=True, busy=False)
    watchdog.heard_at = 120
    assert not watchdog.is_deaf(now=140, work_waits=True, busy=False)
    assert watchdog.is_deaf(now=150, work_waits=True, busy=False)


def test_it_looks_at_its_own_queues(committed: PartnerRef, notes: Notes) -> None:
    assert not _watchdog()._work_waits()
    put(committed, "r")
    assert _watchdog()._work_waits()
    assert not Watchdog((Queue.POLL,))._work_waits()


def test_a_flag_raised_in_the_parent_is_seen_in_a_forked_child() -> None:
    flag, context = SharedFlag(), multiprocessing.get_context("fork")
    seen = context.Queue()
    go_on = context.Event()
    child = context.Process(target=lambda: (go_on.wait(5), seen.put(flag.is_set())))
    child.start()
    flag.set()
    go_on.set()
    assert seen.get(timeout=5) is True
    child.join(5)
