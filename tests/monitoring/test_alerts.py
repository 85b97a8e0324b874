"""Mails about new cases: to whom, what they say, and never twice."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.accounts.preferences import change_profile, profile_of
from apps.monitoring.alerting.telling import tell
from apps.monitoring.alerting.wording import MOST_CASES
from apps.monitoring.models import Alert, AlertMessage, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _people(blocked: Blocked, *roles: Role) -> None:
    with scope.work_in(blocked.line.partner):
        for role in roles:
            blocked.person(role)


def _send(blocked: Blocked) -> list[OutgoingMail]:
    with scope.work_in(blocked.line.partner):
        tell(timezone.now())
        return list(OutgoingMail.objects.order_by("to"))


def test_staff_who_work_cases_get_one_mail_about_all_of_them(blocked: Blocked) -> None:
    _people(blocked, Role.SUPPORT, Role.READ_ONLY)
    (mail,) = _send(blocked)
    cases = blocked.cases()
    assert mail.to == "support@alder.example"
    assert mail.subject.startswith(f"{len(cases)} new exceptions")
    for case in cases:
        assert case.title in mail.text
        assert re.search(rf"https?://alder\.localhost(:\d+)?/exceptions/{case.id}/", mail.text)
        assert f"/exceptions/{case.id}/" in mail.html
    assert blocked.line.customer.name in mail.text
    assert "Alder & Quay" in mail.text
    assert "Alder &amp; Quay" in mail.html


def test_nobody_is_told_of_a_case_twice(blocked: Blocked) -> None:
    _people(blocked, Role.SUPPORT, Role.FINANCE_APPROVER)
    assert len(_send(blocked)) == 2
    assert len(_send(blocked)) == 2
    with scope.work_in(blocked.line.partner):
        told = Alert.objects.filter(kind=Alert.Kind.OPENED)
        assert told.count() == len(blocked.cases())
        sent = AlertMessage.objects.order_by("receiver")
        assert [(one.receiver, one.occasion, one.state) for one in sent] == [
            ("finance_approver@alder.example", "needs_you", "sent"),
            ("support@alder.example", "opened", "sent"),
        ]


def test_who_switched_alerts_off_gets_none_and_no_old_ones_later(blocked: Blocked) -> None:
    _people(blocked, Role.SUPPORT, Role.OPERATIONS)
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.SUPPORT)
        change_profile(person, replace(profile_of(person), alerts=False))
    assert [mail.to for mail in _send(blocked)] == ["operations@alder.example"]
    with scope.work_in(blocked.line.partner):
        change_profile(person, replace(profile_of(person), alerts=True))
    assert len(_send(blocked)) == 1


def test_a_customer_is_told_only_of_what_waits_for_them_and_in_plain_words(blocked: Blocked) -> None:
    _people(blocked, Role.FINANCE_APPROVER, Role.CUSTOMER_VIEWER)
    (mail,) = _send(blocked)
    waiting = [case for case in blocked.cases() if case.waiting_on == "customer"]
    assert mail.to == "finance_approver@alder.example"
    assert mail.subject == f"{len(waiting)} matters need your help"
    assert len(set(re.findall(r"/exceptions/([0-9a-f-]{36})/", mail.text))) == len(waiting)
    assert "exception" not in mail.text.replace("/exceptions/", "").lower()
    assert "See what needs you" in mail.html


def test_another_customers_people_hear_nothing(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        blocked.person(Role.FINANCE_APPROVER, stranger=True)
    assert _send(blocked) == []


def test_a_single_case_is_named_in_the_subject(blocked: Blocked) -> None:
    _people(blocked, Role.SUPPORT)
    kept, *others = blocked.cases()
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id__in=[case.id for case in others]).update(
            state="closed", closed_at=timezone.now()
        )
    (mail,) = _send(blocked)
    assert mail.subject == f"New exception at {blocked.line.customer.name}: {kept.title}"


def test_many_cases_are_a_few_and_a_number(blocked: Blocked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_CASES > 1
    monkeypatch.setattr("apps.monitoring.alerting.wording.MOST_CASES", 1)
    _people(blocked, Role.SUPPORT)
    (mail,) = _send(blocked)
    more = len(blocked.cases()) - 1
    assert f"And {more} more." in mail.text
    assert f"And {more} more." in mail.html


def test_a_mail_of_a_partner_never_names_the_product(blocked: Blocked) -> None:
    _people(blocked, Role.SUPPORT, Role.FINANCE_APPROVER)
    for mail in _send(blocked):
        whole: Any = f"{mail.subject} {mail.text} {mail.html} {mail.sender}"
        assert "fairlead" not in whole.lower()
        assert "{" not in mail.subject
