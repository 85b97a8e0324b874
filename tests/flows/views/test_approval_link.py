"""The page behind a mail's link: opened by scanners, forged, old, used twice, and by a process that knows only the key."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.accounts import link_limits
from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, User
from apps.dispatch.models import DueWork
from apps.flows.models import ApprovalDecision, ApprovalRequest
from apps.flows.services.approval_mail import make_token
from apps.flows.services.approvals import decide
from apps.flows.services.walk_lanes import WALK_KIND
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.flows.asked import Office, browser_of, open_office

_DAY = 86_400
_NEW_PROCESS = """
import sys, json
from django.conf import settings
settings.configure(SECRET_KEY=sys.argv[1])
from django.core import signing
print(json.dumps(signing.loads(sys.argv[2], salt=sys.argv[3])))
"""


@dataclass
class Sent:
    """A question, and the link that was sent to somebody about it."""

    partner: PartnerRef
    office: Office
    request: ApprovalRequest
    person: User
    path: str

    def open(self, path: str = "") -> Any:
        """Open the link like anybody who has it."""
        return browser_of(None).get(path or self.path)

    def answer(self, **typed: str) -> Any:
        """Send the page's form."""
        return browser_of(None).post(self.path, typed)

    @property
    def state(self) -> str:
        """The question's state now."""
        with scope.enter(self.partner):
            return ApprovalRequest.objects.get(id=self.request.id).state


@pytest.fixture
def sent(partner_a: PartnerRef, clean_cache: None) -> Sent:
    """A link that was just sent."""
    with scope.enter(partner_a):
        office = open_office()
        request, person = office.ask(), office.person(Role.FINANCE, "Ann")
        return Sent(partner_a, office, request, person, _path(make_token(request.id, person.id)))


def _path(token: str) -> str:
    return reverse("flows:approval-mail", args=[token], urlconf="config.urls_partner")


def test_opening_it_shows_the_question_and_decides_nothing(sent: Sent) -> None:
    for query in ("", "?decision=approve", "?decision=reject"):
        response = sent.open(sent.path + query)
        page = response.content.decode()
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        for words in (sent.request.question, "P-100", "18,240.50", 'value="approve"', 'value="reject"', "ann@"):
            assert words in page
    assert sent.state == "open"


def test_the_answer_is_of_the_person_it_was_sent_to(sent: Sent) -> None:
    response = sent.answer(decision="approve", reason="As agreed.")
    assert response.status_code == 200
    assert "The record goes on" in response.content.decode()
    with scope.enter(sent.partner):
        said = ApprovalDecision.objects.get()
        assert (said.person, said.via, said.reason) == (sent.person, "mail", "As agreed.")
        assert AuditEntry.objects.get(action="approval_decided").actor_name == "Ann"
        assert DueWork.objects.filter(kind=WALK_KIND, reference=str(sent.request.operation_id)).exists()
    again = sent.open()
    assert again.status_code == 410
    assert "Ann approved this already" in again.content.decode()
    assert sent.answer(decision="reject", reason="No.").status_code == 410
    assert sent.state == "approved"


def test_a_refusal_without_a_reason_is_answered_in_place(sent: Sent) -> None:
    response = sent.answer(decision="reject")
    assert response.status_code == 400
    assert "Say why you refuse" in response.content.decode()
    assert sent.answer().status_code == 400
    assert sent.state == "open"
    assert sent.answer(decision="reject", reason="The rate is wrong.").status_code == 200
    assert sent.state == "rejected"


def test_the_form_on_the_page_can_be_sent_by_a_browser(sent: Sent) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": "alder.localhost"})
    page = browser.get(sent.path).content.decode()
    typed = dict(re.findall(r'name="(csrfmiddlewaretoken|once)" value="([^"]+)"', page))
    assert set(typed) == {"csrfmiddlewaretoken", "once"}
    assert browser.post(sent.path, {**typed, "decision": "approve"}).status_code == 200
    assert sent.state == "approved"


