"""The sandbox resource planning: who is planned on which project, how many hours a day and how surely."""

import random
from datetime import timedelta

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.vocabulary import TASKS

ASSIGNMENTS, REQUESTS = "assignments", "purchase-requests"
STATES = ("request", "soft", "hard", "done")
SKILLS = ("finance", "supply chain", "data", "change", "testing", "integration")
_ASSIGNMENT_FIELDS = (
    "id",
    "external_id", "project_code", "project_name", "client_name", "employee_no", "person_name", "role", "starts", "ends",
    "hours_per_day", "state", "billable", "po_number", "note",
)  # fmt: skip
_ASSIGNMENT_REQUIRED = ("project_code", "starts", "ends")
_REQUEST_FIELDS = (
    "id", "external_id", "assignment", "project_code", "project_name", "role", "supplier", "hours", "rate", "currency", "starts",
    "ends", "state", "po_number", "note",
)  # fmt: skip
_REQUEST_REQUIRED = ("project_code", "supplier", "hours", "rate", "currency")
_REQUEST_CHOICES = {"state": ("draft", "submitted", "ordered", "rejected", "void")}
_PROJECT_FIELDS = ("code", "external_id", "name", "client_name", "starts", "ends", "state")
_PROJECT_REQUIRED = ("code", "name")
_PERSON_FIELDS = (
    "employee_no", "name", "email", "grade", "title", "location", "capacity_hours_week", "skills", "active",
)  # fmt: skip
_CHOICES = {"state": STATES}
_PROJECT_CHOICES = {"state": ("planned", "active", "closed")}
_LONGEST = {"external_id": 200, "code": 40, "name": 120, "role": 80, "note": 500, "po_number": 40}
KINDS = {
    ASSIGNMENTS: Kind(
        "id",
        ("id", "person_name", "role", "project_code", "starts", "ends", "hours_per_day", "state"),
        prefix="AS-",
        own_key="external_id",
        removable=True,
        renamed=("hours_per_day", "daily_hours"),
        counted=("state", "hard"),
        fields=_ASSIGNMENT_FIELDS,
        required=_ASSIGNMENT_REQUIRED,
        choices=_CHOICES,
        longest=_LONGEST,
    ),
    "projects": Kind(
        "code",
        ("code", "name", "client_name", "state"),
        prefix="RP-",
        own_key="external_id",
        removable=True,
        fields=_PROJECT_FIELDS,
        required=_PROJECT_REQUIRED,
        choices=_PROJECT_CHOICES,
        longest=_LONGEST,
    ),
    REQUESTS: Kind(
        "id",
        ("id", "project_code", "role", "supplier", "hours", "rate", "currency", "state", "po_number"),
        prefix="PQ-",
        own_key="external_id",
        counted=("state", "submitted"),
        fields=_REQUEST_FIELDS,
        required=_REQUEST_REQUIRED,
        choices=_REQUEST_CHOICES,
        longest=_LONGEST,
    ),
    "people": Kind(
        "employee_no",
        ("employee_no", "name", "grade", "location", "capacity_hours_week", "active"),
        writable=False,
        fields=_PERSON_FIELDS,
    ),
}


