"""The checks of `make real`: what the product says is compared with what Tryton and the source say themselves."""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from deploy.local.real_firm import CLOSED_TASK, COMPANY, PEOPLE, PROJECTS, STRANGER, Booked, Entry
from deploy.local.real_tryton import Line, Tryton

Steps = Callable[..., dict[str, Any]]


class Source(Protocol):
    """The system that time is booked in: a real Redmine, or the sandbox PSA."""

    @property
    def connection(self) -> dict[str, Any]:
        """What the product needs to connect."""

    def entries(self) -> list[Booked]:
        """Return every approved entry, oldest first, by the system's own API."""

    def add_entry(self, entry: Entry) -> str:
        """Book one approved entry and return its number."""

    def edit_hours(self, number: str, hours: Decimal) -> None:
        """Change the hours of one entry."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    name: str
    holds: bool
    found: str


@dataclass
class Proof:
    """Walks the whole story once. `steps` calls the product: steps("run") -> its counts."""

    tryton: Tryton
    source: Source
    steps: Steps
    checks: list[Check] = field(default_factory=list)

    def run(self) -> None:
        """Do everything in order; each part adds its checks."""
        self._install()
        self._first_run()
        self._second_run()
        self._edit()
        self._blocked()

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        self.checks.append(Check(name, holds, str(found) if holds else f"{found}, expected {wanted}"))

    def _install(self) -> None:
        answer = self.steps(
            "install",
            customer=COMPANY,
            password=secrets.token_urlsafe(16),
            source=self.source.connection,
            target={
                "system": "tryton",
                "name": "Tryton (real)",
                "address": self.tryton.address,
                "secrets": {"token": self.tryton.key},
                "settings": {"company": COMPANY},
            },
        )
        for side, steps in answer["tests"].items():
            held = [step["name"] for step in steps if step["ok"]]
            self._check(f"connection test of the {side}", held, [step["name"] for step in steps])

    def _first_run(self) -> None:
        booked = self.source.entries()
        answer = self.steps("run")
        lines = self.tryton.lines()
        total = sum((entry.hours for entry in booked), Decimal(0))
        self._check("first run: how it ended", answer["state"], "clean")
        self._check("first run: records written", answer["written"], len(booked))
        self._check("lines in Tryton = entries in the source", len(lines), len(booked))
        self._check("hours in Tryton = hours in the source", sum((line.hours for line in lines), Decimal(0)), total)
        self._check("each person, project and day alike", _by_place(lines), _by_day(booked))
        self._check("every entry exactly once", _most_often(lines), 1)
        self.checks.append(Check("first run: seconds", holds=True, found=str(answer["seconds"])))

    def _second_run(self) -> None:
        before = self.tryton.lines()
        answer = self.steps("run")
        counted = {name: answer[name] for name in ("written", "rejected", "waiting")}
        self._check("second run: nothing written", counted, {"written": 0, "rejected": 0, "waiting": 0})
        self._check("second run: no line touched", self.tryton.lines() == before, wanted=True)

    def _edit(self) -> None:
        before = {line.number: line for line in self.tryton.lines()}
        chosen = self.source.entries()[123]
        hours = chosen.hours + Decimal("0.75")
        self.source.edit_hours(chosen.number, hours)
        answer = self.steps("run")
        after = {line.number: line for line in self.tryton.lines()}
        changed = [line for number, line in after.items() if before.get(number) != line]
        self._check("an edited entry: records written", answer["written"], 1)
        self._check("an edited entry: lines changed", len(changed), 1)
        self._check("an edited entry: lines in all", len(after), len(before))
        self._check("an edited entry: its new hours", [line.hours for line in changed], [hours])

    def _blocked(self) -> None:
        day = max(entry.work_date for entry in self.source.entries())
        closed = Entry(PEOPLE[0], *CLOSED_TASK, day, Decimal("1.5"), "Design", "Booked on a closed task")
        strange = Entry(STRANGER, PROJECTS[1], "Data migration", day, Decimal("2.25"), "Development", "New colleague")
        numbers = {"task": self.source.add_entry(closed), "person": self.source.add_entry(strange)}
        before = len(self.tryton.lines())
        answer = self.steps("run")
        self._check("two bad entries: rejected", (answer["state"], answer["rejected"]), ("partial", 2))
        self._check("two bad entries: no line posted", len(self.tryton.lines()), before)
        cases = self.steps("cases", blocked=list(numbers.values()))["cases"]
        self._check("two bad entries: cases opened", len(cases), 2)
        by_record = {case["records"][0]: case for case in cases}
        self._mend("closed task", by_record.get(numbers["task"]), self._reopen, closed)
        self._mend("unknown person", by_record.get(numbers["person"]), self._employ, strange)
        left = self.steps("open-cases")["cases"]
        self._check("cases close by themselves", [case["title"] for case in left], [])
        answer = self.steps("run")
        self._check("last run: nothing more written", answer["written"], 0)
        self._check("lines in Tryton = entries in the source", len(self.tryton.lines()), len(self.source.entries()))
        total = sum((entry.hours for entry in self.source.entries()), Decimal(0))
        self._check("hours in Tryton = hours in the source", sum(line.hours for line in self.tryton.lines()), total)

    def _reopen(self) -> None:
        self.tryton.reopen_task(*CLOSED_TASK)

    def _employ(self) -> None:
        self.tryton.add_employee(STRANGER)

    def _mend(self, what: str, case: dict[str, Any] | None, mend: Callable[[], object], entry: Entry) -> None:
        if case is None:
            self.checks.append(Check(f"{what}: case", holds=False, found="none"))
            return
        words = case["sentences"][0]
        expected = CLOSED_TASK[1] if what == "closed task" else STRANGER.employee_no
        named = expected in words and "Tryton" in words and words.endswith("replay.")
        self.checks.append(Check(f"{what}: sentence names what to mend", named, words))
        before = {line.number for line in self.tryton.lines()}
        mend()
        answer = self.steps("replay", case=case["id"])
        new = [line for line in self.tryton.lines() if line.number not in before]
        self._check(f"{what}: the replay wrote", (answer["state"], answer["written"]), ("clean", 1))
        posted = [(line.employee_no, line.work_date, line.hours) for line in new]
        self._check(f"{what}: exactly one line", posted, [(entry.person.employee_no, entry.work_date, entry.hours)])


def _by_place(lines: list[Line]) -> Counter[tuple[str, str, date, Decimal]]:
    names = {person.employee_no: f"{person.given} {person.family}" for person in (*PEOPLE, STRANGER)}
    projects = {project.erp_name: project.name for project in PROJECTS}
    return _Summed(
        (names[line.employee_no], projects[line.work.split("\\")[0]], line.work_date, line.hours) for line in lines
    )


def _by_day(booked: list[Booked]) -> Counter[tuple[str, str, date, Decimal]]:
    return _Summed((entry.person, entry.project, entry.work_date, entry.hours) for entry in booked)


class _Summed(Counter[tuple[str, str, date, Decimal]]):
    """Counts entries by person, project, day and hours; printed as its size, for the whole would fill pages."""

    def __str__(self) -> str:
        return f"{len(self)} different ones"


def _most_often(lines: list[Line]) -> int:
    markers = Counter(line.description[line.description.rfind("[") :] for line in lines)
    return max(markers.values(), default=0)


def show_table(checks: list[Check]) -> None:
    """Print the checks, a failed one marked."""
    print()
    for check in checks:
        print(f"  {'ok  ' if check.holds else 'FAIL'}  {check.name:<42} {check.found}", flush=True)
