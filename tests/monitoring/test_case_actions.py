"""What people do on a case's page, down to what the other system really holds afterwards."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.actions import Role
from apps.flows.models import Flow, Operation, Run
from apps.flows.services.flow_state import pause_flow
from apps.monitoring.models import CaseOperation, CaseStep, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _page(response: Any) -> str:
    return response.content.decode()


def _lines_of(blocked: Blocked, record: Operation) -> list[dict[str, Any]]:
    return [line for line in blocked.line.time_lines() if line["external_id"] == record.source_key]


def _edit(blocked: Blocked, record: Operation, case: ExceptionCase, **typed: str) -> Any:
    values = {"field": "hours", "new_value": "7.5", "reason": "Typed wrongly; asked the consultant.", **typed}
    return blocked.owner.post(f"/exceptions/{case.id}/records/{record.id}/edit/", values, follow=True)


def test_a_corrected_record_arrives_once_and_its_case_closes_itself(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    assert _lines_of(blocked, record) == []
    form = _page(blocked.owner.get(f"/exceptions/{case.id}/records/{record.id}/edit/"))
    assert form.index('value="hours"') < form.index('value="project"')
    done = _edit(blocked, record, case)
    assert "on its way again" in _page(done)
    assert "Updates by itself" in _page(done)
    under_way = blocked.owner.get(f"/exceptions/{case.id}/", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in _page(under_way)
    assert "<html" not in _page(under_way)
    blocked.work()
    (line,) = _lines_of(blocked, record)
    assert float(line["quantity"]) == 7.5
    assert blocked.again(case).state == "closed"
    over = blocked.owner.get(f"/exceptions/{case.id}/", headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"
    closed = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "1 record settled: 1 written." in closed
    assert "Correct and retry" not in closed
    assert str(case.id) in _page(blocked.owner.get("/exceptions/?view=closed"))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new_value": "seven"}, "Hours:"),
        ({"field": "nonsense"}, "Select a valid choice"),
        ({"reason": " "}, "Say why"),
        ({"field": ""}, "This field is required"),
    ],
    ids=["a value that is no number", "a field that is none", "no reason", "no field"],
)
def test_a_correction_that_cannot_be_is_explained_in_place(
    blocked: Blocked, typed: dict[str, str], sentence: str
) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    answer = _edit(blocked, record, case, **typed)
    assert answer.status_code == 400
    assert sentence in _page(answer)
    assert blocked.again(case).state == "open"


def test_the_same_correction_sent_twice_is_one_correction_and_one_retry(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    _edit(blocked, record, case)
    again = _edit(blocked, record, case)
    assert "is being tried again already" in _page(again)
    with scope.work_in(blocked.line.partner):
        assert Run.objects.filter(mode=Run.Mode.REPLAY).count() == 1
    blocked.work()
    assert len(_lines_of(blocked, record)) == 1


def test_a_correction_by_somebody_without_the_right_is_refused(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    for role in (Role.SUPPORT, Role.READ_ONLY, Role.FINANCE_APPROVER):
        path = f"/exceptions/{case.id}/records/{record.id}/edit/"
        assert blocked.as_(role).post(path, {"field": "hours"}).status_code == 403, role


def test_a_retry_that_fails_again_leaves_the_case_open_and_says_so(blocked: Blocked) -> None:
    case = blocked.case("resource")
    page = _page(blocked.owner.post(f"/exceptions/{case.id}/retry/", follow=True))
    assert "On its way again" in page
    twice = _page(blocked.owner.post(f"/exceptions/{case.id}/retry/", follow=True))
    assert "is being tried again already" in twice
    blocked.work()
    (still,) = blocked.cases(error_field="resource", closed_at=None)
    assert still.state == "open"
    assert blocked.records(still)
    with scope.work_in(blocked.line.partner):
        failures = CaseOperation.objects.filter(case=still).order_by("failed_at")
        assert [one.again for one in failures] == [False, True]


def test_mended_in_the_other_system_a_retry_of_ticked_records_closes_the_case(blocked: Blocked) -> None:
    case = blocked.case("resource")
    (record,) = blocked.records(case)
    line = blocked.line
    person = {"number": "E-9001", "name": "Robin Vale", "company": "100", "active": True}
    line.sandbox.do(lambda client: client.create_record("erp", line.company, "employees", **person))
    blocked.owner.post(f"/exceptions/{case.id}/retry/", {"records": [str(record.id), "nonsense"]})
    blocked.work()
    assert blocked.again(case).state == "closed"
    assert len(_lines_of(blocked, record)) == 1


def test_records_are_left_out_only_with_a_reason(blocked: Blocked) -> None:
    case = blocked.case("hours")
    here = f"/exceptions/{case.id}/skip/"
    assert "Say why these records are left out" in _page(blocked.owner.post(here, follow=True))
    done = _page(blocked.owner.post(here, {"reason": "Booked by mistake."}, follow=True))
    assert "left out" in done
    blocked.judge()
    assert blocked.again(case).state == "closed"
    late = _page(blocked.owner.post(here, {"reason": "Again."}, follow=True))
    assert "This exception is closed: nothing was changed." in late


def test_a_case_is_assigned_to_those_who_work_cases_only(blocked: Blocked) -> None:
    case, path = blocked.case("hours"), f"/exceptions/{blocked.case('hours').id}/assign/"
    browser = blocked.owner
    with scope.work_in(blocked.line.partner):
        support, viewer = blocked.person(Role.SUPPORT), blocked.person(Role.READ_ONLY)
    browser.post(path, {"owner": str(support.id)})
    assert blocked.again(case).owner_id == support.id
    assert str(case.id) in _page(blocked.as_(Role.SUPPORT).get("/exceptions/?view=mine"))
    for wrong, sentence in (
        (str(viewer.id), "Choose a person whose role works exceptions."),
        (str(uuid4()), "Choose a person whose role works exceptions."),
        ("nonsense", "Choose a person of the list."),
    ):
        assert sentence in _page(browser.post(path, {"owner": wrong}, follow=True))
    browser.post(path, {"owner": ""})
    assert blocked.again(case).owner_id is None


def test_a_note_is_written_escaped_and_never_empty(blocked: Blocked) -> None:
    case = blocked.case("hours")
    here = f"/exceptions/{case.id}/note/"
    assert "an empty note helps nobody" in _page(blocked.owner.post(here, {"text": " "}, follow=True))
    assert "Shorten it" in _page(blocked.owner.post(here, {"text": "x" * 4001}, follow=True))
    page = _page(blocked.owner.post(here, {"text": "<b>Called</b> them."}, follow=True))
    assert "&lt;b&gt;Called&lt;/b&gt; them." in page
    assert "Noted, for ourselves." in page


def test_a_case_is_closed_by_hand_with_a_reason_and_once(blocked: Blocked) -> None:
    case = blocked.case("hours")
    here = f"/exceptions/{case.id}/close/"
    assert "Say why it is closed" in _page(blocked.owner.post(here, follow=True))
    blocked.owner.post(here, {"reason": "Billed by hand."})
    assert (blocked.again(case).state, blocked.again(case).closed_reason) == ("closed", "Billed by hand.")
    assert "This exception is closed" in _page(blocked.owner.post(here, {"reason": "Twice."}, follow=True))
    with scope.work_in(blocked.line.partner):
        assert CaseStep.objects.filter(case=case, sentence__startswith="Closed").count() == 1


def test_a_translation_for_a_field_without_a_table_is_refused_in_words(blocked: Blocked) -> None:
    case = blocked.case("cost_center")
    assert "The mapping has no table of values for this field" in _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    here = f"/exceptions/{case.id}/value/"
    for typed, sentence in (
        ({}, "Fill this in"),
        ({"target": "cost_center", "outside_value": "CC-990", "new_value": "CC-100"}, "has no table of values"),
        ({"target": "nonsense", "outside_value": "a", "new_value": "b"}, "fills no field called"),
    ):
        assert sentence in _page(blocked.owner.post(here, typed, follow=True))
    assert blocked.as_(Role.FINANCE).post(here).status_code == 403


def test_a_translation_is_published_and_the_records_are_tried_again(blocked: Blocked) -> None:
    case = blocked.case("cost_center")
    (record,) = blocked.records(case)
    mapping = f"/flows/{blocked.line.flow.id}/mapping/cost_center/"
    line = {"source": "cost_center", "write_mode": "overwrite", "publish": "1", "otherwise": "CC-110"}
    table = {**line, "value_from": ["CC-000"], "value_to": ["CC-110"]}
    assert blocked.owner.post(mapping, table).status_code == 302
    page = blocked.owner.get(f"/exceptions/{case.id}/")
    assert page.context["page"].missing_values[0].value == "CC-990"
    assert "Add a translation…" in _page(page)
    typed = {"target": "cost_center", "outside_value": "CC-990", "new_value": "CC-110"}
    assert "CC-990 becomes CC-110" in _page(blocked.owner.post(f"/exceptions/{case.id}/value/", typed, follow=True))
    blocked.work()
    assert blocked.again(case).state == "closed"
    (arrived,) = _lines_of(blocked, record)
    assert arrived["cost_center"] == "CC-110"


def test_nothing_is_retried_while_the_flow_is_paused(blocked: Blocked) -> None:
    case = blocked.case("hours")
    with scope.work_in(blocked.line.partner):
        pause_flow(Flow.objects.get(id=blocked.line.flow.id), reason="Period end.", made_by="Owner")
    assert "set it live first" in _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "set it live" in _page(blocked.owner.post(f"/exceptions/{case.id}/retry/", follow=True))
    (record,) = blocked.records(case)
    assert _edit(blocked, record, case).status_code == 400
    assert blocked.again(case).state == "open"
