"""Months of the calendar, each named by its first day (pure)."""

from datetime import date, timedelta


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(day: date) -> date:
    """Return the first day of the month before a day's."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return next_month(month) - timedelta(days=1)


def months_back(day: date, number: int) -> list[date]:
    """Return a day's month and those before it, `number` in all, the latest first."""
    found = [day.replace(day=1)]
    while len(found) < number:
        found.append(month_before(found[-1]))
    return found
