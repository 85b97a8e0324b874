"""The page of an upgrade: what changes, what to decide, and that nothing happens undecided."""

from dataclasses import replace
from unittest.mock import patch

import pytest

from apps.accounts.actions import Role
from apps.flows.mapping.layers import LineChange
from apps.flows.models import Flow
from apps.flows.services import bases
from apps.flows.services.bases import own_lines
from apps.flows.services.publish import change_line
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.flows.views.conftest import Shown


@pytest.fixture
def newer(shown: Shown):  # type: ignore[no-untyped-def]  # a fixture that patches
    template = TEMPLATES[shown.line.flow.template]
    later = replace(
        template,
        version=template.version + 1,
        changes={**template.changes, template.version + 1: "Texts on invoices are shorter."},
        lines=(*template.lines[:0], LineChange("description", {"default": "Work"})),
    )
    with scope.work_in(shown.line.partner):
        flow = Flow.objects.get(id=shown.line.flow.id)
        change_line(flow, target="description", changes={"default": "Ours"}, made_by="Ann")
    with patch.object(bases, "flow_template", lambda _slug: later):
        yield shown


def _address(shown: Shown, page: str) -> str:
    return f"/flows/{shown.line.flow.id}/{page}/"


def test_it_is_offered_and_shows_both_sides_of_a_conflict(newer: Shown) -> None:
    browser = newer.owner
    assert "See what changes" in browser.get(_address(newer, "versions")).content.decode()
    page = browser.get(_address(newer, "upgrade")).content.decode()
    for words in ("Ours", "Work", "To decide"):
        assert words in page


def test_nothing_happens_before_every_conflict_is_decided(newer: Shown) -> None:
    answer = newer.owner.post(_address(newer, "upgrade"))
    assert answer.status_code == 400
    assert "choose for each which is to hold" in answer.content.decode()
    with scope.work_in(newer.line.partner):
        live = Flow.objects.select_related("live_version").get(id=newer.line.flow.id).live_version
        assert live is not None
        assert live.number == 2


@pytest.mark.parametrize(("choice", "own"), [("ours", ["description"]), ("theirs", [])])
def test_the_decided_upgrade_is_live(newer: Shown, choice: str, own: list[str]) -> None:
    answer = newer.owner.post(_address(newer, "upgrade"), {"choice delivery:description.default": choice}, follow=True)
    assert "Version 3 is live" in answer.content.decode()
    with scope.work_in(newer.line.partner):
        live = Flow.objects.select_related("live_version").get(id=newer.line.flow.id).live_version
        assert live is not None
        assert [line["target"] for line in own_lines(live)["delivery"]] == own


def test_what_is_on_the_newest_already_is_told_so(shown: Shown) -> None:
    answer = shown.owner.get(_address(shown, "upgrade"), follow=True)
    assert "stands on the newest version already" in answer.content.decode()


def test_who_may_not_edit_flows_takes_no_upgrade(newer: Shown) -> None:
    assert newer.as_(Role.READ_ONLY).get(_address(newer, "upgrade")).status_code == 403
