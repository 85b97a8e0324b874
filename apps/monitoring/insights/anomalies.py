"""Unusual days of work, rates, amounts and volumes of one customer, each held against what is usual there (pure)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from apps.monitoring.insights.found import LOOK, SOON, Cause, Finding, Found, Key, Stake, plain, series
from apps.monitoring.insights.robust import Usual, is_unusual, usual_of

# Of the group itself; below it of all of the customer, which must be more to say anything.
LEAST_OWN, LEAST_OF_ALL = 12, 40
LEAST_INVOICES, LEAST_ALL_INVOICES = 8, 20
LEAST_DAYS = 100  # days of people, before a weekday counts as one on which nobody works
_SELDOM = 0.02
_MORE_HOURS = Decimal(4)  # a day is long when it is so much longer than usual
_OTHER_RATE = Decimal("1.15")
_OTHER_AMOUNT = Decimal(3)
LEAST_SAME_DAYS, LEAST_ALIKE = 4, 8  # of a weekday; of all working days, or all days of weekends
_WEEKS = 8
_LEAST_RECORDS = Decimal(10)
_WEEKEND = 5
_SHOWN = 40  # points of a chart
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Work:
    """One time entry, in its newest version. `hours` and `rate` are None where they are not known.

    `start` is when it began, in minutes of the customer's day; None where nothing says it.
    """

    operation_id: UUID
    key: str
    label: str
    on: date
    person: str
    person_name: str
    project: str
    client: str
    hours: Decimal | None
    rate: Decimal | None
    currency: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """One expense or invoice. `group` is what it is compared within: its category, its client."""

    operation_id: UUID
    key: str
    canonical_type: str
    label: str
    on: date
    group: str
    project: str
    client: str
    amount: Decimal
    currency: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class DayOfFlow:
    """How many records a flow read on a day."""

    on: date
    records: int


def unusual_days(work: Sequence[Work], since: date, known: Collection[Key]) -> Found:
    """Return the days on which somebody booked far more hours than usual, or on which hardly anybody ever works.

    Only days from `since` on are judged; all of `work` says what is usual.
    """
    days: defaultdict[tuple[str, date], list[Work]] = defaultdict(list)
    for one in work:
        days[one.person, one.on].append(one)
    sums = {day: _hours(entries) for day, entries in days.items()}
    of_person = _grouped((person, (on, hours)) for (person, on), hours in sums.items() if hours is not None)
    usual_own = {
        person: usual_of([hours for _on, hours in rows], least=LEAST_OWN) for person, rows in of_person.items()
    }
    usual_all = usual_of([hours for hours in sums.values() if hours is not None], least=LEAST_OF_ALL)
    seldom = _seldom(on for _person, on in days)
    found = Found()
    for (person, on), entries in sorted(days.items()):
        if on < since or not person:
            continue
        key = f"day:{person}:{on.isoformat()}"
        found.seen |= {(Cause.LONG_DAY, key), (Cause.ODD_DAY, key)}
        hours, own = sums[person, on], usual_own.get(person)
        if hours is not None and (usual := own or usual_all) is not None:
            is_long = hours > usual.middle and is_unusual(
                hours, usual, gap=_MORE_HOURS, known=(Cause.LONG_DAY, key) in known
            )
            if is_long:
                found.add(_long_day(key, entries, usual, of_person[person], is_own=own is not None))
        if on.weekday() in seldom:
            found.add(_odd_day(key, entries, hours, len(days), seldom[on.weekday()]))
    return found


def _hours(entries: Iterable[Work]) -> Decimal | None:
    """Return a day's hours, None where an entry does not say its own."""
    known = [one.hours for one in entries]
    return sum((one for one in known if one is not None), Decimal(0)) if all(one is not None for one in known) else None


def _seldom(days: Iterable[date]) -> dict[int, int]:
    """Return the weekdays on which hardly anybody works, with how many days of people fell on them."""
    counted = Counter(day.weekday() for day in days)
    total = counted.total()
    return {day: number for day, number in counted.items() if total >= LEAST_DAYS and number < total * _SELDOM}


