"""The sandbox PSA: people, clients, projects, tasks and time entries that get approved."""

from aiohttp import web

from apps.connectors.sandbox import milestones, rules
from apps.connectors.sandbox import psa_assignments as planned
from apps.connectors.sandbox import shown_invoices as invoices
from apps.connectors.sandbox.approvals import ApprovingDesk
from apps.connectors.sandbox.desk import Deed, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.milestones import MILESTONES
from apps.connectors.sandbox.replies import answer
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

ENTRIES = "time-entries"
_CLIENT_FIELDS = (
    "id",
    "external_id",
    "name",
    "legal_name",
    "country",
    "region",
    "currency",
    "tax_id",
    "invoice_email",
    "payment_terms_days",
    "parent_id",
    "active",
)
_PROJECT_FIELDS = (
    "code",
    "external_id",
    "name",
    "client_id",
    "client_name",
    "region",
    "currency",
    "billing_kind",
    "billable",
    "budget_hours",
    "budget_amount",
    "rate_card",
    "actual_hours",
    "actual_cost",
    "actual_billed",
    "actual_margin",
    "cost_center",
    "po_number",
    "manager",
    "starts",
    "ends",
    "state",
    "billing_state",
)
_LONGEST = {"name": 255, "code": 40, "external_id": 200, "po_number": 40}
_BILLING = ("time_material", "fixed_fee", "milestone", "retainer", "recurring")
_TASK_CHOICES = {"kind": ("phase", "task", "milestone")}
_CLIENT_REQUIRED, _PROJECT_REQUIRED = ("name",), ("code", "name", "client_id")
_ENTRY_CHOICES = {"status": ("draft", "submitted", "approved", "rejected")}
_PROJECT_CHOICES = {"state": ("planned", "active", "on_hold", "closed"), "billing_kind": _BILLING}
_ENTRY_FIELDS = (
    "project_code",
    "project_name",
    "task_id",
    "task_name",
    "person_id",
    "person_name",
    "worked_on",
    "hours",
    "rate",
    "currency",
    "billable",
    "status",
    "approved_at",
    "approved_by",
    "notes",
    "cost_center",
    "service_item",
    "department",
    "tags",
    "custom",
)
_RESOURCE_FIELDS = (
    "name",
    "given_name",
    "family_name",
    "email",
    "title",
    "grade",
    "rate",
    "department",
    "region",
    "active",
)
KINDS = {
    "resources": Kind(
        "id", ("id", "name", "title", "department", "region", "active"), prefix="RE-N", fields=_RESOURCE_FIELDS
    ),
    "clients": Kind(
        "id",
        ("id", "name", "country", "currency", "active"),
        prefix="CL-N",
        own_key="external_id",
        fields=_CLIENT_FIELDS,
        required=_CLIENT_REQUIRED,
        longest=_LONGEST,
    ),
    "projects": Kind(
        "code",
        ("code", "name", "client_name", "region", "cost_center", "state"),
        prefix="PR-N",
        own_key="external_id",
        fields=_PROJECT_FIELDS,
        required=_PROJECT_REQUIRED,
        choices=_PROJECT_CHOICES,
        longest=_LONGEST,
    ),
    "tasks": Kind(
        "id",
        ("id", "project_code", "name", "open_for_time"),
        prefix="TA-N",
        fields=("project_code", "name", "billable", "open_for_time", "kind", "starts", "ends", "done"),
        choices=_TASK_CHOICES,
    ),
    MILESTONES: milestones.KIND,
    ENTRIES: Kind(
        "id",
        ("id", "worked_on", "person_name", "project_code", "task_name", "hours", "rate", "currency", "status"),
        prefix="TE-",
        renamed=("hours", "duration"),
        hours="hours",
        counted=("status", "approved"),
        fields=_ENTRY_FIELDS,
        required=("worked_on", "hours"),
        choices=_ENTRY_CHOICES,
        removable=True,
    ),
    planned.ASSIGNMENTS: planned.KIND,
    invoices.INVOICES: invoices.KIND,
}


