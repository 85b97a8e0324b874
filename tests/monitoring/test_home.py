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
from apps.connectors.models import ConnectionTest
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.models import Customer
from apps.customers.services import add_cut_off, create_customer
from apps.monitoring.health import Colour
from apps.monitoring.models import CaseOperation, ExceptionCase, HomeVisit
from apps.monitoring.pages import PartnerHome
from apps.monitoring.queries.home import URGENT_CASES, get_partner_home
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 16


def _page(response: Any) -> str:
    return response.content.decode()


def _home(partner: PartnerRef, **wishes: Any) -> PartnerHome:
    with scope.work_in(partner):
        return get_partner_home(**{"now": timezone.now(), "person_id": None, "cut_offs": (), **wishes})


def _owner_of(partner: PartnerRef) -> Client:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(partner):
        client.force_login(
            create_user(email="o@alder.example", name="Odo", role=Role.OWNER, password="correct horse battery")
        )
    return client


def _add_customers(partner: PartnerRef, number: int) -> None:
    with scope.work_in(partner):
        Customer.objects.bulk_create(Customer(name=f"Firm {n:04}") for n in range(number))


def test_the_strip_adds_up_what_the_lists_behind_it_show(blocked: Blocked) -> None:
    cases, strip = blocked.cases(), _home(blocked.line.partner).strip
    assert (strip.cases["open"], strip.cases["mine"], strip.cases["late"]) == (len(cases), 0, 0)
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
    assert (page.strip.cases["mine"], page.strip.cases["late"]) == (1, 1)
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
        get_partner_home(now=timezone.now(), person_id=None, cut_offs=())
    selects = [query for query in asked.captured_queries if query["sql"].startswith('SELECT "')]
    assert len(selects) <= QUERY_CEILING


def test_customers_are_shown_a_page_at_a_time_and_a_page_too_far_is_the_last(committed: PartnerRef) -> None:
    _add_customers(committed, 53)
    owner = _owner_of(committed)
    first, beyond = _page(owner.get("/")), _page(owner.get("/?page=99"))
    assert "1 to 20 of 53" in first
    assert "41 to 53 of 53" in beyond


def test_a_colour_leaves_only_its_customers_and_the_strip_as_it_was(blocked: Blocked) -> None:
    _add_customers(blocked.line.partner, 2)
    grey, every = _page(blocked.owner.get("/?health=grey")), _page(blocked.owner.get("/?health=nonsense"))
    here = f'id="customer-{blocked.line.customer.id}"'
    assert here in every
    assert here not in grey
    for page in (grey, every):
        assert "Firm 0001" in page
        assert "3</a></p>" in page  # customers in the strip


@pytest.mark.parametrize(
    ("sort", "first"),
    [("name", "Aachen"), ("-name", "Zwolle"), ("health", "line"), ("-cases", "line"), ("nonsense", "line")],
    ids=["by name", "by name, backwards", "the gravest first", "the most cases first", "nonsense is the usual order"],
)
def test_customers_are_sorted_as_asked(blocked: Blocked, sort: str, first: str) -> None:
    with scope.work_in(blocked.line.partner):
        create_customer(name="Aachen Aalders")
        create_customer(name="Zwolle Zonen")
        names = {"line": blocked.line.customer.name, "Aachen": "Aachen Aalders", "Zwolle": "Zwolle Zonen"}
    page = _page(blocked.owner.get("/", {"sort": sort}))
    table = page[page.index('id="customers"') :]
    shown = sorted((name for name in names.values() if f">{name}</a>" in table), key=lambda n: table.index(f">{n}</a>"))
    assert shown[0] == names[first]


def test_the_customers_can_be_taken_away_as_a_file(blocked: Blocked) -> None:
    response = blocked.owner.get("/?format=csv")
    assert response["Content-Type"].startswith("text/csv")
    rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("Customer,")
    assert blocked.line.customer.name in rows[1]


def test_the_strip_compares_the_money_with_a_week_ago(blocked: Blocked) -> None:
    assert "more than a week ago" in _page(blocked.owner.get("/"))
    with scope.work_in(blocked.line.partner):
        CaseOperation.objects.update(added_at=timezone.now() - timedelta(days=8))
    assert "As much as a week ago" in _page(blocked.owner.get("/"))


