"""One allocation of Float can stand for many: one for each person it names, and one for each time it repeats."""

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from apps.connectors.contract import OutsideRecord, SourceRecord

_MOST = 400  # a weekly allocation of more than seven years
_WEEKS = {"1": 1, "3": 2, "4": 3, "5": 6}  # by repeat_state
_MONTHS = {"2": 1, "6": 2, "7": 3, "8": 6, "9": 12}


def base_of(key: str) -> str:
    """Return the number of the allocation that an occurrence belongs to: "4711" for "4711@2026-12-07#5"."""
    return key.partition("@")[0].partition("#")[0]


def occurrences(record: SourceRecord) -> Iterator[SourceRecord]:
    """Yield an allocation person by person and time by time.

    The first time of a single person keeps the allocation's own key; later ones say "@" and the day they begin on,
    those of several people "#" and the person's number. An allocation whose days or repetition cannot be read comes as it
    is, so that somebody sees what is wrong with it.
    """
    people = _people(record.values)
    for begins, ends in _spans(record.values):
        later = begins is not None and begins.isoformat() != record.values.get("start_date")
        dated = {"start_date": begins.isoformat(), "end_date": ends.isoformat()} if begins and ends else {}
        for person in people:
            mark = (f"@{begins}" if later else "") + (f"#{person}" if len(people) > 1 else "")
            values = {**record.values, **dated, "people_id": person, "task_id": f"{record.key}{mark}"}
            yield replace(record, key=f"{record.key}{mark}", values=values)


def _people(values: OutsideRecord) -> list[Any]:
    several = values.get("people_ids")
    return several if isinstance(several, list) and several else [values.get("people_id")]


def _spans(values: OutsideRecord) -> list[tuple[date | None, date | None]]:
    """Return first and last day of each time; (None, None) where they are to be left as they are."""
    state, first, last = str(values.get("repeat_state") or "0"), _day(values, "start_date"), _day(values, "end_date")
    until = _day(values, "repeat_end_date")
    if (state not in _WEEKS and state not in _MONTHS) or first is None or last is None or until is None:
        return [(None, None)]
    spans: list[tuple[date | None, date | None]] = []
    for number in range(_MOST):
        begins = _after(first, state, number)
        if number and begins > until:
            break
        spans.append((begins, begins + (last - first)))
    return spans


def _after(first: date, state: str, number: int) -> date:
    if state in _WEEKS:
        return first + timedelta(weeks=_WEEKS[state] * number)
    months = first.month - 1 + _MONTHS[state] * number
    year, month = first.year + months // 12, months % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def _day(values: OutsideRecord, field: str) -> date | None:
    try:
        return date.fromisoformat(str(values.get(field)))
    except ValueError:
        return None