class Psa(ApprovingDesk):
    """One request to one company's PSA."""

    slug, title, main = "psa", "Sandbox PSA", ENTRIES
    noun = "time entry"
    kinds = KINDS
    event = "time.approved"
    list_name = "results"

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store all records of a new company."""
        kinds = {
            "resources": firm.people,
            "clients": firm.clients,
            "projects": firm.projects,
            "tasks": firm.tasks,
            MILESTONES: milestones.planned_milestones(firm),
            ENTRIES: firm.entries,
        }
        for kind, records in kinds.items():
            cls.fill_kind(store, company, kind, records, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, number: int) -> Record:
        """A time entry begins as a draft, a project gets its client's name and, where none is given, a code."""
        if kind == ENTRIES:
            return {"status": "draft", "approved_at": None, "custom": {}, **record}
        if kind == "clients":
            return {"active": True, **record}
        if kind == MILESTONES:
            return milestones.begun(self.look_up("projects", str(record.get("project_code"))) or {}, record)
        if kind == planned.ASSIGNMENTS:
            return planned.named({"status": "tentative", "billable": True, **record}, self.look_up)
        if kind == invoices.INVOICES:
            return invoices.settled(record)
        if kind != "projects":
            return record
        client = self.look_up("clients", str(record.get("client_id") or "")) or {}
        told = {"client_name": client.get("name"), "region": client.get("region"), "currency": client.get("currency")}
        known = {name: value for name, value in told.items() if value}
        return {**known, "state": "active", "billable": True, **record, "code": record.get("code") or f"PRJ-N{number}"}

    def completed(self, kind: str, before: Record, changed: Record) -> Record:
        """Accepting a milestone notes its moment; an assignment shows the names of whom and what it names now."""
        if kind == MILESTONES:
            return milestones.accepted(before, changed)
        if kind == invoices.INVOICES:
            return invoices.settled(changed)
        return planned.named(changed, self.look_up) if kind == planned.ASSIGNMENTS else changed

    def deeds(self, kind: str, record: Record) -> list[Deed]:
        """Return what a person can do with a record besides changing its fields."""
        if kind != MILESTONES:
            return super().deeds(kind, record)
        return [Deed("accept", "Accept this milestone")] if record.get("status") == "planned" else []

    def do(self, deed: str, kind: str, key: str) -> web.Response:
        """Do what `deeds` offered."""
        if (deed, kind) != ("accept", MILESTONES):
            return super().do(deed, kind, key)
        with self._store.change():
            verdict = self.write(kind, {"status": "ready"}, key="", target=key)
        return answer({"accept": [key]}) if verdict.status < 400 else verdict.response()

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind == ENTRIES:
            return rules.choices(record, _ENTRY_CHOICES)
        if kind == MILESTONES:
            return milestones.problems_of(record)
        if kind == "clients":
            parent = rules.unknown_parent(record, "parent_id", lambda number: self.look_up("clients", number))
            return _problems_of_client(record) + parent
        if kind == planned.ASSIGNMENTS:
            return planned.problems_of(record, self.look_up)
        if kind == invoices.INVOICES:
            return self._problems_of_invoice(record)
        return self._problems_of_project(record) if kind == "projects" else []

    def noted(self, kind: str, _before: Record | None, record: Record) -> None:
        """A project shows how its invoices stand."""
        if kind != invoices.INVOICES:
            return
        project = self.look_up("projects", str(record["project_code"]))
        all_of_them = self._store.every(self._company, invoices.INVOICES)
        stands = invoices.billing_state(one for one in all_of_them if one["project_code"] == record["project_code"])
        if project is not None and project.get("billing_state") != stands:
            self.save("projects", {**project, "billing_state": stands})

    def _problems_of_invoice(self, invoice: Record) -> list[Problem]:
        found = rules.missing(invoice, ("project_code",)) + invoices.problems_of(invoice)
        code = str(invoice.get("project_code") or "")
        if code and self.look_up("projects", code) is None:
            found.append(Problem("unknown_project", "project_code", f"Project {code} does not exist"))
        return found

    def _problems_of_project(self, project: Record) -> list[Problem]:
        found = rules.missing(project, _PROJECT_REQUIRED)
        found += rules.unknown(project, _PROJECT_FIELDS) + rules.too_long(project, _LONGEST) + rules.currency(project)
        found += rules.amounts(project, ("budget_hours", "budget_amount", "actual_hours", "actual_cost"))
        found += rules.choices(project, _PROJECT_CHOICES)
        client = self.look_up("clients", str(project.get("client_id") or ""))
        if project.get("client_id") and client is None:
            found.append(Problem("unknown_client", "client_id", f"Client {project['client_id']} does not exist"))
        elif client is not None and not client.get("active", True) and project.get("state") == "active":
            found.append(Problem("client_inactive", "client_id", f"Client {client['id']} is inactive"))
        return found


def _problems_of_client(client: Record) -> list[Problem]:
    found = rules.missing(client, _CLIENT_REQUIRED)
    found += rules.unknown(client, _CLIENT_FIELDS) + rules.too_long(client, _LONGEST)
    found += rules.country(client) + rules.currency(client)
    return [*found, *rules.amounts(client, ("payment_terms_days",))]
