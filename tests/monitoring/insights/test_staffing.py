"""Who could do what is asked for, and who is planned for too much."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.insights.found import NOW, SOON, Cause
from apps.monitoring.insights.staffing import (
    Person,
    Planned,
    free_hours,
    matched_skills,
    overbooked,
    plans_by_person,
    rank,
    suggest,
    working_days,
)

D = Decimal
TODAY = date(2026, 11, 20)
START, END = date(2026, 11, 23), date(2026, 12, 18)  # four working weeks
REQUEST = Planned(
    "Assignment:r:1", "Assignment", "PRJ-1", "Beacon", "Aster", "", "Data analyst", START, END, "request", D(4)
)


def person(name: str, skills: tuple[tuple[str, int], ...] = (("data", 3),), **more: object) -> Person:
    """Return somebody who works 40 hours a week."""
    facts = {"week": D(40), **more}
    return Person(f"Resource:r:{name}", name, frozenset({name}), skills=skills, **facts)  # type: ignore[arg-type]


def plan(who: str, hours: str = "8", project: str = "PRJ-9", **more: object) -> Planned:
    """Return a confirmed assignment over the days of the request."""
    facts = {"starts": START, "ends": END, "status": "hard", "client": "", **more}
    return Planned(
        f"Assignment:r:{who}:{project}",
        "Assignment",
        project,
        project,
        person=who,
        role="",
        hours_per_day=D(hours),
        **facts,  # type: ignore[arg-type]
    )


def names(people: list[Person], plans: list[Planned], request: Planned = REQUEST) -> list[str]:
    """Return who is suggested, the best first."""
    return [fit.person.name for fit in rank(request, people, plans_by_person(people, plans), TODAY)]


def test_enough_time_comes_first_then_skill_then_who_knows_the_work() -> None:
    people = [
        person("Busy", (("data", 5),)),
        person("Skilled", (("data", 4),)),
        person("Knows", (("data", 3),)),
        person("Fits", (("data", 3),)),
        person("Client", (("data", 3),)),
    ]
    before = {"starts": date(2026, 1, 5), "ends": date(2026, 2, 5), "status": "done"}
    plans = [
        plan("Busy", "6"),
        plan("Knows", project="PRJ-1", **before),
        plan("Client", client="Aster", **before),
    ]
    assert names(people, plans) == ["Skilled", "Knows", "Client", "Fits", "Busy"]


@pytest.mark.parametrize(
    ("someone", "plans"),
    [
        pytest.param(person("A", (("finance", 5),)), [], id="another skill"),
        pytest.param(person("A", active=False), [], id="no longer active"),
        pytest.param(person("A", left=date(2026, 12, 1)), [], id="leaves before the end"),
        pytest.param(person("A"), [plan("A", "8")], id="no time at all"),
        pytest.param(person("A"), [plan("A", "2", "PRJ-1")], id="planned there already"),
    ],
)
def test_who_is_no_suggestion(someone: Person, plans: list[Planned]) -> None:
    assert names([someone], plans) == []


def test_a_job_title_stands_in_for_a_skill() -> None:
    assert matched_skills(person("A", (), title="Senior data engineer"), "Data analyst") == (
        ("Senior data engineer", 3),
    )
    assert matched_skills(person("A", (), title="Project management"), "Project management") == (
        ("Project management", 3),
    )
    assert matched_skills(person("A", (("sql", 5),), title="Tester"), "and the for") == ()


def test_a_request_tells_the_best_three_and_why() -> None:
    people = [person(f"P{number}", (("data", number),)) for number in range(1, 6)]
    found = suggest(people, [REQUEST, plan("P5", "8", status="soft")], TODAY)
    (finding,) = found.findings
    assert [fit["name"] for fit in finding.facts["fits"]] == ["P4", "P3", "P2"]
    assert (finding.urgency, finding.facts["week"], finding.facts["people"]) == (NOW, "20", 5)
    assert finding.facts["fits"][0] == {
        "name": "P4", "free": "40", "enough": True, "skills": [["data", 4]], "project": False, "client": False, "assumed": False,
    }  # fmt: skip


def test_a_request_that_is_over_or_filled_is_not_told() -> None:
    over = replace(REQUEST, starts=date(2026, 10, 1), ends=date(2026, 10, 30))
    filled = replace(REQUEST, key="other", status="hard", person="A")
    found = suggest([person("A")], [over, filled], TODAY)
    assert found.findings == []
    assert found.seen == {(Cause.OPEN_REQUEST, over.key), (Cause.OPEN_REQUEST, "other")}


def test_whose_hours_nobody_says_is_taken_to_work_a_whole_week_and_told_so() -> None:
    (fit,) = rank(REQUEST, [person("A", week=None)], {}, TODAY)
    assert (fit.free, fit.assumed) == (D(40), True)
    assert overbooked([person("A", week=None)], [plan("A", "20")], TODAY).findings == []


@pytest.mark.parametrize(
    ("hours", "status", "told"),
    [
        pytest.param(("4", "4"), "hard", False, id="just all"),
        pytest.param(("4", "4.5"), "hard", False, id="a little more"),
        pytest.param(("6", "4"), "soft", True, id="clearly more"),
        pytest.param(("6", "4"), "request", False, id="requests are none yet"),
    ],
)
def test_who_is_planned_for_clearly_more_than_a_week_is_told(hours: tuple[str, str], status: str, told: bool) -> None:
    plans = [plan("A", one, f"PRJ-{one}", status=status) for one in hours]
    found = overbooked([person("A")], plans, TODAY)
    assert [one.cause for one in found.findings] == ([Cause.OVERBOOKED] if told else [])
    if told:
        (finding,) = found.findings
        assert (finding.facts["hours"], finding.facts["capacity"], finding.facts["weeks"]) == ("50", "40", 4)
        assert (finding.on, finding.urgency) == (START, NOW)
    late = [replace(one, starts=START + timedelta(weeks=4), ends=END + timedelta(weeks=2)) for one in plans]
    assert [one.urgency for one in overbooked([person("A")], late, TODAY).findings] == ([SOON] if told else [])


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(DAYS, DAYS)
def test_working_days_are_as_counted_one_by_one(first: date, last: date) -> None:
    one_by_one = [first + timedelta(days=number) for number in range(max(0, (last - first).days + 1))]
    assert working_days(first, last) == sum(day.weekday() < 5 for day in one_by_one)


@given(st.lists(st.tuples(DAYS, DAYS, st.decimals("0", "12", places=1)), max_size=6), DAYS, DAYS)
def test_free_time_is_never_more_than_a_week_and_never_less_than_nothing(
    spans: list[tuple[date, date, D]], first: date, last: date
) -> None:
    plans = [plan("A", str(hours), starts=min(a, b), ends=max(a, b)) for a, b, hours in spans]
    free = free_hours(person("A"), plans, first, last)
    assert 0 <= free <= 40
    assert free_hours(person("A"), plans[:-1], first, last) >= free
