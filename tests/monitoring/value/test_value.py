"""A customer's value from its ledger to its pages: booked again and again, closed once, agreed from a month on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import link_limits
from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_api_key
from apps.customers.models import Customer
from apps.flows.engine.states import OperationState
from apps.flows.models import FlowDay, Operation
from apps.monitoring import case_book
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import (
    CaseNote,
    CaseOperation,
    CurrencyRate,
    Estimate,
    ExceptionCase,
    ValueDay,
    ValueFigure,
    ValueMonth,
)
from apps.monitoring.months import month_before, next_month
from apps.monitoring.value import booking
from apps.monitoring.value.baseline import find_baseline
from apps.monitoring.value.statement import get_statement
from tests.service_levels import Firm

TODAY = timezone.now().date()
MONTH = month_before(TODAY)
DAY = datetime(MONTH.year, MONTH.month, 12, 9, tzinfo=UTC)
OPEN = datetime(MONTH.year, MONTH.month, 28, tzinfo=UTC)  # while it runs
LATER = datetime.combine(next_month(MONTH), datetime.min.time(), UTC) + booking.CLOSES_AFTER


def _id_at(moment: datetime, number: int) -> UUID:
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | number)


def _post(firm: Firm, number: int, kind: str = "TimeEntry", **more: Any) -> Operation:
    """Write a record that was ready a day before it was posted."""
    row = Operation(
        id=_id_at(DAY, number),
        customer=firm.customer,
        flow=firm.flow,
        run=firm.run,
        last_run=firm.run,
        canonical_type=kind,
        business_key=f"{kind}:{number}",
        source_key=str(number),
        source_version=(DAY - timedelta(days=1)).isoformat(),
        state=OperationState.WRITTEN,
        step="deliver",
        correlation_id="c",
        attempts=[_id_at(DAY, number)],
        created_at=DAY,
        changed_at=DAY,
        **more,
    )
    row.save(force_insert=True)
    return row


def _rescue(firm: Firm, name: str, error_class: str, record: Operation) -> ExceptionCase:
    """Let a record have been held up by a case that is over."""
    case = firm.open(error_class, now=DAY - timedelta(hours=2), name=name)
    CaseOperation.objects.create(
        customer=firm.customer,
        case=case,
        operation=record,
        failed_at=DAY - timedelta(hours=2),
        added_at=DAY - timedelta(hours=2),
        open=False,
        settled_at=DAY,
    )
    case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason="done.", now=DAY)
    return case


@dataclass
class Month:
    """A firm whose month is in the ledger."""

    firm: Firm
    booked: int = 0

    @property
    def page(self) -> str:
        """Return the address of the customer's value in that month."""
        return f"/customers/{self.firm.customer.id}/value/?month={MONTH:%Y-%m}"

    def book(self, now: datetime = OPEN) -> None:
        """Do what the worker does every hour."""
        self.booked += 1
        assert booking.book_value(now + timedelta(hours=self.booked), lambda: None)

    def figures(self) -> dict[tuple[str, str], tuple[Decimal, str, int]]:
        """Return what is booked: by kind and part its amount, how sure it is, and its sample."""
        rows = ValueFigure.objects.filter(customer=self.firm.customer, month__month=MONTH)
        return {(row.kind, row.detail): (row.amount, row.evidence, row.sample) for row in rows}

    def agree(self, counts_from: date = MONTH, **typed: str) -> Any:
        """Agree on terms by the form."""
        sent = {
            "month": f"{counts_from:%Y-%m}",
            "hourly_cost": "40",
            "baseline_days": "3",
            "minutes_TimeEntry": "6",
            **typed,
        }
        return self.firm.browser(Role.OWNER).post(f"/customers/{self.firm.customer.id}/value/terms/", sent)


