"""The pages of a rollout: who would be reached, wrong rings told, the rings as they go, and what a person may do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.mapping.layers import LineChange
from apps.flows.models import Flow, Rollout, RolloutMember
from apps.flows.services import bases, rollouts
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of

WISH = {
    "note": "Shorter texts",
    "shares": "10, 50, 100",
    "minutes": "60",
    "records": "20",
    "error_percent": "5",
    "held": "5000",
    "defer_days": "14",
}


@pytest.fixture
def behind(shown: Shown) -> Iterator[Shown]:
    template = TEMPLATES[shown.line.flow.template]
    newer = replace(template, version=template.version + 1, lines=(LineChange("description", {"default": "Work"}),))
    with (
        patch.object(bases, "flow_template", lambda _slug: newer),
        patch.object(rollouts, "flow_template", lambda _slug: newer),
    ):
        yield shown


def _start_page(shown: Shown) -> str:
    return f"/templates/{shown.line.flow.template}/rollout/"


def _started(shown: Shown) -> Rollout:
    assert shown.owner.post(_start_page(shown), WISH).status_code == 302
    with scope.work_in(shown.line.partner):
        return Rollout.objects.get()


def test_who_would_be_reached_is_shown_before_it_starts(behind: Shown) -> None:
    page = page_of(behind.owner.get(_start_page(behind)))
    assert behind.line.customer.name in page
    assert "1 flow would be changed" in page


def test_with_nobody_behind_there_is_nothing_to_start(shown: Shown) -> None:
    assert "Everybody stands on the newest version" in page_of(shown.owner.get(_start_page(shown)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"shares": "50"}, "the last one 100"),
        ({"shares": "50, 20, 100"}, "more than the one before"),
        ({"shares": "ten"}, "whole percentages"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"error_percent": "x"}, "Enter a number"),
        ({"defer_days": "400"}, "less than or equal to 90"),
        ({"pilots": ["00000000-0000-0000-0000-000000000000"]}, "Select a valid choice"),
    ],
    ids=["not all", "shrinking", "no number", "no watching", "no rate", "too long", "no such customer"],
)
def test_what_cannot_be_is_told_in_place_and_nothing_starts(
    behind: Shown, wrong: dict[str, object], sentence: str
) -> None:
    answer = behind.owner.post(_start_page(behind), {**WISH, **wrong})
    assert answer.status_code == 400
    assert sentence in page_of(answer)
    with scope.work_in(behind.line.partner):
        assert not Rollout.objects.exists()


def test_a_rollout_shows_its_rings_and_is_stopped_and_taken_back(behind: Shown) -> None:
    rollout = _started(behind)
    drain(Queue.MAINT, worker="test", seconds=5)
    here = f"/rollouts/{rollout.id}/"
    page = page_of(behind.owner.get(here))
    assert "1 of 1" in page
    assert behind.line.customer.name in page
    assert "A rollout of this template is under way" in page_of(behind.owner.get(_start_page(behind)))
    stopped = page_of(behind.owner.post(f"{here}stop/", {"take_back": "1"}, follow=True))
    assert "Taken back" in stopped
    assert "This rollout is over" in page_of(behind.owner.post(f"{here}stop/", follow=True))


def test_a_paused_rollout_goes_on(behind: Shown) -> None:
    here = f"/rollouts/{_started(behind).id}/"
    assert "The rollout is paused" in page_of(behind.owner.post(f"{here}pause/", follow=True))
    assert "has changed meanwhile" in page_of(behind.owner.post(f"{here}pause/", follow=True))
    assert "The rollout goes on" in page_of(behind.owner.post(f"{here}resume/", follow=True))


def test_a_customers_flow_is_put_off(behind: Shown) -> None:
    rollout = _started(behind)
    with scope.work_in(behind.line.partner):
        member = RolloutMember.objects.get(rollout=rollout)
    address = f"/rollouts/{rollout.id}/flows/{member.id}/defer/"
    far = (timezone.localdate() + timedelta(days=60)).isoformat()
    assert "Choose a day up to" in page_of(behind.owner.post(address, {"until": far}, follow=True))
    assert "Choose a day until" in page_of(behind.owner.post(address, {"until": "soon"}, follow=True))
    near = (timezone.localdate() + timedelta(days=7)).isoformat()
    page = page_of(behind.owner.post(address, {"until": near, "reason": "Closing the year"}, follow=True))
    assert "Closing the year" in page
    drain(Queue.MAINT, worker="test", seconds=5)
    with scope.work_in(behind.line.partner):
        live = Flow.objects.select_related("live_version").get(id=behind.line.flow.id).live_version
        assert live is not None
        assert live.number == 1


def test_only_who_may_edit_flows_starts_or_stops_one(behind: Shown) -> None:
    reader = behind.as_(Role.READ_ONLY)
    assert reader.get(_start_page(behind)).status_code == 403
    here = f"/rollouts/{_started(behind).id}/"
    assert reader.get(here).status_code == 200
    assert reader.post(f"{here}stop/").status_code == 403
