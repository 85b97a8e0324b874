"""Money at risk: each record once, each currency by itself, and how sure the figure is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.impact import AtRisk, Quality, Stake, Sum, added, amount_at_risk


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