@pytest.fixture
def month(firm: Firm) -> Month:
    """Ten hours posted, two of them after they had been held up, one expense; and two cases that are over."""
    for number in range(1, 11):
        amounts: dict[str, Any] = {}
        if number <= 2:
            amounts = {"amount": "100", "currency": "EUR" if number == 1 else "USD", "amount_quality": "known"}
        _post(firm, number, **amounts)
    _post(firm, 11, "Expense")
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=DAY.date(), written=11, read=11)
    CurrencyRate.objects.create(
        day=MONTH, from_currency="USD", to_currency="EUR", rate="0.8", entered_at=DAY, entered_by="Olga"
    )
    records = list(Operation.objects.filter(customer=firm.customer).order_by("id"))
    _rescue(firm, "a", "mapping_gap", records[0])
    answered = _rescue(firm, "b", "provider_outage", records[1])
    person = firm.person(Role.CUSTOMER_OWNER)
    CaseNote.objects.create(
        customer=firm.customer, case=answered, author=person, author_name="Ann", text="Seen.", written_at=DAY
    )
    return Month(firm)


def test_a_month_is_booked_from_the_ledger_and_again_comes_to_the_same(month: Month) -> None:
    month.book()
    booked = month.figures()
    assert booked == {
        ("hours", ""): (Decimal("0.40"), "assumed", 11),
        ("hours", "TimeEntry"): (Decimal("0.33"), "assumed", 10),
        ("hours", "Expense"): (Decimal("0.07"), "assumed", 1),
        ("protected", ""): (Decimal(180), "measured", 2),
        ("protected", "mapping_gap"): (Decimal(100), "measured", 1),
        ("protected", "provider_outage"): (Decimal(80), "measured", 1),
        ("write_offs", ""): (Decimal(100), "derived", 1),
        ("write_offs", "mapping_gap"): (Decimal(100), "derived", 1),
        ("caught", ""): (Decimal(1), "measured", 2),
    }
    month.book()
    assert month.figures() == booked
    _post(month.firm, 12)  # a late one of the same day, which is over and measured
    month.book()
    assert month.figures() == booked
    ValueDay.objects.update(measured_at=DAY)
    month.book()
    assert month.figures()["hours", ""] == (Decimal("0.43"), "assumed", 12)


def test_terms_count_from_their_month_on_and_a_closed_month_never_changes(month: Month) -> None:
    assert month.agree().status_code == 302
    assert month.agree(next_month(MONTH), minutes_TimeEntry="60").status_code == 302
    month.book()
    booked = month.figures()
    assert booked["hours", "TimeEntry"] == (Decimal("1.00"), "assumed", 10)
    assert booked["labour", "TimeEntry"] == (Decimal("40.00"), "assumed", 10)
    assert booked["days", ""] == (Decimal("2.00"), "derived", 11)
    month.book(LATER)
    closed = ValueMonth.objects.get(month=MONTH)
    assert closed.closed_at is not None
    refused = month.agree(minutes_TimeEntry="300")
    assert (refused.status_code, "closed with its terms" in refused.content.decode()) == (400, True)
    Operation.objects.all().delete()
    ValueDay.objects.update(posted=999)
    month.book(LATER + timedelta(hours=1))
    assert month.figures() == booked
    assert AuditEntry.objects.filter(action="value_terms_agreed").count() == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"month": "1999-01"}, "month"),
        ({"hourly_cost": "-1"}, "hourly_cost"),
        ({"baseline_days": "400"}, "baseline_days"),
        ({"minutes_TimeEntry": "0"}, "minutes_TimeEntry"),
    ],
    ids=["another month", "a negative cost", "more than a year", "no minutes"],
)
def test_terms_that_cannot_be_are_explained_at_their_field(month: Month, typed: dict[str, str], field: str) -> None:
    answer = month.agree(**typed)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]


def test_a_baseline_is_measured_on_the_first_weeks_and_taken_over_with_its_sample(month: Month) -> None:
    assert find_baseline(month.firm.customer) is None
    for number in range(20, 50):
        _post(month.firm, number)
    found = find_baseline(month.firm.customer)
    assert found is not None
    assert (found.days, found.records) == (Decimal("1.0"), 41)
    month.agree(take_measured="on")
    month.book()
    terms = get_statement(month.firm.customer, MONTH).terms
    assert (terms.baseline_days, terms.baseline_from, terms.baseline_records) == (Decimal("1.0"), "measured", 41)
    assert month.figures()["days", ""][1] == "measured"


