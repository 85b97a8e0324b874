"""The firm of `make real`: the same every time, and bookable as it is."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from deploy.local.real_firm import (
    CLOSED_TASK,
    ENTRIES,
    PEOPLE,
    PROJECTS,
    STRANGER,
    build_entries,
    open_tasks,
    working_days_before,
)

FRIDAY = date(2026, 11, 20)


def test_the_entries_are_the_same_every_time() -> None:
    assert build_entries(FRIDAY) == build_entries(FRIDAY)
    assert len(build_entries(FRIDAY)) == ENTRIES


def test_nobody_books_more_than_a_day_or_on_a_weekend_or_later() -> None:
    hours: Counter[tuple[str, date]] = Counter()
    for entry in build_entries(FRIDAY):
        hours[entry.person.employee_no, entry.work_date] += entry.hours  # type: ignore[assignment]
        assert entry.work_date.weekday() < 5
        assert entry.work_date <= FRIDAY
    assert Decimal(0) < min(hours.values()) <= max(hours.values()) <= Decimal(24)


def test_hours_have_two_decimals_at_most_so_that_no_system_rounds_them() -> None:
    assert all(entry.hours == round(entry.hours, 2) for entry in build_entries(FRIDAY))


def test_nothing_is_booked_on_the_closed_task_or_by_the_stranger() -> None:
    entries = build_entries(FRIDAY)
    assert CLOSED_TASK not in {(entry.project, entry.task) for entry in entries}
    assert STRANGER not in PEOPLE
    assert CLOSED_TASK[1] in PROJECTS[0].tasks
    assert CLOSED_TASK[1] not in open_tasks(PROJECTS[0])


def test_every_person_and_project_has_time() -> None:
    entries = build_entries(FRIDAY)
    assert {entry.person for entry in entries} == set(PEOPLE)
    assert {entry.project for entry in entries} == set(PROJECTS)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2026, 11, 20), [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]),
        (date(2026, 11, 22), [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]),
        (date(2026, 11, 23), [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)]),
    ],
    ids=["a Friday", "a Sunday counts back", "a Monday jumps the weekend"],
)
def test_working_days_leave_out_weekends(last: date, expected: list[date]) -> None:
    assert working_days_before(last, 3) == expected
