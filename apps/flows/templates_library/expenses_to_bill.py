"""Expenses to bill: approved expenses of any expense system become expense lines of any ERP, with their receipts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import day, default_settings, number, settings_schema, text, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_SETTINGS = settings_schema(
    carry_unbillable=yes_no(
        "Carry unbillable expenses as well",
        "The ERP then gets every approved expense, also those that no client pays.",
        default=False,
    ),
    receipt_from=number(
        "Receipt needed from this amount on",
        "In the expense's own currency. 0: receipts are not asked for, as where the expense system does not tell of them.",
        default=25,
        least=0,
        most=100_000,
    ),
    currency=text(
        "Only this currency",
        "Expenses in others are refused. Empty: every currency that the ERP knows.",
        longest=3,
        pattern="^[A-Z]{0,3}$",
    ),
    first_day=day(
        "First day",
        "What was spent on earlier days is left out: the day from which this flow takes over. Empty for everything.",
    ),
)

_RECEIPT = Rule(
    name="receipt_over_limit",
    expression="r.amount < settings.receipt_from || has(r.receipt)",
    sentence="The expense needs a receipt: its amount is at the limit or above. Attach it in {source}.",
    field="receipt",
)
_TAX = Rule(
    name="tax_within_amount",
    expression="!has(r.tax_amount) || r.tax_amount <= r.amount",
    sentence="The tax is more than the amount itself. Correct the expense in {source}.",
    field="tax_amount",
)
_CURRENCY = Rule(
    name="agreed_currency",
    expression="r.currency == settings.currency",
    sentence="The expense is not in the currency agreed for this flow. Enter it in that currency in {source}.",
    field="currency",
)

# Each is judged where the systems can tell; pages say which cannot be.
_BEFORE_POSTING = ("period_open", "project_open", "project_billable", "cost_center_mapped", "duplicate", "budget_left")

_EXPENSE: dict[str, Any] = {
    "id": "X-1",
    "resource": "E-17",
    "resource_name": "Ann Archer",
    "project": "PRJ-0042",
    "project_name": "Website relaunch",
    "client_name": "Alder Brewery",
    "category": "Train",
    "spent_on": "2026-11-02",
    "amount": "119.00",
    "tax_amount": "19.00",
    "currency": "EUR",
    "reimbursable": True,
    "billable": True,
    "note": "Train North",
    "report_no": "ER-0017-202611",
    "receipt": "receipt-1.pdf",
    "cost_center": "CC-110",
    "approval": "approved",
    "approved_at": "2026-11-05T09:00:00Z",
}


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    # A rule that nobody wants is left away.
    rules = (
        *((_RECEIPT,) if settings["receipt_from"] else ()),
        _TAX,
        *((_CURRENCY,) if settings["currency"] else ()),
    )
    return FlowDefinition(
        canonical_type="Expense",
        filter=Filter(
            conditions=("approved",) if settings["carry_unbillable"] else ("approved", "billable"),
            expression="!has(r.spent_on) || r.spent_on >= settings.first_day" if settings["first_day"] else "",
        ),
        steps=(
            Step("extract"),
            Step("check", CheckOptions(rules=rules, library=_BEFORE_POSTING)),
            Step("map"),
            Step("deliver"),
        ),
    )


def _without(name: str) -> dict[str, Any]:
    return {field: value for field, value in _EXPENSE.items() if field != name}


EXPENSES_TO_BILL = FlowTemplate(
    slug="expenses-to-bill",
    name="Approved expenses to bill",
    summary=(
        "Carries every approved, billable expense from the expense system into the ERP, once, with project, person, tax, "
        "period and the mark of its receipt, so that clients are billed for what was spent for them."
    ),
    needs=(
        "Expenses are approved in the expense system.",
        "The expense system tells of receipts, or the amount from which one is needed is set to 0.",
        "Projects carry the same code in both systems, or a value table translates them.",
        "People carry the same personnel number in both systems, or a value table translates them.",
        "The accounting period of the approval is open in the ERP.",
    ),
    outcome="Every approved expense is in the ERP, and every one that is not has a reason, an owner and an amount.",
    records_word=gettext_noop("expenses"),
    record_word=gettext_noop("expense"),
    done_word=gettext_noop("ready to bill"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=HOUR,
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    lines=(LineChange("description", {"label": "Text on the invoice"}),),
    changes={1: "The first version."},
    workflow="W4",
    category="Finance",
    accelerator="time-posting",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=DAY, resolve_within=2 * DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.CLOSED_PERIOD),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.INVALID_DIMENSION),
    ),
    # Refunds to people are payroll's own business; here the expense becomes what a client is billed.
    source_categories=frozenset({"Expenses", "PSA", "Time", "Files", "Database", "Webhooks"}),
    target_categories=frozenset({"ERP", "Files", "Database"}),
    samples=(
        Sample(
            "An approved expense becomes an expense line with its receipt",
            _EXPENSE,
            Delivers(
                {
                    "deliver": {
                        "external_id": "X-1",
                        "project": "PRJ-0042",
                        "employee": "E-17",
                        "posting_date": "05.11.2026",
                        "amount": 119,
                        "tax_amount": 19,
                        "currency": "EUR",
                        "reimbursable": True,
                        "receipt": "receipt-1.pdf",
                        "description": "Train North",
                    }
                }
            ),
        ),
        Sample(
            "An expense that waits for approval is left out",
            _EXPENSE | {"approval": "submitted"},
            LeftOut("not_approved"),
        ),
        Sample("An unbillable expense is left out", _EXPENSE | {"billable": False}, LeftOut("not_billable")),
        Sample(
            "An unbillable expense is carried where the customer wants it",
            _EXPENSE | {"billable": False},
            Delivers({"deliver": {"billable": False}}),
            settings={"carry_unbillable": True},
        ),
        Sample(
            "A large expense without a receipt is refused", _without("receipt"), Refused("check", "receipt_over_limit")
        ),
        Sample(
            "A small expense needs no receipt",
            _without("receipt") | {"amount": "12.00", "tax_amount": "1.92"},
            Delivers({"deliver": {"amount": 12, "receipt": None}}),
        ),
        Sample(
            "Nobody asks for receipts where the limit is 0",
            _without("receipt"),
            Delivers({"deliver": {"amount": 119}}),
            settings={"receipt_from": 0},
        ),
        Sample(
            "More tax than amount is refused",
            _EXPENSE | {"tax_amount": "120.00"},
            Refused("check", "tax_within_amount"),
        ),
        Sample(
            "Another currency than the agreed one is refused",
            _EXPENSE | {"currency": "USD"},
            Refused("check", "agreed_currency"),
            settings={"currency": "EUR"},
        ),
        Sample(
            "What was spent before the first day is left out",
            _EXPENSE,
            LeftOut("filtered"),
            settings={"first_day": "2026-11-03"},
        ),
    ),
    sample_systems={"target": "sandbox_erp"},
)