def test_every_figure_leads_to_as_many_records_as_it_rests_on(month: Month) -> None:
    month.agree()
    month.book()
    for role, page in ((Role.OWNER, month.page), (Role.CUSTOMER_OWNER, f"/my/value/?month={MONTH:%Y-%m}")):
        browser = month.firm.browser(role)
        statement = browser.get(page).context["statement"]
        assert [line.kind for line in statement.lines] == [
            "hours",
            "labour",
            "days",
            "protected",
            "write_offs",
            "caught",
        ]
        for line in statement.lines:
            if line.kind in {"write_offs", "caught"}:  # a selection of what is listed
                assert browser.get(line.url).status_code == 200
            else:
                assert len(browser.get(line.url).context["page"].rows) == line.sample, line
            for part in line.parts:
                assert len(browser.get(part.url).context["page"].rows) == part.sample, part
    text = browser.get(f"/my/value/?month={MONTH:%Y-%m}&format=csv").content.decode("utf-8-sig").splitlines()
    assert len(text) == 1 + 3 + 3 + 3 + 3 + 2 + 1
    assert str(words_for("mapping_gap").title) in browser.get(page).content.decode()


def test_all_customers_stand_beside_each_other_and_a_customer_sees_only_its_own(month: Month) -> None:
    month.agree()
    month.book()
    browser = month.firm.browser(Role.READ_ONLY)
    page = browser.get("/reports/value/")
    (row,) = page.context["list"].rows
    assert (row.name, row.hours, row.labour, row.protected, row.caught) == (
        month.firm.customer.name,
        Decimal("1.07"),
        Decimal("42.80"),
        180,
        1,
    )
    assert "EUR" in browser.get("/reports/value/?format=csv&months=last").getvalue().decode()
    own = month.firm.browser(Role.CUSTOMER_OWNER).get("/reports/value/")
    assert own.headers["Location"] == "/my/value/"


def test_the_api_reads_the_months_with_their_figures(month: Month) -> None:
    month.book()
    with acting(month.firm.person(Role.OWNER).as_actor()):
        _key, secret = create_api_key(name="Warehouse", scopes=[Action.VIEW_REPORTS])
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {secret}"})
    found = client.get(f"/api/v1/value-months/?customer={month.firm.customer.id}&since={MONTH}").json()["results"]
    assert [(one["month"], one["currency"], len(one["figures"])) for one in found][-1] == (str(MONTH), "EUR", 9)
    assert client.get("/api/v1/value-months/?closed=true").json()["results"] == []


def test_a_summary_tells_the_month_its_causes_and_what_comes_next(month: Month) -> None:
    month.agree()
    month.book()
    where = f"/customers/{month.firm.customer.id}/value/summary/?month={MONTH:%Y-%m}"
    browser = month.firm.browser(Role.OWNER)
    found = browser.get(where).context["summary"]
    said = " ".join(one.text for one in found.sentences)
    assert "11 records were posted. Held back meanwhile: 2; settled of these: 2." in said
    assert "180.00 were held up and reached the books after all (2 records)" in said
    assert "posted 2 days sooner than before go-live" in said
    assert sorted(cause.done for cause in found.causes) == ["1 exception is over: all records were settled (1)."] * 2
    for one in (*found.sentences, *found.causes, *found.coming):
        assert browser.get(one.url).status_code == 200, one
    for role, page in (
        (Role.OWNER, where),
        (Role.OWNER, f"/reports/value/summary/?month={MONTH:%Y-%m}"),
        (Role.CUSTOMER_OWNER, f"/my/value/summary/?month={MONTH:%Y-%m}"),
    ):
        assert month.firm.browser(role).get(page).status_code == 200
        paper = month.firm.browser(role).get(f"{page}&format=pdf")
        assert paper.content.startswith(b"%PDF-"), page


