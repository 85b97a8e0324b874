"""Who could do what is asked for, by skills, free time and what they worked on before; and who is planned for too much (pure)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from apps.monitoring.insights.found import NOW, SOON, Cause, Finding, Found, plain, series

WEEKS_AHEAD = 8
SUGGESTED = 3
DAYS_A_WEEK = 5
USUAL_WEEK = Decimal(40)  # of whom nobody says how much they work
_TOO_MUCH = Decimal("1.1")
_SOON = timedelta(days=14)
_COUNTED = frozenset({"soft", "hard"})
_WORD = re.compile(r"[^\W\d_]{3,}")
# A word of nearly every role tells nobody apart.
_EMPTY = frozenset({"and", "der", "die", "und", "the", "for", "management", "senior", "junior", "lead"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could be planned. `refs` are the names that assignments know them by; `skills` are (code, level 1 to 5)."""

    key: str
    name: str
    refs: frozenset[str]
    title: str = ""
    week: Decimal | None = None
    skills: tuple[tuple[str, int], ...] = ()
    active: bool = True
    left: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """An assignment. `person` is "" where only a role is named; hours of a day are None where nobody says how many."""

    key: str
    label: str
    project: str
    project_name: str
    client: str
    person: str
    role: str
    starts: date
    ends: date
    status: str
    hours_per_day: Decimal | None = None
    task: str = ""
    operation_id: UUID | None = None

    @property
    def is_request(self) -> bool:
        """Return whether somebody is still looked for."""
        return self.status == "request" or (not self.person and self.status != "done")


@dataclass(frozen=True, slots=True)
class Fit:
    """How well somebody fits a request. `free` are hours a week within its days; `assumed`: nobody says how much they work."""

    person: Person
    free: Decimal
    enough: bool
    matched: tuple[tuple[str, int], ...]
    knows_project: bool
    knows_client: bool
    assumed: bool


def working_days(first: date, last: date) -> int:
    """Return how many days from Monday to Friday there are, both ends included; 0 where the end is before the beginning."""
    if last < first:
        return 0
    weeks, rest = divmod((last - first).days + 1, 7)
    return weeks * DAYS_A_WEEK + sum((first.weekday() + day) % 7 < DAYS_A_WEEK for day in range(rest))


def planned_hours(plans: Iterable[Planned], first: date, last: date) -> Decimal:
    """Return the hours that are planned within some days; requests are none yet."""
    total = Decimal(0)
    for plan in plans:
        if plan.status in _COUNTED and plan.hours_per_day is not None:
            total += plan.hours_per_day * working_days(max(first, plan.starts), min(last, plan.ends))
    return total


def free_hours(person: Person, plans: Iterable[Planned], first: date, last: date) -> Decimal:
    """Return how many hours a week somebody has left within some days, on average; never less than 0."""
    days = working_days(first, last)
    if not days:
        return Decimal(0)
    planned = planned_hours(plans, first, last) / days * DAYS_A_WEEK
    return max(Decimal(0), (person.week if person.week is not None else USUAL_WEEK) - planned)


def matched_skills(person: Person, wanted: str) -> tuple[tuple[str, int], ...]:
    """Return the skills that a role's words name, the best first; what a job title names counts as level 3."""
    words = _words(wanted)
    found = {code: level for code, level in person.skills if _words(code) & words}
    if not found and _words(person.title) & words:
        found = {person.title: 3}
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def rank(
    request: Planned, people: Sequence[Person], by_person: Mapping[str, Sequence[Planned]], today: date
) -> list[Fit]:
    """Return who could do it, the best first: enough free time, then skills, then who knows the project or the client.

    `by_person` is as `plans_by_person` tells it. Whoever neither has a skill nor knows the work, has no time at all, or will have left is no suggestion.
    """
    first = max(request.starts, today)
    wanted = request.hours_per_day * DAYS_A_WEEK if request.hours_per_day is not None else USUAL_WEEK
    fits = []
    for person in people:
        own = by_person.get(person.key, ())
        if not person.active or (person.left is not None and person.left < request.ends):
            continue
        if any(one.project == request.project and one.status in _COUNTED and _overlap(one, request) for one in own):
            continue  # planned there already
        free = free_hours(person, own, first, request.ends)
        fit = Fit(
            person,
            free,
            free >= wanted,
            matched_skills(person, f"{request.role} {request.task}"),
            any(one.project == request.project and not one.is_request for one in own),
            bool(request.client) and any(one.client == request.client and not one.is_request for one in own),
            person.week is None,
        )
        if free > 0 and (fit.matched or fit.knows_project or fit.knows_client):
            fits.append(fit)
    return sorted(fits, key=_order)


