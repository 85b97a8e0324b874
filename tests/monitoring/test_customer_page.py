"""One customer's page for the partner's people: every part, for whom it is, and the picture that says how its flows are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.services import invite_person
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.flows.models import Flow, Run
from apps.flows.services.flow_state import pause_flow
from apps.flows.services.publish import change_line
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries.customer_page import MARKS, get_overview, mark_of
from apps.monitoring.queries.figures import Tally
from apps.monitoring.views.customer_picture import MARKS as DRAWN_MARKS
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

PARTS = ("", "flows/", "connections/", "mappings/", "exceptions/", "runs/", "people/", "settings/")
QUERY_CEILING = 45


def _page(response: Any) -> str:
    return response.content.decode()


def _here(blocked: Blocked, part: str = "") -> str:
    return f"/customers/{blocked.line.customer.id}/{part}"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.strip("/") or "overview")
def test_every_part_has_its_own_address_and_marks_its_tab(blocked: Blocked, part: str) -> None:
    page = _page(blocked.owner.get(_here(blocked, part)))
    assert f'href="{_here(blocked, part)}" aria-current="page"' in page
    assert page.count('aria-current="page"') >= 1
    assert blocked.line.customer.name in page
    assert "fairlead" not in page.lower()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.strip("/") or "overview")
@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.SUPPORT, True),
        (Role.READ_ONLY, True),
        (Role.FINANCE, True),
        (Role.CUSTOMER_OWNER, False),
        (Role.FINANCE_APPROVER, False),
    ],
    ids=lambda one: str(getattr(one, "value", one)),
)
def test_partners_people_see_it_and_a_customers_own_do_not(blocked: Blocked, part: str, role: Role, sees: bool) -> None:
    allowed = sees and not (role is Role.FINANCE and part == "connections/")
    assert blocked.as_(role).get(_here(blocked, part)).status_code == (200 if allowed else 403)


def test_nobody_finds_a_customer_that_is_not_there(blocked: Blocked) -> None:
    for part in PARTS:
        assert blocked.owner.get(f"/customers/{uuid4()}/{part}").status_code == 404, part


def test_the_picture_shows_both_systems_and_the_flow_with_what_it_holds_up(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        found = get_overview(blocked.line.customer, now=timezone.now())
    (flow,) = found.flows
    assert {node.id for node in found.systems} == {flow.source, flow.target}
    assert flow.mark == "held"
    assert flow.blocked == sum(case.operation_count for case in blocked.cases())
    assert flow.today == len(blocked.line.operations(state="written"))
    page = _page(blocked.owner.get(_here(blocked)))
    for address in (
        f'href="/flows/{flow.id}/"',
        f'href="/connections/{flow.source}/"',
        f'href="/exceptions/?flow={flow.id}"',
        f'href="/runs/?flow={flow.id}"',
    ):
        # Once in the picture and once in the list that says the same.
        assert page.count(address) >= 2, address


def test_a_connection_that_cannot_be_used_stops_its_flow_in_the_picture(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Connection.objects.filter(id=blocked.line.flow.target_id).update(state="attention", state_reason="Key refused.")
        (flow,) = get_overview(blocked.line.customer, now=timezone.now()).flows
    assert (flow.mark, flow.reason) == ("stopped", "One of its two systems cannot be used.")
    assert "wire-stopped" in _page(blocked.owner.get(_here(blocked)))


def test_a_run_that_is_under_way_moves(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Run.objects.filter(id=blocked.run.id).update(state="running", finished_at=None)
        (flow,) = get_overview(blocked.line.customer, now=timezone.now()).flows
    assert flow.mark == "running"


def test_a_retired_flow_is_not_drawn_any_more(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Flow.objects.update(state=Flow.State.RETIRED)
        found = get_overview(blocked.line.customer, now=timezone.now())
    assert (found.flows, len(found.systems)) == ((), 2)


@pytest.mark.parametrize(
    ("state", "tally", "is_cut", "is_running", "mark"),
    [
        pytest.param("draft", Tally(), True, False, "draft", id="a draft stays one"),
        pytest.param("paused", Tally(cases={"open": 1}), False, False, "paused", id="paused"),
        pytest.param("live", Tally(cases={"open": 1}), True, True, "stopped", id="a broken end before all"),
        pytest.param("live", Tally(cases={"open": 1, "silent": 1}), False, False, "stopped", id="silence"),
        pytest.param("live", Tally(cases={"open": 1}), False, True, "running", id="at work"),
        pytest.param("live", Tally(cases={"open": 1}), False, False, "held", id="something is held up"),
        pytest.param("live", Tally(days={"last_success_at": 1}), False, False, "flowing", id="all well"),
        pytest.param("live", Tally(), False, False, "idle", id="nothing yet"),
    ],
)
def test_a_flow_wears_its_gravest_mark(state: str, tally: Tally, is_cut: bool, is_running: bool, mark: str) -> None:
    assert mark_of(state, tally, is_cut=is_cut, is_running=is_running) == mark


def test_every_mark_can_be_drawn() -> None:
    assert set(DRAWN_MARKS) == set(MARKS)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        pytest.param(lambda b: None, "Work on", id="exceptions are open"),
        pytest.param(lambda b: ExceptionCase.objects.update(state="closed"), "customers:edit", id="nothing is wrong"),
    ],
)
def test_there_is_one_thing_to_do_next(blocked: Blocked, prepare: Callable[[Blocked], Any], words: str) -> None:
    with scope.work_in(blocked.line.partner):
        Customer.objects.update(state=Customer.State.LIVE)
        prepare(blocked)
    page = _page(blocked.owner.get(_here(blocked)))
    head = page[page.index("customer-head") : page.index("</header>", page.index("customer-head"))]
    assert head.count("btn-primary") == 1
    assert (f"/customers/{blocked.line.customer.id}/edit/" if words == "customers:edit" else words) in head


def test_a_new_customer_is_led_to_its_first_system(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        new = create_customer(name="New Ltd", state=Customer.State.LIVE)
    page = _page(blocked.owner.get(f"/customers/{new.id}/"))
    assert f"/connections/new/?customer={new.id}" in page
    assert "No system connected" in page
    for part in PARTS:
        assert blocked.owner.get(f"/customers/{new.id}/{part}").status_code == 200, part


def test_the_flows_tab_says_how_each_is_and_why_one_is_paused(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        pause_flow(blocked.line.flow, reason="Month end.", made_by="Ann")
    page = _page(blocked.owner.get(_here(blocked, "flows/")))
    assert "Paused" in page
    assert "Month end." in page


def test_the_mappings_tab_lists_the_lines_this_customer_changed(blocked: Blocked) -> None:
    page = _page(blocked.owner.get(_here(blocked, "mappings/")))
    assert "0 of this customer" in page
    assert "This customer uses every line as the layers below define it." in page
    with scope.work_in(blocked.line.partner):
        change_line(blocked.line.flow, target="description", changes={"expression": '"Fixed"'}, made_by="Ann")
    page = _page(blocked.owner.get(_here(blocked, "mappings/")))
    assert "1 of this customer" in page
    assert f"/flows/{blocked.line.flow.id}/mapping/description/" in page


def test_the_exceptions_tab_shows_open_ones_and_closed_ones_apart(blocked: Blocked) -> None:
    first, *others = blocked.cases()
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=first.id).update(
            state="closed", closed_at=timezone.now(), closed_how="by_person"
        )
    open_ones, closed = (
        _page(blocked.owner.get(_here(blocked, f"exceptions/{query}"))) for query in ("", "?view=closed")
    )
    assert f"/exceptions/{first.id}/" not in open_ones
    assert all(f"/exceptions/{case.id}/" in open_ones for case in others)
    assert f"/exceptions/{first.id}/" in closed


def test_the_people_tab_shows_who_is_invited(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        invite_person(
            email="new@customer.example",
            name="Nia",
            role=Role.CUSTOMER_VIEWER,
            customer_id=blocked.line.customer.id,
        )
    page = _page(blocked.owner.get(_here(blocked, "people/")))
    assert "new@customer.example" in page
    assert "Invited" in page


def test_the_figures_alone_come_without_a_chart(blocked: Blocked) -> None:
    part = _page(blocked.owner.get(_here(blocked, "?figures=1"), headers={"HX-Request": "true"}))
    assert 'data-figure="landscape"' in part
    assert "data-chart=" not in part


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.strip("/") or "overview")
def test_more_flows_and_cases_take_no_more_queries(blocked: Blocked, part: str) -> None:
    owner = blocked.owner
    owner.get(_here(blocked, part))
    with scope.work_in(blocked.line.partner):
        one = blocked.cases()[0]
        now = timezone.now()
        for number in range(12):
            Connection.objects.create(
                customer=blocked.line.customer,
                system="sandbox_psa",
                name=f"PSA {number}",
                base_url="https://psa.example",
            )
            ExceptionCase.objects.create(
                customer=blocked.line.customer, flow=blocked.line.flow, fingerprint=f"f{number}", title=f"Case {number}",
                explanation="", queue=one.queue, waiting_on=one.waiting_on, severity=one.severity, error_class="internal",
                opened_at=now, changed_at=now, due_at=now + timedelta(hours=number),
            )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        owner.get(_here(blocked, part))
    selects = [query for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert len(selects) <= QUERY_CEILING, len(selects)
