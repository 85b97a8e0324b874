"""Turns a timecard of Certinia, which is a week in seven columns, into one record for each day (pure)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from apps.connectors.canonical.values import UnusableValueError, parse_date, parse_decimal
from apps.connectors.contract import OutsideRecord, SourceRecord

# In the order of date.weekday(), with the mark that stands in a day's key.
WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_PARTED_BY = "-"


def hours_field(weekday: str) -> str:
    """Return the column of a day's hours ("Monday": "pse__Monday_Hours__c")."""
    return f"pse__{weekday}_Hours__c"


def note_field(weekday: str) -> str:
    """Return the column of a day's note."""
    return f"pse__{weekday}_Notes__c"


_COLUMNS = frozenset(name for day in WEEKDAYS.values() for name in (hours_field(day), note_field(day)))


def key_of(timecard: str, mark: str) -> str:
    """Return the key of one day of a timecard: it stays the same however often the week is corrected."""
    return f"{timecard}{_PARTED_BY}{mark}"


def timecard_of(key: str) -> str:
    """Return the timecard that a day belongs to, "" for a key that is none of a day."""
    timecard, _, mark = key.rpartition(_PARTED_BY)
    return timecard if mark in WEEKDAYS else ""


def days_of(timecard: SourceRecord, *, all_of_them: bool = False) -> Iterator[SourceRecord]:
    """Yield the days of one timecard in their order in the week.

    Days without hours are left out, since Certinia keeps a zero in every column nobody wrote in; one with a note is
    shown, and so is every day with `all_of_them`. Hours that are no number are shown as they are: the entry says so later.
    """
    week = {name: value for name, value in timecard.values.items() if name not in _COLUMNS}
    start = _day(timecard.values.get("pse__Start_Date__c"))
    begins = start.weekday() if start else 0
    ordered = [*WEEKDAYS.items()]
    for mark, name in ordered[begins:] + ordered[:begins]:
        hours, note = timecard.values.get(hours_field(name)), timecard.values.get(note_field(name))
        if all_of_them or note or not _is_nothing(hours):
            offset = (list(WEEKDAYS).index(mark) - begins) % 7
            work_date = (start + timedelta(days=offset)).isoformat() if start else None
            yield _day_record(timecard, week, mark, {"date": work_date, "hours": hours, "note": note})


def _day_record(timecard: SourceRecord, week: OutsideRecord, mark: str, day: Mapping[str, Any]) -> SourceRecord:
    key = key_of(timecard.key, mark)
    return SourceRecord(timecard.object_name, key, timecard.version, {**week, "key": key, "day": dict(day)})


def _is_nothing(hours: Any) -> bool:
    try:
        return not parse_decimal(hours)
    except UnusableValueError:
        return False


def _day(value: Any) -> date | None:
    try:
        return parse_date(value)
    except UnusableValueError:
        return None
