"""A customer's owner sees that a new version comes, puts it off within the rollout's days or takes it now; others look on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.flows.engine.rings import Gates, Ring
from apps.flows.mapping.layers import LineChange
from apps.flows.models import Flow, Rollout, RolloutMember
from apps.flows.queries import coming_updates
from apps.flows.services import bases, rollouts
from apps.flows.services.publish import change_line
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.lines import Line
from tests.people import Watched

HERE = "/my/updates/"


def _page(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def coming(make_line: Callable[..., Line]) -> Iterator[Watched]:
    """A line whose template's newer version is on its way in one ring."""
    line = make_line()
    template = TEMPLATES[line.flow.template]
    number = template.version + 1
    newer = replace(
        template,
        version=number,
        changes={**template.changes, number: "Texts on invoices are shorter."},
        lines=(LineChange("description", {"default": "Work"}),),
    )
    known = {**TEMPLATES, template.slug: newer}
    with (
        patch.object(bases, "flow_template", lambda _slug: newer),
        patch.object(rollouts, "flow_template", lambda _slug: newer),
        patch.object(coming_updates, "TEMPLATES", known),
    ):
        seen = Watched(line, line.run())
        with scope.work_in(line.partner):
            rollouts.start_rollout(
                template=template.slug,
                rings=(Ring("All", 1),),
                gates=Gates(),
                note="For the new year",
                defer_days=10,
                started_by="Bela",
            )
        yield seen


def _member(seen: Watched) -> RolloutMember:
    with scope.work_in(seen.line.partner):
        return RolloutMember.objects.get()


def _live(seen: Watched) -> int:
    with scope.work_in(seen.line.partner):
        live = Flow.objects.select_related("live_version").get(id=seen.line.flow.id).live_version
        assert live is not None
        return live.number


def test_it_is_told_and_put_off_with_a_reason_that_staff_see(coming: Watched) -> None:
    browser, member = coming.as_(Role.CUSTOMER_OWNER), _member(coming)
    assert HERE in _page(browser.get("/my/"))
    page = _page(browser.get(HERE))
    for words in ("Texts on invoices are shorter.", "For the new year", "Description", "Put it off", "Take it now"):
        assert words in page
    defer, day = f"{HERE}{member.id}/defer/", timezone.localdate() + timedelta(days=5)
    assert "say why" in _page(browser.post(defer, {"until": day, "reason": " "}, follow=True))
    late = {"until": day + timedelta(days=30), "reason": "Audit"}
    assert "Choose a day up to" in _page(browser.post(defer, late, follow=True))
    assert _member(coming).state == "waiting"
    done = _page(browser.post(defer, {"until": day, "reason": "Our audit"}, follow=True))
    assert "stays as it is until that day" in done
    assert "Our audit" in done
    assert (_member(coming).state, _member(coming).deferred_until) == ("deferred", day)
    told = _page(coming.owner.get(f"/rollouts/{member.rollout_id}/"))
    assert "Customer_Owner: Our audit" in told
    with scope.work_in(coming.line.partner):
        details = AuditEntry.objects.get(action="rollout_deferred").details
    assert (details["by"], details["until"]) == ("Customer_Owner", day.isoformat())
    coming.line.work()
    assert _live(coming) == 1


def test_it_is_taken_now(coming: Watched) -> None:
    browser, member = coming.as_(Role.CUSTOMER_OWNER), _member(coming)
    assert "has its new version" in _page(browser.post(f"{HERE}{member.id}/take/", follow=True))
    assert (_member(coming).state, _live(coming)) == ("changed", 2)
    assert "No new version is coming" in _page(browser.get(HERE))
    assert "does not wait" in _page(browser.post(f"{HERE}{member.id}/take/", follow=True))


def test_what_needs_a_decision_is_held_and_told(coming: Watched) -> None:
    browser, member = coming.as_(Role.CUSTOMER_OWNER), _member(coming)
    with scope.work_in(coming.line.partner):
        change_line(
            Flow.objects.get(id=coming.line.flow.id), target="description", changes={"default": "Ours"}, made_by="A"
        )
    assert "Something has to be decided first" in _page(browser.post(f"{HERE}{member.id}/take/", follow=True))
    assert (_member(coming).state, _live(coming)) == ("held", 2)
    page = _page(browser.get(HERE))
    assert "After we have decided something" in page
    assert "Take it now" not in page


def test_nobody_else_decides(coming: Watched) -> None:
    member = _member(coming)
    take = f"{HERE}{member.id}/take/"
    viewer = coming.as_(Role.CUSTOMER_VIEWER)
    assert "Take it now" not in _page(viewer.get(HERE))
    assert viewer.post(take).status_code == 403
    stranger = coming.as_(Role.CUSTOMER_OWNER, stranger=True)
    assert stranger.post(take).status_code == 404
    assert "No new version is coming" in _page(stranger.get(HERE))
    assert coming.owner.get(HERE).status_code in {403, 404}
    with scope.work_in(coming.line.partner):
        Rollout.objects.update(state="stopped")
    assert "No new version is coming" in _page(viewer.get(HERE))
    assert _live(coming) == 1
