from collections.abc import Iterator

import pytest

from apps.dispatch import backlog, services
from apps.dispatch.backlog import Backlog, Room, has_room, list_backlog, list_backlogs
from apps.dispatch.models import Queue
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.dispatch.conftest import OTHER_QUEUE_KIND, customer, in_seconds, put, take

pytestmark = pytest.mark.usefixtures("notes")


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    backlog.forget_rooms()
    monkeypatch.setattr(backlog, "ROOM_SECONDS", 0.0)
    monkeypatch.setattr(backlog, "_inboxes", {})
    yield
    backlog.forget_rooms()


def room(partner: PartnerRef) -> Room:
    with scope.work_in(partner):
        return has_room(partner.id)


def bound(partner: PartnerRef, most: int) -> None:
    with scope.work_in(partner):
        services.set_backlog_bound(most)


class TestList:
    def test_it_counts_what_waits_and_what_is_due_of_it_by_queue(
        self, partner_a: PartnerRef, partner_b: PartnerRef
    ) -> None:
        put(partner_a, "a", "b", due_at=in_seconds(-30))
        put(partner_a, "c", due_at=in_seconds(60), customer_id=customer(1))
        put(partner_a, "d", kind=OTHER_QUEUE_KIND, due_at=in_seconds(60))
        put(partner_b, "e", due_at=in_seconds(-5))
        take(1)  # what is in hand does not wait
        found = {one.queue: one for one in list_backlog(partner_a.id)}
        assert (found[Queue.RUN].waiting, found[Queue.RUN].due) in {(2, 1), (3, 2)}
        assert found[Queue.RUN].oldest_seconds == pytest.approx(30, abs=5)
        assert found[Queue.POLL] == Backlog(Queue.POLL, waiting=1, due=0, oldest_seconds=0)
        assert set(list_backlogs([partner_a.id, partner_b.id])) <= {partner_a.id, partner_b.id}

    def test_a_partner_with_nothing_waiting_has_no_lines(self, partner_a: PartnerRef) -> None:
        assert list_backlog(partner_a.id) == []


class TestRoom:
    def test_there_is_room_below_the_bound_and_none_at_it(self, partner_a: PartnerRef, partner_b: PartnerRef) -> None:
        bound(partner_a, 3)
        put(partner_a, "a", "b")
        assert room(partner_a) == Room(ok=True)
        put(partner_a, "c", kind=OTHER_QUEUE_KIND, due_at=in_seconds(600))
        assert not room(partner_a).ok
        assert room(partner_b).ok, "another partner's bound is its own"
        take(1)
        assert room(partner_a).ok

    @pytest.mark.parametrize(
        ("due_in", "wait"),
        [
            pytest.param(600, 5, id="nothing is due"),
            pytest.param(-1, 5, id="workers keep up"),
            pytest.param(-60, 60, id="as long as the oldest has waited"),
            pytest.param(-7200, 300, id="at most five minutes"),
        ],
    )
    def test_it_says_when_to_come_back(self, partner_a: PartnerRef, due_in: int, wait: int) -> None:
        bound(partner_a, 1)
        put(partner_a, "a", due_at=in_seconds(due_in))
        assert room(partner_a).retry_after_seconds == pytest.approx(wait, abs=2)

    def test_what_an_inbox_holds_counts_too(self, partner_a: PartnerRef) -> None:
        bound(partner_a, 10)
        put(partner_a, "a", "b", "c")
        asked: list[int] = []
        backlog.register_inbox("test", lambda most: asked.append(most) or 6)  # type: ignore[func-returns-value]
        assert room(partner_a).ok
        backlog.register_inbox("test", lambda most: 7)
        assert not room(partner_a).ok
        assert asked == [7]

    def test_an_answer_is_remembered_for_a_moment(self, partner_a: PartnerRef, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "ROOM_SECONDS", 60.0)
        bound(partner_a, 1)
        assert room(partner_a).ok
        put(partner_a, "a")
        assert room(partner_a).ok
        backlog.forget_rooms()
        assert not room(partner_a).ok