class Planning(Desk):
    """One request to one company's resource planning."""

    slug, title, main = "resource", "Sandbox resource planning", ASSIGNMENTS
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store people with their skills, projects, and who is planned on them: the same for the same wishes."""
        chance = random.Random(f"planning-{company.wishes.get('seed', 1)}")
        kinds = {
            "people": [_person(chance, person) for person in firm.people],
            "projects": [_project(project) for project in firm.projects],
            ASSIGNMENTS: [_assignment(chance, firm, number) for number in range(1, max(8, len(firm.people)) + 1)],
        }
        for kind, records in kinds.items():
            cls.fill_kind(store, company, kind, records, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """An assignment begins as a request, a project is active; both show the names behind their numbers."""
        if kind == "projects":
            return {"state": "active", **record}
        if kind == REQUESTS:
            return self._of_project({"state": "draft", "po_number": None, **record})
        return self._named({"state": "request", "billable": True, **record}) if kind == ASSIGNMENTS else record

    def completed(self, kind: str, _before: Record, changed: Record) -> Record:
        """An assignment shows the names of who and what it names now; a request that of its project."""
        if kind == REQUESTS:
            return self._of_project(changed)
        return self._named(changed) if kind == ASSIGNMENTS else changed

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind == "projects":
            found = rules.missing(record, _PROJECT_REQUIRED) + rules.unknown(record, _PROJECT_FIELDS)
            return [*found, *rules.too_long(record, _LONGEST), *rules.choices(record, _PROJECT_CHOICES)]
        if kind == REQUESTS:
            return self._problems_of_request(record)
        if kind != ASSIGNMENTS:
            return super().judge(kind, record)
        found = rules.missing(record, _ASSIGNMENT_REQUIRED) + rules.unknown(record, _ASSIGNMENT_FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.choices(record, _CHOICES)
        found += rules.amounts(record, ("hours_per_day",))
        found += rules.span(record, "starts", "ends") + self._unknown(
            record, "projects", "project_code", "unknown_project"
        )
        return found + self._unknown(record, "people", "employee_no", "unknown_person")

    def noted(self, kind: str, _before: Record | None, record: Record) -> None:
        """An assignment shows the number under which it was ordered."""
        if kind != REQUESTS or not record.get("assignment"):
            return
        planned = self._store.get(self._company, ASSIGNMENTS, str(record["assignment"]))
        if planned is not None and planned.get("po_number") != record.get("po_number"):
            self.save(ASSIGNMENTS, {**planned, "po_number": record.get("po_number")})

    def _problems_of_request(self, record: Record) -> list[Problem]:
        found = rules.missing(record, _REQUEST_REQUIRED) + rules.unknown(record, _REQUEST_FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.choices(record, _REQUEST_CHOICES) + rules.currency(record)
        found += [*rules.amounts(record, ("hours", "rate")), *rules.days(record, ("starts", "ends"))[1]]
        return found + self._unknown(record, "projects", "project_code", "unknown_project")

    def _of_project(self, request: Record) -> Record:
        project = self.look_up("projects", str(request.get("project_code") or "")) or {}
        return {**request, "project_name": project.get("name")}

    def kept_by(self, kind: str, record: Record) -> Problem | None:
        """A project that people are planned on stays."""
        if kind == "projects" and self._store.is_used(self._company, ASSIGNMENTS, "project_code", record["code"]):
            return Problem("in_use", "code", f"People are planned on {record['code']}")
        return None

    def _named(self, record: Record) -> Record:
        project = self.look_up("projects", str(record.get("project_code") or "")) or {}
        person = self.look_up("people", str(record.get("employee_no") or "")) or {}
        told = {
            "project_name": project.get("name"),
            "client_name": project.get("client_name"),
            "person_name": person.get("name"),
        }
        return {**record, **told}

    def _unknown(self, record: Record, kind: str, field: str, code: str) -> list[Problem]:
        name = str(record.get(field) or "")
        if not name or self.look_up(kind, name) is not None:
            return []
        return [Problem(code, field, f"There is no {name} among the {kind}")]


def _person(chance: random.Random, person: Record) -> Record:
    skills = [{"code": code, "level": chance.randint(1, 5)} for code in chance.sample(SKILLS, chance.randint(1, 3))]
    return {
        "id": f"RU-{person['id'][2:]}",
        "employee_no": person["id"],
        "name": person["name"],
        "email": person["email"],
        "grade": person["grade"],
        "title": person["title"],
        "location": person["region"],
        "capacity_hours_week": chance.choice((40, 40, 40, 32, 20)),
        "skills": skills,
        "active": True,
    }


def _project(project: Record) -> Record:
    return {
        "id": f"RP-{project['code'][4:]}",
        "code": project["code"],
        "name": project["name"],
        "client_name": project["client_name"],
        "state": project["state"],
    }


def _assignment(chance: random.Random, firm: Firm, number: int) -> Record:
    person, project = firm.people[(number - 1) % len(firm.people)], chance.choice(firm.projects)
    starts = firm.as_of.date() + timedelta(days=chance.randrange(-40, 40))
    return {
        "id": f"AS-{number:05d}",
        "project_code": project["code"],
        "project_name": project["name"],
        "client_name": project["client_name"],
        "employee_no": person["id"],
        "person_name": person["name"],
        "role": chance.choice(TASKS),
        "starts": starts.isoformat(),
        "ends": (starts + timedelta(days=chance.randrange(10, 120))).isoformat(),
        "hours_per_day": chance.choice((2, 4, 6, 8)),
        "state": chance.choices(STATES, (1, 3, 5, 1))[0],
        "billable": chance.random() > 0.1,
        "note": None,
        "modified_at": instant_text(firm.as_of - timedelta(minutes=number)),
    }