def finding_of_day(
    cause: Cause, key: str, entries: Sequence[Work], facts: Mapping[str, object], urgency: int
) -> Finding:
    """Return what is told of somebody's day, by the entry with the most hours."""
    first = max(entries, key=lambda one: (one.hours or Decimal(0), one.key))
    told = {"person": first.person_name or first.person, "entries": len(entries), **facts}
    projects = {one.project for one in entries}
    return Finding(
        cause,
        key,
        first.person_name or first.person,
        told,
        urgency,
        "TimeEntry",
        first.operation_id,
        project=first.project if len(projects) == 1 else "",
        client=first.client if len(projects) == 1 else "",
        on=first.on,
        stake=_worth(entries),
    )


def _worth(entries: Iterable[Work]) -> Stake | None:
    priced = [(one.hours * one.rate, one.currency) for one in entries if one.hours and one.rate and one.currency]
    currencies = {currency for _amount, currency in priced}
    if len(currencies) != 1:
        return None
    return Stake(sum((amount for amount, _currency in priced), Decimal(0)), currencies.pop())


def _long_day(
    key: str, entries: Sequence[Work], usual: Usual, rows: Iterable[tuple[date, Decimal]], *, is_own: bool
) -> Finding:
    hours = _hours(entries) or Decimal(0)
    facts = {"hours": plain(hours), **_range(usual), "own": is_own, "series": series(sorted(rows)[-_SHOWN:])}
    return finding_of_day(Cause.LONG_DAY, key, entries, facts, SOON)


def _odd_day(key: str, entries: Sequence[Work], hours: Decimal | None, days: int, such: int) -> Finding:
    facts = {"hours": plain(hours) if hours is not None else "", "seen": days, "such": such}
    return finding_of_day(Cause.ODD_DAY, key, entries, facts, LOOK)


def unusual_rates(work: Sequence[Work], since: date, known: Collection[Key]) -> Found:
    """Return the rates at which somebody's hours are booked that are far from that person's usual ones, else the project's.

    One finding for each person, project and rate, however many entries have it.
    """
    priced = [one for one in work if one.rate is not None and one.rate > 0 and one.currency]
    own = _usual_by(priced, lambda one: (one.person, one.currency))
    project = _usual_by(priced, lambda one: (one.project, one.currency))
    groups = _grouped(((one.person, one.project, one.currency, one.rate), one) for one in priced if one.on >= since)
    found = Found()
    for (person, project_ref, currency, rate), entries in sorted(groups.items(), key=lambda pair: str(pair[0])):
        key = f"rate:{person}:{project_ref}:{plain(rate or Decimal(0))}:{currency}"
        found.seen.add((Cause.RATE, key))
        by_person = own.get((person, currency))
        usual = by_person or (project.get((project_ref, currency)) if project_ref else None)
        if usual is None or rate is None:
            continue
        if is_unusual(rate, usual, gap=_OTHER_RATE, known=(Cause.RATE, key) in known):
            found.add(_rate(key, entries, rate, usual, of_person=by_person is not None))
    return found


def _usual_by(work: Iterable[Work], group: Callable[[Work], tuple[str, str]]) -> dict[tuple[str, str], Usual]:
    values = _grouped((group(one), one.rate) for one in work if one.rate is not None)
    learned = {key: usual_of(rates, least=LEAST_OWN, by_ratio=True) for key, rates in values.items()}
    return {key: usual for key, usual in learned.items() if usual is not None}


def _rate(key: str, entries: Sequence[Work], rate: Decimal, usual: Usual, *, of_person: bool) -> Finding:
    last = max(entries, key=lambda one: (one.on, one.key))
    hours = sum((one.hours or Decimal(0) for one in entries), Decimal(0))
    facts = {
        "person": last.person_name or last.person,
        "rate": plain(rate),
        **_range(usual),
        "entries": len(entries),
        "hours": plain(hours),
        "own": of_person,
    }
    return Finding(
        Cause.RATE,
        key,
        last.person_name or last.person,
        facts,
        SOON,
        "TimeEntry",
        last.operation_id,
        project=last.project,
        client=last.client,
        on=last.on,
        stake=Stake(abs(rate - usual.middle) * hours, last.currency, sure=False) if hours else None,
    )


