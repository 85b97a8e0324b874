"""Billing status back: what became of each invoice in the ERP is shown where the work was planned and sold."""

from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import day, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_SETTINGS = settings_schema(
    projects_only=yes_no(
        "Only invoices for a project",
        "Invoices that name no project are left out: nobody in delivery waits for them.",
        default=True,
    ),
    first_day=day(
        "First day",
        "Invoices of earlier days are left out. Empty for everything.",
    ),
)
# Drafts are shown as well: a draft that is blocked is what delivery must hear of, and one that was shown must not grow old.
_ABOUT = (
    '(!settings.projects_only || has(r.project)) && (settings.first_day == "" || !has(r.issue_date) || '
    "r.issue_date >= settings.first_day)"
)
_RULES = (
    Rule(
        name="state_known",
        expression="has(r.state)",
        sentence="The invoice does not say how far it is. Set its state in {source}, or map it.",
        field="state",
        business_class=BusinessClass.MAPPING_GAP,
    ),
    Rule(
        name="paid_means_nothing_open",
        expression='!has(r.state) || r.state != "paid" || !has(r.open_amount) || r.open_amount == 0.0',
        sentence="The invoice counts as paid and still has an open amount. Correct one of them in {source}.",
        field="open_amount",
    ),
)

_INVOICE: dict[str, Any] = {
    "id": "88",
    "number": "INV-0088",
    "kind": "invoice",
    "client": "C-007",
    "client_name": "Alder Brewery",
    "project": "PRJ-0042",
    "issue_date": "2026-11-05",
    "due_date": "2026-12-05",
    "currency": "EUR",
    "net": "1000.00",
    "tax": "190.00",
    "gross": "1190.00",
    "open_amount": "1190.00",
    "state": "posted",
}

BILLING_STATUS = FlowTemplate(
    slug="billing-status",
    name="Billing status back to delivery",
    summary=(
        "Shows every invoice of the ERP where the work is planned and sold: posted, blocked and why, paid or void, so that "
        "project managers and account leads know without asking finance."
    ),
    needs=(
        "Invoices of the ERP name the project they are for.",
        "Projects carry the same code in both systems, or a value table translates them.",
        "The PSA, or the CRM, can show invoices; install it once for each of them.",
    ),
    outcome="Delivery sees each invoice as finance does, or the invoice that is missing has a reason and an owner.",
    records_word=gettext_noop("invoices"),
    record_word=gettext_noop("invoice"),
    done_word=gettext_noop("known to delivery"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=900,
    changes={1: "The first version."},
    workflow="W5",
    category="Finance",
    accelerator="billing-readiness",
    settings=_SETTINGS,
    sla=(
        SlaSuggestion(deliver_within=HOUR, resolve_within=2 * DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    source_categories=frozenset({"ERP", "Webhooks", "Files", "Database"}),
    target_categories=frozenset({"PSA", "CRM", "Files", "Database"}),
    definition=FlowDefinition(
        canonical_type="Invoice",
        filter=Filter(expression=_ABOUT),
        steps=(Step("extract"), Step("check", CheckOptions(rules=_RULES)), Step("map"), Step("deliver")),
    ),
    samples=(
        Sample(
            "A posted invoice is shown on its project",
            _INVOICE,
            Delivers(
                {
                    "deliver": {
                        "number": "INV-0088",
                        "project_code": "PRJ-0042",
                        "amount": 1190,
                        "open_amount": 1190,
                        "state": "posted",
                        "blocked": False,
                    }
                }
            ),
        ),
        Sample(
            "A blocked draft says why it is blocked",
            _INVOICE | {"state": "draft", "block_reason": "Purchase order is missing"},
            Delivers({"deliver": {"state": "draft", "blocked": True, "blocked_because": "Purchase order is missing"}}),
        ),
        Sample(
            "A paid invoice has nothing open",
            _INVOICE | {"state": "paid", "open_amount": "0"},
            Delivers({"deliver": {"state": "paid", "open_amount": 0}}),
        ),
        Sample(
            "A paid invoice with an open amount is refused",
            _INVOICE | {"state": "paid"},
            Refused("check", "paid_means_nothing_open"),
        ),
        Sample(
            "An invoice for no project is left out",
            {name: value for name, value in _INVOICE.items() if name != "project"},
            LeftOut("filtered"),
        ),
        Sample(
            "An invoice of earlier days is left out",
            _INVOICE,
            LeftOut("filtered"),
            settings={"first_day": "2026-11-06"},
        ),
        Sample(
            "An invoice that does not say how far it is is refused",
            {name: value for name, value in _INVOICE.items() if name != "state"},
            Refused("check", "state_known"),
        ),
    ),
    sample_systems={"target": "sandbox_psa"},
)
