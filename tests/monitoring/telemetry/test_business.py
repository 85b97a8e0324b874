"""How business moves: states, steps and approvals timed from their own rows, compared with the span before, each with its rows."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.flows.models import ApprovalRequest, Milestone, Operation, OperationStep, Run
from apps.monitoring.models import CaseOperation
from apps.monitoring.queries.ledger_rows import By
from apps.monitoring.queries.reports import ReportSpan
from apps.monitoring.telemetry.business import held_back_by
from apps.monitoring.telemetry.spells import Source, before, list_spells, summaries
from apps.tenants import scope
from tests.lines import customers_day
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


def _about(blocked: Blocked, **parts: str) -> CaseOperation:
    """Let one failure be about this part of the business, and its customer be a large one of Germany."""
    with scope.work_in(blocked.line.partner):
        Customer.objects.filter(id=blocked.line.customer.id).update(country="DE", segment="Large")
        failure = CaseOperation.objects.order_by("id")[0]
        CaseOperation.objects.filter(id=failure.id).update(**parts)
        return failure


def test_what_nobody_knows_is_said_and_exceptions_lead_to_their_records(blocked: Blocked) -> None:
    failure = _about(blocked, service_line="Data & cloud", region="EMEA")
    context = blocked.owner.get(PAGE).context
    billing = _group(context, "Billing cycle")
    assert list(billing) == ["Work done until posted", "Read until posted", "Invoice written until paid"]
    assert billing["Read until posted"]["number"] > 0
    assert billing["Invoice written until paid"]["mark"] == "not known"
    held = len(blocked.line.operations(state="rejected"))
    for table in context["tables"]:
        assert sum(line["number"] for line in table["lines"]) == held
        for line in table["lines"]:
            assert len(blocked.owner.get(line["url"]).context["page"].rows) == line["number"]
    found = {table["title"]: {line["label"]: line for line in table["lines"]} for table in context["tables"]}
    del found["By cause"]
    assert {title: {label: line["number"] for label, line in lines.items()} for title, lines in found.items()} == {
        "By service line": {"not known": held - 1, "Data & cloud": 1},
        "By region of the client": {"not known": held - 1, "EMEA": 1},
        "By segment of the client": {"not known": held},
        "By region (the customer's country)": {"DE": held},
        "By segment of the customer": {"Large": held},
    }
    page = blocked.owner.get(found["By service line"]["Data & cloud"]["url"])
    assert [row.id for row in page.context["page"].rows] == [failure.operation_id]
    assert "Service line: Data &amp; cloud" in page.content.decode()
    rest = blocked.owner.get(found["By service line"]["not known"]["url"])
    assert "Service line: not known" in rest.content.decode()
    assert failure.operation_id not in {row.id for row in rest.context["page"].rows}


def test_the_span_before_and_the_filters_count_by_service_line_too(blocked: Blocked) -> None:
    _about(blocked, service_line="Data")
    with scope.work_in(blocked.line.partner):
        CaseOperation.objects.filter(service_line="Data").update(failed_at=timezone.now() - timedelta(days=40))
        today = timezone.now().date()
        span = ReportSpan(today - timedelta(days=29), today)
        assert "Data" not in dict(held_back_by(span)[By.SERVICE_LINE])
        assert dict(held_back_by(before(span))[By.SERVICE_LINE]) == {"Data": 1}
        stranger = create_customer(name="Somebody else")
        assert held_back_by(ReportSpan(*_days(span), stranger.id)) == {}
        assert held_back_by(ReportSpan(*_days(span), blocked.line.customer.id, blocked.line.flow.id))
        assert held_back_by(ReportSpan(*_days(span), None, stranger.id)) == {}


def test_a_record_that_failed_twice_counts_once_where_it_said_the_same(blocked: Blocked) -> None:
    first = _about(blocked, service_line="Data", region="EMEA")
    with scope.work_in(blocked.line.partner):
        again = CaseOperation.objects.get(id=first.id)
        again.id, again.open, again.failed_at = uuid7(), False, again.failed_at - timedelta(minutes=1)
        again.region = "AMER"
        again.save(force_insert=True)
        CaseOperation.objects.filter(id=first.id).update(again=True)
        today = timezone.now().date()
        counted = held_back_by(ReportSpan(today - timedelta(days=29), today))
        assert dict(counted[By.SERVICE_LINE])["Data"] == 1
        assert {name: number for name, number in counted[By.REGION] if name} == {"EMEA": 1, "AMER": 1}


def _version(blocked: Blocked, key: str, number: int, **parts: Any) -> Operation:
    """Add a version of a record to the ledger, as read just now."""
    now, line = timezone.now(), blocked.line
    run = Run.objects.filter(flow=line.flow).latest("id")
    facts = {"canonical_type": "Invoice", "state": "written", "step": "deliver", "label": f"Invoice {key}", **parts}
    return Operation.objects.create(
        id=uuid7(), customer=line.customer, flow=line.flow, run=run, last_run=run, business_key=key, source_key=key,
        source_version=str(number), correlation_id="c", created_at=now, changed_at=now, **facts,
    )  # fmt: skip


def test_the_billing_cycle_counts_from_the_day_of_the_work_until_it_is_posted(blocked: Blocked) -> None:
    zone = ZoneInfo(blocked.line.customer.time_zone)
    worked = {entry["id"]: date.fromisoformat(entry["worked_on"]) for entry in blocked.line.entries()}
    written = blocked.line.operations(state="written")
    assert {line.cycle_from for line in written} == {worked[line.source_key] for line in written}
    took = sorted(
        (line.changed_at - datetime.combine(worked[line.source_key], time(), zone)).total_seconds() for line in written
    )
    billing = _group(blocked.owner.get(PAGE).context, "Billing cycle")["Work done until posted"]
    assert (billing["number"], billing["mark"]) == (len(written), "derived")
    rows = blocked.owner.get(billing["url"]).context["lines"]
    assert [round(one["row"].seconds) for one in rows] == [round(one) for one in reversed(took)]
    assert {one["url"] for one in rows} == {f"/operations/{line.id}/" for line in written}
    customer = blocked.as_(Role.CUSTOMER_OWNER)
    assert len(customer.get(billing["url"]).context["lines"]) == len(written)
    with scope.work_in(blocked.line.partner):
        again = written[0]
        _version(blocked, again.business_key, 2, canonical_type=again.canonical_type, cycle_from=again.cycle_from)
        today = timezone.now().date()
        span = ReportSpan(today - timedelta(days=29), today)
        counted = {one.operation_id for one in list_spells(Source.BILLING, "worked", span)}
    assert counted == {line.id for line in written}, "posted again, it is not billed later"


def test_an_invoice_counts_from_its_day_until_a_run_sees_it_paid_for_the_first_time(blocked: Blocked) -> None:
    today = timezone.now().date()
    with scope.work_in(blocked.line.partner):
        for key, versions in {
            "paid": (None, 20),
            "paid and changed": (None, 10, 10),
            "not paid": (None, None),
            "paid when it was read first": (90,),
            "open again": (None, 5, None),
        }.items():
            for number, days in enumerate(versions):
                day = None if days is None else customers_day() - timedelta(days=days)
                _version(blocked, key, number, cycle_from=day)
        span = ReportSpan(today - timedelta(days=29), today)
        for one in (
            span,
            ReportSpan(*_days(span), blocked.line.customer.id),
            ReportSpan(*_days(span), None, blocked.line.flow.id),
        ):
            found = list_spells(Source.BILLING, "paid", one)
            assert [(spell.label, spell.seconds // 86_400) for spell in found] == [
                ("Invoice paid", 20), ("Invoice paid and changed", 10), ("Invoice open again", 5),
            ]  # fmt: skip
        stranger = create_customer(name="Somebody else")
        assert summaries(Source.BILLING, ReportSpan(*_days(span), stranger.id)) == {}
        assert summaries(Source.BILLING, before(span)) == {}
    paid = _group(blocked.owner.get(PAGE).context, "Billing cycle")["Invoice written until paid"]
    assert (paid["number"], paid["median"].split()[:2], paid["mark"]) == (3, ["10", "d"], "derived")
    assert len(blocked.owner.get(paid["url"]).context["lines"]) == 3


def test_nonsense_in_the_address_asks_for_all(blocked: Blocked) -> None:
    for nonsense in ("by=password&name=x", "by=&name=x", "by=service_line'--&name=x", "name=x"):
        assert len(blocked.owner.get(f"/reports/records/?what=held_back&{nonsense}").context["page"].rows) == len(
            blocked.line.operations(state="rejected")
        )


def test_customers_read_about_business_and_not_about_steps(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        _seed(blocked)
    customer = blocked.as_(Role.CUSTOMER_OWNER)
    context = customer.get(PAGE).context
    assert [group["title"] for group in context["groups"]] == ["From deal to billing", "Billing cycle", "Approvals"]
    assert [table["title"] for table in context["tables"]] == [
        "By cause", "By service line", "By region of the client", "By segment of the client",
    ]  # fmt: skip
    for table in context["tables"]:
        for counted in table["lines"]:
            assert len(customer.get(counted["url"]).context["page"].rows) == counted["number"]
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
    report = blocked.owner.get(f"{PAGE}?format=csv").content.decode("utf-8-sig")
    counted = {(row[0], row[1]): row[-1] for row in csv.reader(io.StringIO(report))}
    assert counted["By service line", "not known"] == counted["By region of the client", "not known"] == "derived"
    assert counted["By segment of the customer", "not known"] == "measured"
