"""Who asked for alerts of the own matters is told when they are settled: once, in business words, by the way they chose."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.monitoring import case_book
from apps.monitoring.alerting.route_settings import save_subscription
from apps.monitoring.alerting.telling import tell
from apps.monitoring.models import AlertMessage, ExceptionCase
from tests.monitoring.alerting.conftest import Listener
from tests.service_levels import Firm

NOW = timezone.now()
MAIL = {"matters": "all", "only_severe": False, "by": "mail", "address": ""}


def _close(case: ExceptionCase, minutes: int, how: str = "settled") -> None:
    case = ExceptionCase.objects.get(id=case.id)
    how_closed = ExceptionCase.ClosedHow(how)
    case_book.close_case(case, how_closed, reason="done.", now=NOW + timedelta(minutes=minutes))


def _told(minutes: int) -> list[tuple[str, int]]:
    """Return what the customer's viewer is sent by a look: occasions with how many matters."""
    at = NOW + timedelta(minutes=minutes)
    tell(at)
    sent = AlertMessage.objects.filter(created_at=at).exclude(receiver__startswith="owner")
    return [(one.occasion, len(one.cases)) for one in sent.order_by("id") if one.receiver.startswith("customer_viewer")]


def test_a_subscriber_hears_once_that_what_was_told_is_settled(firm: Firm) -> None:
    save_subscription(firm.person(Role.CUSTOMER_VIEWER), firm.customer.id, MAIL)
    cases = [firm.open(now=NOW, name=name) for name in ("a", "b")]
    assert _told(1) == [("opened", 2)]
    _close(cases[0], 2)
    assert _told(3) == [("recovered", 1)]
    mail = OutgoingMail.objects.filter(to__startswith="customer_viewer").latest("id")
    assert "Settled at Harbour Consulting" in mail.subject
    assert "What to do" not in mail.text
    assert "Nothing is left to do." in mail.text
    assert _told(4) == []
    _close(cases[1], 5)
    assert _told(6) == [("recovered", 1)]


def test_what_nobody_was_told_of_or_went_into_another_is_not_told_as_settled(firm: Firm) -> None:
    case = firm.open(now=NOW, name="early")
    _told(1)
    save_subscription(firm.person(Role.CUSTOMER_VIEWER), firm.customer.id, MAIL)
    merged = firm.open(now=NOW, name="merged")
    assert _told(2) == [("opened", 1)]
    _close(case, 3)
    _close(merged, 3, "merged")
    assert _told(4) == []


@pytest.mark.parametrize("change", [{"matters": "nothing"}, None])
def test_who_wants_nothing_any_more_or_left_is_told_nothing(firm: Firm, change: dict[str, Any] | None) -> None:
    person = firm.person(Role.CUSTOMER_VIEWER)
    save_subscription(person, firm.customer.id, MAIL)
    case = firm.open(now=NOW)
    assert _told(1) == [("opened", 1)]
    if change is None:
        person.is_active = False
        person.save(update_fields=["is_active"])
    else:
        save_subscription(person, firm.customer.id, {**MAIL, **change})
    _close(case, 2)
    assert _told(3) == []


def test_a_case_that_opens_again_is_told_and_ended_again_also_by_the_own_webhook(
    firm: Firm, listener: Listener
) -> None:
    one = save_subscription(
        firm.person(Role.CUSTOMER_VIEWER), firm.customer.id, {**MAIL, "by": "webhook", "address": listener.url}
    )
    case = firm.open(now=NOW)
    for minutes in (1, 11):
        tell(NOW + timedelta(minutes=minutes))
        _close(case, minutes + 1)
        tell(NOW + timedelta(minutes=minutes + 2))
        case_book.reopen_case(ExceptionCase.objects.get(id=case.id), "Again.", NOW + timedelta(minutes=minutes + 5))
    sent = AlertMessage.objects.filter(subscription=one).order_by("id").values_list("occasion", flat=True)
    assert list(sent) == ["opened", "recovered", "opened", "recovered"]
