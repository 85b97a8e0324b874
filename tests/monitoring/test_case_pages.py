"""The case page, over failures that really happened."""

from typing import Any
from uuid import uuid4

from django.test import Client

from apps.accounts.actions import Role
from apps.monitoring.cases import note_case
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _page(response: Any) -> str:
    return response.content.decode()


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
    assert f"/exceptions/{case.id}/" in _page(mine.get("/exceptions/"))
    assert stranger.get(f"/exceptions/{case.id}/").status_code == 404
    assert f"/exceptions/{case.id}/" not in _page(stranger.get("/exceptions/"))


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
