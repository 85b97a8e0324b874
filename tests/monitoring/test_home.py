"""The partner's home: right figures, each with its rows, and the same number of queries for any number of customers."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.monitoring.health import Colour
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import PartnerHome
from apps.monitoring.queries.home import CUSTOMERS_A_PAGE, URGENT_CASES, get_partner_home
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 8


def _page(response: Any) -> str:
    return response.content.decode()


def _home(partner: PartnerRef, **wishes: Any) -> PartnerHome:
    with scope.work_in(partner):
        return get_partner_home(**{"now": timezone.now(), "person_id": None, **wishes})


def _add_customers(partner: PartnerRef, number: int) -> None:
    with scope.work_in(partner):
        Customer.objects.bulk_create(Customer(name=f"Firm {n:04}") for n in range(number))


def test_the_strip_adds_up_what_the_lists_behind_it_show(blocked: Blocked) -> None:
    cases, strip = blocked.cases(), _home(blocked.line.partner).strip
    assert (strip.open_cases, strip.mine, strip.late) == (len(cases), 0, 0)
    known = [case for case in cases if case.amount is not None]
    for part in strip.at_risk:
        assert part.amount == sum(case.amount or 0 for case in known if case.currency == part.currency)
    assert {part.currency for part in strip.at_risk} == {case.currency for case in known}
    assert strip.rejected == len(blocked.line.operations(state="rejected"))
    assert strip.written == len(blocked.line.operations(state="written"))


def test_a_customer_with_open_cases_needs_attention_and_says_why(blocked: Blocked) -> None:
    page = _home(blocked.line.partner)
    (row,) = page.customers
    assert row.health.colour in {Colour.AMBER, Colour.RED}
    assert "exception" in " ".join(row.health.reasons)
    assert row.open_cases == len(blocked.cases())
    assert row.with_customer == len(blocked.cases(waiting_on="customer", closed_at=None))
    assert row.last_success_at is not None


def test_my_own_and_overdue_cases_are_counted(blocked: Blocked) -> None:
    first, second = blocked.cases()[:2]
    with scope.work_in(blocked.line.partner):
        me = blocked.person(Role.OWNER)
        ExceptionCase.objects.filter(id=first.id).update(owner=me)
        ExceptionCase.objects.filter(id=second.id).update(due_at=timezone.now() - timedelta(hours=1))
    page = _home(blocked.line.partner, person_id=me.id)
    assert (page.strip.mine, page.strip.late) == (1, 1)
    assert page.urgent[0].id == second.id
    assert page.urgent[0].is_late


def test_what_to_do_first_puts_severe_cases_on_top(blocked: Blocked) -> None:
    last = blocked.cases()[-1]
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=last.id).update(severity="high")
    urgent = _home(blocked.line.partner).urgent
    assert urgent[0].id == last.id
    assert len(urgent) <= URGENT_CASES


@pytest.mark.parametrize("customers", [1, 60])
def test_any_number_of_customers_takes_the_same_few_queries(committed: PartnerRef, customers: int) -> None:
    _add_customers(committed, customers)
    with scope.work_in(committed), CaptureQueriesContext(connection) as asked:
        get_partner_home(now=timezone.now(), person_id=None)
    selects = [query for query in asked.captured_queries if query["sql"].startswith('SELECT "')]
    assert len(selects) <= QUERY_CEILING


def test_customers_are_shown_a_page_at_a_time_and_a_page_too_far_is_the_last(committed: PartnerRef) -> None:
    _add_customers(committed, CUSTOMERS_A_PAGE + 3)
    first, beyond = _home(committed), _home(committed, page=99)
    assert (len(first.customers), first.pages, first.fitting) == (CUSTOMERS_A_PAGE, 2, CUSTOMERS_A_PAGE + 3)
    assert (len(beyond.customers), beyond.page) == (3, 2)


def test_a_colour_leaves_only_its_customers_and_the_strip_as_it_was(blocked: Blocked) -> None:
    _add_customers(blocked.line.partner, 2)
    every, grey = _home(blocked.line.partner), _home(blocked.line.partner, colour="grey")
    assert len(every.customers) == 3
    assert every.customers[0].open_cases
    assert {row.health.colour for row in grey.customers} == {Colour.GREY}
    assert grey.strip == every.strip
    assert _home(blocked.line.partner, colour="nonsense").colour == ""


def test_customers_who_left_are_not_listed(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        gone = create_customer(name="Gone Ltd")
        Customer.objects.filter(id=gone.id).update(state=Customer.State.LEFT)
    assert not _home(committed).has_customers


@pytest.mark.parametrize(
    ("role", "sees_action"), [(Role.OWNER, True), (Role.READ_ONLY, False)], ids=["an owner", "somebody who only reads"]
)
def test_an_empty_portal_says_what_to_do(committed: PartnerRef, role: Role, sees_action: bool) -> None:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(committed):
        client.force_login(create_user(email="p@alder.example", name="Pe", role=role, password="correct horse battery"))
    page = _page(client.get("/"))
    assert "No customers yet" in page
    assert ('href="/customers/new/"' in page) is sees_action


def test_every_number_leads_to_its_rows_and_no_product_is_named(blocked: Blocked) -> None:
    page, customer = _page(blocked.owner.get("/")), blocked.line.customer.id
    for address in (
        'href="/exceptions/"',
        'href="/exceptions/?view=mine"',
        'href="/exceptions/?view=overdue"',
        'href="/connections/?state=attention"',
        f'href="/customers/{customer}/"',
        f'href="/exceptions/?customer={customer}"',
        f'href="/runs/?customer={customer}"',
        'href="?health=red#customers"',
    ):
        assert address in page, address
    assert "fairlead" not in page.lower()


def test_the_live_part_asks_again_for_the_same_customers(blocked: Blocked) -> None:
    part = _page(blocked.owner.get("/?health=amber", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'hx-get="/?health=amber"' in part
    assert 'hx-trigger="every 15s"' in part


def test_finance_sees_no_link_to_connections_that_are_not_theirs(blocked: Blocked) -> None:
    page = _page(blocked.as_(Role.FINANCE).get("/"))
    assert "/connections/" not in page


def test_a_customers_person_is_led_to_the_own_overview(blocked: Blocked) -> None:
    response = blocked.as_(Role.CUSTOMER_VIEWER).get("/")
    assert (response.status_code, response["Location"]) == (302, "/my/")


def test_nobody_signed_in_is_asked_to_sign_in(committed: PartnerRef) -> None:
    response = Client(headers={"host": "alder.localhost"}).get("/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_another_partner_sees_none_of_it(blocked: Blocked, partner_b: PartnerRef) -> None:
    assert not _home(partner_b).has_customers
