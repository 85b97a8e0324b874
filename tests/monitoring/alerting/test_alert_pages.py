"""The pages about alerts: routes are written, ordered and tried; channels keep their secrets; duties show their gaps."""

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.connectors.errors import BusinessClass
from apps.connectors.key_rotation import rotate_partner
from apps.connectors.models import KeptSecret
from apps.connectors.vault import new_data_key
from apps.dispatch.models import Queue
from apps.monitoring.alerting.sending import opened_secret
from apps.monitoring.alerting.telling import tell
from apps.monitoring.blame import OWN_CLASSES
from apps.monitoring.models import AlertChannel, AlertRoute, AlertSubscription, OnCallSchedule
from apps.tenants import scope
from tests.monitoring.alerting.conftest import Listener
from tests.monitoring.conftest import Blocked

CHANNEL = {"name": "Chat", "kind": "slack", "language": "de", "ticket_template": "", "signing": ""}


def _words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_route_is_written_looked_at_moved_and_removed(blocked: Blocked) -> None:
    owner = blocked.owner
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.SUPPORT)
    typed = {"name": "At night", "is_on": "on", "severity_from": "high", "to_0": f"person:{person.id}"}
    typed |= {"to_1": "everyone", "after_1": "15", "most_an_hour": "4", "quiet_from": "22:00"}
    refused = owner.post("/settings/alerts/routes/add/", typed)
    assert refused.status_code == 400
    assert "Quiet hours need a beginning and an end." in _words(refused)
    typed["quiet_until"] = "06:00"
    looked = owner.post("/settings/alerts/routes/add/", {**typed, "severity_from": "", "step": "look"})
    number = len(blocked.cases())
    assert f"At night Support {number}" in _words(looked)
    assert owner.post("/settings/alerts/routes/add/", typed).status_code == 302
    assert owner.post("/settings/alerts/routes/add/", {"name": "Others", "is_on": "on"}).status_code == 302
    page = _words(owner.get("/settings/alerts/"))
    for words in (
        "Severity from: High",
        "after 15 minutes: Everybody",
        "at most 4 an hour",
        "quiet from 22:00 to 06:00",
    ):
        assert words in page
    with scope.work_in(blocked.line.partner):
        first, second = AlertRoute.objects.all()
    owner.post(f"/settings/alerts/routes/{second.id}/move/", {"down": "0"})
    with scope.work_in(blocked.line.partner):
        assert [route.name for route in AlertRoute.objects.all()] == ["Others", "At night"]
    edit = owner.get(f"/settings/alerts/routes/{first.id}/").content.decode()
    assert 'value="22:00"' in edit
    assert owner.post(f"/settings/alerts/routes/{first.id}/remove/").status_code == 302
    owner.get("/settings/alerts/")  # says once that it is gone
    assert "At night" not in _words(owner.get("/settings/alerts/preview/"))


def test_a_route_can_ask_for_every_kind_of_failure(blocked: Blocked) -> None:
    form = blocked.owner.get("/settings/alerts/routes/add/").context["form"]
    assert {*BusinessClass, *OWN_CLASSES} <= {kind for kind, _title in form.fields["kind"].choices}


