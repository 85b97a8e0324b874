"""How long calls took, as a histogram: it adds up, and tells the times to within one of its slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.call_times import ENDS, SLOTS, CallTimes, slot_of

MILLISECONDS = st.integers(min_value=0, max_value=ENDS[-1])


def _times(took: list[int]) -> CallTimes:
    slots = [0] * SLOTS
    for milliseconds in took:
        slots[slot_of(milliseconds)] += 1
    return CallTimes(calls=len(took), slots=tuple(slots))


@pytest.mark.parametrize(("milliseconds", "slot"), [(0, 0), (25, 0), (26, 1), (30000, SLOTS - 2), (30001, SLOTS - 1)])
def test_a_slot_holds_its_end(milliseconds: int, slot: int) -> None:
    assert slot_of(milliseconds) == slot


def test_no_calls_took_no_time() -> None:
    assert CallTimes().within(0.5) is None
    assert (CallTimes().failed_share, CallTimes().limited_share) == (0.0, 0.0)


def test_what_is_slower_than_the_last_end_counts_as_it() -> None:
    assert _times([45_000, 90_000]).within(0.5) == ENDS[-1]


@given(st.lists(MILLISECONDS, min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_share_of_the_calls_is_told_to_within_a_slot(took: list[int], share: float) -> None:
    told = _times(took).within(share)
    at = max(0, -(-int(share * 1000) * len(took) // 1000) - 1)
    exact = sorted(took)[at]
    end = ENDS[slot_of(exact)]
    begin = ENDS[slot_of(exact) - 1] if slot_of(exact) else 0
    assert told is not None
    assert begin <= told <= end


@given(st.lists(MILLISECONDS, max_size=30), st.lists(MILLISECONDS, max_size=30))
def test_two_hours_together_are_all_their_calls(one: list[int], other: list[int]) -> None:
    assert _times(one) + _times(other) == _times(one + other)