def _order(fit: Fit) -> tuple[bool, int, bool, bool, Decimal, str]:
    level = fit.matched[0][1] if fit.matched else 0
    return not fit.enough, -level, not fit.knows_project, not fit.knows_client, -fit.free, fit.person.name


def suggest(people: Sequence[Person], plans: Sequence[Planned], today: date) -> Found:
    """Return the requests for which somebody is still looked for, each with who fits best."""
    found, by_person = Found(), plans_by_person(people, plans)
    for request in plans:
        found.seen.add((Cause.OPEN_REQUEST, request.key))
        if not request.is_request or request.ends < today:
            continue
        fits = rank(request, people, by_person, today)
        facts = {
            "role": request.role or request.task,
            "project": request.project_name or request.project,
            "starts": request.starts.isoformat(),
            "ends": request.ends.isoformat(),
            "week": plain(request.hours_per_day * DAYS_A_WEEK) if request.hours_per_day is not None else "",
            "asked": request.person,
            "people": len(people),
            "fits": [_fit(one) for one in fits[:SUGGESTED]],
        }
        soon = request.starts <= today + _SOON
        found.add(
            Finding(
                Cause.OPEN_REQUEST,
                request.key,
                request.label,
                facts,
                NOW if soon else SOON,
                "Assignment",
                request.operation_id,
                project=request.project,
                client=request.client,
                on=request.starts,
            )
        )
    return found


def _fit(fit: Fit) -> dict[str, object]:
    return {
        "name": fit.person.name,
        "free": plain(fit.free.quantize(Decimal("0.1"))),
        "enough": fit.enough,
        "skills": [[code, level] for code, level in fit.matched],
        "project": fit.knows_project,
        "client": fit.knows_client,
        "assumed": fit.assumed,
    }


def overbooked(people: Sequence[Person], plans: Sequence[Planned], today: date) -> Found:
    """Return who is planned for clearly more than they work, in a week to come; whose hours nobody says is not judged."""
    found, by_person = Found(), plans_by_person(people, plans)
    monday = today - timedelta(days=today.weekday())
    weeks = [monday + timedelta(weeks=number) for number in range(WEEKS_AHEAD)]
    for person in people:
        found.seen.add((Cause.OVERBOOKED, person.key))
        own = by_person.get(person.key, [])
        if not person.active or not person.week or not own:
            continue
        loads = [(week, planned_hours(own, week, week + timedelta(days=6))) for week in weeks]
        too_much = [(week, hours) for week, hours in loads if hours > person.week * _TOO_MUCH]
        if not too_much:
            continue
        worst, hours = max(too_much, key=lambda pair: (pair[1], -pair[0].toordinal()))
        busiest = max((one for one in own if _within(one, worst)), key=lambda one: one.hours_per_day or Decimal(0))
        facts = {
            "week": worst.isoformat(),
            "hours": plain(hours),
            "capacity": plain(person.week),
            "weeks": len(too_much),
            "ahead": WEEKS_AHEAD,
            "projects": sorted({one.project_name or one.project for one in own if _within(one, worst)}),
            "series": series(loads),
        }
        urgency = NOW if too_much[0][0] <= today + _SOON else SOON
        found.add(
            Finding(
                Cause.OVERBOOKED, person.key, person.name, facts, urgency, "Assignment", busiest.operation_id, on=worst
            )
        )
    return found


def plans_by_person(people: Iterable[Person], plans: Iterable[Planned]) -> dict[str, list[Planned]]:
    """Return what each person is planned for, by the person's key."""
    of_ref = {ref: person.key for person in people for ref in person.refs}
    found: defaultdict[str, list[Planned]] = defaultdict(list)
    for plan in plans:
        if plan.person in of_ref:
            found[of_ref[plan.person]].append(plan)
    return found


def _overlap(one: Planned, other: Planned) -> bool:
    return one.starts <= other.ends and other.starts <= one.ends


def _within(plan: Planned, monday: date) -> bool:
    last = monday + timedelta(days=6)
    return plan.status in _COUNTED and bool(working_days(max(monday, plan.starts), min(last, plan.ends)))


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in _EMPTY}