def test_the_same_form_sent_twice_is_taken_once(sent: Sent, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = sent.answer(decision="approve", once="token-of-the-form")
    again = sent.answer(decision="approve", once="token-of-the-form")
    assert (first.status_code, again.status_code) == (200, 302)
    with scope.enter(sent.partner):
        assert ApprovalDecision.objects.count() == 1


def test_a_process_that_knows_nothing_but_the_key_reads_the_link(sent: Sent) -> None:
    token = sent.path.rstrip("/").rpartition("/")[2]
    salt = f"approvals.mail:{sent.partner.id}"
    done = subprocess.run(
        [sys.executable, "-c", _NEW_PROCESS, settings.SECRET_KEY, token, salt], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == [sent.request.id.hex, sent.person.id.hex]
    cache.clear()  # what the broker remembered is gone as well
    assert sent.answer(decision="approve").status_code == 200
    assert sent.state == "approved"


def _turned(token: str) -> str:
    head, _, tail = token.partition(":")
    return f"{head[::-1]}:{tail}"


FORGED = [
    pytest.param(lambda sent, token: token[:-4], 404, id="cut off"),
    pytest.param(lambda sent, token: _turned(token), 404, id="changed"),
    pytest.param(lambda sent, token: "no-such-token", 404, id="made up"),
    pytest.param(lambda sent, token: signing.dumps(["x", 1], salt=f"approvals.mail:{sent.partner.id}"), 404, id="odd"),
    pytest.param(lambda sent, token: signing.dumps(None, salt=f"approvals.mail:{sent.partner.id}"), 404, id="empty"),
    pytest.param(
        lambda sent, token: signing.dumps([sent.request.id.hex, sent.person.id.hex], salt="another"), 404, id="alien"
    ),
]


@pytest.mark.parametrize(("forge", "status"), FORGED)
def test_a_link_that_was_never_made_opens_nothing(sent: Sent, forge: Callable[[Sent, str], str], status: int) -> None:
    token = forge(sent, sent.path.rstrip("/").rpartition("/")[2])
    response = sent.open(_path(token))
    assert response.status_code == status
    assert sent.request.question not in response.content.decode()
    assert browser_of(None).post(_path(token), {"decision": "approve"}).status_code == status
    assert sent.state == "open"


def test_a_link_of_one_partner_is_a_forgery_at_another(sent: Sent) -> None:
    response = browser_of(None).get(sent.path, headers={"host": "brightforge.localhost"})
    assert response.status_code == 404


def test_a_link_runs_out(sent: Sent) -> None:
    with patch.object(time, "time", return_value=time.time() + 31 * _DAY):
        response = sent.open()
    assert response.status_code == 410
    assert "30 days" in response.content.decode()
    assert sent.open().status_code == 200


def _leaves(sent: Sent) -> None:
    User.objects.filter(id=sent.person.id).update(is_active=False)


def _has_another_role(sent: Sent) -> None:
    User.objects.filter(id=sent.person.id).update(role=Role.SUPPORT)


def _is_decided(sent: Sent) -> None:
    decide(sent.request.id, person=sent.office.person(Role.FINANCE, "Ben"), decision="reject", reason="No.")


def _is_withdrawn(sent: Sent) -> None:
    ApprovalRequest.objects.filter(id=sent.request.id).update(state="withdrawn", closed_at=sent.request.asked_at)


MEANWHILE = [
    pytest.param(_leaves, "account here was closed", id="the person left"),
    pytest.param(_has_another_role, "You are not asked", id="the person has another role"),
    pytest.param(_is_decided, "Ben refused this already", id="a colleague decided"),
    pytest.param(_is_withdrawn, "No answer is needed any more", id="the record was stopped"),
]


@pytest.mark.parametrize(("happens", "words"), MEANWHILE)
def test_what_happened_meanwhile_is_said(sent: Sent, happens: Callable[[Sent], None], words: str) -> None:
    with scope.enter(sent.partner):
        happens(sent)
        before = ApprovalDecision.objects.count()
    for response in (sent.open(), sent.answer(decision="approve")):
        assert response.status_code == 410
        assert words in response.content.decode()
    with scope.enter(sent.partner):
        assert ApprovalDecision.objects.count() == before


def test_whoever_is_signed_in_the_link_decides_who_answers(sent: Sent) -> None:
    with scope.enter(sent.partner):
        browser = browser_of(sent.office.person(Role.CUSTOMER_VIEWER))
    assert browser.get(sent.path).status_code == 200
    assert browser.post(sent.path, {"decision": "approve"}).status_code == 200
    with scope.enter(sent.partner):
        assert ApprovalDecision.objects.get().person_name == "Ann"


def test_guessing_is_stopped_and_so_is_answering_without_end(sent: Sent) -> None:
    with patch.object(link_limits, "WRONG_LINKS_AN_HOUR", 2):
        answers = [sent.open(_path(f"guess-{number}")).status_code for number in range(4)]
        assert answers == [404, 404, 404, 429]
        assert sent.open().status_code == 429
    cache.clear()
    with patch.object(link_limits, "ANSWERS_AN_HOUR", 2):
        assert [sent.answer(decision="reject").status_code for _ in range(3)] == [400, 400, 429]
