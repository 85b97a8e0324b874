"""Makes up a consulting firm: people, clients, projects, deals and weeks of time entries, the same for the same wishes.

All sandbox systems are filled from one firm, so that what the PSA knows the ERP knows too, but for a known handful of
entries that must fail, each for its own reason (`PROBLEMS`).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from apps.connectors.sandbox.deals import found_deals, tax_number
from apps.connectors.sandbox.vocabulary import (
    COST_CENTER_OF,
    DEPARTMENTS,
    FAMILY,
    FIRST,
    GIVEN,
    GRADES,
    NOTES,
    REGIONS,
    SECOND,
    SERVICES,
    TASKS,
    WORK,
)

Record = dict[str, Any]

MOST_PEOPLE = 600
UNKNOWN_EMPLOYEE = "E-9001"
UNKNOWN_COST_CENTER = "CC-990"
PROBLEMS = (
    "hours of 25",
    "decimal comma in the hours",
    "person unknown to the ERP",
    "approved in a closed period",
    "project missing",
    "cost centre unknown to the ERP",
    "project closed in the ERP",
)
# How often each of them happens in weeks with daily approvals, where somebody unknown books more than one entry.
_REPEATED = (1, 1, 6, 2, 2, 4, 3)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What kind of firm is wanted. `entries` 0 means as many as people and weeks give.

    Approvals come weekly and all entries are new at `as_of`; with `daily_approvals` each entry was approved, and last
    changed, at the end of its own day, and the problems are spread over the weeks.
    """

    people: int = 40
    weeks: int = 4
    seed: int = 1
    entries: int = 0
    problems: bool = True
    daily_approvals: bool = False
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        for name, lowest, highest in (("people", 1, MOST_PEOPLE), ("weeks", 1, 52), ("entries", 0, 500_000)):
            if not lowest <= getattr(self, name) <= highest:
                raise ValueError(f"{name} must lie between {lowest} and {highest}.")


@dataclass(frozen=True, slots=True)
class Firm:
    """The firm's records as its systems hold them before their own shaping."""

    people: list[Record]
    clients: list[Record]
    projects: list[Record]
    tasks: list[Record]
    entries: list[Record]
    accounts: list[Record]
    opportunities: list[Record]
    first_day: date
    as_of: datetime


