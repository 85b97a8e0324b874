"""Organising the work on cases: sorting in, following, resting, booked waiting, merging, and what happens again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail, User
from apps.flows.models import Operation
from apps.monitoring import case_work, customer_answers
from apps.monitoring.models import Alert, CaseNote, CaseWait, ExceptionCase, Team
from apps.monitoring.queries.case_people import sum_waits
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _page(response: Any) -> str:
    return response.content.decode()


def _post(blocked: Blocked, case: ExceptionCase, deed: str, **typed: Any) -> Any:
    return blocked.owner.post(f"/exceptions/{case.id}/{deed}/", typed, follow=True)


def _view(blocked: Blocked, view: str) -> set[Any]:
    return {row.id for row in blocked.owner.get(f"/exceptions/?by=list&view={view}").context["list"].rows}


@pytest.fixture
def worker(blocked: Blocked) -> User:
    """Somebody who works exceptions."""
    with scope.work_in(blocked.line.partner):
        return blocked.person(Role.SUPPORT)


def _two(blocked: Blocked) -> tuple[ExceptionCase, ExceptionCase]:
    case = blocked.case("hours")
    return case, next(known for known in blocked.cases() if known.id != case.id and known.operation_count)


def _fail_again(blocked: Blocked, record: Operation) -> None:
    """Let a settled record be refused for the same reason once more, as a later run would leave it."""
    with scope.work_in(blocked.line.partner):
        Operation.objects.filter(id=record.id).update(state="rejected", changed_at=timezone.now())
    blocked.judge()


def _settle(blocked: Blocked, *records: Operation) -> None:
    with scope.work_in(blocked.line.partner):
        for record in records:
            Operation.objects.filter(id=record.id).update(state="written", changed_at=timezone.now(), target_key="T-1")
    blocked.judge()


def test_a_case_is_sorted_into_queue_team_priority_and_tags(blocked: Blocked) -> None:
    case = blocked.case("hours")
    with scope.work_in(blocked.line.partner):
        team = Team.objects.create(name="Night watch")
    typed = {"queue": "provider", "priority": "1", "team": str(team.id), "tags": "Month end"}
    _post(blocked, case, "sort", **typed)
    now = blocked.again(case)
    assert (now.queue, now.priority, now.team_id, now.tags) == ("provider", 1, team.id, ["month end"])
    for wrong, sentence in [
        ({"queue": "nonsense"}, "Select a valid choice"),
        ({"priority": "9"}, "Select a valid choice"),
        ({"team": str(case.id)}, "Select a valid choice"),
        ({"tags": "<b>"}, "cannot be a tag"),
    ]:
        answer = _post(blocked, case, "sort", **{**typed, **wrong})
        assert (answer.status_code, sentence in _page(answer)) == (400, True), wrong
    assert blocked.again(case).tags == ["month end"]


def test_whoever_is_named_in_a_note_follows_the_case_and_is_told_without_its_words(
    blocked: Blocked, worker: User
) -> None:
    case = blocked.case("hours")
    _post(blocked, case, "note", text=f"@{worker.name} the consultant typed 700 hours")
    with scope.work_in(blocked.line.partner):
        (mail,) = OutgoingMail.objects.filter(to=worker.email)
    assert "mentioned you" in mail.subject
    assert str(case.id) in mail.text
    assert "consultant" not in mail.text + mail.html
    browser = blocked.as_(Role.SUPPORT)
    watched = browser.get("/exceptions/?by=list&view=watched").context["list"].rows
    assert [row.id for row in watched] == [case.id]
    assert worker.name in _page(browser.get(f"/exceptions/{case.id}/"))
    browser.post(f"/exceptions/{case.id}/watch/", {"not": "1"})
    assert not browser.get("/exceptions/?by=list&view=watched").context["list"].rows
    browser.post(f"/exceptions/{case.id}/watch/")
    assert len(browser.get("/exceptions/?by=list&view=watched").context["list"].rows) == 1


def test_a_resting_case_is_out_of_the_way_until_its_time_has_come(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _post(blocked, case, "snooze", until="tomorrow", reason="The customer is closed today.")
    now = blocked.again(case)
    assert now.snoozed_until is not None
    assert (case.id in _view(blocked, "snoozed"), case.id in _view(blocked, "unassigned")) == (True, False)
    assert case.id in _view(blocked, "open")
    with scope.work_in(blocked.line.partner):
        assert case_work.wake_due(now.snoozed_until - timedelta(seconds=1)) == 0
        assert case_work.wake_due(now.snoozed_until) == 1
        assert case_work.wake_due(now.snoozed_until) == 0
    assert case.id in _view(blocked, "unassigned")
    assert "Awake again: its time has come." in _page(blocked.owner.get(f"/exceptions/{case.id}/"))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"until": "tomorrow"}, "Say why it rests"),
        ({"until": "day", "reason": "x"}, "Say which day"),
        ({"until": "day", "day": "2020-01-01", "reason": "x"}, "still to come"),
        ({"until": "day", "day": "2199-01-01", "reason": "x"}, "At most 90 days"),
        ({"until": "day", "day": "nonsense", "reason": "x"}, "Enter a valid date"),
        ({"until": "nonsense", "reason": "x"}, "Select a valid choice"),
    ],
    ids=["no reason", "no day", "a day that is past", "a day too far", "no date", "no choice"],
)
def test_a_rest_that_cannot_be_is_explained_in_place(blocked: Blocked, typed: dict[str, str], sentence: str) -> None:
    case = blocked.case("hours")
    answer = _post(blocked, case, "snooze", **typed)
    assert (answer.status_code, sentence in _page(answer)) == (400, True)
    assert blocked.again(case).snoozed_until is None


def test_new_failures_and_the_customers_answer_wake_a_resting_case(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    _post(blocked, case, "snooze", until="hours", reason="Later.")
    _fail_again(blocked, record)
    assert blocked.again(case).snoozed_until is None
    _post(blocked, case, "snooze", until="monday", reason="Later.")
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.CUSTOMER_OWNER)
        customer_answers.answer_case(case.id, text="Seven hours.", by=person.as_actor())
    assert blocked.again(case).snoozed_until is None


def test_the_time_a_case_waits_is_booked_on_whoever_has_the_next_step(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _post(blocked, case, "wait", party="provider", note="Ticket 4711")
    assert blocked.again(case).waiting_on == "provider"
    again = _post(blocked, case, "wait", party="provider")
    assert "have the next step already" in _page(again)
    with scope.work_in(blocked.line.partner):
        first, second = CaseWait.objects.filter(case=case)
        assert (first.ended_at, second.ended_at, second.note) == (second.began_at, None, "Ticket 4711")
        CaseWait.objects.filter(id=first.id).update(began_at=first.ended_at - timedelta(hours=3))
        waited = {one.party: (one.time, one.is_now) for one in sum_waits(case, second.began_at + timedelta(hours=1))}
        assert sorted(waited.values()) == [(timedelta(hours=1), True), (timedelta(hours=3), False)]
        blocked_by = blocked.again(case)
    _post(blocked, blocked_by, "close", reason="Settled by phone.")
    with scope.work_in(blocked.line.partner):
        assert not CaseWait.objects.filter(case=case, ended_at=None).exists()


def test_a_merged_case_hands_over_everything_and_a_merge_can_be_taken_back(blocked: Blocked) -> None:
    case, other = _two(blocked)
    own, others = blocked.records(case), blocked.records(other)
    _post(blocked, case, "note", text="Seen before.")
    _post(blocked, case, "merge", into=str(other.id))
    closed, goes_on = blocked.again(case), blocked.again(other)
    assert (closed.state, closed.closed_how, closed.merged_into_id) == ("closed", "merged", other.id)
    assert goes_on.operation_count == case.operation_count + other.operation_count
    assert {record.id for record in blocked.records(other)} == {record.id for record in own + others}
    page = _page(blocked.owner.get(f"/exceptions/{other.id}/"))
    assert "Seen before." in page
    assert "Merged into this" in page
    _fail_again(blocked, own[0])  # what fails for its cause goes on there, too
    assert {known.id for known in blocked.cases()} & {case.id} == set()
    assert blocked.again(other).operation_count == goes_on.operation_count
    blocked.owner.post(f"/exceptions/{case.id}/unmerge/")
    back = blocked.again(case)
    assert (back.state, back.merged_into_id, back.operation_count) == ("open", None, case.operation_count)
    assert {record.id for record in blocked.records(case)} == {record.id for record in own}
    assert {record.id for record in blocked.records(other)} == {record.id for record in others}
    with scope.work_in(blocked.line.partner):
        assert CaseNote.objects.get().case_id == case.id
    assert "is not merged" in _page(_post(blocked, case, "unmerge"))


def test_a_case_is_not_merged_into_itself_a_closed_one_or_nothing(blocked: Blocked) -> None:
    case, other = _two(blocked)
    for into in (str(case.id), "", "nonsense"):
        answer = _post(blocked, case, "merge", into=into)
        assert answer.status_code == 400, into
    _post(blocked, other, "close", reason="By phone.")
    assert _post(blocked, case, "merge", into=str(other.id)).status_code == 400
    assert blocked.again(case).state == "open"


def test_what_happens_again_within_a_week_opens_the_same_case_with_its_history(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    with scope.work_in(blocked.line.partner):
        Alert.objects.create(case=case, customer_id=case.customer_id, kind="opened", sent_at=timezone.now())
    _settle(blocked, record)
    assert blocked.again(case).state == "closed"
    proof = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "What proves it" in proof
    assert "T-1" in proof
    assert "version 1 of the flow" in proof
    _fail_again(blocked, record)
    again = blocked.again(case)
    assert (again.state, again.reopened, again.first_opened_at) == ("open", 1, case.opened_at)
    assert again.opened_at > case.opened_at
    page = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert "Opened again: it happened again." in page
    with scope.work_in(blocked.line.partner):
        assert not Alert.objects.filter(case=case).exists()  # people are told again
    _settle(blocked, record)
    with scope.work_in(blocked.line.partner):
        long_ago = timezone.now() - timedelta(days=8)
        ExceptionCase.objects.filter(id=case.id).update(closed_at=long_ago)
    _fail_again(blocked, record)
    assert blocked.again(case).state == "closed"
    assert blocked.case("hours").id != case.id
