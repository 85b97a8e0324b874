from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.dispatch.fairness import (
    MOST_AT_ONCE,
    NOBODY,
    PRIORITIES,
    ROUND,
    Ask,
    Group,
    Standing,
    favoured_priority,
    rows_at_once,
    share_out,
)

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
X, Y, Z = UUID(int=11), UUID(int=12), UUID(int=13)


def standing(partner: UUID, *groups: tuple[int, UUID, int], **more: object) -> Standing:
    return Standing(partner, tuple(Group(*group) for group in groups), **({"room": 32} | more))  # type: ignore[arg-type]


def per_partner(asks: list[Ask]) -> dict[UUID, int]:
    counts: Counter[UUID] = Counter()
    for ask in asks:
        counts[ask.partner] += ask.count
    return dict(counts)


@pytest.mark.parametrize(
    ("standings", "limit", "shares"),
    [
        pytest.param([standing(A, (20, NOBODY, 99))], 8, {A: 8}, id="a partner that is alone gets the full batch"),
        pytest.param(
            [standing(A, (20, NOBODY, 99)), standing(B, (20, NOBODY, 99))], 8, {A: 4, B: 4}, id="equals share equally"
        ),
        pytest.param(
            [standing(A, (20, NOBODY, 99)), standing(B, (20, NOBODY, 1))],
            8,
            {A: 7, B: 1},
            id="what one cannot use goes on",
        ),
        pytest.param(
            [standing(A, (20, NOBODY, 99), room=3), standing(B, (20, NOBODY, 99))], 8, {A: 3, B: 5}, id="a cap holds"
        ),
        pytest.param([standing(A, (20, NOBODY, 99), room=0)], 8, {}, id="a full partner gets nothing even alone"),
        pytest.param(
            [standing(A, (20, NOBODY, 99), weight=3), standing(B, (20, NOBODY, 99))], 8, {A: 6, B: 2}, id="weight three"
        ),
        pytest.param(
            [standing(A, (20, NOBODY, 99), virtual_time=10), standing(B, (20, NOBODY, 99), virtual_time=7)],
            3,
            {B: 3},
            id="who is behind catches up first",
        ),
        pytest.param(
            [standing(A, (20, NOBODY, 99), virtual_time=50), standing(B, (20, NOBODY, 99), virtual_time=0)],
            6,
            {A: 3, B: 3},
            id="an idle partner has saved up no turns",
        ),
        pytest.param([standing(A), standing(B, (20, NOBODY, 2))], 8, {B: 2}, id="a partner with nothing to claim"),
        pytest.param([], 8, {}, id="nobody"),
    ],
)
def test_partners_share_the_turns(standings: list[Standing], limit: int, shares: dict[UUID, int]) -> None:
    assert (
        per_partner(share_out(standings, limit=limit, floor=50 if standings and standings[0].virtual_time == 50 else 0))
        == shares
    )


def test_ties_go_to_the_partner_listed_first() -> None:
    first, second = standing(B, (20, NOBODY, 5)), standing(A, (20, NOBODY, 5))
    assert [ask.partner for ask in share_out([first, second], limit=1, floor=0)] == [B]


def test_31_turns_are_weighted_16_8_4_2_1_and_no_priority_starves() -> None:
    groups = [(priority, NOBODY, 99) for priority in PRIORITIES]
    asks = share_out([standing(A, *groups, room=99)], limit=ROUND, floor=0)
    assert {ask.priority: ask.count for ask in asks} == {10: 16, 20: 8, 30: 4, 40: 2, 50: 1}


def test_the_pattern_of_turns_goes_on_where_the_last_claim_ended() -> None:
    groups = [(priority, NOBODY, 99) for priority in PRIORITIES]
    one_by_one = Counter(
        share_out([standing(A, *groups, served=turn)], limit=1, floor=0)[0].priority for turn in range(ROUND)
    )
    assert one_by_one == {10: 16, 20: 8, 30: 4, 40: 2, 50: 1}


def test_a_turn_favouring_an_absent_priority_goes_to_the_most_urgent() -> None:
    assert favoured_priority(0) == 10
    asks = share_out([standing(A, (30, NOBODY, 9), (50, NOBODY, 9))], limit=1, floor=0)
    assert asks == [Ask(A, 30, NOBODY, 1)]


@pytest.mark.parametrize(
    ("last", "served"),
    [
        pytest.param(NOBODY, [X, Y, Z], id="from the first"),
        pytest.param(X, [Y, Z, X], id="after the last one served"),
        pytest.param(Z, [X, Y, Z], id="round again"),
        pytest.param(UUID(int=99), [X, Y, Z], id="the last one served is gone"),
    ],
)
def test_customers_take_turns(last: UUID, served: list[UUID]) -> None:
    one = standing(A, (20, X, 99), (20, Y, 99), (20, Z, 99), last_customer=last)
    assert [ask.customer for ask in share_out([one], limit=3, floor=0)] == served


def test_a_customer_with_a_backlog_does_not_starve_the_others() -> None:
    asks = share_out([standing(A, (20, X, 99), (20, Y, 2))], limit=8, floor=0)
    assert {ask.customer: ask.count for ask in asks} == {X: 6, Y: 2}


groups = st.lists(
    st.tuples(st.sampled_from(PRIORITIES), st.sampled_from([NOBODY, X, Y, Z]), st.integers(0, 9)), max_size=6
)
standings = st.lists(
    st.builds(
        lambda gs, room, weight, time, served: (gs, room, weight, time, served),
        groups,
        st.integers(0, 9),
        st.integers(1, 5),
        st.floats(0, 100),
        st.integers(0, 1000),
    ),
    max_size=4,
)


@given(standings, st.integers(1, 20), st.floats(0, 100))
def test_it_gives_all_turns_that_can_be_used_and_no_more(drawn: list, limit: int, floor: float) -> None:
    people = [
        Standing(
            UUID(int=place + 1),
            tuple(
                Group(*g)
                for g in dict.fromkeys((p, c) for p, c, _ in gs) and {(p, c): (p, c, n) for p, c, n in gs}.values()
            ),
            room,
            weight,
            time,
            served,
        )
        for place, (gs, room, weight, time, served) in enumerate(drawn)
    ]
    usable = sum(min(one.room, sum(group.waiting for group in one.groups)) for one in people)
    asks = share_out(people, limit=limit, floor=floor)
    assert sum(ask.count for ask in asks) == min(limit, usable)
    for ask in asks:
        one = people[ask.partner.int - 1]
        waiting = {(group.priority, group.customer): group.waiting for group in one.groups}
        assert ask.count <= waiting[ask.priority, ask.customer]
    assert all(count <= people[partner.int - 1].room for partner, count in per_partner(asks).items())


@pytest.mark.parametrize(
    ("seconds", "rows"), [(1.0, 1), (0.25, 1), (0.1, 2), (0.02, 12), (0.001, MOST_AT_ONCE), (0.0, MOST_AT_ONCE)]
)
def test_it_claims_about_a_quarter_of_a_second_of_work(seconds: float, rows: int) -> None:
    assert rows_at_once(seconds) == rows
