"""Time entries as ADP hands them out and wants them: durations, labor allocations, and what one entry is known by (pure)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.answers import text_at, walk_path
from apps.connectors.canonical.values import parse_decimal

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?\Z", re.ASCII)
_DIGITS = Decimal("1E-6")  # of hours that are no decimal fraction: a third of an hour
ADD, MODIFY, REMOVE = "add", "modify", "remove"


@dataclass(frozen=True, slots=True)
class EntryKey:
    """An entry's number means something for one work assignment of one person only; the day says on which card it lies."""

    worker: str
    assignment: str
    day: str
    entry: str

    def __str__(self) -> str:
        return ":".join((self.worker, self.assignment, self.day, self.entry))

    @classmethod
    def read(cls, text: str) -> "EntryKey | None":
        """Return the key that was written so, None when it is none."""
        parts = text.split(":", 3)
        return cls(*parts) if len(parts) == 4 and all(parts) else None


def duration_of(hours: Any) -> str:
    """Return hours as ADP wants them: 7.5 is "PT7H30M". Raises UnusableValueError when they are no number."""
    whole, rest = divmod((parse_decimal(hours) or Decimal(0)) * 3600, 3600)
    minutes, left = divmod(rest, 60)
    tail = f"{format(left.normalize(), 'f')}S" if left else ""
    return f"PT{format(whole, 'f').partition('.')[0]}H" + (f"{int(minutes)}M" if minutes or tail else "") + tail


def hours_of(duration: str) -> str:
    """Return the hours of a duration as a decimal text, "" where it is none."""
    found = _DURATION.match(duration)
    if found is None or duration == "PT":
        return ""
    hours, minutes, seconds = (Decimal(part or 0) for part in found.groups())
    exact = (hours * 3600 + minutes * 60 + seconds) / 3600
    near = exact.quantize(_DIGITS) if exact != exact.quantize(_DIGITS) else exact
    return format(near.normalize(), "f")


def entry_sent(values: Mapping[str, Any], change: str, category: str, entry: str = "") -> dict[str, Any]:
    """Return one entry of an event. `category` is the labor category that takes the project, "" for none."""
    sent: dict[str, Any] = {"entryTypeCode": {"codeValue": "hoursEntry"}, "_changeCode": change}
    if entry:
        sent["entryID"] = entry
    if values.get("day"):
        sent["entryDate"] = str(values["day"])[:10]
    if values.get("hours") not in (None, ""):
        sent["timeDuration"] = duration_of(values["hours"])
    if values.get("pay_code"):
        sent["entryCode"] = {"codeValue": str(values["pay_code"])}
    if category and values.get("project"):
        code = {"codeValue": str(values["project"])}
        sent["laborAllocations"] = [{"allocationTypeCode": {"codeValue": category}, "allocationCode": code}]
    return sent


def event_about(worker: str, assignment: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event that hands in one entry of one person: ADP answers such a one at once."""
    context = {"associateOID": worker, "workAssignmentID": assignment}
    return {
        "events": [
            {
                "serviceCategoryCode": {"codeValue": "time"},
                "eventNameCode": {"codeValue": "timeEntries.modify"},
                "data": {"eventContext": context, "transform": {"timeEntries": [entry]}},
            }
        ]
    }


def entries_on(cards: Any, assignment: str) -> Iterator[dict[str, Any]]:
    """Yield the entries on a person's time cards, each with its day; only those of one assignment where cards say whose."""
    for day in walk_path(cards, "timeCards.dayEntries"):
        for entry in walk_path(day, "timeEntries"):
            if text_at(entry, "workAssignmentID") in {"", assignment}:
                yield {"entryDate": text_at(day, "entryDate"), **entry}


def record_of(entry: Mapping[str, Any], key: EntryKey, category: str) -> dict[str, Any]:
    """Return an entry of a card under the names of the manifest."""
    allocations = entry.get("laborAllocations") or []
    of_category = (one for one in allocations if text_at(one, "allocationTypeCode.codeValue") == category)
    return {
        "id": str(key),
        "worker": key.worker,
        "day": text_at(entry, "entryDate")[:10],
        "hours": hours_of(text_at(entry, "timeDuration")),
        "pay_code": text_at(entry, "entryCode.codeValue"),
        "project": text_at(next(of_category, {}), "allocationCode.codeValue") or None,
    }


def says_the_same(entry: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Return whether an entry on a card is one that was handed in so."""
    facts = ("entryCode.codeValue", "laborAllocations.allocationCode.codeValue")
    return (
        text_at(entry, "entryDate")[:10] == sent.get("entryDate")
        and hours_of(text_at(entry, "timeDuration")) == hours_of(str(sent.get("timeDuration")))
        and all(text_at(entry, fact) == text_at(sent, fact) for fact in facts)
    )
