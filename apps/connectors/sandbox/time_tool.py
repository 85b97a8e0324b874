"""The sandbox time tool: minutes that people book on projects, by e-mail and project code, until somebody approves them."""

from decimal import Decimal, InvalidOperation

from apps.connectors.sandbox import approvals, rules
from apps.connectors.sandbox import time_access as access
from apps.connectors.sandbox.approvals import ApprovingDesk
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

BOOKINGS = "bookings"
_PROJECT_FIELDS = ("code", "external_id", "name", "client_name", "budget_minutes", "open")
_PROJECT_REQUIRED = ("code", "name")
_LONGEST = {"code": 40, "name": 120, "external_id": 200}
_BOOKING_FIELDS = (
    "email", "name", "project_code", "project_name", "activity", "day", "minutes", "billable", "remark", "status",
    "approved_at", "approved_by",
)  # fmt: skip
KINDS = {
    BOOKINGS: Kind(
        "id",
        ("id", "day", "email", "project_code", "activity", "minutes", "status"),
        prefix="BK-",
        renamed=("minutes", "duration_minutes"),
        counted=("status", "approved"),
        fields=_BOOKING_FIELDS,
        required=("email", "day", "minutes"),
        choices={"status": approvals.STATES},
    ),
    "projects": Kind(
        "code",
        ("code", "name", "client_name", "open"),
        prefix="TP-",
        own_key="external_id",
        fields=_PROJECT_FIELDS,
        required=_PROJECT_REQUIRED,
        longest=_LONGEST,
    ),
    "people": Kind(
        "email", ("email", "name", "team", "active"), writable=False, fields=("email", "name", "team", "active")
    ),
    access.ACCESS: access.KIND,
}


class TimeTool(ApprovingDesk):
    """One request to one company's time tool."""

    slug, title, main = "time", "Sandbox time", BOOKINGS
    noun = "booking"
    kinds = KINDS
    event = "booking.approved"

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store the firm's people and projects, and what was booked: the same work as the PSA's, in minutes."""
        mails = {person["id"]: person["email"] for person in firm.people}
        kinds = {
            "people": [_person(person) for person in firm.people],
            "projects": [_project(project) for project in firm.projects],
            BOOKINGS: [_booking(entry, mails) for entry in firm.entries],
        }
        for kind, records in kinds.items():
            cls.fill_kind(store, company, kind, records, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """A booking begins as a draft, a project is open for time."""
        if kind == BOOKINGS:
            return {"status": "draft", "approved_at": None, **record}
        return {"open": True, **record} if kind == "projects" else record

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind == BOOKINGS:
            return rules.choices(record, {"status": approvals.STATES})
        if kind == access.ACCESS:
            return access.problems_of(record, self.look_up)
        if kind != "projects":
            return super().judge(kind, record)
        found = rules.missing(record, _PROJECT_REQUIRED) + rules.unknown(record, _PROJECT_FIELDS)
        return [*found, *rules.too_long(record, _LONGEST), *rules.amounts(record, ("budget_minutes",))]


def _person(person: Record) -> Record:
    return {
        "id": f"TU-{person['id'][2:]}",
        "email": person["email"],
        "name": person["name"],
        "team": person["department"],
        "active": True,
    }


def _project(project: Record) -> Record:
    return {
        "id": f"TP-{project['code'][4:]}",
        "code": project["code"],
        "name": project["name"],
        "client_name": project["client_name"],
        "budget_minutes": project["budget_hours"] * 60,
        "open": project["state"] == "active",
    }


def _booking(entry: Record, mails: dict[str, str]) -> Record:
    copied = ("project_code", "project_name", "status", "approved_at", "approved_by", "billable", "modified_at")
    return {
        "id": f"BK-{entry['id'][3:]}",
        "email": mails.get(entry["person_id"]) or f"{entry['person_id'].lower()}@elsewhere.example",
        "name": entry["person_name"],
        "day": entry["worked_on"],
        "activity": entry["task_name"],
        "minutes": _minutes(entry["hours"]),
        "remark": entry["notes"],
        **{name: entry[name] for name in copied},
    }


def _minutes(hours: object) -> int | str:
    """Hours as whole minutes; what is no number stays what it was, with its comma."""
    try:
        return int(Decimal(str(hours)) * 60)
    except InvalidOperation:
        return f"{hours} h"
