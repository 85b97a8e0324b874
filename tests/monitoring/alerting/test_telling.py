"""Routes at work: who is told of what and when, what waits, what recovers, and never twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.connectors.webhook_signatures import verify_standard
from apps.dispatch.models import Queue
from apps.monitoring.alerting import telling
from apps.monitoring.alerting.route_settings import save_channel, save_route, signing_key_of
from apps.monitoring.alerting.telling import tell
from apps.monitoring.models import AlertChannel, AlertMessage, AlertRoute, AlertTelling, ExceptionCase
from apps.tenants import scope
from tests.monitoring.alerting.conftest import Listener
from tests.monitoring.conftest import Blocked

CHANNEL = {"address": "", "signing": "", "ticket_template": "", "language": "en"}
ROUTE: dict[str, Any] = {
    "is_on": True,
    "goes_on": False,
    "nature": "",
    "severity_from": "",
    "queue": "",
    "error_class": "",
    "customer_id": None,
    "flow_id": None,
    "team_id": None,
    "amount_from": None,
    "currency": "",
    "most_an_hour": 0,
    "quiet_from": None,
    "quiet_until": None,
    "quiet_zone": "",
    "quiet_lets_severe": True,
    "tells_recovery": True,
    "remind_hours": 0,
}


def _route(blocked: Blocked, *steps: tuple[str, int], **values: Any) -> AlertRoute:
    actor = blocked.person(Role.OWNER).as_actor()
    told = [{"to": to, "after": after} for to, after in steps]
    return save_route(None, {**ROUTE, "name": f"Route {len(told)}", "steps": told, **values}, by=actor)


def _channel(blocked: Blocked, listener: Listener, kind: str, **values: Any) -> AlertChannel:
    actor = blocked.person(Role.OWNER).as_actor()
    wanted = {**CHANNEL, "name": f"Our {kind}", "kind": kind, "address": listener.url, **values}
    return save_channel(None, wanted, by=actor)


def _tell(blocked: Blocked, now: datetime | None = None) -> None:
    with scope.work_in(blocked.line.partner):
        tell(now or timezone.now())


def _mails(blocked: Blocked) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with scope.work_in(blocked.line.partner):
        for mail in OutgoingMail.objects.order_by("id"):
            found.setdefault(mail.to.partition("@")[0], []).append(mail.subject)
    return found


def _close(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(closed_at=None).update(
            state="closed", closed_at=timezone.now(), closed_how="settled"
        )


def test_nobody_takes_it_up_so_the_next_is_told_then_reminded_then_it_is_settled(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        first, second = blocked.person(Role.SUPPORT), blocked.person(Role.OPERATIONS)
        _route(blocked, (f"person:{first.id}", 0), (f"person:{second.id}", 30), remind_hours=24)
    number, began = len(blocked.cases()), timezone.now()
    _tell(blocked, began)
    assert list(_mails(blocked)) == ["support"]
    _tell(blocked, began + timedelta(minutes=29))
    assert list(_mails(blocked)) == ["support"]
    _tell(blocked, began + timedelta(minutes=31))
    _tell(blocked, began + timedelta(minutes=32))
    assert _mails(blocked)["operations"] == [f"Nobody has taken up {number} exceptions"]
    _tell(blocked, began + timedelta(hours=25))
    assert _mails(blocked)["support"][1:] == [f"{number} exceptions are still open"]
    _close(blocked)
    _tell(blocked, began + timedelta(hours=26))
    _tell(blocked, began + timedelta(hours=27))
    assert _mails(blocked)["support"][2:] == [f"{number} exceptions are settled"]
    assert _mails(blocked)["operations"][1:] == [f"{number} exceptions are settled"]


def test_what_somebody_took_up_is_not_escalated(blocked: Blocked) -> None:
    began = timezone.now()
    with scope.work_in(blocked.line.partner):
        first, second = blocked.person(Role.SUPPORT), blocked.person(Role.OPERATIONS)
        _route(blocked, (f"person:{first.id}", 0), (f"person:{second.id}", 30))
        ExceptionCase.objects.update(acknowledged_at=began + timedelta(minutes=1))
    _tell(blocked, began)
    _tell(blocked, began + timedelta(hours=2))
    assert list(_mails(blocked)) == ["support"]


def test_what_no_route_takes_goes_the_usual_way_and_technical_and_business_stay_apart(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        blocked.person(Role.SUPPORT)
        owner = blocked.person(Role.OWNER)
        _route(blocked, (f"person:{owner.id}", 0), nature="technical")
        technical = ExceptionCase.objects.order_by("id").first()
        assert technical is not None
        ExceptionCase.objects.exclude(id=technical.id).update(queue="finance")
        ExceptionCase.objects.filter(id=technical.id).update(queue="integration")
    _tell(blocked)
    mails = _mails(blocked)
    assert [len(subjects) for subjects in mails.values()] == [2, 1]
    assert mails["owner"][0].startswith("New exception at")
    assert mails["support"] == mails["owner"][1:]  # owners work exceptions, too


def test_more_than_the_hour_allows_waits_and_the_next_message_says_how_many(
    blocked: Blocked, listener: Listener
) -> None:
    number, began = len({(case.error_class, case.error_field) for case in blocked.cases()}), timezone.now()
    assert number > 2
    with scope.work_in(blocked.line.partner):
        channel = _channel(blocked, listener, "slack")
        _route(blocked, (f"channel:{channel.id}", 0), most_an_hour=1)
    _tell(blocked, began)
    _tell(blocked, began + timedelta(minutes=30))
    with scope.work_in(blocked.line.partner):
        assert AlertMessage.objects.count() == 1
        waiting = AlertTelling.objects.filter(state="waiting", was_held=True).count()
    _tell(blocked, began + timedelta(minutes=61))
    blocked.line.work(Queue.NOTIFY)
    first, second = listener.bodies
    assert not any("held back" in block["text"]["text"] for block in first["blocks"])
    assert f"{waiting} exceptions were held back since the message before." in [
        block["text"]["text"] for block in second["blocks"]
    ]


def test_quiet_hours_keep_still_and_what_ends_meanwhile_is_never_told(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.SUPPORT)
        now = timezone.now()
        span = {"quiet_from": (now - timedelta(hours=1)).time(), "quiet_until": (now + timedelta(hours=1)).time()}
        _route(blocked, (f"person:{person.id}", 0), quiet_lets_severe=False, **span)
    _tell(blocked, now)
    assert _mails(blocked) == {}
    _close(blocked)
    _tell(blocked, now + timedelta(hours=2))
    assert _mails(blocked) == {}
    with scope.work_in(blocked.line.partner):
        assert set(AlertTelling.objects.values_list("state", flat=True)) == {"dropped"}


def test_a_crash_before_the_commit_leaves_nothing_and_after_it_nothing_is_told_twice(
    blocked: Blocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.SUPPORT)
        _route(blocked, (f"person:{person.id}", 0))

    def falls(_now: datetime) -> int:
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(telling.customers, "tell", falls)
        with scope.work_in(blocked.line.partner), pytest.raises(RuntimeError), transaction.atomic():
            tell(timezone.now())
    assert _mails(blocked) == {}
    _tell(blocked)
    _tell(blocked)
    assert [len(subjects) for subjects in _mails(blocked).values()] == [1]


def test_a_ticket_is_opened_signed_and_closed_by_the_same_key_for_each_exception(
    blocked: Blocked, listener: Listener
) -> None:
    with scope.work_in(blocked.line.partner):
        channel = _channel(blocked, listener, "ticket", ticket_template='{"k": "{{key}}", "s": "{{status}}"}')
        key = signing_key_of(channel)
        _route(blocked, (f"channel:{channel.id}", 0), tells_recovery=False)
    cases = blocked.cases()
    _tell(blocked)
    blocked.line.work(Queue.NOTIFY)
    _close(blocked)
    _tell(blocked)
    blocked.line.work(Queue.NOTIFY)
    opened = {body["k"] for body in listener.bodies if body["s"] == "open"}
    closed = {body["k"] for body in listener.bodies if body["s"] == "closed"}
    assert opened == closed == {f"{case.id}-0" for case in cases}
    assert len(listener.heard) == 2 * len(cases)
    path, headers, _body = listener.heard[0]
    assert path.endswith("very-secret-part?sig=also-secret")
    assert verify_standard([key], headers, headers["raw"].encode(), timezone.now().timestamp())


def test_a_dead_channel_is_seen_and_its_owners_get_a_mail_until_it_works_again(
    blocked: Blocked, listener: Listener
) -> None:
    with scope.work_in(blocked.line.partner):
        channel = _channel(blocked, listener, "slack")
        _route(blocked, (f"channel:{channel.id}", 0))
        kept = ExceptionCase.objects.order_by("id").first()
        assert kept is not None
        ExceptionCase.objects.exclude(id=kept.id).update(state="closed", closed_at=timezone.now())
    listener.answers = [(410, "channel_is_archived")]
    _tell(blocked)
    blocked.line.work(Queue.NOTIFY)
    with scope.work_in(blocked.line.partner):
        failed = AlertMessage.objects.get(by="slack")
        channel.refresh_from_db()
        (mail,) = OutgoingMail.objects.all()
    assert (failed.state, failed.answer, failed.attempts) == ("failed", "410 channel_is_archived", 1)
    assert (channel.problem, channel.failing_since is not None) == ("410 channel_is_archived", True)
    assert mail.to == "owner@alder.example"
    page = blocked.owner.get("/settings/alerts/").content.decode()
    assert "channel_is_archived" in page
    assert blocked.owner.post(f"/settings/alerts/channels/{channel.id}/test/").status_code == 302
    blocked.line.work(Queue.NOTIFY)
    shown = blocked.owner.get(f"/settings/alerts/channels/{channel.id}/").content.decode()
    assert "200 ok" in shown
    assert "does not work" not in blocked.owner.get("/settings/alerts/").content.decode()
    file = blocked.owner.get("/settings/alerts/log/?format=csv")
    log = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    assert "410 channel_is_archived" in log
    assert (",Slack," in log, ",Mail," in log) == (True, True), "the way it went in words, as all the rest"
    for text in (page, shown, log):
        assert "very-secret" not in text
        assert "also-secret" not in text


def test_a_system_that_is_away_for_a_moment_gets_the_same_message_later(blocked: Blocked, listener: Listener) -> None:
    with scope.work_in(blocked.line.partner):
        channel = _channel(blocked, listener, "webhook")
        _route(blocked, (f"channel:{channel.id}", 0))
        kept = ExceptionCase.objects.order_by("id").first()
        assert kept is not None
        ExceptionCase.objects.exclude(id=kept.id).update(state="closed", closed_at=timezone.now())
    listener.answers = [(503, "busy")]
    _tell(blocked)
    blocked.line.work(Queue.NOTIFY)
    with scope.work_in(blocked.line.partner):
        message = AlertMessage.objects.get()
        assert (message.state, message.attempts, message.answer) == ("waiting", 1, "503 busy")
        assert OutgoingMail.objects.count() == 0
