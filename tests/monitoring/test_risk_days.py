"""Money at risk day by day in the customer's currency, and the rates it is added up with."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.customers.models import Customer
from apps.dispatch.leases import LeasedWork
from apps.flows.models import Operation
from apps.monitoring.models import CaseFile, CaseOperation, CurrencyRate, ExceptionCase, RiskDay
from apps.monitoring.queries.risk import risk_curve
from apps.monitoring.risk_days import record_risk
from apps.monitoring.tasks import SWEEP, sweep
from apps.tenants import scope
from tests.monitoring.conftest import Blocked
from tests.service_levels import Firm, found_firm

RATE = {"day": "2026-01-02", "from_currency": "usd", "to_currency": "EUR", "rate": "0.8", "source": "The bank"}


def _page(response: Any) -> str:
    return response.content.decode()


def _held(blocked: Blocked, *amounts: tuple[str, str, str]) -> list[Operation]:
    """Give the held-up records these amounts, currencies and qualities; the others have none."""
    rows = CaseOperation.objects.filter(open=True).order_by("operation_id").values("operation_id")
    records = list(Operation.objects.filter(id__in=rows).order_by("id"))
    Operation.objects.filter(id__in=rows).update(amount=None, amount_quality="unknown")
    for record, (amount, currency, quality) in zip(records, amounts, strict=False):
        Operation.objects.filter(id=record.id).update(amount=amount, currency=currency, amount_quality=quality)
    return records


def test_each_day_says_what_was_at_risk_and_falls_when_it_is_settled(blocked: Blocked) -> None:
    now = timezone.now()
    with scope.work_in(blocked.line.partner):
        records = _held(blocked, ("100", "EUR", "known"), ("50", "USD", "estimated"), ("7", "SEK", "known"))
        customer = Customer.objects.get(id=blocked.line.customer.id)
        Customer.objects.filter(id=customer.id).update(currency="EUR")
        customer.refresh_from_db()
        assert record_risk(now) == 1
        whole = RiskDay.objects.get(flow=None)
        assert (whole.known, whole.estimated, whole.left) == (100, 0, {"SEK": "7.0000", "USD": "50.0000"})
        assert (whole.records, whole.unknown_records) == (len(records), len(records) - 3)
    assert "Saved." in _page(blocked.owner.post("/settings/rates/", RATE, follow=True))
    with scope.work_in(blocked.line.partner):
        assert record_risk(now + timedelta(seconds=30)) == 0  # not every minute
        later = timezone.now() + timedelta(minutes=11)
        assert record_risk(later) == 1
        whole = RiskDay.objects.get(flow=None)
        assert (whole.known, whole.estimated, whole.left) == (100, 40, {"SEK": "7.0000"})
        tomorrow = later + timedelta(days=1)
        assert record_risk(tomorrow) == 0  # nothing changed: a day as the one before
        CaseOperation.objects.filter(operation=records[0]).update(open=False)
        ExceptionCase.objects.update(changed_at=tomorrow)
        assert record_risk(tomorrow) == 1
        curve = risk_curve(customer, days=3, now=tomorrow)
        assert [(point.known, point.estimated) for point in curve.points] == [(None, None), (100, 40), (0, 40)]
        assert curve.left == {"SEK": Decimal(7)}
        CaseOperation.objects.update(open=False)
        assert record_risk(tomorrow + timedelta(minutes=11)) == 1
        flows = RiskDay.objects.filter(flow__isnull=False, day=curve.points[-1].day)
        assert [(row.records, row.known, row.estimated) for row in flows] == [(0, 0, 0)]
    page = _page(blocked.owner.get(f"/customers/{blocked.line.customer.id}/"))
    assert "Money at risk, in EUR" in page


def test_a_record_that_two_flows_hold_up_counts_once_for_the_customer(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        first, second, *_others = _held(blocked, ("100", "EUR", "known"), ("100", "EUR", "known"))
        other = type(blocked.line.flow).objects.create(
            customer=blocked.line.customer,
            name="The other way",
            template=blocked.line.flow.template,
            source=blocked.line.flow.source,
            target=blocked.line.flow.target,
        )
        Operation.objects.filter(id=second.id).update(flow=other, business_key=first.business_key)
        CaseOperation.objects.filter(operation=second).update(root=first.business_key)
        record_risk(timezone.now())
        sums = {
            row.flow_id: row.known + row.estimated + sum(map(Decimal, row.left.values()))
            for row in RiskDay.objects.all()
        }
        assert sums == {None: 100, blocked.line.flow.id: 100, other.id: 100}


def test_one_changed_case_writes_its_customers_day_alone_and_a_recount_from_nothing_says_the_same(firm: Firm) -> None:
    now = timezone.now()
    other = found_firm(firm.partner, "Quay Advisory")
    for one in (firm, other):
        for number in range(3):
            record = one.operation(
                f"r{number}", "rejected", created_at=now, amount=100 + number, currency="EUR", amount_quality="known"
            )
            case = one.open(name=f"field {number}", now=now)
            CaseOperation.objects.create(
                case=case, customer=one.customer, operation=record, failed_at=now, added_at=now
            )
    assert record_risk(now) == 2
    others = list(RiskDay.objects.filter(customer=other.customer).order_by("id").values())
    later = now + timedelta(minutes=11)
    settled = CaseOperation.objects.filter(customer=firm.customer).earliest("id")
    CaseOperation.objects.filter(id=settled.id).update(open=False, settled_at=later)
    ExceptionCase.objects.filter(customer=other.customer).update(changed_at=now - timedelta(hours=1))
    ExceptionCase.objects.filter(id=settled.case_id).update(changed_at=later)
    assert record_risk(later) == 1
    assert list(RiskDay.objects.filter(customer=other.customer).order_by("id").values()) == others
    kept = _figures()
    assert kept[firm.customer.id, None] == (203, 2)
    RiskDay.objects.all().delete()
    assert record_risk(later) == 2
    assert _figures() == kept


def _figures() -> dict[Any, Any]:
    return {(row.customer_id, row.flow_id): (row.known, row.records) for row in RiskDay.objects.all()}


def test_the_minutes_sweep_keeps_the_day_wakes_cases_and_drops_old_files_without_a_request(blocked: Blocked) -> None:
    case = blocked.case("hours")
    blocked.owner.post(f"/exceptions/{case.id}/snooze/", {"until": "hours", "reason": "Later."})
    blocked.owner.post(f"/exceptions/{case.id}/files/", {"file": SimpleUploadedFile("seen.txt", b"Seen.")})
    past = timezone.now() - timedelta(days=500)
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=case.id).update(snoozed_until=past)
        CaseFile.objects.update(added_at=past)
    with scope.enter(blocked.line.partner):
        sweep(LeasedWork(1, blocked.line.partner, None, SWEEP, "", 1, 1, 60))
    assert blocked.again(case).snoozed_until is None
    with scope.work_in(blocked.line.partner):
        assert RiskDay.objects.filter(flow=None).count() == 1
        assert CaseFile.objects.get().content is None


def test_a_cases_page_says_what_its_money_is_worth_to_the_customer(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    with scope.work_in(blocked.line.partner):
        Customer.objects.filter(id=case.customer_id).update(currency="EUR")
        Operation.objects.filter(id=record.id).update(
            amount="50", currency="USD", amount_quality="known", changed_at=timezone.now()
        )
    blocked.judge()
    assert "No rate from USD to EUR" in _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    blocked.owner.post("/settings/rates/", RATE)
    assert "40.00 at the stored rates" in _page(blocked.owner.get(f"/exceptions/{case.id}/"))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"day": "nonsense"}, "Enter a valid date"),
        ({"from_currency": "U1D"}, "three capital letters"),
        ({"to_currency": "USD"}, "Choose another currency"),
        ({"rate": "0"}, "how much one unit is worth"),
        ({"rate": "-1"}, "how much one unit is worth"),
        ({"rate": "NaN"}, "Enter a number"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_rate_that_cannot_be_is_explained_in_place(blocked: Blocked, typed: dict[str, str], sentence: str) -> None:
    answer = blocked.owner.post("/settings/rates/", {**RATE, **typed})
    assert (answer.status_code, sentence in _page(answer)) == (400, True)
    with scope.work_in(blocked.line.partner):
        assert not CurrencyRate.objects.exists()


@pytest.mark.parametrize(
    ("content", "said", "rates"),
    [
        (b"day,from,to,rate\n2026-01-02,usd,EUR,0.8\n2026-01-03,USD,EUR,0.9\n", "2 rates were taken over", 2),
        (b"\xef\xbb\xbf2026-01-02;USD;EUR;0.8\n\n", "1 rate was taken over", 1),
        (b"2026-01-02,USD,EUR,0.8\n2.1.26,USD,EUR,0.8\n", "Line 2: write the day as 2026-11-21.", 0),
        (b"2026-01-02,USD,EUR\n", "Line 1: four columns are needed", 0),
        (b"2026-01-02,USD,EUR,x\n", "Line 1: write the rate as a number", 0),
        (b"2026-01-02,USD,USD,1\n", "Line 1: Choose another currency", 0),
        (b"\xff\xfe", "no text in UTF-8", 0),
        (b"\n", "holds no rates", 0),
    ],
    ids=["with a head", "semicolons", "a wrong day", "a column short", "no number", "itself", "no text", "nothing"],
)
def test_a_file_of_rates_is_taken_over_whole_or_refused_by_line(
    blocked: Blocked, content: bytes, said: str, rates: int
) -> None:
    sent = {"file": SimpleUploadedFile("rates.csv", content), "file_source": "The bank"}
    answer = blocked.owner.post("/settings/rates/import/", sent, follow=True)
    assert said in _page(answer)
    with scope.work_in(blocked.line.partner):
        assert CurrencyRate.objects.count() == rates
    if rates == 2:
        again = blocked.owner.get("/settings/rates/?format=csv")
        assert b"".join(again).decode("utf-8-sig").splitlines()[1:] == [
            "2026-01-03,USD,EUR,0.9000000000",
            "2026-01-02,USD,EUR,0.8000000000",
        ]
