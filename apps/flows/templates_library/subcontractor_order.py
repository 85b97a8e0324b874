"""Subcontractor order: a request for somebody from outside becomes a purchase order, once the right people agree."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import CheckOptions, Filter, FlowDefinition, Rule, Step
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.settings import number, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, HOUR, FlowTemplate, SlaSuggestion

_MORE = "!has(r.steps.known.amount) || r.amount > double(r.steps.known.amount)"
_IS_NEW = "has(r.steps.ordered.created) && r.steps.ordered.created"
_NOT_MARKED = 'settings.write_back && (r.state != "ordered" || !has(r.number) || r.number != r.steps.ordered.key)'
_CANCELLED = 'r.state == "void"'
_FACTS = {
    "Supplier": "{supplier}",
    "Project": "{project} {project_name}",
    "Role": "{role}",
    "Hours": "{hours}",
    "Price per hour": "{rate} {currency}",
    "Ordered so far": "{steps.known.amount}",
}
_REQUEST = {
    "id": "PQ-1",
    "kind": "supplier",
    "supplier": "S-100",
    "project": "PRJ-0001",
    "project_name": "Website relaunch",
    "role": "Testing",
    "hours": "40",
    "rate": "90",
    "currency": "EUR",
    "starts": "2026-12-01",
    "ends": "2026-12-31",
    "state": "submitted",
}
_COPIED = (
    "id", "kind", "supplier", "supplier_name", "project", "project_name", "assignment", "resource", "resource_name", "role",
    "hours", "rate", "amount", "currency", "starts", "ends", "note",
)  # fmt: skip
_LINES = (*(MappingLine(name, name) for name in _COPIED), MappingLine("state", expression='"approved"'))

SETTINGS = settings_schema(
    approve_from=number(
        "Approval from",
        "From this amount on, in the order's currency, a finance approver must agree. Below it nobody is asked.",
        default=5_000,
        least=0,
        most=1_000_000_000,
    ),
    second_from=number(
        "Second approval from",
        "From this amount on the customer's owner must agree as well, after the finance approver.",
        default=50_000,
        least=0,
        most=1_000_000_000,
    ),
    write_back=yes_no(
        "Write the order number back",
        "Tell the system that asked under which number it was ordered.",
        default=True,
    ),
)

SAMPLES = (
    Sample(
        "A small request is ordered without anybody",
        _REQUEST,
        Delivers({
            "ordered": {"supplier": "S-100", "project": "PRJ-0001", "amount": 3600.0, "state": "approved"},
            "marked": {"po_number": "PO-1", "state": "ordered"},
        }),
        results={"ordered": {"key": "PO-1", "created": True}},
    ),
    Sample("A larger one waits for finance", _REQUEST | {"hours": "100"}, Waits("finance_agrees")),
    Sample(
        "A very large one waits for the owner as well",
        _REQUEST | {"hours": "1000"},
        Waits("owner_agrees"),
        results={"finance_agrees": {"approved": True}},
    ),
    Sample(
        "Finance may want to see everything",
        _REQUEST,
        Waits("finance_agrees"),
        settings={"approve_from": 0},
    ),
    Sample(
        "What was ordered already is not asked about again",
        _REQUEST | {"hours": "100", "state": "ordered", "number": "PO-1"},
        Delivers({"ordered": {"amount": 9000.0}}),
        results={"known": {"found": True, "amount": "9000.00"}, "ordered": {"key": "PO-1"}},
    ),
    Sample("A draft is left alone", _REQUEST | {"state": "draft"}, LeftOut("filtered")),
    Sample(
        "A request without a price is refused",
        {name: value for name, value in _REQUEST.items() if name != "rate"},
        Refused("check", field="amount"),
    ),
)  # fmt: skip


def _agree(name: str, title: str, role: str, condition: str, free_below: Decimal, escalate_to: str) -> Step:
    return Step(
        "approve",
        name=name,
        title=title,
        condition=condition,
        options=ApproveOptions(
            question="Order {hours} hours of {role} from {supplier} for {project}?",
            role=role,
            facts=_FACTS,
            free_below=free_below,
            due_hours=48,
            remind_hours=24,
            escalate_to=escalate_to,
        ),
    )


def _definition(approve_from: Decimal) -> FlowDefinition:
    return FlowDefinition(
        canonical_type="PurchaseOrder",
        filter=Filter(expression='has(r.state) && r.state in ["submitted", "ordered", "void"] && r.kind != "client"'),
        steps=(
            Step("extract"),
            Step(
                "check",
                CheckOptions(
                    rules=(
                        Rule(
                            "project_named",
                            "has(r.project)",
                            "The request names no project, so nobody knows what it is for. Name it in {source}.",
                            "project",
                            BusinessClass.MISSING_REFERENCE,
                        ),
                    )
                ),
            ),
            Step(
                "decide",
                name="wanted",
                title="Is it still wanted?",
                options=DecideOptions(f"!({_CANCELLED})", otherwise="cancelled"),
            ),
            Step(
                "lookup",
                name="known",
                title="What was ordered so far",
                condition="has(r.number)",
                timeout_seconds=30,
                options=LookupOptions("target", "", "r.number", keep=("amount",), type="PurchaseOrder"),
            ),
            Step(
                "decide",
                name="more",
                title="Is more ordered than before?",
                options=DecideOptions(_MORE, otherwise="order"),
            ),
            _agree("finance_agrees", "Approval by finance", "finance_approver", "", approve_from, "customer_owner"),
            _agree(
                "owner_agrees",
                "Approval by the owner",
                "customer_owner",
                "r.amount >= settings.second_from",
                Decimal(0),
                "finance",
            ),
            Step(
                "map",
                name="order",
                title="Purchase order",
                options=MapOptions.build(canonical_type("PurchaseOrder"), "PurchaseOrder", _LINES),
            ),
            Step(
                "deliver",
                name="ordered",
                title="Purchase order in the ERP",
                options=DeliverOptions("PurchaseOrder", of="order"),
                retry={FailureKind.RETRYABLE: (5, 30, 120, 600)},
                timeout_seconds=60,
                queue="master_data",  # what an ERP refuses here is a supplier or a project it does not know
            ),
            Step(
                "write_back",
                name="marked",
                title="Order number back to who asked",
                condition=_NOT_MARKED,
                options=WriteBackOptions({"po_number": "r.steps.ordered.key", "state": '"ordered"'}),
            ),
            Step(
                "notify",
                name="told",
                title="Tell the delivery lead",
                condition=_IS_NEW,
                options=NotifyOptions(
                    subject="{role} from {supplier} is ordered for {project}",
                    text="{hours} hours of {role} were ordered from {supplier} as {steps.ordered.key}.",
                    role="delivery_lead",
                ),
            ),
            Step(
                "emit",
                name="said",
                title="Tell the others",
                condition=_IS_NEW,
                options=EmitOptions("purchase.ordered", {"project": "r.project", "number": "r.steps.ordered.key"}),
            ),
            Step(
                "withdraw",
                name="cancelled",
                title="Void the order",
                condition=_CANCELLED,
                options=WithdrawOptions("PurchaseOrder"),
                queue="finance",
            ),
        ),
    )


def _shaped(settings: Mapping[str, Any]) -> FlowDefinition:
    return _definition(Decimal(str(settings["approve_from"])))


SUBCONTRACTOR_ORDER = FlowTemplate(
    slug="subcontractor-order",
    name="Subcontractor order",
    summary=(
        "Turns a request for somebody from outside into a purchase order of the ERP, after those have agreed who must at its "
        "amount, and brings the order's number back to the people who planned it."
    ),
    needs=(
        "Requests name supplier, project, hours, price per hour and currency, and are submitted when they are meant.",
        "Suppliers and projects carry the same number in both systems, or a value table translates them.",
        "Somebody of the customer is its finance approver.",
        "Requests that fall away are voided, not deleted.",
    ),
    outcome="Every request is ordered under a number, waits for somebody named here, or was refused with a reason.",
    records_word=gettext_noop("purchase requests"),
    record_word=gettext_noop("purchase request"),
    done_word=gettext_noop("ordered"),
    expected_every_seconds=30 * DAY,
    schedule_seconds=900,
    workflow="W13",
    category="Procurement",
    accelerator="project-setup",
    changes={1: "The first version."},
    settings=SETTINGS,
    shaped_by=_shaped,
    sla=(
        SlaSuggestion(deliver_within=2 * DAY, resolve_within=DAY),
        SlaSuggestion(resolve_within=4 * HOUR, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=SAMPLES,
    sample_systems={"target": "sandbox_erp"},
    source_categories=frozenset({"Resources", "PSA", "Projects", "Webhooks"}),
    target_categories=frozenset({"ERP"}),
    definition=_definition(Decimal(5_000)),
)
