"""The firm that `make real` loads into both systems: people, projects, tasks and 500 time entries, the same every time."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

ENTRIES = 500
CURRENCY = "EUR"
COMPANY = "Halden & Rowe Consulting"


@dataclass(frozen=True, slots=True)
class Person:
    """One consultant. `employee_no` is what both systems know the person by."""

    employee_no: str
    given: str
    family: str
    cost_rate: Decimal

    @property
    def login(self) -> str:
        """The sign-in name in the time system."""
        return f"{self.given}.{self.family}".lower()

    @property
    def email(self) -> str:
        """The work address in both systems."""
        return f"{self.login}@halden-rowe.example"


@dataclass(frozen=True, slots=True)
class Project:
    """One client project. The ERP has no code field people may fill, so its name there is "CODE Name"."""

    code: str
    name: str
    client: str
    tasks: tuple[str, ...]

    @property
    def erp_name(self) -> str:
        """What the bookkeepers called it."""
        return f"{self.code.upper()} {self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One time entry. `task` is the subject of an issue and the name of a task."""

    person: Person
    project: Project
    task: str
    work_date: date
    hours: Decimal
    activity: str
    note: str


@dataclass(frozen=True, slots=True)
class Booked:
    """One time entry as the source holds it: `project` is the project's name."""

    number: str
    person: str
    project: str
    work_date: date
    hours: Decimal


PEOPLE = tuple(
    Person(f"HR-{number:03d}", given, family, Decimal(rate))
    for number, (given, family, rate) in enumerate(
        [
            ("Amara", "Okafor", "68"),
            ("Bruno", "Keller", "54"),
            ("Chiara", "Ferri", "61"),
            ("Deniz", "Aydin", "47.50"),
            ("Elin", "Sandberg", "72"),
            ("Farid", "Haddad", "58"),
            ("Greta", "Lindqvist", "49"),
            ("Hugo", "Marchand", "66.25"),
            ("Ines", "Carvalho", "52"),
            ("Jonas", "Weber", "75"),
            ("Katya", "Morozova", "63"),
            ("Liam", "Gallagher", "45"),
        ],
        start=1,
    )
)

PROJECTS = (
    Project(
        "nw-101", "Nordwind ERP roll-out", "Nordwind Logistik GmbH", ("Discovery", "Design", "Build", "Go-live support")
    ),
    Project("al-204", "Alpen carve-out", "Alpen Versicherung AG", ("Programme office", "Data migration", "Cut-over")),
    Project("hb-310", "Harbour billing review", "Harbour Utilities Ltd", ("Assessment", "Process design", "Coaching")),
    Project("tm-118", "Tamarind planning", "Tamarind Foods SA", ("Demand model", "Integration", "Training")),
    Project("vx-402", "Vexley support", "Vexley Medical BV", ("Service desk", "Small changes", "Monthly review")),
    Project("or-077", "Orion CRM refresh", "Orion Energi AS", ("Workshops", "Configuration", "Rollout", "Hypercare")),
)

# Closed in the ERP before any of the entries, and used by none of them: the one the proof books on by mistake.
CLOSED_TASK = (PROJECTS[0], "Discovery")
# Known to the time system only: the proof's unknown person.
STRANGER = Person("HR-099", "Robin", "Castell", Decimal(55))

_NOTES = (
    "Workshop with the client",
    "Follow-up and minutes",
    "Configuration, second round",
    "Prüfung der Schnittstelle",
    "Fixes after review",
    "",
)
_HOURS = ("0.5", "1", "1.25", "1.5", "2", "2.25", "2.75", "3.1", "3.5", "4", "4.35")


def open_tasks(project: Project) -> tuple[str, ...]:
    """Return the project's tasks that time may be booked on."""
    return tuple(task for task in project.tasks if (project, task) != CLOSED_TASK)


def working_days_before(last: date, count: int) -> list[date]:
    """Return `count` working days ending with `last` or the working day before it, oldest first."""
    days: list[date] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def build_entries(last: date, count: int = ENTRIES) -> list[Entry]:
    """Return `count` entries, at most two a day for each person, on the working days up to `last`."""
    choose = Random(20_261_121)
    per_day = 2 * len(PEOPLE)
    days = working_days_before(last, -(-count // per_day))
    entries = []
    for position in range(count):
        project = choose.choice(PROJECTS)
        entries.append(
            Entry(
                person=PEOPLE[position % len(PEOPLE)],
                project=project,
                task=choose.choice(open_tasks(project)),
                work_date=days[position // per_day],
                hours=Decimal(choose.choice(_HOURS)),
                activity=choose.choice(("Design", "Development")),
                note=choose.choice(_NOTES),
            )
        )
    return entries
