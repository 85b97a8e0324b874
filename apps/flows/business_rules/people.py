"""The rules about a person's day, judged by what stands in the ledger: at most 24 hours, and nothing entered twice."""

import hashlib
from datetime import date
from decimal import Decimal

from apps.connectors.canonical.shapes import CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import Booked, BusinessRule, Facts, Sample, number, words

MOST_HOURS = Decimal(24)
# What makes two records of a type the same although their numbers differ; the day comes second, behind the person.
CONTENT = {
    "TimeEntry": ("resource", "work_date", "project", "task", "task_name", "start_at", "hours", "note"),
    "Expense": ("resource", "spent_on", "project", "category", "amount", "currency", "note"),
}
_TELLING = (
    "note",
    "task",
    "task_name",
    "start_at",
    "category",
)  # where none of them is given, equal figures prove nothing


def content_of(kind: str, values: CanonicalValues) -> str:
    """Return 32 hexadecimal digits, equal for records of a type that say the same.

    "" where person or day is missing, or everything that could tell two records apart.
    """
    names = CONTENT.get(kind, ())
    if not names or any(values.get(name) in (None, "") for name in names[:2]):
        return ""
    if not any(values.get(name) for name in _TELLING):
        return ""
    # A task's name only counts where it has no number: names are changed, and the work stays the same.
    told = {**values, "task_name": ""} if values.get("task") else values
    text = "\x1f".join(_plain(told.get(name)) for name in names)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"  # 8.00 and 8 are one figure
    return "" if value is None else " ".join(str(value).casefold().split())


def day_of(kind: str, values: CanonicalValues) -> tuple[str, date] | None:
    """Return the person and the day of a record, None where one of them is missing."""
    names = CONTENT.get(kind)
    if names is None:
        return None
    person, day = values.get(names[0]), values.get(names[1])
    return (str(person), day) if person and isinstance(day, date) else None


def _hours(values: CanonicalValues, facts: Facts, _today: date) -> str:
    hours, others = values.get("hours"), facts.booked
    if hours is None or not others.entries or hours + others.hours <= MOST_HOURS:
        return ""
    person = words(values.get("resource_name") or values.get("resource") or "?")
    entries = "another entry" if others.entries == 1 else f"{others.entries} other entries"
    return (
        f"{person} has {number(hours + others.hours)} hours on {values.get('work_date')}: {number(hours)} in this entry and "
        f"{number(others.hours)} in {entries}. A day has 24. Correct the entries in {{source}}, then retry."
    )


def _duplicate(_values: CanonicalValues, facts: Facts, _today: date) -> str:
    if not facts.booked.twin:
        return ""
    return (
        f"The record says the same as {words(facts.booked.twin)}, under another number. If it was entered twice, skip this "
        "one; if both are right, tell them apart in their note in {source}, then retry."
    )


_ENTRY = {"resource": "E-0001", "resource_name": "Ada Vale", "work_date": date(2026, 11, 20), "hours": Decimal("12.5")}


def _with(hours: str, entries: int) -> Facts:
    return Facts(booked=Booked(hours=Decimal(hours), entries=entries))


HOURS_OF_DAY = BusinessRule(
    name="hours_of_day",
    types=("TimeEntry",),
    title=gettext_noop("More than 24 hours on one day"),
    summary=gettext_noop("the hours of a person on a day are at most 24 over all entries"),
    looks_at=gettext_noop("all entries of the same person and day that were delivered from here or are on their way"),
    business_class=BusinessClass.VALIDATION,
    queue="delivery",
    runbook=gettext_noop(
        "Ask the person, or whoever approved the day, which of the entries is wrong. Correct it in the time system: it is "
        "picked up from there, and the others can be retried. Nothing of this record was posted."
    ),
    judge=_hours,
    blames="hours",
    from_ledger=True,
    samples=(
        Sample("alone on the day", _ENTRY, Facts()),
        Sample("exactly 24", _ENTRY, _with("11.5", 2)),
        Sample("no hours at all", {}, _with("30", 3)),
        Sample(
            "25 hours in two entries",
            _ENTRY,
            _with("12.5", 1),
            "Ada Vale has 25 hours on 2026-11-20: 12.5 in this entry and 12.5 in another entry. A day has 24. Correct the entries in {source}, then retry.",
        ),
        Sample(
            "a little too much in three entries",
            _ENTRY,
            _with("11.75", 2),
            "Ada Vale has 24.25 hours on 2026-11-20: 12.5 in this entry and 11.75 in 2 other entries. A day has 24. Correct the entries in {source}, then retry.",
        ),
    ),
)
DUPLICATE = BusinessRule(
    name="duplicate",
    types=("TimeEntry", "Expense"),
    title=gettext_noop("The record was entered twice"),
    summary=gettext_noop("nothing was entered twice"),
    looks_at=gettext_noop(
        "records with the same person, day, project, figure and note that were delivered from here or are on their way"
    ),
    business_class=BusinessClass.DUPLICATE,
    queue="delivery",
    runbook=gettext_noop(
        "Compare the record with the one named above. If it was entered twice, skip it here and delete it in its own "
        "system; if both are right, make their notes differ there. Nothing of this record was posted."
    ),
    judge=_duplicate,
    from_ledger=True,
    samples=(
        Sample("the only one", _ENTRY, Facts()),
        Sample("others on the day, none like it", _ENTRY, _with("4", 1)),
        Sample(
            "entered twice",
            _ENTRY,
            Facts(booked=Booked(twin="TE-000123")),
            "The record says the same as TE-000123, under another number. If it was entered twice, skip this one; if both are right, tell them apart in their note in {source}, then retry.",
        ),
    ),
)
