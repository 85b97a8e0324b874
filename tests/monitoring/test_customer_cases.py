"""Exceptions as a customer's people see and work them: plain words, own rows only, answers and corrections."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.flows.models import Correction
from apps.monitoring.customer_answers import LONGEST_ANSWER
from apps.monitoring.models import CaseNote, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

LIST_CEILING = 14  # with the session, the person, the membership and the figures of the menu


def _page(response: Any) -> str:
    return response.content.decode()


def _waiting(blocked: Blocked) -> ExceptionCase:
    return next(case for case in blocked.cases() if case.waiting_on == "customer")


def _notes(blocked: Blocked, case: ExceptionCase) -> list[CaseNote]:
    with scope.work_in(blocked.line.partner):
        return list(CaseNote.objects.filter(case=case).order_by("id"))


def test_the_list_tells_who_has_the_next_step(blocked: Blocked) -> None:
    browser = blocked.as_(Role.FINANCE_APPROVER)
    page = browser.get("/exceptions/").context["page"]
    assert page.total == len(blocked.cases())
    yours = browser.get("/exceptions/?view=yours").context["page"]
    assert {row.waits_for for row in yours.rows} == {"customer"}
    assert yours.total + browser.get("/exceptions/?view=ours").context["page"].total == page.total


@pytest.mark.parametrize(
    ("query", "view"),
    [
        pytest.param("?view=customer", "yours", id="as mails call it"),
        pytest.param("?view=closed", "settled", id="as staff call it"),
        pytest.param("?view=%00<script>", "open", id="nonsense"),
        pytest.param("?page=99999", "open", id="a page that is not there"),
    ],
)
def test_any_address_of_the_list_is_answered(blocked: Blocked, query: str, view: str) -> None:
    response = blocked.as_(Role.CUSTOMER_VIEWER).get(f"/exceptions/{query}")
    assert response.status_code == 200
    assert response.context["view"] == view


def test_the_list_asks_no_more_however_many_there_are(blocked: Blocked) -> None:
    browser = blocked.as_(Role.FINANCE_APPROVER)
    browser.get("/exceptions/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/exceptions/")
    selects = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT ")]
    assert len([sql for sql in selects if "set_config" not in sql]) <= LIST_CEILING, selects


def test_the_list_is_a_file_too(blocked: Blocked) -> None:
    response = blocked.as_(Role.FINANCE_APPROVER).get("/exceptions/?format=csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert len(response.content.decode().strip().splitlines()) == len(blocked.cases()) + 1


def test_a_matter_says_what_happened_and_shows_its_records(blocked: Blocked) -> None:
    case = _waiting(blocked)
    response = blocked.as_(Role.FINANCE_APPROVER).get(f"/exceptions/{case.id}/")
    page = response.context["page"]
    assert response.status_code == 200
    assert {line.id for line in page.records} == {record.id for record in blocked.records(case)}
    assert page.matter.is_yours
    assert "What you can do" in _page(response)


def test_an_answer_reaches_staff_and_gives_them_the_next_step(blocked: Blocked) -> None:
    case = _waiting(blocked)
    browser = blocked.as_(Role.FINANCE_APPROVER)
    response = browser.post(f"/exceptions/{case.id}/answer/", {"text": "  The period is open again. <b>Ü</b>\x0b "})
    assert response.status_code == 302
    (note,) = _notes(blocked, case)
    assert note.text == "The period is open again. <b>Ü</b>"
    assert note.shared
    assert blocked.again(case).waiting_on == "partner"
    staff = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "The period is open again. &lt;b&gt;Ü&lt;/b&gt;" in staff
    assert "The customer answered." in staff
    with scope.work_in(blocked.line.partner):
        entry = AuditEntry.objects.filter(action="case_noted").get()
        assert entry.details["answer"] is True


def test_an_answer_sent_twice_is_kept_once(blocked: Blocked, clean_cache: None) -> None:
    case, browser = _waiting(blocked), blocked.as_(Role.FINANCE_APPROVER)
    for _ in range(2):
        typed = {"text": "The period is open again.", "once": "the-same-form"}
        assert browser.post(f"/exceptions/{case.id}/answer/", typed).status_code == 302
    assert len(_notes(blocked, case)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "Write your answer first", id="empty"),
        pytest.param(" \n\t ", "Write your answer first", id="blank"),
        pytest.param("x" * (LONGEST_ANSWER + 1), "An answer holds", id="oversized"),
        pytest.param("null \x00 byte", "Null characters", id="a NUL"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_beside_it(blocked: Blocked, text: str, words: str) -> None:
    case = _waiting(blocked)
    response = blocked.as_(Role.FINANCE_APPROVER).post(f"/exceptions/{case.id}/answer/", {"text": text})
    assert response.status_code == 400
    assert words in _page(response)
    assert _notes(blocked, case) == []
    assert response.context["form"]["text"].value() == text  # nothing typed is lost


def test_an_answer_to_what_is_settled_is_refused_kindly(blocked: Blocked) -> None:
    case = _waiting(blocked)
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=case.id).update(state="closed", closed_at=case.opened_at)
    response = blocked.as_(Role.FINANCE_APPROVER).post(f"/exceptions/{case.id}/answer/", {"text": "Done."})
    assert response.status_code == 400
    assert "settled already" in str(response.context["form"].errors)


def test_another_customers_people_find_no_such_matter(blocked: Blocked) -> None:
    case, stranger = _waiting(blocked), blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    record = blocked.records(case)[0]
    assert stranger.get(f"/exceptions/{case.id}/").status_code == 404
    assert stranger.post(f"/exceptions/{case.id}/answer/", {"text": "Mine?"}).status_code == 404
    assert stranger.get(f"/my/records/{record.id}/").status_code == 404
    assert stranger.get(f"/exceptions/{case.id}/records/{record.id}/correct/").status_code == 404
    assert _notes(blocked, case) == []


def test_internal_notes_and_steps_stay_with_staff(blocked: Blocked) -> None:
    case = _waiting(blocked)
    blocked.owner.post(f"/exceptions/{case.id}/note/", {"text": "They never pay in time."})
    blocked.owner.post(f"/exceptions/{case.id}/note/", {"text": "Please open the period.", "shared": "on"})
    page = _page(blocked.as_(Role.CUSTOMER_OWNER).get(f"/exceptions/{case.id}/"))
    assert "Please open the period." in page
    assert "They never pay in time." not in page


def test_whoever_may_corrects_a_value_of_their_own_record(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record, *_) = blocked.records(case)
    path = f"/exceptions/{case.id}/records/{record.id}/correct/"
    browser = blocked.as_(Role.FINANCE_APPROVER)
    assert path in _page(browser.get(f"/exceptions/{case.id}/"))
    assert browser.get(path).status_code == 200
    typed = {"field": "hours", "new_value": "7.5", "reason": "Typed twice."}
    assert browser.post(path, {**typed, "new_value": "many"}).status_code == 400
    assert browser.post(path, {**typed, "reason": ""}).status_code == 400
    assert browser.post(path, typed).status_code == 302
    blocked.work()
    with scope.work_in(blocked.line.partner):
        (correction,) = Correction.objects.filter(operation=record)
        assert correction.made_by == "Finance_Approver"
    assert blocked.line.operations(id=record.id)[0].state == "written"
    assert "Corrected" in _page(browser.get(f"/my/records/{record.id}/"))


@pytest.mark.parametrize("role", [Role.DELIVERY_LEAD, Role.CUSTOMER_VIEWER, Role.OWNER])
def test_others_may_not_correct_on_the_customers_page(blocked: Blocked, role: Role) -> None:
    case = blocked.case("hours")
    (record, *_) = blocked.records(case)
    path = f"/exceptions/{case.id}/records/{record.id}/correct/"
    browser = blocked.as_(role)
    assert browser.get(path).status_code == 403
    assert path not in _page(browser.get(f"/exceptions/{case.id}/"))


def test_every_record_tells_its_story(blocked: Blocked) -> None:
    browser = blocked.as_(Role.CUSTOMER_VIEWER)
    (held, *_), (written, *_) = blocked.line.operations(state="rejected"), blocked.line.operations(state="written")
    posted = browser.get(f"/my/records/{written.id}/").context["story"]
    assert posted.sentence == f"Posted to ERP as number {written.target_key}."
    assert [step.title for step in posted.steps] == ["Posted to ERP", "Taken over from PSA"]
    waiting = browser.get(f"/my/records/{held.id}/").context["story"]
    assert waiting.sentence.startswith("Held up: ")
    assert waiting.line.case_id in {case.id for case in blocked.cases()}


@pytest.mark.parametrize(
    "query",
    [
        "?what=nonsense",
        "?since=0001-01-01&until=9999-12-31",
        "?since=yesterday&flow=x&before=y&project=%00",
        "?what=held&project=",
        "?what=arrived&since=2026-12-31&until=2026-01-01",
        "?what=held_back&reason=%3Cscript%3E",
        "?format=csv&what=held",
    ],
)
def test_any_address_of_the_records_is_answered(blocked: Blocked, query: str) -> None:
    assert blocked.as_(Role.CUSTOMER_VIEWER).get(f"/my/records/{query}").status_code == 200
