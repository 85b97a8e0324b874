"""What becomes of a question by itself: mails, reminders, escalation, and its end when nobody answers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail, Preference
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import DueWork
from apps.flows.models import ApprovalRequest
from apps.flows.services import approval_follow_up, approvals
from apps.flows.services.approval_follow_up import Deed, Times, next_deed
from apps.flows.services.walk_lanes import WALK_KIND
from apps.tenants.scope import PartnerRef
from tests.flows.asked import HOUR, Office, open_office, stand_in

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def _at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def _times(**values: Any) -> Times:
    usual = {"told_at": START, "due_at": None, "remind_every": None, "escalates": False, "escalated_at": None}
    return Times(asked_at=START, **{**usual, **values})


NEXT = [
    pytest.param(_times(told_at=None, due_at=_at(-1)), (Deed.ASK, START), id="first of all people are asked"),
    pytest.param(_times(), None, id="without times it only waits"),
    pytest.param(_times(due_at=_at(8)), (Deed.EXPIRE, _at(8)), id="nobody else to ask: its time is its end"),
    pytest.param(_times(due_at=_at(8), escalates=True), (Deed.ESCALATE, _at(8)), id="somebody else is asked first"),
    pytest.param(
        _times(due_at=_at(8), escalates=True, escalated_at=_at(9), told_at=_at(9)),
        (Deed.EXPIRE, _at(17)),
        id="whoever it went to has as long as the first had",
    ),
    pytest.param(_times(remind_every=timedelta(hours=3)), (Deed.REMIND, _at(3)), id="a reminder without an end"),
    pytest.param(
        _times(due_at=_at(8), remind_every=timedelta(hours=3), told_at=_at(3)), (Deed.REMIND, _at(6)), id="the next one"
    ),
    pytest.param(
        _times(due_at=_at(8), remind_every=timedelta(hours=3), told_at=_at(6)), (Deed.EXPIRE, _at(8)), id="or its end"
    ),
]


def test_nobody_is_reminded_of_what_is_over() -> None:
    times = _times(due_at=_at(8), remind_every=timedelta(hours=3))
    assert next_deed(times, _at(9)) == (Deed.EXPIRE, _at(8))


@pytest.mark.parametrize(("times", "expected"), NEXT)
def test_what_comes_next(times: Times, expected: tuple[Deed, datetime] | None) -> None:
    assert next_deed(times, START) == expected


@pytest.fixture
def office(in_partner_a: PartnerRef) -> Office:
    """A customer with a flow, in the partner's scope."""
    return open_office()


@pytest.fixture
def clock() -> Iterator[Callable[[float], None]]:
    """Return a way to set the hours since the question was asked; everything here reads this clock."""
    with patch.object(timezone, "now", return_value=START) as now:

        def to(hours: float) -> None:
            now.return_value = _at(hours)

        yield to


class _Held(LeasedWork):
    def confirm(self) -> None:
        """Nobody else works in these tests."""


def _look(request: ApprovalRequest, partner: PartnerRef) -> datetime | None:
    """Do what is due, and return when it wants to be looked at again."""
    work = _Held(1, partner, request.customer_id, approvals.APPROVAL_KIND, str(request.id), 1, 1)
    again = approval_follow_up.follow_up(work)
    request.refresh_from_db()
    return again.at if again else None


def _told() -> list[tuple[str, str]]:
    """Return who was written to since the last look, and with which subject."""
    told = [(row.to, row.subject) for row in OutgoingMail.objects.order_by("id")]
    OutgoingMail.objects.all().delete()
    return told


