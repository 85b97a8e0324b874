"""Who is assigned to which project in the sandbox PSA, and what makes it refuse an assignment."""

from collections.abc import Callable, Iterator

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.rules import Problem, Record

LookUp = Callable[[str, str], Record | None]  # object, natural name -> record

ASSIGNMENTS = "assignments"
STATES = ("tentative", "confirmed", "done")
_FIELDS = (
    "id", "external_id", "project_code", "project_name", "person_id", "person_name", "role", "starts", "ends",
    "hours_per_day", "billable", "status", "note",
)  # fmt: skip
_REQUIRED = ("project_code", "person_id", "starts", "ends")
_LONGEST = {"external_id": 200, "role": 80, "note": 500}
KIND = Kind(
    "id",
    ("id", "person_name", "role", "project_code", "starts", "ends", "hours_per_day", "status"),
    prefix="PA-",
    own_key="external_id",
    removable=True,
    counted=("status", "confirmed"),
    fields=_FIELDS,
    required=_REQUIRED,
    choices={"status": STATES},
    longest=_LONGEST,
)


def named(assignment: Record, look_up: LookUp) -> Record:
    """Return an assignment with the names of whom and what it names now."""
    project = look_up("projects", str(assignment.get("project_code") or "")) or {}
    person = look_up("resources", str(assignment.get("person_id") or "")) or {}
    return {**assignment, "project_name": project.get("name"), "person_name": person.get("name")}


def problems_of(assignment: Record, look_up: LookUp) -> list[Problem]:
    """Return everything wrong with an assignment; an empty list means it is accepted."""
    found = rules.missing(assignment, _REQUIRED) + rules.unknown(assignment, _FIELDS)
    found += rules.too_long(assignment, _LONGEST) + rules.choices(assignment, {"status": STATES})
    found += rules.amounts(assignment, ("hours_per_day",))
    found += rules.span(assignment, "starts", "ends")
    return [*found, *_references(assignment, look_up)]


def _references(assignment: Record, look_up: LookUp) -> Iterator[Problem]:
    code, number = assignment.get("project_code"), assignment.get("person_id")
    project, person = look_up("projects", str(code)), look_up("resources", str(number))
    if code and project is None:
        yield Problem("unknown_project", "project_code", f"Project {code} does not exist")
    elif project is not None and project.get("state") == "closed":
        yield Problem("project_closed", "project_code", f"Project {code} is closed")
    if number and (person is None or not person.get("active", True)):
        yield Problem("unknown_person", "person_id", f"Nobody active has the number {number}")
