"""The sandbox expense tool: what people spent for projects, in reports, with receipts, until somebody approves it."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.connectors.sandbox import approvals, rules
from apps.connectors.sandbox.approvals import ApprovingDesk
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

EXPENSES = "expenses"
EXPENSE_PROBLEMS = ("no project", "amount below zero", "currency nobody books in", "spent on a day to come")
CATEGORIES = {"Train": (28, 190), "Flight": (120, 940), "Hotel": (95, 260), "Meal": (12, 85), "Software": (20, 480)}
_FIELDS = (
    "report_no", "employee_no", "person_name", "project_code", "project_name", "client_name", "category", "merchant",
    "spent_on", "amount", "tax_amount", "currency", "reimbursable", "billable", "cost_center", "receipt", "status",
    "approved_at", "approved_by",
)  # fmt: skip
KINDS = {
    EXPENSES: Kind(
        "id",
        ("id", "report_no", "spent_on", "person_name", "project_code", "category", "amount", "currency", "status"),
        prefix="EX-",
        renamed=("amount", "total"),
        money="amount",
        counted=("status", "approved"),
        fields=_FIELDS,
        required=("spent_on", "amount", "currency"),
        choices={"status": approvals.STATES},
    ),
    "people": Kind(
        "employee_no",
        ("employee_no", "name", "email", "active"),
        writable=False,
        fields=("employee_no", "name", "email", "active"),
    ),
}
_PER_PERSON = 2


class ExpenseTool(ApprovingDesk):
    """One request to one company's expense tool."""

    slug, title, main = "expense", "Sandbox expenses", EXPENSES
    noun = "expense"
    kinds = KINDS
    event = "expense.approved"

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store who spends, and what was spent in the firm's weeks: the same for the same wishes."""
        chance = random.Random(f"expenses-{company.wishes.get('seed', 1)}")
        people = [
            {"id": f"XU-{p['id'][2:]}", "employee_no": p["id"], "name": p["name"], "email": p["email"], "active": True}
            for p in firm.people
        ]
        count = max(8, len(people) * _PER_PERSON)
        expenses = [_expense(chance, firm, number) for number in range(1, count + 1)]
        if company.wishes.get("problems", True):
            expenses += _problem_expenses(chance, firm, count)
        cls.fill_kind(store, company, "people", people, instant_text(firm.as_of))
        cls.fill_kind(store, company, EXPENSES, expenses, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """An expense begins as a draft."""
        return {"status": "draft", "approved_at": None, **record} if kind == EXPENSES else record

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind != EXPENSES:
            return super().judge(kind, record)
        return rules.choices(record, {"status": approvals.STATES})


def _expense(chance: random.Random, firm: Firm, number: int) -> Record:
    person, project = firm.people[number % len(firm.people)], chance.choice(firm.projects)
    days = max(1, (firm.as_of.date() - firm.first_day).days - 1)
    spent_on = firm.first_day + timedelta(days=chance.randrange(days))
    category = chance.choice(tuple(CATEGORIES))
    amount = Decimal(chance.randrange(CATEGORIES[category][0] * 100, CATEGORIES[category][1] * 100)) / 100
    status = chance.choices(approvals.STATES, (5, 10, 80, 5))[0]
    moment = datetime(spent_on.year, spent_on.month, spent_on.day, 18, number % 60, tzinfo=UTC)
    return {
        "id": f"EX-{number:05d}",
        "report_no": f"ER-{person['id'][2:]}-{spent_on:%Y%m}",
        "employee_no": person["id"],
        "person_name": person["name"],
        "project_code": project["code"],
        "project_name": project["name"],
        "client_name": project["client_name"],
        "category": category,
        "spent_on": spent_on.isoformat(),
        "amount": f"{amount:.2f}",
        "tax_amount": f"{(amount * Decimal('0.19') / Decimal('1.19')):.2f}",
        "currency": project["currency"],
        "reimbursable": chance.random() > 0.2,
        "billable": chance.random() > 0.3,
        "cost_center": project["cost_center"],
        "merchant": f"{category} {chance.choice(('Central', 'North', 'Station', 'Online'))}",
        "receipt": f"receipt-{number:05d}.pdf",
        "status": status,
        "approved_at": _instant(moment + timedelta(hours=14)) if status == "approved" else None,
        "approved_by": "E-0001" if status == "approved" else None,
        "modified_at": instant_text(min(moment + timedelta(hours=14), firm.as_of - timedelta(milliseconds=number))),
    }


def _problem_expenses(chance: random.Random, firm: Firm, count: int) -> list[Record]:
    """The known handful, in the order of EXPENSE_PROBLEMS."""
    ahead = (firm.as_of + timedelta(days=40)).date().isoformat()
    changes: tuple[Record, ...] = (
        {"project_code": None, "project_name": None, "client_name": None},
        {"amount": "-18.00"},
        {"currency": "XXB"},
        {"spent_on": ahead},
    )
    approved = {"status": "approved", "approved_by": "E-0001", "approved_at": _instant(firm.as_of)}
    return [{**_expense(chance, firm, count + place), **approved, **change} for place, change in enumerate(changes, 1)]


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
