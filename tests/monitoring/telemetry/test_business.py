"""How business moves: states, steps and approvals timed from their own rows, compared with the span before, each with its rows."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.actions import Role
from apps.customers.services import create_customer
from apps.flows.models import ApprovalRequest, Milestone, Operation, OperationStep
from apps.monitoring.queries.reports import ReportSpan
from apps.monitoring.telemetry.spells import Source, before, list_spells, summaries
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

PAGE = "/reports/business/"
ACTIVATION = "deal_closed-client_activated"


def _seed(blocked: Blocked) -> Operation:
    """Four clients activated within 1, 2, 3 and 10 days, one of them in the span before; steps and approvals of one record."""
    now, line = timezone.now(), blocked.line
    record = Operation.objects.filter(flow=line.flow).order_by("id").first()
    assert record is not None
    for name, days, ago in (("A", 1, 2), ("B", 2, 3), ("C", 3, 4), ("D", 10, 40)):
        entered = now - timedelta(days=ago)
        for state, at in (("deal_closed", entered - timedelta(days=days)), ("client_activated", entered)):
            Milestone.objects.create(customer=line.customer, operation=record, subject=name, state=state, entered_at=at)
    begun = now - timedelta(hours=9)
    for position, (name, waits, takes) in enumerate((("read", 0, 0), ("approve", 1, 5), ("deliver", 2, 0))):
        begun += timedelta(hours=waits)
        OperationStep.objects.create(
            customer=line.customer, operation=record, flow=line.flow, name=name, kind="call", position=position,
            state="done", started_at=begun, changed_at=begun + timedelta(hours=takes),
        )  # fmt: skip
        begun += timedelta(hours=takes)
    for state, hours in (("approved", 2), ("rejected", 6), ("open", None)):
        ApprovalRequest.objects.create(
            customer=line.customer, operation=record, flow=line.flow, step="invoice_release", question="Release it?",
            role="finance_approver", state=state, asked_at=now - timedelta(hours=8, minutes=hours or 0),
            closed_at=now - timedelta(hours=8, minutes=hours or 0) + timedelta(hours=hours) if hours else None,
        )  # fmt: skip
    return record


def _group(context: Any, title: str) -> dict[str, Any]:
    return {line["label"]: line for line in next(one for one in context["groups"] if one["title"] == title)["lines"]}


def test_each_figure_is_the_median_of_its_rows_beside_the_span_before(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        record = _seed(blocked)
        today = timezone.now().date()
        span = ReportSpan(today - timedelta(days=29), today)
        found = summaries(Source.STATES, span)[ACTIVATION]
        assert (found.number, round(found.median / 86_400, 3)) == (3, 2.0)
        assert summaries(Source.STATES, before(span))[ACTIVATION].number == 1
        assert [round(one.seconds / 86_400) for one in list_spells(Source.STATES, ACTIVATION, span)] == [3, 2, 1]
        assert {key: one.median for key, one in summaries(Source.HANDOFFS, span).items()} == {
            "approve": 3600,
            "deliver": 7200,
        }
        assert summaries(Source.STEPS, span)["approve"].median == 5 * 3600
        assert (
            summaries(Source.APPROVALS, ReportSpan(*_days(span), None, blocked.line.flow.id))["invoice_release"].median
            == 4 * 3600
        )
        stranger = create_customer(name="Somebody else")
        assert summaries(Source.STATES, ReportSpan(*_days(span), stranger.id)) == {}
    context = blocked.owner.get(PAGE).context
    line = _group(context, "From deal to billing")["Time to activate a client"]
    assert (line["median"], line["number"], line["before"], line["mark"]) == ("2 d", 3, "10 d", "measured")
    assert context["activation"] == line
    assert (context["waiting"].number, context["waiting"].oldest_at is not None) == (1, True)
    rows = blocked.owner.get(line["url"]).context["lines"]
    assert [one["row"].label for one in rows] == ["C", "B", "A"]
    assert rows[0]["url"] == f"/operations/{record.id}/"


def _days(span: ReportSpan) -> tuple[Any, Any]:
    return span.since, span.until


def test_what_nobody_knows_is_said_and_exceptions_lead_to_their_records(blocked: Blocked) -> None:
    context = blocked.owner.get(PAGE).context
    billing = _group(context, "Billing cycle")
    assert billing["Read until posted"]["number"] > 0
    assert billing["Invoice written until paid"]["mark"] == "not known"
    causes, regions, segments, service = context["tables"]
    held = len(blocked.line.operations(state="rejected"))
    for table in (causes, regions, segments):
        assert sum(line["number"] for line in table["lines"]) == held
    assert service["missing"]
    for line in causes["lines"]:
        assert len(blocked.owner.get(line["url"]).context["page"].rows) == line["number"]


def test_customers_read_about_business_and_not_about_steps(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        _seed(blocked)
    customer = blocked.as_(Role.CUSTOMER_OWNER)
    context = customer.get(PAGE).context
    assert [group["title"] for group in context["groups"]] == ["From deal to billing", "Billing cycle", "Approvals"]
    assert len(context["tables"]) == 1
    line = _group(context, "From deal to billing")["Time to activate a client"]
    assert len(customer.get(line["url"]).context["lines"]) == 3
    assert customer.get("/reports/business/steps/approve/").status_code == 404
    elsewhere = blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    assert _group(elsewhere.get(PAGE).context, "From deal to billing") == {}
    assert elsewhere.get(line["url"]).context["lines"] == []


def test_the_figures_and_their_rows_are_files_too(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        _seed(blocked)
    for path in (f"{PAGE}?format=csv", f"{PAGE}states/{ACTIVATION}/?format=csv"):
        rows = list(csv.reader(io.StringIO(blocked.owner.get(path).content.decode("utf-8-sig"))))
        assert len(rows) >= 4
