"""Digests: to whom, about what, once a period, in the receiver's language and morning."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail, Preference, User
from apps.connectors.models import Connection
from apps.dispatch import kinds
from apps.monitoring import digest, tasks
from apps.monitoring.digest import send_digests, tell
from apps.monitoring.models import Digest, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def _next_monday(hour: int, minute: int = 0) -> datetime:
    """Return the first Monday at this time that is still to come: on a Monday's night that is today, for its week holds this moment."""
    now = timezone.now()
    monday = now.date() - timedelta(days=now.weekday())
    moment = datetime(monday.year, monday.month, monday.day, hour, minute, tzinfo=UTC)
    return moment if moment > now else moment + timedelta(days=7)


def _send(blocked: Blocked, now: datetime) -> list[OutgoingMail]:
    with scope.enter(blocked.line.partner):
        assert send_digests(now)
    with scope.work_in(blocked.line.partner):
        return list(OutgoingMail.objects.order_by("to", "created_at"))


def _person(blocked: Blocked, role: Role, digest_choice: str = "", **facts: Any) -> User:
    with scope.work_in(blocked.line.partner):
        person = blocked.person(role)
        User.objects.filter(id=person.id).update(**{"time_zone": "UTC", **facts})
        if digest_choice:
            Preference.objects.update_or_create(user=person, defaults={"digest": digest_choice})
        return person


def test_an_owner_gets_a_week_on_monday_without_choosing_anything(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER)
    _person(blocked, Role.SUPPORT)
    (mail,) = _send(blocked, _next_monday(7))
    assert mail.to == "owner@alder.example"
    assert f"{len(blocked.cases())} exceptions are open" in mail.subject
    assert "Here is the week" in mail.text
    assert "/digest/" in mail.text
    assert "/digest/" in mail.html
    assert blocked.line.customer.name in mail.text


def test_the_same_period_is_never_told_twice(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER)
    monday = _next_monday(7)
    assert len(_send(blocked, monday)) == 1
    assert len(_send(blocked, monday + timedelta(minutes=15))) == 1
    assert len(_send(blocked, monday + timedelta(days=1))) == 1
    assert len(_send(blocked, monday + timedelta(days=7))) == 2


def test_each_is_told_in_the_morning_where_they_live(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER, "daily", time_zone="Europe/Berlin")
    _person(blocked, Role.SUPPORT, "daily", time_zone="America/New_York")
    day = datetime(2027, 1, 13, tzinfo=UTC)
    assert _send(blocked, day + timedelta(hours=5, minutes=45)) == []
    assert [mail.to for mail in _send(blocked, day + timedelta(hours=6))] == ["owner@alder.example"]
    both = _send(blocked, day + timedelta(hours=12))
    assert [mail.to for mail in both] == ["owner@alder.example", "support@alder.example"]


def test_a_night_in_which_the_clocks_change_has_its_one_digest(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER, "daily", time_zone="Europe/Berlin")
    for number, start in enumerate((datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 10, 30, tzinfo=UTC)), start=1):
        for quarter in range(0, 48 * 4, 2):
            mails = _send(blocked, start + timedelta(minutes=15 * quarter))
        assert len(mails) == 2 * number  # two mornings each time, however often somebody looked


def test_who_was_deactivated_or_chose_never_gets_none(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER, is_active=False)
    _person(blocked, Role.SUPPORT, "off")
    _person(blocked, Role.FINANCE)
    assert _send(blocked, _next_monday(7)) == []


def test_a_customer_hears_of_what_waits_for_them_and_of_nobody_else(blocked: Blocked) -> None:
    _person(blocked, Role.FINANCE_APPROVER, "weekly")
    with scope.work_in(blocked.line.partner):
        stranger = blocked.person(Role.CUSTOMER_OWNER, stranger=True)
        Preference.objects.create(user=stranger, digest="weekly")
    (mail,) = _send(blocked, _next_monday(7))
    waiting = [case for case in blocked.cases() if case.waiting_on == "customer"]
    assert mail.to == "finance_approver@alder.example"
    assert f"{len(waiting)} matters need you" in mail.subject
    assert "exception" not in mail.text.replace("/exceptions/", "").lower()
    assert "fairlead" not in f"{mail.subject}{mail.text}{mail.html}{mail.sender}".lower()


