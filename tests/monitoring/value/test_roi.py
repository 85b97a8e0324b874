"""An estimate follows from its inputs alone: checkable on paper, never the other way round, for any numbers."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.value.estimate_pages import page_of_inputs
from apps.monitoring.value.roi import (
    Inputs,
    estimate,
    inputs_as_values,
    inputs_from_values,
    outlook,
)

MORE_IS_MORE = (
    "people",
    "entries_each",
    "minutes",
    "error_rate",
    "error_minutes",
    "hourly_cost",
    "delay_days",
    "revenue",
    "capital_cost",
)
PRICES = ("setup_price", "monthly_price")
SMALL = st.decimals(0, 100, places=2)
NUMBERS = st.builds(Inputs, **{each.name: SMALL for each in fields(Inputs)})


def test_the_figures_are_those_of_the_calculation_on_paper() -> None:
    inputs = Inputs(
        people=Decimal(100),
        entries_each=Decimal(30),
        minutes=Decimal(2),
        error_rate=Decimal(2),
        error_minutes=Decimal(30),
        hourly_cost=Decimal(50),
        delay_days=Decimal(10),
        revenue=Decimal(365_000),
        capital_cost=Decimal(12),
        setup_price=Decimal(9000),
        monthly_price=Decimal(1000),
        expected=Decimal(50),
    )
    found = outlook(inputs, Decimal(50))
    # 3,000 records: 100 h of typing, 60 errors: 30 h of mending; half of both goes away.
    assert (found.hours, found.labour, found.errors) == (65, 2500, 750)
    # Five days of a year's 4,380,000; a twelfth of 12 % of it a month.
    assert (found.days, found.cash, found.capital) == (5, 60_000, 600)
    assert (found.benefit, found.net, found.first_year) == (3850, 2850, 25_200)
    assert found.payback_months == Decimal("3.16")
    assert found.first_year_return == Decimal("120.00")


@given(NUMBERS, st.sampled_from(MORE_IS_MORE), st.decimals(0, 50, places=2))
def test_more_to_save_never_saves_less(inputs: Inputs, name: str, more: Decimal) -> None:
    raised = replace(inputs, **{name: getattr(inputs, name) + more})
    for before, after in zip(estimate(inputs).cases, estimate(raised).cases, strict=True):
        assert after.benefit >= before.benefit
        assert after.net >= before.net
        if before.payback_months is not None:
            assert after.payback_months is not None
            assert after.payback_months <= before.payback_months


@given(NUMBERS, st.sampled_from(PRICES), st.decimals(0, 50, places=2))
def test_a_higher_price_never_pays_sooner(inputs: Inputs, name: str, more: Decimal) -> None:
    dearer = replace(inputs, **{name: getattr(inputs, name) + more})
    for before, after in zip(estimate(inputs).cases, estimate(dearer).cases, strict=True):
        assert after.benefit == before.benefit
        assert after.first_year <= before.first_year
        if after.payback_months is not None:
            assert before.payback_months is not None
            assert before.payback_months <= after.payback_months


@given(NUMBERS, SMALL, SMALL)
def test_a_larger_share_never_comes_to_less(inputs: Inputs, one: Decimal, other: Decimal) -> None:
    less, more = (outlook(inputs, share) for share in sorted((one, other)))
    assert (less.hours, less.days, less.cash, less.benefit) <= (more.hours, more.days, more.cash, more.benefit)


def test_nothing_at_all_divides_by_nothing() -> None:
    nothing = Inputs(**{each.name: Decimal(0) for each in fields(Inputs)})
    found = outlook(nothing, Decimal(0))
    assert (found.benefit, found.payback_months, found.first_year_return) == (0, None, None)
    assert outlook(replace(nothing, monthly_price=Decimal(5)), Decimal(0)).first_year_return == -100


@pytest.mark.parametrize("currency", ["EUR", "CHF", "JPY"])
def test_every_amount_of_money_says_its_currency(currency: str) -> None:
    page = page_of_inputs("Harbour", currency, Inputs())
    money = [row for row in page.outcome if currency in row.cells[1]]
    assert [row.title for row in money] == [
        "Cost of typing, a month",
        "Cost of mending, a month",
        "Cash that comes sooner, once",
        "Cost of capital saved, a month",
        "Benefit, a month",
        "Net, a month",
        "Net of the first year",
    ]
    assert all(currency in cell for row in money for cell in row.cells)
    assert currency in page.sentence


def test_inputs_come_back_as_they_were_stored_and_a_new_one_is_as_usual() -> None:
    inputs = Inputs(people=Decimal(12), low=Decimal("33.3"))
    stored = inputs_as_values(inputs)
    assert inputs_from_values(stored) == inputs
    assert inputs_from_values({"people": "12", "gone": "1"}).minutes == Inputs().minutes
