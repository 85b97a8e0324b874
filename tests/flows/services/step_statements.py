"""Asking for reconciliations of flows that write step by step, and reading what they came to."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.errors import BusinessClass
from apps.flows.models import Flow, Operation, Reconciliation, ReconciliationRow, Run
from apps.flows.triggers.reconciliations import reconcile_now
from apps.tenants import scope
from tests.deals import Deals
from tests.lines import Line, customers_day


def ask(firm: Deals | Line, *, days_ago: int = 0) -> Run:
    """Ask for the reconciliation of one day."""
    day = customers_day() - timedelta(days=days_ago)
    with scope.work_in(firm.partner):
        flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=firm.flow.id)
        return reconcile_now(flow, first=day, last=day, started_by="Fina")


def found_by(firm: Deals | Line, run: Run) -> Reconciliation:
    """Return what a run came to."""
    with scope.work_in(firm.partner):
        return Reconciliation.objects.select_related("run").get(run_id=run.id)


def reconcile(firm: Deals | Line) -> Reconciliation:
    """Reconcile today, to its end."""
    run = ask(firm)
    firm.work()
    assert firm.reload(run).finished_at is not None, firm.reload(run).error_message
    return found_by(firm, run)


def step_of(found: Reconciliation, name: str) -> dict[str, Any]:
    """Return what the statement says of one step."""
    [step] = [one for one in found.statement["steps"] if one["name"] == name]
    return dict(step)


def counts_of(found: Reconciliation) -> dict[str, tuple[int, int]]:
    """Return how much each step made, and how much of it is there."""
    return {one["name"]: (one["source"]["count"], one["target"]["count"]) for one in found.statement["steps"]}


def parts_of(found: Reconciliation) -> dict[str, int]:
    """Return how many records and things stand under each cause."""
    return {cause: part["records"] for cause, part in found.statement["parts"].items()}


def rows_of(firm: Deals | Line, found: Reconciliation) -> list[ReconciliationRow]:
    """Return the rows behind a statement."""
    with scope.work_in(firm.partner):
        return list(found.rows.all())


def findings_of(firm: Deals | Line) -> list[Operation]:
    """Return the ledger lines that tell of what is unexplained."""
    return firm.operations(error_class=BusinessClass.UNRECONCILED.value)


def adds_up(found: Reconciliation) -> bool:
    """Say whether the causes add up to what is between all sides."""
    said = found.statement
    sides, parts = [said, *said["steps"]], said["parts"].values()
    if sum(part["count"] for part in parts) != sum(one["source"]["count"] - one["target"]["count"] for one in sides):
        return False
    apart = sum(
        (
            Decimal(one["source"]["sums"].get("EUR", "0")) - Decimal(one["target"]["sums"].get("EUR", "0"))
            for one in sides
        ),
        Decimal(0),
    )
    return apart == sum((Decimal(part["sums"].get("EUR", "0")) for part in parts), Decimal(0))
