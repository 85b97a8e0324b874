"""Reports: right figures, each with its rows, for partners and customers, by address, on paper and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.flows.models import FlowDay
from apps.monitoring.models import CaseOperation
from apps.monitoring.queries import reports as queries
from apps.monitoring.queries.ledger_rows import id_at
from apps.monitoring.queries.reports import ReportSpan
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

PAGES = ("/reports/", "/reports/held/", "/reports/activity/")
QUERY_CEILING = 24  # of the fullest page, with the session, the person and the figures of the menu


def _span(days: int = 30) -> ReportSpan:
    today = timezone.now().date()
    return ReportSpan(today - timedelta(days=days - 1), today)


def _csv(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def _rows_behind(browser: Client, url: str) -> int:
    response = browser.get(url)
    assert response.status_code == 200, url
    return len(response.context["page"].rows)


@pytest.mark.parametrize("role", [Role.OWNER, Role.FINANCE, Role.READ_ONLY, Role.CUSTOMER_OWNER, Role.DELIVERY_LEAD])
def test_whoever_may_see_reports_sees_all_of_them(blocked: Blocked, role: Role) -> None:
    browser = blocked.as_(role)
    for path in PAGES:
        assert browser.get(path).status_code == 200, path
        assert browser.get(f"{path}?format=csv").headers["Content-Type"].startswith("text/csv"), path


@pytest.mark.parametrize("role", [Role.OWNER, Role.FINANCE, Role.READ_ONLY, Role.CUSTOMER_OWNER, Role.DELIVERY_LEAD])
def test_every_tab_leads_where_its_reader_may_look(blocked: Blocked, role: Role) -> None:
    browser = blocked.as_(role)
    answers = {
        tab["url"]: browser.get(tab["url"], follow=True).status_code for tab in browser.get("/reports/").context["tabs"]
    }
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize(("role", "may_approve"), [(Role.OWNER, True), (Role.SUPPORT, False)])
def test_what_waits_for_an_approval_leads_only_approvers_there(blocked: Blocked, role: Role, may_approve: bool) -> None:
    page = blocked.as_(role).get("/reports/business/").content.decode()
    assert "Waits for an approval" in page
    assert ('href="/approvals/"' in page) is may_approve


def test_others_are_told_that_they_may_not(blocked: Blocked) -> None:
    for path in PAGES:
        assert blocked.as_(Role.CUSTOMER_VIEWER).get(path).status_code == 403


def test_every_figure_of_the_overview_has_its_rows(blocked: Blocked) -> None:
    for browser in (blocked.owner, blocked.as_(Role.CUSTOMER_OWNER)):
        context = browser.get("/reports/").context
        held = len(blocked.line.operations(state="rejected"))
        assert context["held_back"] == context["held_now"] == held
        assert _rows_behind(browser, context["held_back_url"]) == held
        assert _rows_behind(browser, context["held_now_url"]) == held
        written = len(blocked.line.operations(state="written"))
        assert context["arrived"] == written
        assert _rows_behind(browser, context["arrived_url"]) == min(written, 50)
        (posted, *_, refused) = context["charts"][0].series
        assert sum(posted.values) == written
        assert _rows_behind(browser, posted.links[-1]) == min(posted.values[-1], 50)
        assert _rows_behind(browser, refused.links[-1]) == refused.values[-1]
        (causes,) = context["charts"][2].series
        for number, link in zip(causes.values, causes.links, strict=True):
            assert _rows_behind(browser, link) == number


def test_reasons_tell_what_was_settled_since(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record, *_) = blocked.records(case)
    blocked.owner.post(
        f"/exceptions/{case.id}/records/{record.id}/edit/",
        {"field": "hours", "new_value": "8", "reason": "A typing mistake."},
    )
    blocked.work()
    with scope.work_in(blocked.line.partner):
        found = {row.error_class: row for row in queries.reasons_of(_span())}
    row = found[case.error_class]
    assert (row.records, row.held, row.settled) == (case.operation_count, case.operation_count - 1, 1)
    lines = blocked.owner.get("/reports/held/").context["lines"]
    assert sum(line["row"].records for line in lines) == len(blocked.line.operations(state="rejected")) + 1


def test_a_record_that_failed_again_counts_once_in_each_span_it_failed_in(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record, *_) = blocked.records(case)
    with scope.work_in(blocked.line.partner):
        today = timezone.now().date()
        row = CaseOperation.objects.get(operation_id=record.id)
        CaseOperation.objects.filter(id=row.id).update(again=True)
        row.pk, row.failed_at, row.open = uuid7(), row.failed_at - timedelta(days=3), False
        row.settled_at = row.failed_at
        row.save(force_insert=True)
        found = {
            days: (
                {cause.error_class: cause.records for cause in queries.causes_of(span)},
                {reason.error_class: (reason.records, reason.held) for reason in queries.reasons_of(span)},
            )
            for days, span in (
                ("both", _span(7)),
                ("today", _span(1)),
                ("then", queries.ReportSpan(today - timedelta(days=4), today - timedelta(days=2))),
            )
        }
    held = case.operation_count
    for days, (records, still) in {"both": (held, held), "today": (held, held), "then": (1, 0)}.items():
        causes, reasons = found[days]
        assert causes[case.error_class] == records, days
        assert reasons[case.error_class] == (records, still), days


def test_activity_is_what_the_ledger_holds(blocked: Blocked) -> None:
    (line,) = blocked.owner.get("/reports/activity/").context["lines"]
    assert line["row"].arrived == len(blocked.line.operations(state="written"))
    assert line["row"].held_back == len(blocked.line.operations(state="rejected"))
    assert sum(part.amount for part in line["row"].worth) > 0


def test_speed_is_measured_from_the_first_try(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        days = queries.speed_of(_span(7), _span(7).each_day)
    assert len(days) == 7
    assert days[-1].records == min(len(blocked.line.operations(state="written")), queries.A_DAYS_SAMPLE)
    assert days[-1].median_seconds is not None
    assert 0 <= days[-1].median_seconds <= days[-1].slow_seconds < 600
    assert [day.median_seconds for day in days[:-1]] == [None] * 6


@pytest.mark.parametrize(("days", "points"), [(1, 1), (92, 92), (93, 14), (98, 14), (366, 53)])
def test_a_long_report_is_drawn_by_weeks_that_cover_its_days_once(days: int, points: int) -> None:
    span = _span(days)
    covered = [
        stretch.first + timedelta(days=number)
        for stretch in span.stretches
        for number in range((stretch.last - stretch.first).days + 1)
    ]
    assert covered == [day.first for day in span.each_day]
    assert len(span.stretches) == points
    lengths = {(stretch.last - stretch.first).days + 1 for stretch in span.stretches[1:]}
    assert lengths <= ({1} if days <= queries.DAYS_DRAWN else {7}), "only the first week may be shorter"


def test_the_weeks_of_a_year_say_the_same_as_its_days_and_lead_to_their_rows(blocked: Blocked) -> None:
    today, flow = timezone.now().date(), blocked.line.flow
    with scope.work_in(blocked.line.partner):
        FlowDay.objects.bulk_create(
            FlowDay(
                customer_id=flow.customer_id,
                flow_id=flow.id,
                day=today - timedelta(days=back),
                written=back,
                rejected=1,
                currency="EUR",
                amount_written=10,
            )
            for back in (1, 6, 7, 90, 350)
        )
        before = queries.volume_of(_span(1)).worth
    query = f"period=chosen&since={today - timedelta(days=360)}&until={today}"
    year = blocked.owner.get(f"/reports/?{query}")
    rows = _csv(blocked.owner.get(f"/reports/?{query}&format=csv"))
    page = {chart.name: chart for chart in year.context["charts"]}
    posted, *_, refused = page["throughput"].series
    assert len(rows) == 361
    assert len(posted.values) == len(page["money"].categories) == len(page["speed"].categories) == 52
    assert sum(posted.values) == year.context["arrived"] == sum(int(row["Posted"]) for row in rows)
    assert sum(refused.values) == sum(int(row["Held back"]) for row in rows)
    assert posted.values[-1] == sum(int(row["Posted"]) for row in rows[-7:])
    assert posted.values[-2] == 7
    assert f"since={today - timedelta(days=6)}&until={today}" in posted.links[-1]
    assert posted.links[-1] == page["speed"].series[0].links[-1]
    assert _rows_behind(blocked.owner, posted.links[-1]) == min(len(blocked.line.operations(state="written")), 50)
    assert "Records per week" in year.content.decode()
    now = {part.currency: part.amount for part in before}
    with scope.work_in(blocked.line.partner):
        worth = {part.currency: part.amount for part in queries.volume_of(_span(361)).worth}
    assert worth == {**now, "EUR": now.get("EUR", 0) + 50}


def test_a_week_is_as_fast_as_the_days_it_is_made_of(blocked: Blocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT", 100 * queries.A_DAYS_SAMPLE)  # all there are, of a week as of a day
    with scope.work_in(blocked.line.partner):
        (day,) = queries.speed_of(_span(1), _span(1).each_day)
        *others, week = queries.speed_of(_span(100), _span(100).stretches)
    assert week.records == day.records
    assert (week.median_seconds, week.slow_seconds) == (day.median_seconds, day.slow_seconds)
    assert {other.records for other in others} == {0}
    assert queries.sample_of(_span(366).stretches) * 7 >= queries.LEAST_SAMPLE


def test_the_money_of_a_week_is_what_was_held_up_at_its_end(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        span = _span(100)
        (curve, *_) = queries.money_of(span, now=timezone.now())
    chart = {
        one.name: one
        for one in blocked.owner.get(f"/reports/?period=chosen&since={span.since}&until={span.until}").context["charts"]
    }["money"]
    assert list(chart.series[0].values) == [round(curve.amounts[99 - 7 * back], 2) for back in reversed(range(15))]
    assert chart.note == "At the end of each week"


def test_filters_leave_what_is_asked_for(blocked: Blocked) -> None:
    flow, customer = blocked.line.flow.id, blocked.line.customer.id
    chosen = blocked.owner.get(f"/reports/?customer={customer}&flow={flow}&period=7").context
    assert chosen["arrived"] == len(blocked.line.operations(state="written"))
    past = "?period=chosen&since=2025-01-01&until=2025-02-01"
    assert blocked.owner.get(f"/reports/{past}").context["arrived"] == 0
    assert blocked.owner.get(f"/reports/activity/{past}").context["lines"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("period=chosen", "since", id="no day"),
        pytest.param("period=chosen&since=2026-02-01&until=2026-01-01", "until", id="the wrong way round"),
        pytest.param("period=chosen&since=2024-01-01&until=2026-01-01", "since", id="too long"),
        pytest.param("period=chosen&since=2026-01-01&until=2999-01-01", "until", id="still to come"),
        pytest.param("period=chosen&since=yesterday", "since", id="no date"),
        pytest.param("period=%00<script>", "period", id="an unknown period"),
        pytest.param("flow=x&customer=y", "flow", id="no such flow"),
        pytest.param("customer=0190a6b8-0000-7000-8000-000000000000", "customer", id="an unknown customer"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(blocked: Blocked, query: str, field: str) -> None:
    for path in PAGES:
        response = blocked.owner.get(f"{path}?{query}")
        assert response.status_code == 400
        assert field in response.context["form"].errors


def test_a_customer_cannot_ask_for_somebody_elses_figures(blocked: Blocked) -> None:
    stranger = blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    assert stranger.get(f"/reports/?customer={blocked.line.customer.id}").context["arrived"] == 0
    assert stranger.get(f"/reports/?flow={blocked.line.flow.id}").status_code == 400
    assert blocked.line.customer.name not in stranger.get("/reports/").content.decode()


def test_customers_have_their_own_list_of_records(blocked: Blocked) -> None:
    assert blocked.owner.get("/reports/records/?what=held").status_code == 200
    page = blocked.as_(Role.CUSTOMER_OWNER).get("/reports/").content.decode()
    assert "/reports/records/" not in page
    assert "/my/records/?" in page


def test_the_file_says_the_same_as_the_page(blocked: Blocked) -> None:
    rows = _csv(blocked.owner.get("/reports/?format=csv"))
    assert len(rows) == 30
    assert sum(int(row["Posted"]) for row in rows) == len(blocked.line.operations(state="written"))
    reasons = _csv(blocked.owner.get("/reports/held/?format=csv"))
    assert {row["Still held up"] for row in reasons} >= {"1"}
    held = _csv(blocked.owner.get("/reports/records/?what=held&format=csv"))
    assert len(held) == len(blocked.line.operations(state="rejected"))


@pytest.mark.parametrize("path", [*PAGES, "/reports/records/"])
def test_queries_do_not_grow_with_what_there_is(blocked: Blocked, path: str) -> None:
    with scope.work_in(blocked.line.partner):
        today, flow = timezone.now().date(), blocked.line.flow
        FlowDay.objects.bulk_create(
            FlowDay(customer_id=flow.customer_id, flow_id=flow.id, day=today - timedelta(days=n), currency="EUR")
            for n in range(1, 25)
        )
    browser = blocked.owner
    browser.get(path)
    with CaptureQueriesContext(connection) as asked:
        browser.get(path)
    selects = [query["sql"] for query in asked.captured_queries if query["sql"].lstrip().startswith("SELECT")]
    assert len(selects) <= QUERY_CEILING, "\n".join(selects)


def test_ids_cut_the_ledger_by_time() -> None:
    now = datetime.now(UTC)
    assert id_at(now - timedelta(seconds=1)) < uuid7() < id_at(now + timedelta(seconds=1))
