"""Boards, statements and settings of service levels over HTTP: figures, rights, mistakes answered in place, equal queries."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.services import add_cut_off
from apps.flows.models import FlowDay
from apps.monitoring import case_book, case_clocks
from apps.monitoring.models import (
    BusinessCalendar,
    CustomerSla,
    ExceptionCase,
    SlaBreach,
    SlaClock,
    SlaPolicy,
)
from apps.monitoring.queries.sla_statement import get_statement, month_span
from apps.monitoring.sla_watch import watch_clocks
from apps.tenants.scope import PartnerRef
from tests.service_levels import GOLD, Firm, at, found_firm

NOW = timezone.now()
PACKAGE = {
    "name": "Silver",
    "summary": "",
    "detect": "15m",
    "acknowledge_high": "30m",
    "acknowledge_normal": "1h",
    "acknowledge_low": "",
    "resolve_high": "4h",
    "resolve_normal": "8h 30m",
    "resolve_low": "24h",
    "delivery": "",
    "cut_off": "60",
    "pauses": ["customer"],
    "class_1": "closed_period",
    "class_time_1": "2h",
    "late_1": "0m",
    "percent_1": "1",
    "late_2": "1h",
    "percent_2": "2.5",
    "cap_percent": "20",
}
CALENDAR = {
    "name": "Munich",
    "zone": "Europe/Berlin",
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "09:00-12:00, 13:00-17:00"),
    "friday": "09:00-15:00",
    "saturday": "",
    "sunday": "",
    "country": "DE",
    "region": "by",
    "own_days": "2026-12-24 Christmas Eve",
}


def _errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 400, response.content[:400]
    return {name: list(words) for name, words in response.context["form"].errors.items()}


def _settle(case: ExceptionCase, minutes: int) -> None:
    case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason="done.", now=at(minutes))


# Settings


def test_a_package_is_kept_as_it_was_typed(firm: Firm) -> None:
    browser = firm.browser(Role.BUILDER)
    assert browser.post("/settings/service-levels/packages/new/", PACKAGE).status_code == 302
    policy = SlaPolicy.objects.get()
    again = browser.get(f"/settings/service-levels/packages/{policy.id}/").content.decode()
    for typed in ("8h 30m", "15m", "2.5"):
        assert f'value="{typed}"' in again
    targets = {(t["promise"], t["severity"], t["class"]): t["minutes"] for t in policy.targets}
    assert targets["resolve", "normal", ""] == 510
    assert targets["resolve", "", "closed_period"] == 120
    assert targets["cut_off", "", ""] == 60
    assert ("acknowledge", "low", "") not in targets
    assert AuditEntry.objects.filter(action="service_level_changed").exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        pytest.param({"resolve_high": "soon"}, "resolve_high", "for example 4h", id="no length of time"),
        pytest.param({"resolve_high": ""}, "resolve_high", "required", id="every case must be due one day"),
        pytest.param({"resolve_high": "9999h"}, "resolve_high", "At most", id="too long"),
        pytest.param({"class_time_1": ""}, "class_time_1", "both, or neither", id="a kind without its time"),
        pytest.param({"percent_1": ""}, "percent_1", "both, or neither", id="a delay that gives nothing"),
        pytest.param({"late_2": "0m"}, "late_2", "there already", id="the same delay twice"),
        pytest.param({"percent_1": "101"}, "percent_1", "100", id="more than the fee"),
        pytest.param({"cut_off": "7"}, "cut_off", "7", id="no such choice"),
        pytest.param({"name": "Gold"}, "name", "Another package", id="a name that is taken"),
    ],
)
def test_a_package_that_cannot_be_says_what_to_mend(
    firm: Firm, changes: dict[str, str], field: str, words: str
) -> None:
    firm.promise()
    answer = firm.browser(Role.OWNER).post("/settings/service-levels/packages/new/", {**PACKAGE, **changes})
    assert words in " ".join(_errors(answer)[field])
    assert SlaPolicy.objects.count() == 1


def test_a_calendar_is_kept_as_it_was_typed(firm: Firm) -> None:
    browser = firm.browser(Role.BUILDER)
    assert browser.post("/settings/service-levels/calendars/new/", CALENDAR).status_code == 302
    calendar = BusinessCalendar.objects.get()
    assert (calendar.region, calendar.week[4], calendar.week[5]) == ("BY", [[540, 900]], [])
    assert calendar.own_days == {"2026-12-24": "Christmas Eve"}
    again = browser.get(f"/settings/service-levels/calendars/{calendar.id}/").content.decode()
    assert "09:00-12:00, 13:00-17:00" in again
    assert "Munich" in browser.get("/settings/service-levels/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        pytest.param({"monday": "9-5"}, "monday", "09:00-17:00", id="no times"),
        pytest.param({"monday": "17:00-09:00"}, "monday", "ends after it begins", id="turned round"),
        pytest.param({"monday": "09:00-12:00, 11:00-13:00"}, "monday", "overlap", id="overlapping"),
        pytest.param({"region": "XX"}, "region", "BY", id="no such region"),
        pytest.param({"country": "", "region": "BY"}, "region", "country first", id="a region of nowhere"),
        pytest.param({"own_days": "2026-12-24\nsoon"}, "own_days", "Line 2", id="no day"),
        pytest.param(
            dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ""),
            "__all__",
            "never opens",
            id="a week without opening",
        ),
    ],
)
def test_a_calendar_that_cannot_be_says_what_to_mend(
    firm: Firm, changes: dict[str, str], field: str, words: str
) -> None:
    answer = firm.browser(Role.OWNER).post("/settings/service-levels/calendars/new/", {**CALENDAR, **changes})
    assert words in " ".join(_errors(answer)[field])
    assert not BusinessCalendar.objects.exists()


def test_what_customers_have_cannot_be_removed(firm: Firm) -> None:
    agreed = firm.promise()
    browser = firm.browser(Role.OWNER)
    page = browser.post(f"/settings/service-levels/packages/{agreed.policy_id}/remove/", follow=True)
    assert "Customers have Gold now" in page.content.decode()
    browser.post(f"/customers/{firm.customer.id}/service/end/")
    browser.post(f"/settings/service-levels/packages/{agreed.policy_id}/remove/")
    assert not SlaPolicy.objects.exists()
    assert CustomerSla.objects.get().terms["name"] == "Gold"


def test_a_changed_package_holds_from_now_on_only(firm: Firm) -> None:
    agreed = firm.promise(since=NOW - timedelta(days=40))
    old = firm.open(now=NOW)
    due = ExceptionCase.objects.get(id=old.id).due_at
    changed = {**PACKAGE, "name": "Gold", "resolve_normal": "1h"}
    firm.browser(Role.OWNER).post(f"/settings/service-levels/packages/{agreed.policy_id}/", changed)
    before, after = CustomerSla.objects.order_by("valid_from")
    assert before.valid_until == after.valid_from
    assert before.terms["targets"] != after.terms["targets"]
    new = firm.open(now=timezone.now(), name="y")
    assert ExceptionCase.objects.get(id=old.id).due_at == due
    assert ExceptionCase.objects.get(id=new.id).due_at - new.opened_at == timedelta(hours=1)  # type: ignore[operator]


# Agreements and statements


def test_a_customer_is_given_a_package_and_reads_it(firm: Firm) -> None:
    agreed = firm.promise()
    CustomerSla.objects.all().delete()
    form = {"policy": agreed.policy_id, "calendar": agreed.calendar_id, "fee": "2500"}
    assert firm.browser(Role.BUILDER).post(f"/customers/{firm.customer.id}/service/edit/", form).status_code == 302
    seen = firm.browser(Role.CUSTOMER_VIEWER).get("/my/service/").content.decode()
    for words in ("Gold", "around the clock", "Posted by the cut-off", "waiting for the customer", "At most"):
        assert words in seen


def _a_month(firm: Firm) -> None:
    """One of everything: kept, missed by an hour and more, excused, paused, still open."""
    firm.promise()
    kept, late, excused, waits = (firm.open(name=name) for name in ("a", "b", "c", "d"))
    for case, minutes in ((kept, 100), (late, 600), (excused, 490)):
        case_clocks.acknowledge(case, at(30))
        _settle(case, minutes)
    waits.waiting_on = "customer"
    waits.save()
    case_clocks.acknowledge(waits, at(61))
    case_clocks.follow_waiting(waits, at(100))
    SlaBreach.objects.filter(clock__case=excused).update(
        excused_at=at(700), excuse="The bank was shut", excused_by_name="Sam"
    )


def test_a_months_statement_counts_what_a_table_says(firm: Firm) -> None:
    _a_month(firm)
    month = at(0).date().replace(day=1)
    found = get_statement(firm.customer, month, at(160))
    counted = {line.promise: (line.kept, line.missed, line.excused, line.share) for line in found.lines}
    assert counted["Resolved"] == (1, 1, 1, 50)
    assert counted["Taken up"] == (3, 1, 0, 75)
    assert [row.credit for row in found.breaches] == [Decimal(10), Decimal(50), Decimal(10)]
    (credit,) = found.credits
    assert (credit.full, credit.amount, credit.is_capped) == (Decimal(60), Decimal(60), False)
    assert found.pauses == (("waiting for the customer", "1 h"),)
    assert found.is_running


def test_a_month_gives_back_no_more_than_the_cap(firm: Firm) -> None:
    firm.promise()
    for name in ("a", "b", "c"):
        _settle(firm.open(name=name), 700)
    (credit,) = get_statement(firm.customer, at(0).date().replace(day=1), at(800)).credits
    assert (credit.full, credit.amount) == (Decimal(300), Decimal(80))


def test_days_of_delivery_are_counted_from_the_ledger(firm: Firm) -> None:
    firm.promise()
    for number in range(3):
        FlowDay.objects.create(
            customer=firm.customer, flow=firm.flow, day=at(0).date() + timedelta(days=number), read=5
        )
    firm.operation("1", "waiting", created_at=at(0))
    watch_clocks(at(31), lambda: None)
    found = get_statement(firm.customer, at(0).date().replace(day=1), at(5000))
    line = next(line for line in found.lines if line.promise == "Delivered")
    assert (line.kept, line.missed) == (2, 1)


def test_a_month_is_the_customers_own() -> None:
    since, until = month_span(datetime(2026, 3, 1, tzinfo=UTC).date(), "Europe/Berlin")
    assert (since, until) == (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))


def test_a_statement_is_a_page_and_a_file_for_both_sides(firm: Firm) -> None:
    _a_month(firm)
    address = f"/customers/{firm.customer.id}/service/"
    page = firm.browser(Role.SUPPORT).get(f"{address}?month=2026-11").content.decode()
    assert "The bank was shut" in page
    for browser, path in ((firm.browser(Role.FINANCE), address), (firm.browser(Role.FINANCE_APPROVER), "/my/service/")):
        lines = browser.get(f"{path}?month=2026-11&format=csv").content.decode().splitlines()
        assert any("Credit of the month" in line and "60.00,EUR" in line for line in lines)
    own = firm.browser(Role.FINANCE_APPROVER).get("/my/service/?month=2026-11").content.decode()
    assert "A value" in own or "value" in own
    assert "Trouble with" not in own  # the partner's own title


@pytest.mark.parametrize("month", ["", "nonsense", "2026-13", "1000-01", "9999-01", "2026-11-99%00"])
def test_any_month_is_answered(firm: Firm, month: str) -> None:
    assert firm.browser(Role.OWNER).get(f"/customers/{firm.customer.id}/service/?month={month}").status_code == 200


def test_a_customers_people_see_nothing_of_another(firm: Firm, in_partner_a: PartnerRef) -> None:
    _a_month(firm)
    other = found_firm(in_partner_a, "Elsewhere Ltd")
    page = other.browser(Role.CUSTOMER_OWNER).get("/my/service/?month=2026-11")
    assert page.context["statement"].breaches == ()
    assert page.context["agreement"] is None
    assert other.browser(Role.CUSTOMER_OWNER).get(f"/customers/{firm.customer.id}/service/").status_code in {403, 404}
    assert firm.browser(Role.OWNER).get("/my/service/").status_code == 403


# Boards


def test_the_board_says_what_runs_out_next_and_why_something_stands_still(firm: Firm) -> None:
    firm.promise(since=NOW - timedelta(days=2))
    firm.open(now=NOW - timedelta(hours=7), name="a")
    firm.open("closed_period", now=NOW, name="b")
    browser = firm.browser(Role.SUPPORT)
    rows = browser.get("/service-levels/").context["list"].rows
    assert [row.state for row in rows] == ["breached", "running", "running", "paused"]
    assert rows[-1].cause == "waiting for the customer"
    late = browser.get("/service-levels/?view=late").context["list"].rows
    assert [row.promise for row in late] == ["Taken up"]
    assert browser.get("/service-levels/?view=soon").context["list"].total == 2
    assert browser.get("/service-levels/?format=csv").headers["Content-Type"].startswith("text/csv")


def test_the_forecast_goes_by_how_long_such_clocks_took(firm: Firm) -> None:
    firm.promise(since=NOW - timedelta(days=2))
    SlaClock.objects.bulk_create(
        SlaClock(
            customer=firm.customer,
            promise="resolve",
            severity="normal",
            started_at=NOW - timedelta(hours=9),
            stopped_at=NOW,
            elapsed_seconds=9 * 3600,
        )
        for _number in range(7)
    )
    firm.open(now=NOW)
    row = next(
        r for r in firm.browser(Role.OWNER).get("/service-levels/").context["list"].rows if r.promise == "Resolved"
    )
    assert (row.expected_at, row.at_risk, row.sample) == (NOW + timedelta(hours=9), True, 7)


@pytest.mark.parametrize(
    ("path", "ceiling"),
    [
        ("/service-levels/", 18),
        ("/service-levels/missed/", 13),
        ("/cut-offs/", 18),
        ("/customers/{customer}/service/", 22),
    ],
)
def test_the_boards_ask_no_more_however_much_there_is(firm: Firm, path: str, ceiling: int) -> None:
    """With the session, the person, the saved views and the figures of the menu, which are remembered for a while."""
    firm.promise(since=NOW - timedelta(days=2))
    for name in range(6):
        firm.open(now=NOW - timedelta(hours=9), name=f"{name}")
        add_cut_off(firm.customer, name=f"C{name}", purpose="", rule=Rule(Rhythm.WEEKLY, name, time(9)))
    watch_clocks(NOW, lambda: None)
    browser, address = firm.browser(Role.OWNER), path.format(customer=firm.customer.id)
    browser.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    selects = [query["sql"] for query in seen.captured_queries if query["sql"].startswith("SELECT ")]
    assert len(selects) <= ceiling, selects


def test_a_missed_promise_is_excused_with_a_reason_and_counts_again(firm: Firm) -> None:
    firm.promise()
    _settle(firm.open(), 600)
    breach = firm.breaches()[-1]
    browser, address = firm.browser(Role.BUILDER), f"/service-levels/missed/{breach.id}/"
    assert "Say why" in " ".join(_errors(browser.post(f"{address}excuse/", {"reason": " "}))["reason"])
    browser.post(f"{address}excuse/", {"reason": "Strike at the bank"})
    assert "Strike at the bank" in browser.get(address).content.decode()
    assert AuditEntry.objects.filter(action="breach_excused").count() == 1
    browser.post(f"{address}count/")
    assert SlaBreach.objects.get(id=breach.id).excused_at is None
    assert firm.browser(Role.SUPPORT).post(f"{address}excuse/", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("role", [Role.CUSTOMER_OWNER, Role.CUSTOMER_VIEWER])
@pytest.mark.parametrize(
    "path", ["/service-levels/", "/service-levels/missed/", "/cut-offs/", "/settings/service-levels/"]
)
def test_the_partners_boards_are_not_for_customers(firm: Firm, role: Role, path: str) -> None:
    assert firm.browser(role).get(path).status_code in {403, 404}


def test_only_who_may_change_customers_changes_what_is_promised(firm: Firm) -> None:
    firm.promise()
    for path in (f"/customers/{firm.customer.id}/service/edit/", "/settings/service-levels/packages/new/"):
        assert firm.browser(Role.FINANCE).get(path).status_code == 403
    assert GOLD.name in firm.browser(Role.FINANCE).get(f"/customers/{firm.customer.id}/service/").content.decode()
