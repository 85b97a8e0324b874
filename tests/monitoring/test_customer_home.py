"""The customer's overview: business words, own rows only, right figures, each with its rows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.flows.models import Flow, FlowDay
from apps.monitoring.customer_pages import CustomerHome
from apps.monitoring.health import Colour, Figures
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries import customer_home as queries
from apps.monitoring.queries.customer_home import get_customer_home
from apps.monitoring.queries.ledger_rows import RowFilter, list_rows
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.unposted import list_unposted
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 24  # with those of the work that is not posted
PARTNER = "Alder & Quay"


def _page(response: Any) -> str:
    return response.content.decode()


def _home(blocked: Blocked) -> CustomerHome:
    customer = blocked.line.customer
    with scope.work_in(blocked.line.partner), scope.narrowed_to(customer.id):
        return get_customer_home(
            customer.id,
            customer.name,
            partner=PARTNER,
            unposted=list_unposted(Reader(is_customer=True, partner=PARTNER, sees_values=True), now=timezone.now()),
            now=timezone.now(),
        )


def _rows(blocked: Blocked, **wanted: Any) -> int:
    with scope.work_in(blocked.line.partner), scope.narrowed_to(blocked.line.customer.id):
        return len(list_rows(RowFilter(**wanted)).rows)


def test_it_says_what_arrived_what_is_held_up_and_who_has_the_next_step(blocked: Blocked) -> None:
    page, cases = _home(blocked), blocked.cases()
    assert page.answer == "Your time entries are arriving, but some are held up."
    assert page.needs_you_count + page.with_us_count == len(cases)
    assert page.needs_you_count == len([case for case in cases if case.waiting_on == "customer"])
    written = len(blocked.line.operations(state="written"))
    (topic,) = page.topics
    assert topic.sentence == "Most time entries arrive in ERP; some are held up."
    assert topic.week == topic.spark[-1] == written
    assert topic.held == sum(case.operation_count for case in cases)
    (today,) = page.transfers
    assert today.sentence == f"{written:,} time entries posted to ERP, {topic.held} held back"


def test_every_figure_has_as_many_rows_behind_it(blocked: Blocked) -> None:
    page, today = _home(blocked), timezone.now().date()
    (topic,), (day,) = page.topics, page.transfers
    fifty = 50  # a page of rows
    assert _rows(blocked, what="arrived", flow_id=topic.id, since=topic.monday) == min(topic.week, fifty)
    assert _rows(blocked, what="held", flow_id=topic.id) == topic.held
    assert _rows(blocked, what="arrived", since=day.day, until=day.day) == min(day.arrived, fifty)
    assert _rows(blocked, what="held_back", since=day.day, until=day.day) == day.held
    assert _rows(blocked, what="arrived", since=today + timedelta(days=1)) == 0
    for project in page.projects:
        assert _rows(blocked, what="held", project=project.project) == project.records


def test_unposted_time_by_project_adds_up_to_what_is_blocked(blocked: Blocked) -> None:
    page = _home(blocked)
    with scope.work_in(blocked.line.partner):
        hours = list(CaseOperation.objects.filter(open=True).values_list("hours", flat=True))
    assert sum(row.records for row in page.projects) == sum(case.operation_count for case in blocked.cases())
    assert page.held_hours == sum((value for value in hours if value), Decimal(0))
    assert page.held_hours > 0
    by_project = {part.currency: 0 for part in page.blocked}
    for row in page.projects:
        for part in row.money.sums:
            by_project[part.currency] += part.amount
    assert by_project == {part.currency: part.amount for part in page.blocked}
    assert all(row.reason and row.since for row in page.projects)


def test_money_is_told_by_who_has_the_next_step(blocked: Blocked) -> None:
    page = _home(blocked)
    assert sum(share.part.amount for share in page.shares) == sum(part.amount for part in page.blocked)
    assert {share.label for share in page.shares} == {"waits for you", "with Alder & Quay"}


def test_its_queries_do_not_grow_with_what_there_is(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        flow, today = Flow.objects.get(), timezone.now().date()
        FlowDay.objects.bulk_create(
            FlowDay(customer_id=flow.customer_id, flow=flow, day=today - timedelta(days=n), currency="EUR", written=n)
            for n in range(1, 25)
        )
    with CaptureQueriesContext(connection) as asked:
        page = _home(blocked)
    selects = [query for query in asked.captured_queries if query["sql"].startswith('SELECT "')]
    assert len(selects) <= QUERY_CEILING
    assert len(page.transfers) == queries.SHOWN_TRANSFERS
    assert [day.day for day in page.transfers] == sorted((day.day for day in page.transfers), reverse=True)


@pytest.mark.parametrize("role", sorted(CUSTOMER_ROLES))
def test_every_person_of_the_customer_may_look(blocked: Blocked, role: Role) -> None:
    for path in ("/my/", "/my/flows/", "/my/needs/", "/my/records/", "/exceptions/"):
        assert blocked.as_(role).get(path).status_code == 200, path


def test_what_needs_you_comes_first_and_leads_to_the_answer(blocked: Blocked) -> None:
    page = _page(blocked.as_(Role.FINANCE_APPROVER).get("/my/"))
    first = _home(blocked).needs_you[0]
    assert f'/exceptions/{first.id}/#answer"' in page
    assert page.index("needs-you") < page.index("on-the-way")


def test_another_customers_person_sees_none_of_it(blocked: Blocked) -> None:
    page = _page(blocked.as_(Role.CUSTOMER_OWNER, stranger=True).get("/my/"))
    assert "Nothing is set up yet" in page
    assert blocked.line.customer.name not in page
    for case in blocked.cases():
        assert str(case.id) not in page


@pytest.mark.parametrize("path", ["/my/", "/my/flows/", "/my/needs/", "/my/records/"])
def test_it_is_not_for_the_partners_own_people(blocked: Blocked, path: str) -> None:
    assert blocked.owner.get(path).status_code == 403


def test_the_live_part_asks_for_itself(blocked: Blocked) -> None:
    part = _page(blocked.as_(Role.CUSTOMER_VIEWER).get("/my/", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'hx-get="/my/"' in part


def test_when_everything_is_settled_nothing_needs_attention(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.update(state="closed", closed_at=timezone.now())
    page = _home(blocked)
    assert (page.needs_you, page.with_us_count, page.blocked, page.projects, page.held_hours) == ((), 0, (), (), None)
    assert page.answer == "Your time entries are arriving."
    assert page.reasons == ("Nothing needs your attention.",)


def test_a_paused_transfer_says_that_nothing_is_lost(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Flow.objects.update(state=Flow.State.PAUSED)
    assert _home(blocked).topics[0].sentence == "Paused for now. Nothing is lost: it goes on where it stopped."


@pytest.mark.parametrize(
    ("colour", "figures", "answer"),
    [
        pytest.param(Colour.GREEN, Figures(), "Your hours are arriving.", id="all well"),
        pytest.param(Colour.GREY, Figures(), "Your hours have not started to arrive yet.", id="nothing yet"),
        pytest.param(
            Colour.RED, Figures(broken_connections=1), "Your hours are not arriving as they should.", id="no way in"
        ),
        pytest.param(Colour.RED, Figures(silent_flows=1), "Your hours are not arriving as they should.", id="silence"),
        pytest.param(
            Colour.AMBER,
            Figures(open_cases=1, last_success_at=timezone.now()),
            "Your hours are arriving, but some are held up.",
            id="some held up",
        ),
    ],
)
def test_the_answer_is_one_sentence(colour: Colour, figures: Figures, answer: str) -> None:
    assert queries.answer(colour, figures, "hours") == answer


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), ""),
        (("time entries",), "time entries"),
        (("time entries", "time entries"), "time entries"),
        (("time entries", "expenses", "projects"), "time entries, expenses and projects"),
    ],
)
def test_kinds_of_work_are_told_together(words: tuple[str, ...], sentence: str) -> None:
    assert queries.together(words) == sentence