def test_a_summary_opens_on_the_month_on_which_the_value_opens(month: Month) -> None:
    pages = (
        (Role.OWNER, f"/customers/{month.firm.customer.id}/value/"),
        (Role.CUSTOMER_OWNER, "/my/value/"),
    )
    present = TODAY.replace(day=1)
    for is_booked, opens_on in ((False, present), (True, MONTH)):
        if is_booked:
            month.book()
        for role, page in pages:
            browser = month.firm.browser(role)
            value, summary = browser.get(page), browser.get(f"{page}summary/")
            assert value.context["statement"].month == summary.context["summary"].month == opens_on
            assert value.context["summary_url"] == f"{page}summary/?month={opens_on:%Y-%m}"
            assert value.context["summary_url"] in value.content.decode()
        owner = month.firm.browser(Role.OWNER)
        assert owner.get("/reports/value/summary/").context["summary"].month == opens_on
    assert owner.get("/reports/value/").context["summary_url"] == "/reports/value/summary/"
    last = owner.get("/reports/value/?months=last").context["summary_url"]
    assert last == f"/reports/value/summary/?month={MONTH:%Y-%m}"
    assert owner.get("/reports/value/summary/?month=nonsense").context["summary"].month == MONTH


def test_an_estimate_is_kept_shown_shared_and_taken_back(firm: Firm) -> None:
    browser, stranger = firm.browser(Role.BUILDER), Client(headers={"host": "alder.localhost"})
    numbers = {name: str(value) for name, value in browser.get("/estimates/new/").context["form"].initial.items()}
    live = browser.post("/estimates/figures/", {**numbers, "people": "10"}).content.decode()
    assert "Expected:" in live
    assert "Fill in every number" in browser.post("/estimates/figures/", {**numbers, "people": ""}).content.decode()
    wrong = browser.post("/estimates/new/", {**numbers, "name": "Harbour", "low": "80"})
    assert list(wrong.context["form"].errors) == ["expected"]
    nameless = browser.post("/estimates/new/", {**numbers, "name": ""})
    assert list(nameless.context["form"].errors) == ["name"]
    assert nameless.context["page"] is not None  # the numbers are all there
    assert nameless.context["form"].fields["name"].required
    assert not Estimate.objects.exists()
    browser.post("/estimates/new/", {**numbers, "name": "Harbour", "people": "10"})
    kept = Estimate.objects.get()
    page = f"/estimates/{kept.id}/"
    assert "Harbour" in browser.get("/estimates/").content.decode()
    assert browser.get(page).context["link"] == ""
    assert browser.get(f"{page}pdf/").content.startswith(b"%PDF-")
    browser.post(f"{page}share/")
    link = browser.get(page).context["link"].partition("localhost")[2].partition("/")[2]
    shown = stranger.get(f"/{link}")
    assert (shown.status_code, "Harbour" in shown.content.decode()) == (200, True)
    assert stranger.get(f"/{link}?format=pdf").content.startswith(b"%PDF-")
    assert stranger.get(f"/{link[:-2]}/").status_code == 404
    Estimate.objects.update(link_until=timezone.now())
    assert stranger.get(f"/{link}").status_code == 404
    browser.post(f"{page}share/")
    assert stranger.get(f"/{link}").status_code == 404  # the new link is another
    browser.post(f"{page}unshare/")
    browser.post(f"{page}remove/")
    assert not Estimate.objects.exists()
    assert not Customer.objects.filter(name="Harbour").exists()


def test_who_guesses_links_of_estimates_is_stopped_for_an_hour(firm: Firm, clean_cache: None) -> None:
    stranger = Client(headers={"host": "alder.localhost"})
    with patch.object(link_limits, "WRONG_LINKS_AN_HOUR", 2):
        for _ in range(3):
            assert stranger.get("/estimates/shared/guessed/").status_code == 404
        refused = stranger.get("/estimates/shared/guessed/")
    assert (refused.status_code, "Wait an hour" in refused.content.decode()) == (429, True)
