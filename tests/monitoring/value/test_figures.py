"""A month's figures come from what was measured and agreed, and say which of the two they rest on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.value.baseline import LEAST_RECORDS, baseline_of
from apps.monitoring.value.delays import delay_of, instant_of
from apps.monitoring.value.figures import Delay, Evidence, Kind, Measures, Rescued, build_figures
from apps.monitoring.value.terms import MEASURED, SAID, Terms, terms_as_values, terms_from_values

POSTED_AT = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
READ_AT = POSTED_AT - timedelta(hours=1)
MEASURES = Measures(
    posted={"TimeEntry": 300, "Expense": 15},
    delays={"TimeEntry": Delay(300, Decimal(300 * 43_200)), "Expense": Delay(0, Decimal(0))},
    rescued=[
        Rescued("mapping_gap", Decimal("1200.50"), 4),
        Rescued("provider_outage", Decimal(300), 2),
        Rescued("closed_period", Decimal(5000), 1),
    ],
    caught=5,
    closed=7,
)


def _figure(terms: Terms, kind: Kind, measures: Measures = MEASURES) -> tuple[Decimal, Evidence, int] | None:
    found = [figure for figure in build_figures(measures, terms) if figure.kind is kind]
    return (found[0].amount, found[0].evidence, found[0].sample) if found else None


@pytest.mark.parametrize(
    ("terms", "kind", "figure"),
    [
        (Terms(), Kind.HOURS, (Decimal("11.00"), Evidence.ASSUMED, 315)),
        (Terms({"TimeEntry": Decimal(3)}), Kind.HOURS, (Decimal("16.00"), Evidence.ASSUMED, 315)),
        (
            Terms({"TimeEntry": Decimal(3), "Expense": Decimal(2)}),
            Kind.HOURS,
            (Decimal("15.50"), Evidence.DERIVED, 315),
        ),
        (Terms(), Kind.LABOUR, None),
        (Terms(hourly_cost=Decimal(50), currency="EUR"), Kind.LABOUR, (Decimal("550.00"), Evidence.ASSUMED, 315)),
        (Terms(), Kind.DAYS, None),
        (Terms(baseline_days=Decimal(2), baseline_from=SAID), Kind.DAYS, (Decimal("1.50"), Evidence.DERIVED, 300)),
        (
            Terms(baseline_days=Decimal("0.2"), baseline_from=MEASURED, baseline_records=90),
            Kind.DAYS,
            (Decimal("-0.30"), Evidence.MEASURED, 300),
        ),
        (Terms(), Kind.PROTECTED, (Decimal("6500.50"), Evidence.MEASURED, 7)),
        (Terms(), Kind.WRITE_OFFS, (Decimal("6200.50"), Evidence.DERIVED, 5)),
        (Terms(), Kind.CAUGHT, (Decimal(5), Evidence.MEASURED, 7)),
    ],
    ids=[
        "minutes that nobody agreed are assumed",
        "one agreed type does not make the other agreed",
        "all agreed makes it derived",
        "no cost of an hour, no cost",
        "a cost is as sure as its hours",
        "no baseline, no days",
        "a baseline that was said",
        "later than before is said as well",
        "all that was held up and posted",
        "an outage passes by itself",
        "cases without a word",
    ],
)
def test_each_figure_says_what_it_comes_to_how_sure_it_is_and_on_how_many(
    terms: Terms, kind: Kind, figure: tuple[Decimal, Evidence, int] | None
) -> None:
    assert _figure(terms, kind) == figure


def test_an_estimated_amount_makes_the_money_derived() -> None:
    measures = Measures(rescued=[Rescued("mapping_gap", Decimal(10), 1, is_known=False)])
    assert _figure(Terms(), Kind.PROTECTED, measures) == (Decimal(10), Evidence.DERIVED, 1)


def test_a_month_in_which_nothing_happened_has_nothing_and_fails_at_nothing() -> None:
    terms = Terms(hourly_cost=Decimal(50), baseline_days=Decimal(2))
    assert all(figure.amount == 0 for figure in build_figures(Measures(), terms))


@given(
    st.dictionaries(st.sampled_from(["TimeEntry", "Invoice", "Harbour"]), st.integers(0, 10**6)),
    st.decimals(1, 60, places=1),
)
def test_parts_of_money_add_up_and_more_minutes_are_never_fewer_hours(posted: dict[str, int], minutes: Decimal) -> None:
    agreed = Terms(dict.fromkeys(posted, minutes))
    more = Terms(dict.fromkeys(posted, minutes + 1))
    hours, longer = (build_figures(Measures(posted=posted), terms)[0] for terms in (agreed, more))
    assert longer.amount >= hours.amount
    assert abs(sum((part.amount for part in hours.parts), Decimal(0)) - hours.amount) <= Decimal("0.02")
    assert sum(part.sample for part in hours.parts) == hours.sample == sum(posted.values())


def test_terms_come_back_as_they_were_stored() -> None:
    terms = Terms({"TimeEntry": Decimal("2.5")}, Decimal(48), "EUR", Decimal("6.2"), MEASURED, 123)
    assert terms_from_values(terms_as_values(terms)) == terms
    assert terms_from_values(terms_as_values(Terms())) == Terms()


@pytest.mark.parametrize(
    ("version", "read_at", "hours"),
    [
        ("2026-10-19T12:00:00+00:00", READ_AT, 24),
        ("2026-10-19T14:00:00+02:00", READ_AT, 24),
        ("2026-10-19 12:00", READ_AT, 24),
        ("17", READ_AT, 1),
        ("content-af01", READ_AT, 1),
        ("2026-10-18", READ_AT, 1),
        ("2026-13-45T99:00", READ_AT, 1),
        ("2019-01-01T00:00:00Z", READ_AT, 1),
        ("2026-10-21T00:00:00Z", READ_AT, 1),
        ("17", None, None),
    ],
    ids=[
        "the source says since when",
        "in its own zone",
        "without one",
        "a number says nothing",
        "a hash says nothing",
        "a day says too little",
        "a moment that is none",
        "too long ago to be meant",
        "in the future",
        "never read",
    ],
)
def test_a_delay_counts_from_what_the_source_says_else_from_the_first_reading(
    version: str, read_at: datetime | None, hours: int | None
) -> None:
    expected = None if hours is None else timedelta(hours=hours)
    assert delay_of(version, read_at, POSTED_AT) == expected


@given(st.text(max_size=80))
def test_whatever_a_version_says_it_is_a_moment_with_a_zone_or_none(version: str) -> None:
    moment = instant_of(version)
    assert moment is None or moment.tzinfo is not None


def test_a_baseline_needs_enough_records_and_is_the_usual_one_of_them() -> None:
    ages = [Decimal(number) for number in range(LEAST_RECORDS)]
    assert baseline_of(ages[1:]) is None
    found = baseline_of([*ages, Decimal(9000)])
    assert found is not None
    assert (found.days, found.records) == (Decimal(15), LEAST_RECORDS + 1)
