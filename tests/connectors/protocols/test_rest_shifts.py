"""The watch over pages read by number: it notices a shift, says from where, and gives up on a list that never rests."""

from apps.connectors.contract import SourceRecord
from apps.connectors.protocols.rest_shifts import ShiftWatch


def some(*pairs: tuple[str, str]) -> list[SourceRecord]:
    return [SourceRecord("things", key, version, {}) for key, version in pairs]


def test_a_record_met_again_changed_shifts_the_pages_of_its_instant() -> None:
    watch = ShiftWatch()
    watch.note("t1", some(("a", "t1"), ("b", "t1")), numbered=False)
    watch.note("t1", some(("c", "t1"), ("d", "t1")), numbered=True)
    assert not watch.shifted
    watch.note("t2", some(("e", "t2"), ("a", "t3")), numbered=False)
    assert (watch.shifted, watch.since) == (True, "t1")
    assert watch.turns_back()
    assert not watch.shifted
    assert [watch.knows(record) for record in some(("b", "t1"), ("e", "t2"), ("a", "t1"), ("x", "t1"))] == [
        True,
        True,
        False,
        False,
    ]


def test_a_reading_that_walks_by_time_alone_never_turns_back() -> None:
    watch = ShiftWatch()
    watch.note("t1", some(("a", "t1"), ("b", "t1")), numbered=False)
    watch.note("t2", some(("b", "t2"), ("a", "t3")), numbered=False)
    assert not watch.turns_back()
    assert not watch.knows(some(("b", "t2"))[0])


def test_a_list_that_never_rests_is_given_up_on() -> None:
    watch, turns = ShiftWatch(), 0
    watch.note("t1", some(("a", "v0")), numbered=True)
    for time in range(1, 50):
        watch.note("t1", some(("a", f"v{time}")), numbered=True)
        turns += watch.turns_back()
    assert turns == 5
