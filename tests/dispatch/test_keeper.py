import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from django.db import OperationalError

from apps.dispatch import leases
from apps.dispatch.keeper import LeaseKeeper
from apps.dispatch.leases import LeasedWork
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import in_seconds, let_lease_run_out, move, put, row, take

pytestmark = pytest.mark.usefixtures("notes")


def a_work(lease_seconds: int = 0) -> LeasedWork:
    return LeasedWork(1, PartnerRef(uuid4(), "p", "P", "p_1"), None, "tests.note", "r", 1, 1, lease_seconds)


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return true()


def test_it_renews_in_the_database_at_half_time_while_work_is_held(committed: PartnerRef) -> None:
    put(committed, "r")
    (work,) = take()
    work.lease_seconds = 1
    move("r", lease_until=in_seconds(0.1))
    keeper = LeaseKeeper()
    keeper.hold([work])
    assert soon(lambda: row("r").lease_until > in_seconds(0.5))
    keeper.drop(work)
    assert not work.lost


def test_it_says_when_the_lease_was_lost(committed: PartnerRef) -> None:
    put(committed, "r")
    (work,) = take()
    work.lease_seconds = 1
    let_lease_run_out(work)
    leases.reclaim_expired()
    LeaseKeeper().hold([work])
    assert soon(lambda: work.lost)


def test_it_asks_nothing_before_half_time_and_nothing_after_it_was_dropped() -> None:
    asked: list[Sequence[LeasedWork]] = []
    keeper, kept, dropped = LeaseKeeper(asked.append), a_work(lease_seconds=60), a_work(lease_seconds=1)
    keeper.hold([kept, dropped])
    keeper.drop(dropped)
    time.sleep(0.7)
    assert asked == []


def test_when_the_database_cannot_be_asked_the_hold_counts_as_lost_once_its_time_has_passed() -> None:
    def unreachable(works: Sequence[LeasedWork]) -> None:
        raise OperationalError("no route")

    work = a_work(lease_seconds=1)
    LeaseKeeper(unreachable).hold([work])
    time.sleep(0.7)
    assert not work.lost
    assert soon(lambda: work.lost)
