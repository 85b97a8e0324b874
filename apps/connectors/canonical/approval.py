"""Approval: what one person was asked to decide about a record, and what they decided."""

from datetime import date

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    Amount,
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    Check,
    LedgerReferences,
    Owner,
    gettext_noop,
    problem,
)
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

DECISIONS = ("pending", "approved", "rejected", "withdrawn")
_DECIDED = frozenset({"approved", "rejected"})

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Approval id")),
    CanonicalField(
        "subject", ValueKind.TEXT, gettext_noop("What is decided on"), required=True, summary="The record's own number."
    ),
    CanonicalField(
        "subject_type", ValueKind.TEXT, gettext_noop("Kind of record"), summary="The name of a canonical type: Invoice."
    ),
    CanonicalField("subject_name", ValueKind.TEXT, gettext_noop("Name of the record")),
    CanonicalField("kind", ValueKind.TEXT, gettext_noop("Kind"), summary="What is asked: write_off, budget_change."),
    CanonicalField("step", ValueKind.WHOLE, gettext_noop("Step"), summary="Which of several approvals, from 1."),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("amount", ValueKind.MONEY, gettext_noop("Amount")),
    CanonicalField("currency", ValueKind.TEXT, gettext_noop("Currency")),
    CanonicalField("approver", ValueKind.TEXT, gettext_noop("Who decides")),
    CanonicalField("approver_name", ValueKind.TEXT, gettext_noop("Name of who decides")),
    CanonicalField("requested_at", ValueKind.INSTANT, gettext_noop("Asked at")),
    CanonicalField("decision", ValueKind.CHOICE, gettext_noop("Decision"), required=True, choices=DECISIONS),
    CanonicalField("decided_at", ValueKind.INSTANT, gettext_noop("Decided at")),
    CanonicalField("reason", ValueKind.TEXT, gettext_noop("Reason")),
    CanonicalField("policy_version", ValueKind.TEXT, gettext_noop("Version of the policy")),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def decided_says_when_and_who() -> Check:
    """Build the rule that a decision says when it was made and by whom: without both it proves nothing."""
    no_time = problem(
        "decided_at",
        "The decision does not say when it was made. Check it in {source}.",
        BusinessClass.MISSING_APPROVAL,
        "missing",
    )
    nobody = problem(
        "approver",
        "The decision does not say who made it. Check it in {source}.",
        BusinessClass.MISSING_APPROVAL,
        "missing",
    )

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        if values.get("decision") not in _DECIDED:
            return ()
        found = no_time if values.get("decided_at") is None else ()
        return found if values.get("approver") or values.get("approver_name") else (*found, *nobody)

    return Check("decided_says_when_and_who", "a decision says when it was made and by whom", find)


def decided_after_asked() -> Check:
    """Build the rule that nothing is decided before it was asked."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        asked, decided = values.get("requested_at"), values.get("decided_at")
        if asked is None or decided is None or asked <= decided:
            return ()
        sentence = (
            f"The decision of {decided.date().isoformat()} is earlier than the question of {asked.date().isoformat()}. "
            "Correct it in {source}."
        )
        return problem("decided_at", sentence, BusinessClass.MISSING_APPROVAL, "decided_too_early")

    return Check("decided_after_asked", "nothing is decided before it was asked", find)


def decided_amount(values: CanonicalValues) -> Amount | None:
    """Return what is decided on; None where it is about no money."""
    return None if values.get("amount") is None else amounts.stated_amount(values)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return client, project and the month in which it was asked."""
    asked = values.get("requested_at")
    return LedgerReferences(
        values.get("client_name") or "",
        values.get("project") or "",
        amounts.month_of(asked.date() if asked else None),
    )


APPROVAL = CanonicalType(
    name="Approval",
    label=gettext_noop("Approval"),
    plural=gettext_noop("Approvals"),
    summary="What one person was asked to decide about a record, and what they decided.",
    owner=Owner.PLATFORM,
    fields=FIELDS,
    key_fields=("id",),
    identity=(("id",),),
    checks=(
        checks.present("subject", "The approval names no record. Choose one in {source}."),
        checks.present("decision", "The approval has no decision. Set it in {source}."),
        decided_says_when_and_who(),
        decided_after_asked(),
        checks.not_negative("step", "step"),
        checks.currency_for("amount"),
        checks.currency_known(),
    ),
    amount_rule="Known: the amount that is decided on. Unknown without currency. Nothing where it is about no money.",
    amount=decided_amount,
    references=references,
    sentence=gettext_noop("Approval of {subject_name}, {decision}"),
)
