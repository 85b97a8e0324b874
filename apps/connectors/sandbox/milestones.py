"""The billing milestones of the sandbox PSA: what they begin with, what follows from their acceptance, what is refused."""

from datetime import UTC, datetime, timedelta

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem, Record

MILESTONES = "milestones"
_FIELDS = (
    "project_code", "project_name", "client_id", "client_name", "name", "sort", "billed_when", "due_on", "amount", "share",
    "currency", "po_number", "accepted_by", "accepted_at", "status",
)  # fmt: skip
_REQUIRED = ("project_code", "name")
_CHOICES = {
    "sort": ("milestone", "fixed_fee", "retainer", "recurring"),
    "billed_when": ("milestone_accepted", "hours_approved", "date_reached"),
    "status": ("planned", "ready", "billed", "paid", "void"),
}
KIND = Kind(
    "id",
    ("id", "project_code", "name", "sort", "due_on", "amount", "currency", "status"),
    prefix="MS-",
    money="amount",
    counted=("status", "ready"),
    fields=_FIELDS,
    required=_REQUIRED,
    choices=_CHOICES,
)


def planned_milestones(firm: Firm) -> list[Record]:
    """Return one milestone for each of the first three projects, none of them accepted yet."""
    return [
        {
            **begun(project, {"name": "Concept accepted", "project_code": project["code"], "amount": "12000.00"}),
            "id": f"MS-{number:04d}",
            "due_on": (firm.as_of.date() + timedelta(days=30 * number)).isoformat(),
        }
        for number, project in enumerate(firm.projects[:3], 1)
    ]


def begun(project: Record, record: Record) -> Record:
    """Return a new milestone with what its project says of it."""
    told = {
        "project_name": project.get("name"),
        "client_id": project.get("client_id"),
        "client_name": project.get("client_name"),
        "currency": project.get("currency"),
        "po_number": project.get("po_number"),
    }
    waits = {"sort": "milestone", "billed_when": "milestone_accepted", "status": "planned", "accepted_at": None}
    return accepted({}, {**told, **waits, **record})


def accepted(before: Record, changed: Record) -> Record:
    """Return a milestone with the moment of its acceptance, where it is billed for that and just became ready."""
    waited = changed.get("billed_when") == "milestone_accepted" and not changed.get("accepted_at")
    if not waited or changed.get("status") != "ready" or before.get("status") == "ready":
        return changed
    return {**changed, "accepted_at": instant_text(datetime.now(UTC)), "accepted_by": changed.get("client_name")}


def problems_of(milestone: Record) -> list[Problem]:
    """Return everything wrong with a milestone."""
    found = rules.missing(milestone, _REQUIRED) + rules.unknown(milestone, ("id", *_FIELDS))
    found += rules.choices(milestone, _CHOICES) + rules.currency(milestone)
    return [*found, *rules.amounts(milestone, ("amount", "share")), *rules.days(milestone, ("due_on",))[1]]