def found_firm(wishes: Wishes) -> Firm:
    """Return the firm for these wishes."""
    chance = random.Random(f"firm-{wishes.seed}")
    clients = [_client(chance, number) for number in range(1, max(3, wishes.people // 5) + 1)]
    projects = [_project(chance, number, clients) for number in range(1, max(4, wishes.people // 3) + 2)]
    people = [_person(chance, number) for number in range(1, wishes.people + 1)]
    tasks = [_task(project, number, name) for project in projects for number, name in enumerate(TASKS, 1)]
    days = _work_days(wishes)
    drafts = _drafts(chance, wishes, people, projects[:-1], days)  # the last one is closed in the ERP
    entries = [_entry(chance, wishes, number, draft) for number, draft in enumerate(drafts, 1)]
    if wishes.problems:
        entries += _problem_entries(wishes, people, projects, days, len(entries))
    _tell_apart(entries)
    _stamp(entries, wishes)
    accounts, opportunities = found_deals(wishes.seed, wishes.as_of, people, problems=wishes.problems)
    return Firm(people, clients, projects, tasks, entries, accounts, opportunities, days[0], wishes.as_of)


def _person(chance: random.Random, number: int) -> Record:
    grade, title, rate = GRADES[min(3, int(chance.triangular(0, 4, 1)))]
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    region = chance.choices(tuple(REGIONS), (6, 3, 1))[0]
    return {
        "id": f"E-{number:04d}",
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": f"person{number:04d}@firm.example",
        "title": title,
        "grade": grade,
        "rate": f"{rate + chance.choice((0, 5, 10)):.2f}",
        "department": chance.choice(DEPARTMENTS),
        "region": region,
        "active": True,
    }


def _client(chance: random.Random, number: int) -> Record:
    region = chance.choices(tuple(REGIONS), (6, 3, 1))[0]
    name = f"{FIRST[number % len(FIRST)]} {SECOND[(number // len(FIRST) + number) % len(SECOND)]}"
    return {
        "id": f"C-{number:03d}",
        "name": name,
        "legal_name": f"{name} {'GmbH' if region == 'EMEA' else 'Inc.' if region == 'AMER' else 'Pte. Ltd.'}",
        "country": REGIONS[region][2],
        "region": region,
        "currency": REGIONS[region][1],
        "tax_id": tax_number(REGIONS[region][2], number),
        "invoice_email": f"invoices@client{number:03d}.example",
        "payment_terms_days": chance.choice((14, 30, 45, 60)),
        "active": True,
    }


def _project(chance: random.Random, number: int, clients: list[Record]) -> Record:
    client = clients[(number - 1) % len(clients)]
    return {
        "id": f"P-{number:04d}",
        "code": f"PRJ-{number:04d}",
        "name": f"{client['name'].split()[0]} {WORK[number % len(WORK)].lower()}",
        "client_id": client["id"],
        "client_name": client["name"],
        "region": client["region"],
        "currency": client["currency"],
        "billing_kind": "time_material",
        "billable": True,
        "budget_hours": chance.randrange(400, 4000, 50),
        "cost_center": chance.choice(COST_CENTER_OF[client["region"]]),
        "po_number": f"PO-{chance.randrange(40000, 49999)}",
        "state": "active",
    }


def _task(project: Record, number: int, name: str) -> Record:
    return {
        "id": f"{project['code']}-{number:02d}",
        "project_code": project["code"],
        "name": name,
        "billable": True,
        "open_for_time": True,
    }


def _work_days(wishes: Wishes) -> list[date]:
    """The weekdays of the wanted weeks, ending the day before `as_of`."""
    last = wishes.as_of.date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(wishes.weeks * 7)]
    return sorted(day for day in days if day.weekday() < 5)


@dataclass(frozen=True, slots=True)
class _Draft:
    person: Record
    project: Record
    task: str
    day: date
    hours: float


def _drafts(
    chance: random.Random, wishes: Wishes, people: list[Record], projects: list[Record], days: list[date]
) -> list[_Draft]:
    """Each person works on two or three projects and books one to three entries a day."""
    teams = {person["id"]: chance.sample(projects, min(len(projects), chance.choice((2, 2, 3)))) for person in people}
    drafts = list[_Draft]()
    while True:
        for day in days:
            for person in people:
                drafts += _day(chance, person, teams[person["id"]], day)
                if wishes.entries and len(drafts) >= wishes.entries:
                    return sorted(drafts[: wishes.entries], key=lambda draft: draft.day)
        if not wishes.entries:
            return drafts


def _day(chance: random.Random, person: Record, team: list[Record], day: date) -> Iterator[_Draft]:
    left = chance.choice((7.5, 8.0, 8.0, 8.5))
    for hours in chance.choice(((8.0,), (4.0, 4.0), (5.5, 2.5), (3.0, 3.0, 2.0))):
        booked = min(hours, left)
        if booked > 0:
            yield _Draft(person, chance.choice(team), chance.choice(TASKS), day, booked)
        left -= booked


def _entry(chance: random.Random, wishes: Wishes, number: int, draft: _Draft) -> Record:
    """One time entry of 23 fields, as a PSA sends it."""
    status = chance.choices(("approved", "submitted", "draft", "rejected"), (90, 6, 3, 1))[0]
    person, project = draft.person, draft.project
    approved = _approved_at(wishes, draft.day, number) if status == "approved" else None
    return {
        "id": f"TE-{number:06d}",
        "project_code": project["code"],
        "project_name": project["name"],
        "task_id": f"{project['code']}-{TASKS.index(draft.task) + 1:02d}",
        "task_name": draft.task,
        "person_id": person["id"],
        "person_name": person["name"],
        "worked_on": draft.day.isoformat(),
        "hours": draft.hours,
        "rate": person["rate"],
        "currency": project["currency"],
        "billable": chance.random() > 0.04,
        "status": status,
        "approved_at": approved.isoformat().replace("+00:00", "Z") if approved else None,
        "approved_by": "E-0001" if approved else None,
        "notes": chance.choice(NOTES),
        "cost_center": project["cost_center"] if chance.random() > 0.1 else None,
        "service_item": SERVICES[draft.task],
        "department": person["department"],
        "tags": [project["region"].lower(), draft.task.lower()],
        "custom": {
            "po_number": project["po_number"],
            "region": project["region"],
            "client": {"id": project["client_id"], "name": project["client_name"]},
            "location": chance.choice(("office", "client site", "home")),
        },
        "created_at": f"{draft.day.isoformat()}T17:30:00Z",
        "modified_at": "",
    }


def _tell_apart(entries: list[Record]) -> None:
    """Give entries that would say the same another note: nobody of this firm enters anything twice."""
    said = set[tuple[Any, ...]]()
    for entry in entries:
        what = tuple(entry[name] for name in ("person_id", "worked_on", "project_code", "hours"))
        first = NOTES.index(entry["notes"])
        notes = (NOTES[(first + step) % len(NOTES)] for step in range(len(NOTES)))
        entry["notes"] = next((note for note in notes if (*what, note) not in said), entry["notes"])
        said.add((*what, entry["notes"]))


def _approved_at(wishes: Wishes, day: date, number: int) -> datetime:
    """The Monday after the week of the work, at nine, for the running week an hour ago; or the end of the same day."""
    if wishes.daily_approvals:
        return datetime(day.year, day.month, day.day, 16, tzinfo=UTC) + timedelta(minutes=number % 97)
    monday = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=7 - day.weekday())
    return min(monday, (wishes.as_of - timedelta(hours=1)).replace(microsecond=0))


def _problem_entries(
    wishes: Wishes, people: list[Record], projects: list[Record], days: list[date], count: int
) -> list[Record]:
    """The known handful, in the order of PROBLEMS."""
    chance = random.Random(f"problems-{wishes.seed}")
    old_day = days[0].replace(day=1) - timedelta(days=20)
    old_approval = f"{(old_day + timedelta(days=2)).isoformat()}T09:00:00Z"
    changes: tuple[Record, ...] = (
        {"hours": 25.0},
        {"hours": "7,5"},
        {"person_id": UNKNOWN_EMPLOYEE, "person_name": "Robin Vale (freelance)"},
        {"worked_on": old_day.isoformat(), "approved_at": old_approval, "created_at": old_approval},
        {"project_code": None, "project_name": None, "task_id": None},
        {"cost_center": UNKNOWN_COST_CENTER},
        {"project_code": projects[-1]["code"], "project_name": projects[-1]["name"]},
    )
    base = {"status": "approved", "billable": True, "approved_by": "E-0001"}
    made = list[Record]()
    for offset, (change, day) in enumerate(_when(wishes, changes, days), 1):
        draft = _Draft(people[offset % len(people)], projects[0], TASKS[2], day, 6.0)
        approved = _approved_at(wishes, draft.day, count + offset).isoformat().replace("+00:00", "Z")
        made.append({**_entry(chance, wishes, count + offset, draft), **base, "approved_at": approved, **change})
    return made


def _when(wishes: Wishes, changes: tuple[Record, ...], days: list[date]) -> Iterator[tuple[Record, date]]:
    """Yield each problem with the day of its work: the last day, or days all over the weeks, some problems repeatedly."""
    for offset, change in enumerate(changes):
        if not wishes.daily_approvals:
            yield change, days[-1]
            continue
        for time in range(_REPEATED[offset]):
            yield change, days[-1 - (2 * offset + 3 * time) % len(days)]


def _stamp(entries: list[Record], wishes: Wishes) -> None:
    """Give every entry its own time of last change, all of them past, so that later edits come after."""
    for place, entry in enumerate(entries):
        moment = wishes.as_of - timedelta(milliseconds=len(entries) - place)
        if wishes.daily_approvals:
            moment = min(_end_of_day(entry, wishes) + timedelta(minutes=place % 97, milliseconds=place), moment)
        entry["modified_at"] = instant_text(moment)


def _end_of_day(entry: Record, wishes: Wishes) -> datetime:
    worked = datetime.fromisoformat(f"{entry['worked_on']}T16:00:00+00:00")
    # What was worked before the weeks (in a closed period, say) was entered in the middle of them.
    began = wishes.as_of - timedelta(days=wishes.weeks * 7 + 1)
    return worked if worked > began else wishes.as_of - timedelta(days=wishes.weeks * 7 // 2)


def instant_text(moment: datetime) -> str:
    """Return an instant as all systems write it: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def amount_of(hours: Any, rate: Any) -> Decimal:
    """Return hours times rate, rounded half up to cents."""
    return (Decimal(str(hours)) * Decimal(str(rate))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