def test_everyone_asked_gets_a_mail_also_who_wants_no_alerts(office: Office, in_partner_a: PartnerRef) -> None:
    ann, owner = office.person(Role.FINANCE, "Ann"), office.person(Role.OWNER, "Olga")
    ben = office.person(Role.FINANCE, "Ben")
    office.person(Role.SUPPORT)
    stand_in(ann, owner)
    Preference.objects.create(user=ben, alerts=False)
    request = office.ask()
    assert _look(request, in_partner_a) is None
    written = list(OutgoingMail.objects.order_by("to"))
    assert [one.to for one in written] == ["ann@alder.example", "ben@alder.example", "olga@alder.example"]
    assert {one.subject for one in written} == {"Please decide: Approve invoice 4711 of Nordlicht GmbH?"}
    text = written[0].text
    for words in ("Hello Ann,", "Project: P-100", "18,240.50", "?decision=approve", "?decision=reject"):
        assert words in text
    assert f"/approvals/{request.id}/" in text
    assert "You stand in for Ann." in written[2].text
    assert "You stand in" not in text


def test_where_nobody_has_the_role_the_owners_are_asked(office: Office, in_partner_a: PartnerRef) -> None:
    office.person(Role.OWNER, "Olga")
    _look(office.ask(role="finance_approver"), in_partner_a)
    assert [to for to, _ in _told()] == ["olga@alder.example"]


def test_a_question_is_reminded_of_escalated_and_ends_unanswered(
    office: Office, in_partner_a: PartnerRef, clock: Callable[[float], None]
) -> None:
    office.person(Role.FINANCE, "Ann")
    office.person(Role.OWNER, "Olga")
    request = office.ask(due_seconds=24 * HOUR, remind_seconds=10 * HOUR, escalate_to="owner")
    assert _look(request, in_partner_a) == _at(10)
    assert len(_told()) == 1
    clock(9)
    assert _look(request, in_partner_a) == _at(10)  # woken too early it only looks
    assert _told() == []
    clock(10)
    assert _look(request, in_partner_a) == _at(20)
    assert _told() == [("ann@alder.example", "Reminder: Approve invoice 4711 of Nordlicht GmbH?")]
    clock(20)
    assert _look(request, in_partner_a) == _at(24)
    assert len(_told()) == 1
    clock(24.5)
    assert _look(request, in_partner_a) == _at(34.5)
    assert _told() == [("olga@alder.example", "Overdue: Approve invoice 4711 of Nordlicht GmbH?")]
    assert request.escalated_at == _at(24.5)
    clock(34.5)
    assert _look(request, in_partner_a) == _at(44.5)
    assert [to for to, _ in _told()] == ["ann@alder.example", "olga@alder.example"]
    clock(48.5)
    assert _look(request, in_partner_a) is None
    assert (request.state, request.closed_at) == ("expired", _at(48.5))
    assert DueWork.objects.filter(kind=WALK_KIND, reference=str(request.operation_id)).count() == 1
    assert _told() == []


def test_a_question_without_anybody_above_ends_at_its_time(
    office: Office, in_partner_a: PartnerRef, clock: Callable[[float], None]
) -> None:
    request = office.ask(due_seconds=24 * HOUR)
    assert _look(request, in_partner_a) == _at(24)
    clock(24)
    assert _look(request, in_partner_a) is None
    assert request.state == "expired"


def test_who_has_answered_is_not_reminded(
    office: Office, in_partner_a: PartnerRef, clock: Callable[[float], None]
) -> None:
    ann, _ben = office.person(Role.FINANCE, "Ann"), office.person(Role.FINANCE, "Ben")
    request = office.ask(needed=2, remind_seconds=HOUR)
    _look(request, in_partner_a)
    _told()
    approvals.decide(request.id, person=ann, decision="approve")
    clock(1)
    assert _look(request, in_partner_a) == _at(2)
    assert [to for to, _ in _told()] == ["ben@alder.example"]


def test_a_closed_question_is_left_alone(office: Office, in_partner_a: PartnerRef) -> None:
    request = office.ask(due_seconds=HOUR)
    ApprovalRequest.objects.update(state="withdrawn")
    assert _look(request, in_partner_a) is None
    assert _told() == []
    assert mail.outbox == []
