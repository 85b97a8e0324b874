"""The exception queue and the case page, over failures that really happened."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.actions import Role
from apps.monitoring.cases import note_case
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 12  # with what every page needs: the person, the session, the partner, the navigation


def _page(response: Any) -> str:
    return response.content.decode()


def test_the_queue_shows_every_open_case_with_its_money_and_names_no_product(blocked: Blocked) -> None:
    page = _page(blocked.owner.get("/exceptions/"))
    assert blocked.cases()
    for case in blocked.cases():
        assert f"/exceptions/{case.id}/" in page
    assert "EUR" in page
    assert "data-walks" in page
    assert "fairlead" not in page.lower()


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", lambda case: True),
        ("view=mine", lambda case: False),
        ("view=overdue", lambda case: False),
        ("view=customer", lambda case: case.waiting_on == "customer"),
        ("view=closed", lambda case: False),
        ("queue=finance", lambda case: case.queue == "finance"),
        ("queue=nonsense&view=nonsense&page=-3", lambda case: True),
        ("page=99", lambda case: True),
        (f"customer={uuid4()}", lambda case: False),
    ],
    ids=[
        "all that are open",
        "mine",
        "overdue",
        "waiting on the customer",
        "closed",
        "one queue",
        "a filter that makes no sense",
        "a page behind the last",
        "a customer nobody knows",
    ],
)
def test_a_saved_view_or_filter_shows_what_fits(blocked: Blocked, query: str, fits: Any) -> None:
    response = blocked.owner.get(f"/exceptions/?{query}")
    shown = {row.id for row in response.context["page"].rows}
    assert shown == {case.id for case in blocked.cases() if fits(case)}
    if not shown:
        assert "No exception fits this filter." in _page(response)


def test_a_chips_number_is_the_number_of_its_rows(blocked: Blocked) -> None:
    page = blocked.owner.get("/exceptions/").context
    for chip in (*page["page"].chips, *page["queues"]):
        assert len(blocked.owner.get(f"/exceptions/{chip.url}").context["page"].rows) == chip.count, chip.label


def test_a_portal_without_exceptions_says_so(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.all().delete()
    assert "No open exceptions" in _page(blocked.owner.get("/exceptions/"))


def test_the_queue_asks_the_database_equally_often_however_long_it_is(blocked: Blocked) -> None:
    browser = blocked.owner
    browser.get("/exceptions/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/exceptions/")
    selects = [query["sql"] for query in asked.captured_queries if "monitoring_" in query["sql"]]
    assert len(selects) <= QUERY_CEILING
    assert len(selects) == 3


def test_every_case_page_says_what_happened_and_offers_a_way_out(blocked: Blocked) -> None:
    for case in blocked.cases():
        page = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
        assert "What to do" in page, case.title
        assert "Records" in page
        assert "fairlead" not in page.lower()
        if case.error_class != "schema_drift":
            assert "Retry all" in page, case.title


def test_a_record_of_the_case_is_chosen_for_its_evidence(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    response = blocked.owner.get(f"/exceptions/{case.id}/?record={record.id}")
    selected = response.context["page"].selected
    assert selected.id == record.id
    assert selected.blamed
    assert any(line.is_blamed for line in response.context["page"].values)
    nonsense = blocked.owner.get(f"/exceptions/{case.id}/?record={uuid4()}")
    assert nonsense.context["page"].selected is not None


def test_requests_and_responses_are_shown_only_with_the_right_to_see_them(blocked: Blocked) -> None:
    case = blocked.case("resource")
    assert 'aria-label="Sent"' in _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    finance = _page(blocked.as_(Role.FINANCE).get(f"/exceptions/{case.id}/"))
    assert 'aria-label="Sent"' not in finance
    assert 'aria-label="Read"' not in finance
    assert "your role does not include seeing requests and responses" in finance


def test_a_role_that_lacks_a_right_is_told_so_before_the_click(blocked: Blocked) -> None:
    case = blocked.case("hours")
    support = _page(blocked.as_(Role.SUPPORT).get(f"/exceptions/{case.id}/"))
    assert "Your role does not include correcting records." in support
    viewer = _page(blocked.as_(Role.READ_ONLY).get(f"/exceptions/{case.id}/"))
    assert "Your role does not include retrying." in viewer
    assert "/assign/" not in viewer
    assert "/note/" not in viewer


def test_a_customers_person_sees_the_own_cases_in_business_words_and_nobody_elses(blocked: Blocked) -> None:
    mine, stranger = blocked.as_(Role.CUSTOMER_VIEWER), blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    case = blocked.case("hours")
    with scope.work_in(blocked.line.partner):
        owner = (
            blocked.people["owner"].as_actor() if "owner" in blocked.people else blocked.person(Role.OWNER).as_actor()
        )
        note_case(case.id, text="Only for us.", by=owner)
        note_case(case.id, text="Please correct the timesheet.", by=owner, shared=True)
    page = _page(mine.get(f"/exceptions/{case.id}/"))
    assert "Please correct the timesheet." in page
    assert "Only for us." not in page
    for technical in ('aria-label="Sent"', "Retry all", "Queue", "/retry/", "/assign/", "the mapping", "{&quot;"):
        assert technical not in page, technical
    assert case.title in _page(mine.get("/exceptions/"))
    assert stranger.get(f"/exceptions/{case.id}/").status_code == 404
    assert case.title not in _page(stranger.get("/exceptions/"))


def test_ids_that_belong_to_nobody_are_not_found(blocked: Blocked) -> None:
    case, other = blocked.case("hours"), blocked.case("resource")
    (foreign,) = blocked.records(other)[:1]
    assert blocked.owner.get(f"/exceptions/{uuid4()}/").status_code == 404
    assert blocked.owner.get(f"/exceptions/{case.id}/records/{uuid4()}/edit/").status_code == 404
    assert blocked.owner.get(f"/exceptions/{case.id}/records/{foreign.id}/edit/").status_code == 404
    for verb in ("assign", "note", "retry", "skip", "value", "close"):
        assert blocked.owner.post(f"/exceptions/{uuid4()}/{verb}/").status_code == 404, verb
        assert blocked.owner.get(f"/exceptions/{case.id}/{verb}/").status_code == 405, verb


def test_another_partner_finds_none_of_it(blocked: Blocked) -> None:
    case = blocked.case("hours")
    elsewhere = Client(headers={"host": "brightforge.localhost"})
    elsewhere.cookies = blocked.owner.cookies
    assert elsewhere.get(f"/exceptions/{case.id}/").status_code in {302, 404}
