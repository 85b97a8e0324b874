"""Which target counts, what a breach gives back, and that stored terms come back as they were."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.monitoring.blame import Severity, WorkQueue, time_to_resolve
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand, CreditRule
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.public_days import countries, holidays_of
from apps.monitoring.sla.terms import Promise, Target, Terms, terms_as_values, terms_from_values, usual_terms

HOURS = BusinessHours("Europe/Berlin", (((540, 1020),),) * 5 + ((), ()), "DE", "BY", {date(2026, 12, 24): "Off"})
BANDS = (CreditBand(0, Decimal(1)), CreditBand(60, Decimal("2.5")), CreditBand(480, Decimal(5)))
RULE = CreditRule(Decimal(1200), "EUR", BANDS, Decimal(10))
TERMS = Terms(
    "Gold",
    HOURS,
    (
        Target(Promise.RESOLVE, 480),
        Target(Promise.RESOLVE, 240, severity="high"),
        Target(Promise.RESOLVE, 120, business_class="closed_period"),
    ),
    frozenset({PauseCause.CUSTOMER}),
    RULE,
)


@pytest.mark.parametrize(
    ("severity", "business_class", "minutes"),
    [
        pytest.param("normal", "parse", 480, id="nothing particular"),
        pytest.param("high", "parse", 240, id="severe"),
        pytest.param("high", "closed_period", 120, id="its class says more than how bad it is"),
    ],
)
def test_the_most_particular_target_counts(severity: str, business_class: str, minutes: int) -> None:
    found = TERMS.target(Promise.RESOLVE, severity=severity, business_class=business_class, queue="finance")
    assert found == timedelta(minutes=minutes)


def test_what_is_not_promised_has_no_target() -> None:
    assert TERMS.target(Promise.ACKNOWLEDGE, severity="high") is None


@pytest.mark.parametrize("queue", WorkQueue)
@pytest.mark.parametrize("severity", Severity)
def test_the_usual_terms_are_the_queues_own_times(queue: WorkQueue, severity: Severity) -> None:
    assert usual_terms().target(Promise.RESOLVE, severity=severity, queue=queue) == time_to_resolve(queue, severity)


def test_stored_terms_come_back_as_they_were() -> None:
    assert terms_from_values(terms_as_values(TERMS)) == TERMS
    assert terms_from_values(terms_as_values(usual_terms())) == usual_terms()


@pytest.mark.parametrize(
    ("minutes", "credit"),
    [
        pytest.param(0, "12.00", id="just late"),
        pytest.param(59, "12.00", id="still the first band"),
        pytest.param(60, "30.00", id="the second"),
        pytest.param(5000, "60.00", id="the last"),
    ],
)
def test_a_breach_gives_what_its_band_says(minutes: int, credit: str) -> None:
    assert RULE.credit_for(timedelta(minutes=minutes)) == Decimal(credit)


def test_a_month_gives_no_more_than_its_cap() -> None:
    assert RULE.month_total([Decimal(60), Decimal(30)]) == Decimal(90)
    assert RULE.month_total([Decimal(60), Decimal(60), Decimal(60)]) == Decimal("120.00")


def test_holidays_are_those_of_the_region() -> None:
    assert date(2026, 1, 6) in holidays_of("DE", "BY", 2026)
    assert date(2026, 1, 6) not in holidays_of("DE", "BE", 2026)
    assert holidays_of("ZZ", "", 2026) == {}
    assert "BY" in countries()["DE"]
