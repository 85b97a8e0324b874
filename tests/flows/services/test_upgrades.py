"""Upgrades: a newer base reaches a flow only when it is asked for, and never over a customer's own lines unseen."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest

from apps.flows.mapping.layers import LineChange
from apps.flows.mapping.places import DELIVERY, read_places
from apps.flows.mapping.rebase import Choice
from apps.flows.models import Flow, PartnerLayer
from apps.flows.services import bases
from apps.flows.services.bases import own_lines
from apps.flows.services.publish import change_line, layered_lines
from apps.flows.services.restore_version import restore_version
from apps.flows.services.upgrades import UndecidedError, plan_upgrade, upgrade
from apps.flows.templates_library import TEMPLATES, FlowTemplate
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _next(line: Line, *lines: LineChange) -> FlowTemplate:
    template = TEMPLATES[line.flow.template]
    return replace(template, version=template.version + 1, lines=(*template.lines, *lines))


def _description(line: Line) -> object:
    version = _flow(line).live_version
    assert version is not None
    return next(one.line for one in layered_lines(version) if one.line.target == "description").default


def test_a_flow_on_the_newest_base_has_nothing_to_upgrade(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        assert plan_upgrade(_flow(line)) is None
        assert upgrade(_flow(line), made_by="Ann") is None


def test_a_next_version_of_the_template_is_taken_with_the_customers_lines(make_line: MakeLine) -> None:
    line = make_line()
    newer = _next(line, LineChange("cost_center", {"default": "CC-1"}))
    with scope.work_in(line.partner):
        change_line(_flow(line), target="description", changes={"default": "Ours"}, made_by="Ann")
        with patch.object(bases, "flow_template", lambda _slug: newer):
            planned = plan_upgrade(_flow(line))
            assert planned is not None
            assert planned.conflicts == ()
            version = upgrade(_flow(line), made_by="Ann")
            assert version is not None
            assert plan_upgrade(_flow(line)) is None
        assert (version.template_version, _description(line)) == (newer.version, "Ours")
        assert {"target": "cost_center", "default": "CC-1"} in read_places(version.layers)[DELIVERY].template
    assert line.run().written


def test_what_the_partner_changed_for_all_is_an_upgrade_too(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        PartnerLayer.objects.create(
            template=line.flow.template,
            place=DELIVERY,
            system=line.target.system,
            lines=[{"target": "description", "default": "Partner"}],
        )
        assert _description(line) is None
        upgrade(_flow(line), made_by="Ann")
        assert _description(line) == "Partner"


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        pytest.param(Choice.OURS, "Ours", id="the customer's stays"),
        pytest.param(Choice.THEIRS, "Template", id="the template's is taken"),
    ],
)
def test_what_both_changed_waits_for_a_choice(make_line: MakeLine, choice: Choice, left: str) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        change_line(_flow(line), target="description", changes={"default": "Ours"}, made_by="Ann")
        newer = _next(line)
        newer = replace(newer, lines=(LineChange("description", {"default": "Template"}),))
        with patch.object(bases, "flow_template", lambda _slug: newer):
            with pytest.raises(UndecidedError) as told:
                upgrade(_flow(line), made_by="Ann")
            (conflict,) = told.value.conflicts
            assert (conflict.name, conflict.conflict.theirs) == ("delivery:description.default", "Template")
            assert _description(line) == "Ours", "nothing is changed before it is decided"
            upgrade(_flow(line), made_by="Ann", choices={conflict.name: choice})
        assert _description(line) == left


def test_an_upgrade_is_taken_back_whole_by_going_back(make_line: MakeLine) -> None:
    line = make_line()
    newer = _next(line, LineChange("cost_center", {"default": "CC-1"}))
    with scope.work_in(line.partner):
        before = _flow(line).live_version
        assert before is not None
        with patch.object(bases, "flow_template", lambda _slug: newer):
            upgrade(_flow(line), made_by="Ann")
            version = restore_version(_flow(line), before, made_by="Ann")
            assert version.layers == before.layers
            assert plan_upgrade(_flow(line)) is not None, "it is offered again"
        assert own_lines(version) == own_lines(before)
