"""Quiet times, cut-offs and other flows' events on a flow's settings: saved, shown in words, refused at the field."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.customers.models import CutOff
from apps.dispatch.models import DueWork
from apps.flows.models import BusinessEvent, Flow, Trigger
from apps.flows.triggers.schedule import SCHEDULE_KIND, schedule_flow, schedule_words, unschedule_flow
from apps.tenants import scope
from tests.flows.views.conftest import Shown

QUIET = {"first_span": "22:00-05:30", "first_days": ["0", "1"], "quiet_zone": "Europe/Berlin"}


def _save(shown: Shown, **typed: Any) -> Any:
    return shown.owner.post(f"/flows/{shown.line.flow.id}/starts/", typed, follow=True)


def _page(shown: Shown) -> str:
    return str(shown.owner.get(f"/flows/{shown.line.flow.id}/settings/").content.decode())


def test_quiet_times_are_saved_and_said_in_words(shown: Shown) -> None:
    assert _save(shown, **QUIET).status_code == 200
    assert "Monday and Tuesday from 22:00 to 05:30, Europe/Berlin" in _page(shown)
    with scope.work_in(shown.line.partner):
        stored = Flow.objects.get(id=shown.line.flow.id).blackouts
    assert stored == {
        "zone": "Europe/Berlin",
        "windows": [{"days": [0, 1], "from": "22:00", "to": "05:30"}],
    }
    _save(shown, first_span="", quiet_zone="Europe/Berlin")
    assert "Nothing starts by itself" not in _page(shown)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({**QUIET, "first_span": "late"}, "Write from when to when"),
        ({**QUIET, "first_days": []}, "Choose at least one day."),
        ({**QUIET, "quiet_zone": "Mars/Olympus"}, "There is no time zone called Mars/Olympus."),
        ({**QUIET, "first_span": "00:00-00:00", "first_days": list("0123456")}, "pause the flow instead"),
        ({"event_name": "nobody.says"}, "nobody.says is not one of the available choices"),
    ],
    ids=["no span", "no day", "no zone", "the whole week", "an event nobody says"],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_saved(
    shown: Shown, typed: dict[str, Any], words: str
) -> None:
    answer = _save(shown, **typed)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    with scope.work_in(shown.line.partner):
        assert Flow.objects.get(id=shown.line.flow.id).blackouts == {}


def test_it_runs_before_each_cut_off_besides_its_schedule(shown: Shown) -> None:
    now = timezone.now()
    with scope.work_in(shown.line.partner):
        flow = Flow.objects.select_related("customer").get(id=shown.line.flow.id)
        cut_off = CutOff.objects.create(
            customer=flow.customer, name="Close", rhythm="weekly", day=(now + timedelta(days=3)).weekday(), at=time(12)
        )
        schedule_flow(flow, every_seconds=7 * 24 * 3600)
    _save(shown, before_cut_off="60")
    with scope.work_in(shown.line.partner):
        trigger = Trigger.objects.get(flow=flow, kind="schedule")
        assert trigger.next_at == cut_off.next_at(now) - timedelta(hours=1)
        assert schedule_words(trigger) == "Every 7 days, and 1 h before each cut-off"
        # Cut-offs change without telling the flow: it looks at least every hour.
        assert DueWork.objects.get(kind=SCHEDULE_KIND).due_at <= timezone.now() + timedelta(hours=1)
        unschedule_flow(flow)
        trigger.refresh_from_db()
        assert (trigger.active, schedule_words(trigger)) == (True, "1 h before each cut-off")
    _save(shown, before_cut_off="0")
    with scope.work_in(shown.line.partner):
        trigger.refresh_from_db()
        assert (trigger.active, trigger.next_at) == (False, None)
        assert not DueWork.objects.filter(kind=SCHEDULE_KIND).exists()


def test_it_listens_to_what_was_told_about_its_customer(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        BusinessEvent.objects.create(
            customer=shown.line.customer, name="deal.won", subject="1", dedupe_key="1", happened_at=timezone.now()
        )
    assert _save(shown, event_name="deal.won").status_code == 200
    with scope.work_in(shown.line.partner):
        assert Trigger.objects.get(kind="event").event_name == "deal.won"
    _save(shown, event_name="")
    with scope.work_in(shown.line.partner):
        assert not Trigger.objects.filter(kind="event").exists()


def test_only_builders_may_change_it(shown: Shown) -> None:
    answer = shown.as_(Role.READ_ONLY).post(f"/flows/{shown.line.flow.id}/starts/", QUIET)
    assert answer.status_code == 403