def test_a_cut_off_within_two_days_is_announced_with_its_customer(blocked: Blocked) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    with scope.work_in(blocked.line.partner):
        rule = Rule(Rhythm.WEEKLY, tomorrow.weekday(), tomorrow.time().replace(second=0, microsecond=0))
        Customer.objects.filter(id=blocked.line.customer.id).update(time_zone="UTC")
        add_cut_off(Customer.objects.get(id=blocked.line.customer.id), name="Invoice run", purpose="", rule=rule)
    page = _page(blocked.owner.get("/"))
    assert f"first: Invoice run, {blocked.line.customer.name}" in page
    assert 'href="#cut-offs"' in page


def test_what_changed_is_told_and_what_the_reader_did_is_not(blocked: Blocked) -> None:
    page = _page(blocked.owner.get("/"))
    assert f"new exceptions at {blocked.line.customer.name}" in page
    blocked.owner.post(f"/flows/{blocked.line.flow.id}/pause/", {"reason": "Holidays."})
    assert "Flow paused" not in _page(blocked.owner.get("/"))
    other = _page(blocked.as_(Role.SUPPORT).get("/"))
    assert f"Flow paused: {blocked.line.flow.name} of {blocked.line.customer.name}" in other


def test_nothing_new_is_said_on_the_next_visit_when_nothing_happened(blocked: Blocked) -> None:
    blocked.owner.get("/")
    with scope.work_in(blocked.line.partner):
        HomeVisit.objects.update(seen_at=timezone.now() - timedelta(hours=2))
        ExceptionCase.objects.update(opened_at=timezone.now() - timedelta(hours=3))
        ConnectionTest.objects.update(finished_at=timezone.now() - timedelta(hours=3))
    page = _page(blocked.owner.get("/"))
    assert "new exceptions at" not in page


def test_customers_who_left_are_not_listed(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        gone = create_customer(name="Gone Ltd")
        Customer.objects.filter(id=gone.id).update(state=Customer.State.LEFT)
    assert not _home(committed).customers


@pytest.mark.parametrize(
    ("role", "sees_action"), [(Role.OWNER, True), (Role.READ_ONLY, False)], ids=["an owner", "somebody who only reads"]
)
def test_an_empty_portal_says_what_to_do(committed: PartnerRef, role: Role, sees_action: bool) -> None:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(committed):
        client.force_login(create_user(email="p@alder.example", name="Pe", role=role, password="correct horse battery"))
    page = _page(client.get("/"))
    assert "No customers yet" in page
    assert ("Start with the first customer" in page) is sees_action


def test_every_number_leads_to_its_rows_and_no_product_is_named(blocked: Blocked) -> None:
    customer, (late, soon, *_) = blocked.line.customer.id, blocked.cases()
    with scope.work_in(blocked.line.partner):
        own = ExceptionCase.objects.filter(id=late.id)
        own.update(due_at=timezone.now() - timedelta(hours=1), owner=blocked.person(Role.OWNER))
        ExceptionCase.objects.filter(id=soon.id).update(due_at=timezone.now() + timedelta(hours=1))
    page = _page(blocked.owner.get("/"))
    for address in (
        'href="/exceptions/"',
        'href="/exceptions/?view=mine"',
        'href="/exceptions/?view=overdue"',
        'href="/exceptions/?view=due_soon"',
        'href="/connections/?state=attention"',
        f'href="/customers/{customer}/"',
        f'href="/exceptions/?customer={customer}"',
        f'href="/runs/?customer={customer}"',
        'href="?health=red#customers"' if _home(blocked.line.partner).strip.red else 'href="?health=amber#customers"',
        f'href="/runs/?customer={customer}"',
    ):
        assert address in page, address
    assert "fairlead" not in page.lower()


def test_the_figures_alone_are_answered_without_the_page_around_them_and_are_no_visit(blocked: Blocked) -> None:
    part = _page(blocked.owner.get("/?figures=1&health=amber", headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'data-figure="tile-money"' in part
    assert "data-chart" not in part
    with scope.work_in(blocked.line.partner):
        assert not HomeVisit.objects.exists()


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
    assert not _home(partner_b).customers