def test_a_channel_never_shows_its_address_again_and_goes_only_when_no_route_needs_it(
    blocked: Blocked, listener: Listener
) -> None:
    owner = blocked.owner
    inside = owner.post("/settings/alerts/channels/add/", {**CHANNEL, "address": "https://169.254.169.254/latest"})
    assert inside.status_code == 400
    shown = owner.post("/settings/alerts/channels/add/", {**CHANNEL, "kind": "webhook", "address": listener.url})
    assert "whsec_" in shown.content.decode()
    with scope.work_in(blocked.line.partner):
        channel = AlertChannel.objects.get()
    page = owner.get(f"/settings/alerts/channels/{channel.id}/").content.decode()
    assert "whsec_" not in page
    assert "very-secret" not in page
    owner.post("/settings/alerts/routes/add/", {"name": "All", "is_on": "on", "to_0": f"channel:{channel.id}"})
    owner.post(f"/settings/alerts/channels/{channel.id}/", {**CHANNEL, "name": "Ours", "address": ""})
    owner.post(f"/settings/alerts/channels/{channel.id}/remove/")
    with scope.work_in(blocked.line.partner):
        kept = AlertChannel.objects.select_related("secret").get()
        assert (kept.name, kept.kind, opened_secret(kept.secret)["address"]) == ("Ours", "webhook", listener.url)
        new_data_key(2)
    rotate_partner(blocked.line.partner)
    with scope.work_in(blocked.line.partner):
        assert opened_secret(KeptSecret.objects.get())["address"] == listener.url
        AlertRoute.objects.all().delete()
    owner.post(f"/settings/alerts/channels/{channel.id}/remove/")
    with scope.work_in(blocked.line.partner):
        assert not KeptSecret.objects.exists()


def test_a_schedule_shows_who_has_the_duty_and_when_nobody_has(blocked: Blocked) -> None:
    owner = blocked.owner
    with scope.work_in(blocked.line.partner):
        anna, ben = blocked.person(Role.SUPPORT), blocked.person(Role.OPERATIONS)
    days = {f"day_{number}": str(anna.id) for number in range(5)}
    typed = {"name": "Days", "zone": "UTC", "hand_over": "00:00", "first_day": "2026-01-05", "turn_days": "7"}
    assert owner.post("/settings/alerts/on-call/add/", typed).status_code == 400  # nobody is in it
    assert owner.post("/settings/alerts/on-call/add/", {**typed, **days}).status_code == 302
    assert "nobody from" in _words(owner.get("/settings/alerts/"))
    with scope.work_in(blocked.line.partner):
        schedule = OnCallSchedule.objects.get()
    now = timezone.now()
    span = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=20)}
    stands = {"person": str(ben.id), **{name: f"{at:%Y-%m-%dT%H:%M}" for name, at in span.items()}}
    url = f"/settings/alerts/on-call/{schedule.id}/"
    assert owner.post(f"{url}stand-ins/", {**stands, "ends_at": stands["begins_at"]}).status_code == 400
    assert owner.post(f"{url}stand-ins/", stands).status_code == 302
    assert "nobody from" not in _words(owner.get("/settings/alerts/"))
    owner.post("/settings/alerts/routes/add/", {"name": "Duty", "is_on": "on", "to_0": f"on_call:{schedule.id}"})
    with scope.work_in(blocked.line.partner):
        tell(now)
        assert {mail.to for mail in OutgoingMail.objects.all()} == {ben.email}


def test_a_customers_person_chooses_what_to_hear_and_where(blocked: Blocked, listener: Listener) -> None:
    viewer = blocked.as_(Role.CUSTOMER_VIEWER)
    typed = {"matters": "all", "by": "webhook", "address": ""}
    assert viewer.post("/settings/own-alerts/", typed).status_code == 400
    assert viewer.post("/settings/own-alerts/", {**typed, "address": listener.url}).status_code == 302
    assert "very-secret" not in viewer.get("/settings/own-alerts/").content.decode()
    with scope.work_in(blocked.line.partner):
        blocked.person(Role.FINANCE_APPROVER)
        tell(timezone.now())
    blocked.line.work(Queue.NOTIFY)
    told = {case["id"] for body in listener.bodies for case in body["data"]["cases"]}
    assert told == {str(case.id) for case in blocked.cases()}
    assert "Integration" not in str(listener.bodies)
    with scope.work_in(blocked.line.partner):
        addresses = {mail.to for mail in OutgoingMail.objects.all()}
    assert "customer_viewer@alder.example" not in addresses
    assert viewer.post("/settings/own-alerts/", {"matters": "nothing", "by": "mail"}).status_code == 302
    with scope.work_in(blocked.line.partner):
        assert AlertSubscription.objects.get().secret is None
        assert not KeptSecret.objects.exists()
    assert blocked.owner.get("/settings/own-alerts/").status_code == 403
