"""Approvals on screen: what waits for whom, one question, the answer, and who stands in."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.flows.models import ApprovalDecision, ApprovalRequest, Delegation
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.flows.asked import HOUR, Office, browser_of, open_office, stand_in


@dataclass
class Desk:
    """A customer's questions, and everybody's browsers."""

    partner: PartnerRef
    office: Office

    def ask(self, **changes: Any) -> ApprovalRequest:
        """Ask something."""
        with scope.enter(self.partner):
            return self.office.ask(**changes)

    def as_(self, role: Role, *, stranger: bool = False) -> Client:
        """Return somebody's browser."""
        with scope.enter(self.partner):
            return browser_of(self.office.person(role, stranger=stranger))

    def state(self, request: ApprovalRequest) -> str:
        """Return a question's state now."""
        with scope.enter(self.partner):
            return ApprovalRequest.objects.get(id=request.id).state


@pytest.fixture
def desk(partner_a: PartnerRef, clean_cache: None) -> Desk:
    """A customer with one flow."""
    with scope.enter(partner_a):
        return Desk(partner_a, open_office())


def _page(response: Any) -> str:
    return str(response.content.decode())


LISTED = [
    pytest.param("", ["Mine?"], id="for you"),
    pytest.param("?view=open", ["Mine?", "Theirs?"], id="all open"),
    pytest.param("?view=decided", ["Old?"], id="closed"),
    pytest.param("?view=open&due=overdue", ["Theirs?"], id="overdue"),
    pytest.param("?view=open&q=mine", ["Mine?"], id="words"),
    pytest.param("?view=open&customer=CUSTOMER&flow=FLOW", ["Mine?", "Theirs?"], id="customer and flow"),
    pytest.param("?view=open&customer=00000000-0000-4000-8000-000000000000", [], id="a customer that is none"),
]


@pytest.mark.parametrize(("query", "expected"), LISTED)
def test_the_list_shows_what_is_asked_for(desk: Desk, query: str, expected: list[str]) -> None:
    desk.ask(question="Mine?")
    theirs = desk.ask(question="Theirs?", role="finance_approver", due_seconds=HOUR)
    old = desk.ask(question="Old?")
    with scope.enter(desk.partner):
        past = timezone.now() - timedelta(hours=2)
        ApprovalRequest.objects.filter(id=theirs.id).update(due_at=past)
        ApprovalRequest.objects.filter(id=old.id).update(state="approved", closed_at=past)
    query = query.replace("CUSTOMER", str(desk.office.customer.id)).replace("FLOW", str(desk.office.flow.id))
    page = _page(desk.as_(Role.FINANCE).get(f"/approvals/{query}"))
    assert [words for words in ("Mine?", "Theirs?", "Old?") if words in page] == expected


def test_the_file_of_the_list_holds_the_same(desk: Desk) -> None:
    desk.ask(question="Mine?")
    answer: Any = desk.as_(Role.FINANCE).get("/approvals/?format=csv")
    text = b"".join(answer.streaming_content).decode()
    assert "Mine?" in text
    assert "18240.5" in text


def test_one_question_is_answered_where_it_is_shown(desk: Desk) -> None:
    request, finance = desk.ask(), desk.as_(Role.FINANCE)
    path = f"/approvals/{request.id}/"
    page = _page(finance.get(path))
    for words in (request.question, "18,240.50", "P-100", "Ada Adler", f"/operations/{request.operation_id}/"):
        assert words in page
    refused = finance.post(f"{path}decide/", {"decision": "reject", "reason": ""})
    assert refused.status_code == 400
    assert "Say why you refuse" in _page(refused)
    typed = finance.post(f"{path}decide/", {"decision": "never", "reason": "kept words"})
    assert typed.status_code == 400
    assert "Choose approve or refuse" in _page(typed)
    assert "kept words" in _page(typed)
    assert finance.post(f"{path}decide/", {"decision": "approve"}).status_code == 302
    assert desk.state(request) == "approved"
    after = _page(finance.get(path))
    assert "approved this already" in after
    assert "Approved" in after
    assert 'value="approve"' not in after
    late = finance.post(f"{path}decide/", {"decision": "reject", "reason": "No."}, follow=True)
    assert "approved this already" in _page(late)
    assert desk.state(request) == "approved"


def test_the_form_on_the_page_can_be_sent_by_a_browser(desk: Desk) -> None:
    request, finance = desk.ask(), desk.as_(Role.FINANCE)
    browser = Client(enforce_csrf_checks=True, headers={"host": "alder.localhost"})
    browser.cookies = finance.cookies
    page = _page(browser.get(f"/approvals/{request.id}/"))
    action, form = re.search(r'<form method="post" action="(/approvals/[^"]+)"(.+?)</form>', page, re.DOTALL).groups()  # type: ignore[union-attr]
    typed = dict(re.findall(r'name="(csrfmiddlewaretoken|once)" value="([^"]+)"', form))
    assert browser.post(action, {**typed, "decision": "approve"}).status_code == 302
    assert desk.state(request) == "approved"


