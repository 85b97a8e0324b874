"""Days of work, rates, amounts and volumes held against what is usual: tables of what is told and what is not."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.insights.anomalies import (
    DayOfFlow,
    Spent,
    Work,
    unusual_amounts,
    unusual_days,
    unusual_rates,
    unusual_volumes,
)
from apps.monitoring.insights.found import Cause, Stake

D = Decimal
MONDAY = date(2026, 11, 2)
LONG_AGO = date(2026, 1, 1)
FLOW = UUID(int=7)


def work(day: date, hours: str | None = "8", person: str = "E-1", **more: object) -> Work:
    """Return a time entry."""
    facts = {
        "project": "PRJ-1",
        "client": "Aster",
        "rate": D(95),
        "currency": "EUR",
        "person_name": "Ada",
        **more,
    }
    return Work(
        operation_id=uuid4(),
        key=f"TimeEntry:psa:{person}:{day}:{hours}:{facts['project']}",
        label="Time entry",
        on=day,
        person=person,
        hours=None if hours is None else D(hours),
        **facts,  # type: ignore[arg-type]
    )


def weekdays(number: int, before: date = MONDAY) -> list[date]:
    """Return the working days before a day."""
    days = (before - timedelta(days=back) for back in range(1, number * 2 + 10))
    return [day for day in days if day.weekday() < 5][:number]


@pytest.mark.parametrize(
    ("hours", "sample", "told"),
    [
        pytest.param(["8"], 20, False, id="a usual day"),
        pytest.param(["8", "7"], 20, True, id="two entries of one day add up"),
        pytest.param(["11"], 20, False, id="three hours more are no wonder"),
        pytest.param(["16"], 20, True, id="twice as long"),
        pytest.param(["16"], 10, False, id="too few days of the person"),
        pytest.param(["16", None], 20, False, id="an entry does not say its hours"),
        pytest.param(["1"], 20, False, id="a short day is nobody's business"),
    ],
)
def test_a_day_is_long_when_it_is_far_longer_than_the_persons_own(
    hours: list[str | None], sample: int, told: bool
) -> None:
    day = [work(MONDAY, one) for one in hours]
    found = unusual_days([*(work(on) for on in weekdays(sample)), *day], MONDAY, set())
    assert [one.cause for one in found.findings] == ([Cause.LONG_DAY] if told else [])
    assert (Cause.LONG_DAY, "day:E-1:2026-11-02") in found.seen
    if told:
        (finding,) = found.findings
        longest = max(day, key=lambda one: one.hours or D(0))
        assert (finding.operation_id, finding.on) == (longest.operation_id, MONDAY)
        assert (finding.facts["low"], finding.facts["high"], finding.facts["own"]) == ("8", "8", True)
        assert finding.stake == Stake(sum((one.hours or D(0)) for one in day) * 95, "EUR")


def test_who_is_new_is_held_against_everybody() -> None:
    others = [work(day, person=f"E-{number}") for number in range(2, 5) for day in weekdays(14)]
    found = unusual_days([*others, work(MONDAY, "18")], MONDAY, set())
    (finding,) = found.findings
    assert (finding.facts["own"], finding.facts["seen"]) == (False, 43)


def test_only_what_is_new_is_judged_and_the_rest_says_what_is_usual() -> None:
    old = [work(day, "20") for day in weekdays(2)]
    found = unusual_days([*old, *(work(day) for day in weekdays(20, MONDAY - timedelta(days=10)))], MONDAY, set())
    assert (found.findings, found.seen) == ([], set())


def test_a_day_on_which_hardly_anybody_ever_works_is_told() -> None:
    usual = [work(day, person=f"E-{number}") for number in range(6) for day in weekdays(20)]
    sunday = MONDAY - timedelta(days=1)
    found = unusual_days([*usual, work(sunday, person="E-1")], sunday, set())
    (finding,) = [one for one in found.findings if one.cause is Cause.ODD_DAY]
    assert (finding.facts["seen"], finding.facts["such"]) == (121, 1)
    some = [work(sunday - timedelta(weeks=number), person=f"E-{number}") for number in range(4)]
    assert not [one for one in unusual_days([*usual, *some], sunday, set()).findings if one.cause is Cause.ODD_DAY]


@pytest.mark.parametrize(
    ("rate", "known", "told"),
    [
        pytest.param("95", False, False, id="the usual"),
        pytest.param("105", False, False, id="a tenth more"),
        pytest.param("250", False, True, id="another one's"),
        pytest.param("9.5", False, True, id="a slipped comma"),
        pytest.param("0", False, False, id="nothing is no rate"),
        pytest.param("250", True, True, id="still so"),
    ],
)
def test_a_rate_far_from_the_persons_own_is_told_once_for_all_its_entries(rate: str, known: bool, told: bool) -> None:
    usual = [work(day) for day in weekdays(20)]
    odd = [work(MONDAY + timedelta(days=number), "4", rate=D(rate)) for number in range(3)]
    before = {(Cause.RATE, f"rate:E-1:PRJ-1:{rate}:EUR")} if known else set()
    found = unusual_rates([*usual, *odd], MONDAY, before)
    assert len(found.findings) == told
    if told:
        (finding,) = found.findings
        assert (finding.facts["entries"], finding.facts["hours"], finding.on) == (3, "12", odd[-1].on)
        assert finding.stake == Stake(abs(D(rate) - 95) * 12, "EUR", sure=False)


def test_a_rate_in_another_currency_is_no_other_rate() -> None:
    usual = [work(day) for day in weekdays(20)]
    assert unusual_rates([*usual, work(MONDAY, rate=D(110), currency="USD")], MONDAY, set()).findings == []


def spent(amount: str, day: date = MONDAY, **more: object) -> Spent:
    """Return an expense."""
    facts: dict[str, object] = {"canonical_type": "Expense", "group": "Hotel", "currency": "EUR", **more}
    key = f"{facts['canonical_type']}:x:{day}:{amount}"
    return Spent(
        uuid4(),
        key,
        label="A hotel",
        on=day,
        project="",
        client="Aster",
        amount=D(amount),
        **facts,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("amount", "kind", "told"),
    [
        pytest.param("120", "Expense", False, id="a usual expense"),
        pytest.param("1200", "Expense", True, id="ten times as much"),
        pytest.param("12", "Expense", False, id="a small expense is no wonder"),
        pytest.param("12", "Invoice", True, id="a small invoice is"),
        pytest.param("-500", "Expense", False, id="what is paid back is not judged"),
    ],
)
def test_an_amount_is_held_against_its_category_or_client(amount: str, kind: str, told: bool) -> None:
    usual = [spent(str(100 + number), day, canonical_type=kind) for number, day in enumerate(weekdays(20))]
    found = unusual_amounts([*usual, spent(amount, canonical_type=kind)], MONDAY, set())
    assert len(found.findings) == told


def test_a_category_of_its_own_is_held_against_all_of_the_customers() -> None:
    usual = [spent(str(100 + number), day) for number, day in enumerate(weekdays(40))]
    found = unusual_amounts([*usual, spent("2000", group="Flight")], MONDAY, set())
    assert [one.facts["group"] for one in found.findings] == [""]
    few = unusual_amounts([*usual[:20], spent("2000", group="Flight")], MONDAY, set())
    assert few.findings == []


@pytest.mark.parametrize(
    ("records", "weeks", "told"),
    [
        pytest.param(100, 8, False, id="a usual Monday"),
        pytest.param(400, 8, True, id="four times as many"),
        pytest.param(20, 8, True, id="a fifth"),
        pytest.param(0, 8, False, id="nothing at all is the monitors' business"),
        pytest.param(400, 1, False, id="too young"),
    ],
)
def test_a_days_volume_is_held_against_the_same_weekday(records: int, weeks: int, told: bool) -> None:
    counted = [DayOfFlow(MONDAY, records)]
    for back in range(1, weeks * 7 + 1):
        day = MONDAY - timedelta(days=back)
        # Fridays bring five times as much: it must not matter on a Monday.
        counted.append(DayOfFlow(day, 500 + back % 5 if day.weekday() == 4 else 100 + back % 5))
    found = unusual_volumes(FLOW, "Time", counted, MONDAY, MONDAY + timedelta(days=1), set())
    assert len(found.findings) == told
    if told:
        (finding,) = found.findings
        assert (finding.flow_id, finding.facts["same"], finding.facts["weekday"]) == (FLOW, True, 0)


def test_today_is_not_over_and_is_not_judged() -> None:
    days = [DayOfFlow(MONDAY - timedelta(days=back), 100 + back % 3) for back in range(1, 60)]
    assert unusual_volumes(FLOW, "Time", [*days, DayOfFlow(MONDAY, 3)], MONDAY, MONDAY, set()).findings == []


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["E-1", "E-2"]), st.decimals("0.25", "12", places=2)), max_size=80
    )
)
def test_whatever_was_booked_each_finding_was_looked_at_and_none_is_told_twice(rows: list[tuple[int, str, D]]) -> None:
    entries = [work(MONDAY - timedelta(days=back), str(hours), person) for back, person, hours in rows]
    since = MONDAY - timedelta(days=28)
    for found in (unusual_days(entries, since, set()), unusual_rates(entries, since, set())):
        named = [one.named for one in found.findings]
        assert len(named) == len(set(named))
        assert set(named) <= found.seen
        assert all(one.on is not None and one.on >= since for one in found.findings)
        assert all(one.operation_id in {entry.operation_id for entry in entries} for one in found.findings)
