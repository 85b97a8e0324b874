"""Blocked invoices: each once, with what holds it, who has the next step, since when, and what it is worth."""

from collections.abc import Callable

from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.customers.models import Customer
from apps.flows.models import ApprovalRequest, Operation
from apps.monitoring.models import CaseOperation, RiskDay
from apps.monitoring.queries.at_risk import sums_at_risk
from apps.monitoring.risk_days import record_risk
from apps.monitoring.triage.summary import summarise
from apps.tenants import scope
from apps.tenants.templatetags.wording import money_words
from tests.monitoring.questions.conftest import Asked

PAGE = "/questions/invoices/"
Refuse = Callable[[], list[Operation]]


def test_an_invoice_two_flows_hold_is_told_once_with_both_reasons(asked: Asked, invoices: Refuse) -> None:
    invoices()
    response = asked.blocked.owner.get(PAGE)
    first, second = response.context["list"].rows
    assert (first.label, first.more, first.money.total) == ("Invoice INV-1", 1, 1000)
    assert (second.label, second.more, second.money.total) == ("Invoice INV-2", 0, 250)
    assert first.reason == "The accounting period is closed"
    assert first.waiting_words == "the customer"
    page = response.content.decode()
    assert f"/exceptions/{first.case_id}/" in page
    assert f"/operations/{first.operation_id}/" in page
    invoice_tile, money_tile, _oldest = response.context["tiles"]
    assert invoice_tile.number == "2"
    assert "1,250" in money_tile.number


def test_a_record_counts_once_on_every_sum_of_money_at_risk(asked: Asked, invoices: Refuse) -> None:
    customer, line = asked.blocked.line.customer, asked.blocked.line
    with scope.work_in(line.partner):
        before = sum(part.amount for part in sums_at_risk("customer_id")[customer.id])
    invoices()
    with scope.work_in(line.partner):
        roots = CaseOperation.objects.filter(operation__canonical_type="Invoice").values_list("root", flat=True)
        assert sorted(roots) == ["Invoice:sandbox_psa:INV-1"] * 2 + ["Invoice:sandbox_psa:INV-2"]
        assert sum(part.amount for part in sums_at_risk("customer_id")[customer.id]) == before + 1250
        by_flow = sums_at_risk("flow_id")
        assert sum(part.amount for part in by_flow[asked.flows["Invoices"].id]) == 1250
        assert sum(part.amount for part in by_flow[asked.flows["Invoice status"].id]) == 1000
        whole = money_words(before + 1250, "EUR")
        assert f"Money at risk: {whole}." in summarise(timezone.now(), customer_id=customer.id).paragraph
        Customer.objects.filter(id=customer.id).update(currency="EUR")
        record_risk(timezone.now())
        assert RiskDay.objects.get(flow=None).known == before + 1250
    strip = asked.blocked.owner.get("/").context["page"].strip
    assert sum(part.amount for part in strip.at_risk) == before + 1250


def test_an_approval_holds_its_invoice_until_it_is_answered(asked: Asked) -> None:
    line = asked.blocked.line
    with scope.work_in(line.partner):
        release = asked.flow("Invoice release")
        waiting = asked.line(release, "Invoice", "INV-7", state="waiting", error_class="", amount="90", currency="EUR")
        request = ApprovalRequest.objects.create(
            customer=line.customer, operation=waiting, flow=release, step="approve", question="Release INV-7?",
            role=Role.FINANCE_APPROVER, asked_at=timezone.now(),
        )  # fmt: skip
    for role, link in ((Role.OWNER, True), (Role.CUSTOMER_OWNER, True), (Role.DELIVERY_LEAD, False)):
        response = asked.blocked.as_(role).get(PAGE)
        (row,) = response.context["list"].rows
        assert (row.approval_id, row.more, row.waiting_words) == (request.id, 0, "Finance approver")
        assert (f"/approvals/{request.id}/" in response.content.decode()) is link
    with scope.work_in(line.partner):
        ApprovalRequest.objects.update(state="approved")
    (row,) = asked.blocked.owner.get(f"{PAGE}?waiting=waiting").context["list"].rows
    assert row.reason == "It waits for a step of its flow"


def test_customers_read_their_own_words_and_a_stranger_good_news(asked: Asked, invoices: Refuse) -> None:
    invoices()
    page = asked.blocked.as_(Role.CUSTOMER_OWNER).get(PAGE)
    assert [row.waiting_words for row in page.context["list"].rows] == ["you", "you"]
    assert "/my/records/" in page.content.decode()
    assert "/operations/" not in page.content.decode()
    stranger = asked.blocked.as_(Role.CUSTOMER_OWNER, stranger=True).get(PAGE)
    assert "No invoice is blocked" in stranger.content.decode()


def test_the_file_has_the_numbers_behind_the_sums(asked: Asked, invoices: Refuse) -> None:
    invoices()
    file = b"".join(asked.blocked.owner.get(f"{PAGE}?format=csv").streaming_content).decode("utf-8-sig")
    head, first, *_others = file.splitlines()
    assert {"Money", "Currency", "Known", "Estimated"} <= set(head.split(","))
    assert "1000.00" in first


def test_programs_read_the_same_answers(asked: Asked, invoices: Refuse) -> None:
    invoices()
    with scope.work_in(asked.blocked.line.partner), acting(asked.blocked.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="Reports", scopes=[Action.VIEW_REPORTS], customer_id=None)
        _, other = create_api_key(name="Others", scopes=[Action.VIEW_CASES], customer_id=None)
        customer_id = asked.blocked.line.customer.id
        _, own = create_api_key(name="Own", scopes=[Action.VIEW_REPORTS], customer_id=customer_id)
    ask, may_not, customers = (
        Client(headers={"host": "alder.localhost", "authorization": f"Bearer {key}"}) for key in (text, other, own)
    )
    answer = ask.get("/api/v1/questions/invoices/?limit=1").json()
    assert (answer["count"], len(answer["results"]), answer["money"][0]["known"]) == (2, 1, "1250.00")
    (row,) = answer["results"]
    assert (row["blocked_by"], row["reason"], row["other_reasons"]) == ("case", "closed_period", 1)
    assert ask.get("/api/v1/questions/invoices/?project=P-1").json()["count"] == 1
    assert ask.get("/api/v1/questions/unposted/?age=month").json()["results"] == []
    assert ask.get("/api/v1/questions/disagreements/").json()["count"] == 0
    assert ask.get("/api/v1/questions/unposted/?age=never").status_code == 400
    assert may_not.get("/api/v1/questions/unposted/").status_code == 403
    assert customers.get("/api/v1/questions/invoices/").json()["count"] == 2
