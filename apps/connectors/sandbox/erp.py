"""The sandbox ERP: customers, projects, accounting periods, time and expense lines with real business rules."""

from decimal import Decimal
from typing import Any

from aiohttp import web

from apps.connectors.sandbox import erp_books as books
from apps.connectors.sandbox import erp_expense_rules as expenses
from apps.connectors.sandbox import erp_invoice_rules as invoices
from apps.connectors.sandbox import erp_master_rules as masters
from apps.connectors.sandbox import erp_purchasing as purchasing
from apps.connectors.sandbox import erp_rules
from apps.connectors.sandbox.desk import Desk, Kind, Verdict
from apps.connectors.sandbox.erp_actuals import actuals
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import AskedWrongError, answer, parsed, refusal
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.vocabulary import REGIONS

LINES, EXPENSES = "time-lines", "expense-lines"
INVOICES = "invoices"
LARGEST_BATCH = 500
_COST_SHARE = Decimal("0.55")  # of what an hour is sold at
KINDS = {
    "customers": Kind(
        "number",
        ("number", "name", "country", "tax_id", "currency", "state"),
        own_key="external_id",
        removable=True,
        fields=masters.CUSTOMER_FIELDS,
        required=masters.CUSTOMER_REQUIRED,
        choices=masters.CUSTOMER_CHOICES,
        longest=masters.LONGEST,
    ),
    "projects": Kind(
        "code",
        ("code", "name", "company", "customer", "cost_center", "state"),
        own_key="external_id",
        removable=True,
        fields=masters.PROJECT_FIELDS,
        required=masters.PROJECT_REQUIRED,
        choices=masters.PROJECT_CHOICES,
        longest=masters.LONGEST,
    ),
    INVOICES: Kind(
        "number",
        ("number", "customer", "project", "issued_on", "net", "currency", "state"),
        own_key="external_id",
        removable=True,
        money="net",
        counted=("state", "posted"),
        fields=invoices.FIELDS,
        required=invoices.REQUIRED,
        choices=invoices.CHOICES,
        longest=invoices.LONGEST,
    ),
    "employees": Kind(
        "number", ("number", "name", "company", "active"), fields=("number", "name", "company", "cost_rate", "active")
    ),
    **books.KINDS,
    LINES: Kind(
        "external_id",
        ("id", "external_id", "company", "project", "employee", "posting_date", "quantity", "amount", "currency"),
        prefix="TL-",
        renamed=("project", "project_no"),
        hours="quantity",
        money="amount",
        fields=erp_rules.FIELDS,
        required=erp_rules.REQUIRED,
        longest=erp_rules.LONGEST,
    ),
    EXPENSES: Kind(
        "external_id",
        ("id", "external_id", "company", "project", "employee", "posting_date", "category", "amount", "currency"),
        prefix="EL-",
        money="amount",
        fields=expenses.FIELDS,
        required=expenses.REQUIRED,
        choices=expenses.CHOICES,
        longest=expenses.LONGEST,
    ),
    **purchasing.KINDS,
}


