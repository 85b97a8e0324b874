"""When a month's review is due: on a working day of the month after (pure)."""

from datetime import date, timedelta

from apps.monitoring.months import month_before

SATURDAY = 5


def due_month(today: date, working_day: int) -> date | None:
    """Return the month, by its first day, whose review is due: the last one from that working day on; None before."""
    first = today.replace(day=1)
    return month_before(today) if today >= nth_working_day(first, working_day) else None


def nth_working_day(first: date, number: int) -> date:
    """Return the working day of that number of the month that begins on `first`; Monday to Friday are working days."""
    day, left = first, max(number, 1)
    while True:
        if day.weekday() < SATURDAY:
            left -= 1
            if not left:
                return day
        day += timedelta(days=1)
