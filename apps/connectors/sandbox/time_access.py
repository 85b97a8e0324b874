"""Who may book time on which project in the sandbox time tool, from when until when."""

from collections.abc import Callable

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.rules import Problem, Record

LookUp = Callable[[str, str], Record | None]  # object, natural name -> record

ACCESS = "project-members"
_FIELDS = ("id", "external_id", "email", "project_code", "activity", "starts", "ends")
_REQUIRED = ("email", "project_code", "starts", "ends")
_LONGEST = {"external_id": 200, "activity": 80}
KIND = Kind(
    "id",
    ("id", "email", "project_code", "activity", "starts", "ends"),
    prefix="PM-",
    own_key="external_id",
    removable=True,
    fields=_FIELDS,
    required=_REQUIRED,
    longest=_LONGEST,
)


def problems_of(access: Record, look_up: LookUp) -> list[Problem]:
    """Return everything wrong with a right to book; an empty list means it is accepted."""
    found = rules.missing(access, _REQUIRED) + rules.unknown(access, _FIELDS) + rules.too_long(access, _LONGEST)
    found += rules.span(access, "starts", "ends")
    for kind, field, code in (("people", "email", "unknown_person"), ("projects", "project_code", "unknown_project")):
        name = str(access.get(field) or "")
        if name and look_up(kind, name) is None:
            found.append(Problem(code, field, f"There is no {name} among the {kind}"))
    return found