class Erp(Desk):
    """One request to one company's ERP."""

    slug, title, main = "erp", "Sandbox ERP", LINES
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store the master records of a new company; it begins without a single time line."""
        masters: dict[str, list[Record]] = {
            **books.records_of(firm),
            "customers": [_customer(client) for client in firm.clients],
            "projects": [_project(project, closed=project is firm.projects[-1]) for project in firm.projects],
            "employees": [
                {
                    "id": f"em-{p['id'][2:]}",
                    "number": p["id"],
                    "name": p["name"],
                    "company": REGIONS[p["region"]][0],
                    "cost_rate": f"{Decimal(p['rate']) * _COST_SHARE:.2f}",
                    "active": True,
                }
                for p in firm.people
            ],
            purchasing.SUPPLIERS: purchasing.suppliers(),
        }
        for kind, records in masters.items():
            cls.fill_kind(store, company, kind, records, instant_text(firm.as_of))

    def some(self, kind: str, query: dict[str, str]) -> web.Response:
        """Answer one page of a list; one of projects shows what became of them up to now."""
        if kind == "projects" and not {"code", "external_id"} & query.keys():
            self._bring_actuals_up_to_date()
        return super().some(kind, query)

    def _bring_actuals_up_to_date(self) -> None:
        """A project counts as changed where its figures did: they are reckoned when somebody asks, not with every line."""
        known = (self._store.every(self._company, kind) for kind in (LINES, EXPENSES, INVOICES, "employees"))
        found = actuals(*known)
        with self._store.change():
            for project in list(self._store.every(self._company, "projects")):
                figures = found.get(str(project["code"]), {})
                if any(project.get(name) != value for name, value in figures.items()):
                    self.save("projects", {**project, **figures})

    def post(self, kind: str, key: str, body: bytes, idempotency_key: str) -> web.Response:
        """Answer a POST: without a key it makes a record."""
        return self.batch(kind, body) if key == "batch" else super().post(kind, key, body, idempotency_key)

    def batch(self, kind: str, body: bytes) -> web.Response:
        """Create or change many records; every one is judged for itself."""
        records = parsed(body).get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise AskedWrongError("records must be a list of objects")
        if len(records) > LARGEST_BATCH:
            return refusal(413, "too_large", f"At most {LARGEST_BATCH} records in one batch")
        results = list[Record]()
        with self._store.change():
            for position, record in enumerate(records):
                key, target = str(record.pop("idempotency_key", "") or ""), str(record.pop("id", "") or "")
                verdict = self.write(kind, record, key=key, target=target)
                results.append({"position": position, "status": verdict.status, **_short(verdict)})
        return answer({"results": results}, status=207 if any(r["status"] >= 400 for r in results) else 200)

    def prepared(self, kind: str, record: Record, number: int) -> Record:
        """Return a new record with what the system adds by itself."""
        if kind == "customers":
            given = str(record.get("number") or f"CU-{number:07d}")
            # A customer's number is also its id: what the ERP answers is what a project names as its customer.
            return {"id": given, "state": "active", **record, "number": given}
        if kind == "projects":
            named = self.look_up("customers", str(record.get("customer_number") or ""))
            return {"state": "active", **({"customer": named["name"]} if named else {}), **record}
        if kind == INVOICES:
            begun = {
                "sort": "invoice",
                "state": "draft",
                **record,
                "number": record.get("number") or f"INV-{number:07d}",
            }
            return self._named(begun)
        if kind == purchasing.ORDERS:
            return purchasing.new_order(record, number, self.look_up)
        return self._in_company(record) if kind == EXPENSES else record

    def completed(self, kind: str, before: Record, changed: Record) -> Record:
        """A customer keeps its number for ever; an expense follows its project into another company."""
        if kind == EXPENSES:
            return self._in_company(changed)
        if kind == INVOICES:
            return self._named({**changed, "number": before["number"]})
        if kind == purchasing.ORDERS:
            return {**purchasing.named(changed, self.look_up), "number": before["number"]}
        return {**changed, "number": before["number"]} if kind == "customers" else changed

    def _named(self, invoice: Record) -> Record:
        customer = self.look_up("customers", str(invoice.get("customer_number") or "")) or {}
        return {**invoice, "customer": customer.get("name")}

    def _in_company(self, expense: Record) -> Record:
        project = self.look_up("projects", str(expense.get("project") or "")) or {}
        return {**expense, "company": project.get("company")}

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind in {LINES, EXPENSES}:
            switches = erp_rules.Switches(
                closed=self._faults.strikes("closed_period"), no_cost_centers=self._faults.strikes("invalid_dimension")
            )
            problems_of = erp_rules.problems_of if kind == LINES else expenses.problems_of
            return problems_of(record, self.look_up, switches)
        if kind == INVOICES:
            before = self.look_up(INVOICES, str(record["number"]))
            return invoices.problems_of(record, before, self.look_up, closed=self._faults.strikes("closed_period"))
        if kind == "customers":
            return masters.problems_of_customer(record, self.look_up)
        if kind == purchasing.ORDERS:
            return purchasing.problems_of_order(record, self.look_up)
        return masters.problems_of_project(record, self.look_up) if kind == "projects" else super().judge(kind, record)

    def kept_by(self, kind: str, record: Record) -> Problem | None:
        """Return what still needs a record, so that it cannot be removed."""
        if kind == INVOICES:
            drafted = record.get("state") in ("draft", "approved")
            return (
                None if drafted else Problem("invoice_posted", "number", f"Invoice {record['number']} is in the books")
            )
        field, users = ("project", (LINES, EXPENSES)) if kind == "projects" else ("customer_number", ("projects",))
        name = str(record[KINDS[kind].name])
        for user in users:
            if self._store.is_used(self._company, user, field, name):
                return Problem("in_use", KINDS[kind].name, f"{name} is used by {user.replace('-', ' ')}")
        return None

    def incoming(self, kind: str, record: Record) -> Record:
        """With the schema fault on, the field `project` of a line is gone and `project_no` has taken its place."""
        if kind != LINES or not self._faults.strikes("schema_change"):
            return record
        names = {"project": "project (renamed to project_no)", "project_no": "project"}
        return {names.get(name, name): value for name, value in record.items()}


def _customer(client: Record) -> Record:
    copied = (
        "name",
        "legal_name",
        "country",
        "tax_id",
        "currency",
        "payment_terms_days",
        "invoice_email",
    )
    return {
        "id": client["id"],
        "number": client["id"],
        **{name: client[name] for name in copied},
        "company": REGIONS[client["region"]][0],
        "state": "active",
    }


def _project(project: Record, *, closed: bool) -> Record:
    return {
        "id": f"pr-{project['code'][4:]}",
        "code": project["code"],
        "name": project["name"],
        "company": REGIONS[project["region"]][0],
        "customer_number": project["client_id"],
        "customer": project["client_name"],
        "currency": project["currency"],
        "cost_center": project["cost_center"],
        "state": "closed" if closed else "active",
    }


def _short(verdict: Verdict) -> dict[str, Any]:
    if verdict.status >= 400:
        return verdict.body
    return {"id": verdict.body["id"], **({"replayed": True} if verdict.replayed else {})}
