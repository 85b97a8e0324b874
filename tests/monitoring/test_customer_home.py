"""The customer's overview: business words, own rows only, right figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.flows.models import Flow, FlowDay
from apps.monitoring.health import Colour, Figures
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CustomerHome
from apps.monitoring.queries import customer_home as queries
from apps.monitoring.queries.customer_home import get_customer_home
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 14
# Words of people who build integrations, which a finance lead would not use.
TECHNICAL = (
    "API",
    "JSON",
    "HTTP",
    "payload",
    "webhook",
    "mapping",
    "exception",
    "batch",
    "sandbox",
    "connector",
    "UUID",
)


def _page(response: Any) -> str:
    return response.content.decode()


def _home(blocked: Blocked) -> CustomerHome:
    customer = blocked.line.customer
    with scope.work_in(blocked.line.partner), scope.narrowed_to(customer.id):
        return get_customer_home(customer.id, customer.name, now=timezone.now())


def test_it_says_what_arrived_what_is_held_up_and_who_has_the_next_step(blocked: Blocked) -> None:
    page, cases = _home(blocked), blocked.cases()
    assert page.answer == "Your time entries are arriving, but some are held up."
    assert page.needs_you_count + page.with_us_count == len(cases)
    assert page.needs_you_count == len([case for case in cases if case.waiting_on == "customer"])
    written = len(blocked.line.operations(state="written"))
    assert page.flows[0].today == f"{written:,} time entries ready to bill today"
    assert [day.records for day in page.transfers] == [written]
    assert page.transferred_records == written


def test_unposted_time_by_project_adds_up_to_what_is_blocked(blocked: Blocked) -> None:
    page = _home(blocked)
    assert sum(row.records for row in page.projects) == sum(case.operation_count for case in blocked.cases())
    by_project = {part.currency: 0 for part in page.blocked}
    for row in page.projects:
        for part in row.sums:
            by_project[part.currency] += part.amount
    assert by_project == {part.currency: part.amount for part in page.blocked}


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
def test_every_person_of_the_customer_reads_it_in_their_own_words(blocked: Blocked, role: Role) -> None:
    response = blocked.as_(role).get("/my/")
    page = _page(response)
    assert response.status_code == 200
    shown = page.split("<main", 1)[1].split("</main>", 1)[0]
    words = " ".join(part.split(">", 1)[-1] for part in shown.split("<"))
    assert [word for word in TECHNICAL if word.lower() in words.lower()] == []
    assert "fairlead" not in page.lower()


def test_needs_you_leads_to_exactly_those_matters(blocked: Blocked) -> None:
    browser = blocked.as_(Role.FINANCE_APPROVER)
    assert 'href="/exceptions/?view=customer"' in _page(browser.get("/my/"))
    listed = browser.get("/exceptions/?view=customer").context["page"].total
    assert listed == _home(blocked).needs_you_count


def test_another_customers_person_sees_none_of_it(blocked: Blocked) -> None:
    page = _page(blocked.as_(Role.CUSTOMER_OWNER, stranger=True).get("/my/"))
    assert "Nothing is set up yet" in page
    assert blocked.line.customer.name not in page
    for case in blocked.cases():
        assert str(case.id) not in page


def test_it_is_not_for_the_partners_own_people(blocked: Blocked) -> None:
    assert blocked.owner.get("/my/").status_code == 403


def test_the_live_part_asks_for_itself(blocked: Blocked) -> None:
    part = _page(blocked.as_(Role.CUSTOMER_VIEWER).get("/my/", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'hx-get="/my/"' in part


def test_when_everything_is_settled_nothing_needs_attention(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.update(state="closed", closed_at=timezone.now())
    page = _home(blocked)
    assert (page.needs_you, page.with_us, page.blocked, page.projects) == ((), (), (), ())
    assert page.answer == "Your time entries are arriving."
    assert page.reasons == ("Nothing needs your attention.",)


def test_a_paused_transfer_says_that_nothing_is_lost(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Flow.objects.update(state=Flow.State.PAUSED)
    assert _home(blocked).flows[0].reason == "Paused for now: nothing is lost, it goes on where it stopped."


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
    assert queries._answer(colour, figures, "hours") == answer
