"""A route, a channel, a schedule and a stand-in of one line of the house, for the addresses that name them."""

from datetime import datetime, timedelta
from typing import Any

from apps.accounts.models import User
from apps.monitoring.alerting.sending import sealed_secret
from apps.monitoring.models import AlertChannel, AlertMessage, AlertRoute, OnCallSchedule, OnCallStandIn
from tests.lines import Line


def alert_ids(line: Line, person: User, now: datetime) -> dict[str, Any]:
    """Make them, switched off, and return their ids by the names that addresses use."""
    written = {"changed_at": now, "changed_by": "Olga Owner"}
    channel = AlertChannel.objects.create(
        name=f"Chat of {line.company}",
        kind="slack",
        host="hooks.example.com",
        secret=sealed_secret("https://hooks.example.com/services/T0/B0/x", ""),
        **written,
    )
    schedule = OnCallSchedule.objects.create(
        name=f"Duty of {line.company}", zone="UTC", people=[person.id], first_day=now.date(), **written
    )
    stand_in = OnCallStandIn.objects.create(
        schedule=schedule, person=person, begins_at=now, ends_at=now + timedelta(days=1), written_by="Olga Owner"
    )
    route = AlertRoute.objects.create(
        name=f"Route of {line.company}",
        position=1,
        is_on=False,
        steps=[{"to": f"channel:{channel.id}", "after": 0}],
        **written,
    )
    AlertMessage.objects.create(
        occasion="opened", by="slack", receiver=channel.name, channel=channel, route=route, state="sent", created_at=now
    )
    return {
        "route_id": route.id,
        "channel_id": channel.id,
        "schedule_id": schedule.id,
        "stand_in_id": stand_in.id,
    }