def test_who_is_not_asked_sees_it_and_cannot_answer(desk: Desk) -> None:
    request, finance = desk.ask(role="owner"), desk.as_(Role.FINANCE)
    page = _page(finance.get(f"/approvals/{request.id}/"))
    assert "You are not asked" in page
    answer = finance.post(f"/approvals/{request.id}/decide/", {"decision": "approve"})
    assert answer.status_code == 400
    assert "for others to decide" in _page(answer)
    assert desk.state(request) == "open"


def test_a_customers_people_see_and_answer_what_they_are_asked(desk: Desk) -> None:
    own, internal = desk.ask(question="Is this right?", role="finance_approver"), desk.ask(question="Ours alone?")
    approver = desk.as_(Role.FINANCE_APPROVER)
    needs = _page(approver.get("/my/needs/"))
    assert "Is this right?" in needs
    for page in (needs, _page(approver.get("/approvals/?view=open"))):
        assert "Ours alone?" not in page
    assert approver.get(f"/approvals/{internal.id}/").status_code == 404
    assert approver.post(f"/approvals/{internal.id}/decide/", {"decision": "approve"}).status_code == 404
    page = _page(approver.get(f"/approvals/{own.id}/"))
    assert f"/my/records/{own.operation_id}/" in page
    assert "/operations/" not in page
    assert approver.post(f"/approvals/{own.id}/decide/", {"decision": "approve"}).status_code == 302
    with scope.enter(desk.partner):
        assert ApprovalDecision.objects.get().via == "screen"
    assert "Is this right?" not in _page(approver.get("/my/needs/"))


def test_people_of_another_customer_find_nothing(desk: Desk) -> None:
    request = desk.ask(role="finance_approver")
    stranger = desk.as_(Role.FINANCE_APPROVER, stranger=True)
    assert stranger.get(f"/approvals/{request.id}/").status_code == 404
    assert request.question not in _page(stranger.get("/approvals/?view=open"))
    assert request.question not in _page(stranger.get("/search/?q=invoice"))


@pytest.mark.parametrize("role", [Role.FINANCE, Role.FINANCE_APPROVER])
def test_the_search_and_the_menu_know_them(desk: Desk, role: Role) -> None:
    request = desk.ask(role=role.value)
    browser = desk.as_(role)
    assert f"/approvals/{request.id}/" in _page(browser.get("/search/?q=invoice+4711"))
    badge = {Role.FINANCE: "open-approvals", Role.FINANCE_APPROVER: "needed-from-customer"}[role]
    assert browser.get("/settings/counts/").json()[badge]["number"] == 1


def _days(first: int, last: int) -> dict[str, str]:
    today = timezone.now().date()
    return {
        "starts_on": (today + timedelta(days=first)).isoformat(),
        "ends_on": (today + timedelta(days=last)).isoformat(),
    }


def test_a_stand_in_is_appointed_seen_and_dismissed(desk: Desk) -> None:
    with scope.enter(desk.partner):
        finance, owner = desk.office.person(Role.FINANCE), desk.office.person(Role.OWNER)
        desk.office.person(Role.SUPPORT)
        mine, theirs = browser_of(finance), browser_of(owner)
    page = _page(mine.get("/settings/stand-in/"))
    assert "Owner" in page
    assert "Support" not in page.partition("<form")[2]
    assert mine.post("/settings/stand-in/", {"stand_in": str(owner.id), **_days(0, 5)}).status_code == 302
    assert "Finance" in _page(theirs.get("/settings/stand-in/"))
    with scope.enter(desk.partner):
        made = Delegation.objects.get()
        assert AuditEntry.objects.filter(action="delegation_changed").count() == 1
    assert theirs.post(f"/settings/stand-in/{made.id}/end/").status_code == 404  # not their absence
    assert mine.post(f"/settings/stand-in/{made.id}/end/").status_code == 302
    with scope.enter(desk.partner):
        assert not Delegation.objects.exists()


WRONG = [
    pytest.param({**_days(5, 2)}, "before the first", id="days in the wrong order"),
    pytest.param({**_days(-9, -3)}, "are over", id="days that are over"),
    pytest.param({**_days(0, 500)}, "a year at most", id="too long"),
    pytest.param({**_days(3, 4)}, "already", id="days that are taken"),
    pytest.param({"starts_on": "soon", "ends_on": ""}, "valid date", id="no days"),
    pytest.param({**_days(20, 21), "stand_in": "SUPPORT"}, "Select a valid choice", id="somebody who may not approve"),
    pytest.param({**_days(20, 21), "stand_in": "nobody"}, "is not a valid", id="no id"),
]


@pytest.mark.parametrize(("typed", "words"), WRONG)
def test_a_stand_in_that_cannot_be_is_answered_in_place(desk: Desk, typed: dict[str, str], words: str) -> None:
    with scope.enter(desk.partner):
        finance, owner = desk.office.person(Role.FINANCE), desk.office.person(Role.OWNER)
        support = desk.office.person(Role.SUPPORT)
        stand_in(finance, owner, 3, 9)
        browser = browser_of(finance)
    chosen = typed.get("stand_in", str(owner.id)).replace("SUPPORT", str(support.id))
    answer = browser.post("/settings/stand-in/", {**typed, "stand_in": chosen})
    assert answer.status_code == 400
    assert words in _page(answer)
    with scope.enter(desk.partner):
        assert Delegation.objects.count() == 1
