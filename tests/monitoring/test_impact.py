"""Money at risk: each record once, each currency by itself, and how sure the figure is."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.impact import AtRisk, Held, Quality, Stake, Sum, added, amount_at_risk, counted_again, less


def stake(
    key: str, amount: str | None, currency: str = "EUR", quality: str = "known", kind: str = "TimeEntry"
) -> Stake:
    return Stake(kind, key, None if amount is None else Decimal(amount), currency, quality)


@pytest.mark.parametrize(
    ("stakes", "expected"),
    [
        pytest.param([], AtRisk(), id="nothing"),
        pytest.param(
            [stake("a", "100"), stake("b", "50.5")],
            AtRisk((Sum("EUR", Decimal("150.5"), Quality.KNOWN, 2),)),
            id="two records add up",
        ),
        pytest.param(
            [stake("a", "100"), stake("a", "120")],
            AtRisk((Sum("EUR", Decimal("120"), Quality.KNOWN, 1),)),
            id="of two versions the newer counts",
        ),
        pytest.param(
            [stake("a", "100"), stake("a", None, "", "unknown")],
            AtRisk((Sum("EUR", Decimal("100"), Quality.KNOWN, 1),)),
            id="a newer version without an amount keeps the older one's",
        ),
        pytest.param(
            [stake("a", "100"), stake("a", "100", kind="Expense")],
            AtRisk((Sum("EUR", Decimal("200"), Quality.KNOWN, 2),)),
            id="the same key of another type is another record",
        ),
        pytest.param(
            [stake("a", "10", "CHF"), stake("b", "20"), stake("c", "5", "CHF")],
            AtRisk((Sum("EUR", Decimal("20"), Quality.KNOWN, 1), Sum("CHF", Decimal("15"), Quality.KNOWN, 2))),
            id="currencies stay apart, the largest first",
        ),
        pytest.param(
            [stake("a", "10"), stake("b", "20", quality="estimated")],
            AtRisk((Sum("EUR", Decimal("30"), Quality.ESTIMATED, 2),)),
            id="one estimate makes the sum an estimate",
        ),
        pytest.param([stake("a", None, "", "unknown")], AtRisk((), 1), id="unknown is counted, never zero money"),
        pytest.param([stake("a", "10", "")], AtRisk((), 1), id="money without a currency is unknown"),
    ],
)
def test_it_adds_up(stakes: list[Stake], expected: AtRisk) -> None:
    assert amount_at_risk(stakes) == expected


@pytest.mark.parametrize(
    ("at_risk", "quality"),
    [
        pytest.param(AtRisk(), Quality.UNKNOWN, id="nothing"),
        pytest.param(AtRisk((), 3), Quality.UNKNOWN, id="unknown records only"),
        pytest.param(AtRisk((Sum("EUR", Decimal(1), Quality.KNOWN, 1),)), Quality.KNOWN, id="all known"),
        pytest.param(AtRisk((Sum("EUR", Decimal(1), Quality.KNOWN, 1),), 1), Quality.ESTIMATED, id="one unknown"),
        pytest.param(AtRisk((Sum("EUR", Decimal(1), Quality.ESTIMATED, 1),)), Quality.ESTIMATED, id="estimated"),
    ],
)
def test_it_says_how_sure_it_is(at_risk: AtRisk, quality: Quality) -> None:
    assert at_risk.quality is quality


def test_it_adds_the_sums_of_several_cases() -> None:
    parts = [
        Sum("EUR", Decimal(1), Quality.KNOWN, 1),
        Sum("EUR", Decimal(2), Quality.ESTIMATED, 3),
        Sum("USD", Decimal(9), Quality.KNOWN, 1),
    ]
    assert added(parts) == (Sum("USD", Decimal(9), Quality.KNOWN, 1), Sum("EUR", Decimal(3), Quality.ESTIMATED, 4))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 1000)), max_size=30))
def test_repeating_a_record_never_raises_the_sum(pairs: list[tuple[str, int]]) -> None:
    stakes = [stake(key, str(amount)) for key, amount in pairs]
    total = sum((part.amount for part in amount_at_risk(stakes).sums), Decimal(0))
    newest = dict(pairs)
    assert total == sum(newest.values())
    assert amount_at_risk([*stakes, *stakes[-1:]]) == amount_at_risk(stakes)


def _by_case(held: Iterable[Held]) -> list[Sum]:
    """Return what the cases say, each by itself."""
    cases: dict[UUID, list[Stake]] = {}
    for one in held:
        cases.setdefault(one.case_id, []).append(one.stake)
    return [part for stakes in cases.values() for part in amount_at_risk(stakes).sums]


# A record of some customer as several flows know it, by names of their own, in several cases and versions.
_HELD = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(1, 3), st.integers(1, 4), st.one_of(st.none(), st.integers(0, 900)),
        st.sampled_from(("EUR", "USD")), st.sampled_from(("known", "estimated")),
    ),
    max_size=40,
)  # fmt: skip


@given(_HELD)
def test_a_root_record_counts_once_and_none_is_lost(lines: list[tuple[int, int, int, int | None, str, str]]) -> None:
    held = [
        Held(
            UUID(int=case),
            f"root-{record}",
            stake(f"{record} as flow {flow} names it", None if amount is None else str(amount), currency, quality),
        )
        for record, flow, case, amount, currency, quality in lines
    ]
    truth: dict[int, tuple[str, int]] = {}
    for record, _flow, _case, amount, currency, _quality in lines:
        if amount is not None:
            truth[record] = (currency, amount)
    once = less(_by_case(held), [over.part for over in counted_again(held)])
    assert sum(part.records for part in once) == len(truth)
    for part in once:
        assert part.amount == sum(amount for currency, amount in truth.values() if currency == part.currency)
    assert {part.currency for part in once} == {currency for currency, _amount in truth.values()}


def test_what_is_held_up_once_takes_nothing_away() -> None:
    held = [Held(UUID(int=1), "a", stake("a", "10")), Held(UUID(int=2), "b", stake("b", "20"))]
    assert counted_again(held) == []
    (over,) = counted_again([*held, Held(UUID(int=2), "a", stake("a", "12"))])
    assert (over.case_id, over.part.amount) == (UUID(int=1), 10)