def test_nothing_to_say_is_not_said_but_remembered(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER)
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.all().delete()
        Connection.objects.update(state=Connection.State.WORKING)
    assert _send(blocked, _next_monday(7)) == []
    with scope.work_in(blocked.line.partner):
        (decided,) = Digest.objects.all()
        assert not decided.was_sent


def test_what_changed_and_what_is_broken_is_told(blocked: Blocked) -> None:
    _person(blocked, Role.OWNER)
    with scope.work_in(blocked.line.partner):
        Connection.objects.filter(name="ERP").update(state=Connection.State.ATTENTION)
        ExceptionCase.objects.filter(id=blocked.cases()[0].id).update(state="closed", closed_at=timezone.now())
    (mail,) = _send(blocked, _next_monday(7))
    assert "The connection ERP of" in mail.text
    assert "Settled: 1" in mail.text
    assert "More held up: " in mail.text


def test_it_speaks_the_receivers_language(blocked: Blocked, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []

    def listen(template: str, to: str, context: Any) -> None:
        from django.utils.translation import get_language

        spoken.append(get_language() or "")

    monkeypatch.setattr(digest, "send_branded", listen)
    _person(blocked, Role.OWNER, language="de")
    with scope.enter(blocked.line.partner):
        send_digests(_next_monday(7))
    assert spoken == ["de"]


def test_many_take_turns(blocked: Blocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "WORK_SECONDS", -1.0)
    _person(blocked, Role.OWNER)
    with scope.enter(blocked.line.partner):
        assert not send_digests(_next_monday(7))


def test_the_money_before_is_what_was_held_up_then(blocked: Blocked) -> None:
    now = timezone.now()
    with scope.work_in(blocked.line.partner):
        told = tell(now - timedelta(days=7), now, customers=None)
    assert told.before == {}
    assert told.at_risk
    assert told.new_cases == len(blocked.cases())


def _choice_path(blocked: Blocked) -> str:
    (mail,) = _send(blocked, _next_monday(7))
    found = re.search(r"https?://[^/]+(/digest/[^/\s]+/)", mail.text)
    assert found
    return found[1]


def test_how_often_it_comes_is_one_click_away_from_the_mail(blocked: Blocked) -> None:
    person = _person(blocked, Role.OWNER)
    path, browser = _choice_path(blocked), Client(headers={"host": "alder.localhost"})
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"frequency": "off"}).status_code == 200
    with scope.work_in(blocked.line.partner):
        assert Preference.objects.get(user=person).digest == "off"
    assert len(_send(blocked, _next_monday(7) + timedelta(days=7))) == 1  # the one of before


@pytest.mark.parametrize("frequency", ["", "hourly", "<script>", "\x00"])
def test_no_other_frequency_is_kept(blocked: Blocked, frequency: str) -> None:
    _person(blocked, Role.OWNER)
    response = Client(headers={"host": "alder.localhost"}).post(_choice_path(blocked), {"frequency": frequency})
    assert response.status_code == 400
    with scope.work_in(blocked.line.partner):
        assert not Preference.objects.exists()


def test_the_link_is_good_for_one_person_of_one_partner_only(blocked: Blocked) -> None:
    person = _person(blocked, Role.OWNER)
    path = _choice_path(blocked)
    assert Client(headers={"host": "brightforge.localhost"}).get(path).status_code == 404
    forged = Client(headers={"host": "alder.localhost"}).get(f"{path[:-2]}x/")
    assert forged.status_code == 404
    with scope.work_in(blocked.line.partner):
        User.objects.filter(id=person.id).update(is_active=False)
    assert Client(headers={"host": "alder.localhost"}).get(path).status_code == 404


def test_only_active_partners_have_it_done() -> None:
    assert tasks.DIGEST in {periodic.kind for periodic in kinds.list_periodic()}