def unusual_amounts(spent: Sequence[Spent], since: date, known: Collection[Key]) -> Found:
    """Return the expenses and invoices whose amounts are far from the usual of their category or client, else of all."""
    own = _grouped(((one.canonical_type, one.group, one.currency), one) for one in spent)
    every = _grouped(((one.canonical_type, one.currency), one) for one in spent)
    usual_own = {key: _usual_amount(rows, LEAST_OWN, LEAST_INVOICES) for key, rows in own.items()}
    usual_all = {key: _usual_amount(rows, LEAST_OF_ALL, LEAST_ALL_INVOICES) for key, rows in every.items()}
    found = Found()
    for one in spent:
        if one.on < since or one.amount <= 0:
            continue
        found.seen.add((Cause.AMOUNT, one.key))
        of_group = usual_own[one.canonical_type, one.group, one.currency] if one.group else None
        usual = of_group or usual_all[one.canonical_type, one.currency]
        # A small expense is no wonder; an invoice of a tenth is.
        if usual is None or (one.amount < usual.middle and one.canonical_type == "Expense"):
            continue
        if is_unusual(one.amount, usual, gap=_OTHER_AMOUNT, known=(Cause.AMOUNT, one.key) in known):
            of_all = (
                own[one.canonical_type, one.group, one.currency]
                if of_group
                else every[one.canonical_type, one.currency]
            )
            found.add(_amount(one, usual, of_all, of_group=of_group is not None))
    return found


def _usual_amount(rows: Sequence[Spent], least: int, least_invoices: int) -> Usual | None:
    fewest = least_invoices if rows[0].canonical_type == "Invoice" else least
    return usual_of([one.amount for one in rows], least=fewest, by_ratio=True)


def _amount(one: Spent, usual: Usual, rows: Iterable[Spent], *, of_group: bool) -> Finding:
    points = sorted((row.on, row.amount) for row in rows)[-_SHOWN:]
    facts = {
        "amount": plain(one.amount),
        "currency": one.currency,
        **_range(usual),
        "group": one.group if of_group else "",
        "series": series(points),
    }
    return Finding(
        Cause.AMOUNT,
        one.key,
        one.label,
        facts,
        SOON,
        one.canonical_type,
        one.operation_id,
        project=one.project,
        client=one.client,
        on=one.on,
        stake=Stake(one.amount, one.currency, one.sure),
    )


def unusual_volumes(
    flow_id: UUID, name: str, days: Sequence[DayOfFlow], since: date, today: date, known: Collection[Key]
) -> Found:
    """Return the whole days from `since` on, on which a flow read far more or fewer records than on such weekdays before.

    A day on which nothing came at all is the monitors' business.
    """
    found, counted = Found(), {day.on: day.records for day in days if day.on < today}
    if not counted:
        return found
    first = min(counted)
    for on in (since + timedelta(days=number) for number in range((today - since).days)):
        key = f"volume:{flow_id}:{on.isoformat()}"
        found.seen.add((Cause.VOLUME, key))
        records, sample = Decimal(counted.get(on, 0)), _such_days(counted, first, on)
        usual, same = _usual_volume(sample, on)
        if usual is None or not records:
            continue
        gap = max(_LEAST_RECORDS, usual.middle / 2)
        if is_unusual(records, usual, gap=gap, known=(Cause.VOLUME, key) in known):
            points = sorted([*sample.items(), (on, records)])[-_SHOWN:]
            facts = {"records": int(records), **_range(usual), "weekday": on.weekday(), "same": same}
            facts |= {"flow": name, "series": series(points)}
            found.add(Finding(Cause.VOLUME, key, name, facts, SOON, flow_id=flow_id, on=on))
    return found


def _such_days(counted: Mapping[date, int], first: date, on: date) -> dict[date, Decimal]:
    """Return the days of the weeks before with how many came; a day that nobody counted brought none."""
    back = (on - timedelta(days=number) for number in range(1, _WEEKS * 7 + 1))
    return {day: Decimal(counted.get(day, 0)) for day in back if day >= first}


def _usual_volume(sample: Mapping[date, Decimal], on: date) -> tuple[Usual | None, bool]:
    """Return what is usual on such a day, and whether that is of the same weekday."""
    same = [records for day, records in sample.items() if day.weekday() == on.weekday()]
    if usual := usual_of(same, least=LEAST_SAME_DAYS):
        return usual, True
    alike = [records for day, records in sample.items() if (day.weekday() >= _WEEKEND) == (on.weekday() >= _WEEKEND)]
    return usual_of(alike, least=LEAST_ALIKE), False


def _range(usual: Usual) -> dict[str, object]:
    return {"low": plain(usual.low), "middle": plain(usual.middle), "high": plain(usual.high), "seen": usual.seen}


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
