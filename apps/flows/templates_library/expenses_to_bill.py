"""Expenses to bill: approved expenses of any expense system become expense lines of any ERP, with their receipts."""

from django.utils.translation import gettext_noop

from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library.template import FlowTemplate

_RULES = (
    Rule(
        name="receipt_over_limit",
        expression="r.amount < 25.0 || has(r.receipt)",
        sentence="The expense needs a receipt: it is above the limit. Attach it in {source}.",
        field="receipt",
    ),
    Rule(
        name="tax_within_amount",
        expression="!has(r.tax_amount) || r.tax_amount <= r.amount",
        sentence="The tax is more than the amount itself. Correct the expense in {source}.",
        field="tax_amount",
    ),
)

EXPENSES_TO_BILL = FlowTemplate(
    slug="expenses-to-bill",
    name="Approved expenses to bill",
    summary=(
        "Carries every approved, billable expense from the expense system into the ERP, once, with project, person, tax, "
        "period and the mark of its receipt, so that clients are billed for what was spent for them."
    ),
    needs=(
        "Expenses are approved in the expense system.",
        "Projects carry the same code in both systems, or a value table translates them.",
        "People carry the same personnel number in both systems, or a value table translates them.",
        "The accounting period of the approval is open in the ERP.",
    ),
    outcome="Every approved expense is in the ERP, and every one that is not has a reason, an owner and an amount.",
    records_word=gettext_noop("expenses"),
    record_word=gettext_noop("expense"),
    done_word=gettext_noop("ready to bill"),
    expected_every_seconds=7 * 24 * 3_600,
    schedule_seconds=3_600,
    definition=FlowDefinition(
        canonical_type="Expense",
        filter=Filter(conditions=("approved", "billable")),
        steps=(Step("extract"), Step("check", CheckOptions(rules=_RULES)), Step("map"), Step("deliver")),
    ),
    lines=(LineChange("description", {"label": "Text on the invoice"}),),
)
