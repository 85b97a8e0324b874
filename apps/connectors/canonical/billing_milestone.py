"""BillingMilestone: one step of a billing schedule, what is billed when which condition is met."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

KINDS = ("milestone", "fixed_fee", "retainer", "recurring")
CONDITIONS = ("milestone_accepted", "hours_approved", "date_reached")
PERIODS = ("week", "month", "quarter", "year")
STATES = ("planned", "ready", "billed", "paid", "void")
_DUE = frozenset({"ready", "billed", "paid"})

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Milestone id")),
    CanonicalField("contract", ValueKind.REFERENCE, gettext_noop("Contract")),
    CanonicalField("sequence", ValueKind.WHOLE, gettext_noop("Position"), summary="Its place in the schedule, from 1."),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("task", ValueKind.REFERENCE, gettext_noop("Task")),
    CanonicalField("client", ValueKind.REFERENCE, gettext_noop("Client who pays")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("legal_entity", ValueKind.TEXT, gettext_noop("Legal entity")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Way of billing"), choices=KINDS),
    CanonicalField("condition", ValueKind.CHOICE, gettext_noop("Billed when"), choices=CONDITIONS),
    CanonicalField("due_on", ValueKind.DATE, gettext_noop("Due on")),
    CanonicalField("period", ValueKind.CHOICE, gettext_noop("Repeats every"), choices=PERIODS),
    CanonicalField("next_on", ValueKind.DATE, gettext_noop("Next on")),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount")),
    CanonicalField(
        "percent",
        ValueKind.DECIMAL,
        gettext_noop("Share of the contract"),
        unit="fraction",
        summary="0.25 is a quarter of what the contract is worth; instead of an amount.",
    ),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("service_item", ValueKind.TEXT, gettext_noop("Service")),
    CanonicalField("po_number", ValueKind.TEXT, gettext_noop("Purchase order")),
    CanonicalField("accepted_by", ValueKind.TEXT, gettext_noop("Accepted by"), owner=Owner.PSA),
    CanonicalField("accepted_at", ValueKind.INSTANT, gettext_noop("Accepted at"), owner=Owner.PSA),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), required=True, choices=STATES),
    CanonicalField("invoice", ValueKind.REFERENCE, gettext_noop("Invoice")),
    CanonicalField("note", ValueKind.TEXT, gettext_noop("Note")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def amount_or_share() -> Check:
    """Build the rule that a step that is to be billed says how much: an amount, or a share of the contract."""
    missing = problem(
        "amount",
        "The milestone is ready to be billed but says neither an amount nor a share. Fill in one of the two at {source}.",
        BusinessClass.MISSING_REFERENCE,
        "missing",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        says = values.get("amount") is not None or values.get("percent") is not None
        return missing if values.get("state") in _DUE and not says else ()

    return Check("amount_or_share", "a milestone that is ready says an amount or a share", find)


def accepted_when_ready() -> Check:
    """Build the rule that nothing is billed on acceptance before somebody has accepted it."""
    early = problem(
        "accepted_at",
        "The milestone is billed when it is accepted, but nobody has accepted it. Have it accepted in {source}.",
        BusinessClass.MISSING_APPROVAL,
        "not_accepted",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        waits = values.get("condition") == "milestone_accepted" and values.get("state") in _DUE
        return early if waits and values.get("accepted_at") is None else ()

    return Check("accepted_when_ready", "a milestone billed on acceptance says when it was accepted", find)


BILLING_MILESTONE = CanonicalType(
    name="BillingMilestone",
    label=gettext_noop("Billing milestone"),
    plural=gettext_noop("Billing milestones"),
    summary="One step of a billing schedule: a milestone, an instalment or a retainer, and the condition for billing it.",
    owner=Owner.ERP,
    fields=FIELDS,
    key_fields=("contract", "sequence"),
    identity=(("contract", "sequence"), ("id",)),
    checks=(
        checks.present("project", "The milestone belongs to no project. Choose one in {source}."),
        checks.not_longer_than("project", 40, "project code"),
        checks.present("name", "The milestone has no name. Give it one in {source}."),
        checks.present("state", "The state of the milestone is missing. Set it in {source}."),
        amount_or_share(),
        accepted_when_ready(),
        checks.not_negative("amount", "amount"),
        checks.currency_for("amount"),
        checks.currency_known(),
        checks.not_negative("percent", "share of the contract"),
        checks.not_above("percent", Decimal(1), "share of the contract"),
    ),
    amount_rule="Known once it is ready, estimated before. Unknown without amount or currency. Nothing when void.",
    amount=amounts.agreed_amount(_DUE, ("void",)),
    references=amounts.references_by("due_on", "next_on"),
    sentence=gettext_noop("Milestone {name} of project {project}, {amount} {currency}"),
)
