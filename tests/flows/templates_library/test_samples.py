"""The samples of every template hold: a template that does something else than it says cannot be shipped."""

from dataclasses import replace

import pytest

from apps.connectors import registry
from apps.connectors.manifest import SystemManifest
from apps.flows.engine.flow import Layers
from apps.flows.mapping.layers import LineChange
from apps.flows.templates_library import TEMPLATES, FlowTemplate, LeftOut, Refused, flow_template
from apps.flows.templates_library.trying import compare_samples, places_of, run_samples

ALL = [pytest.param(template, id=slug) for slug, template in TEMPLATES.items()]
TIME = flow_template("approved-time-to-bill")


def _systems(template: FlowTemplate) -> dict[str, SystemManifest]:
    return {role: registry.manifest(slug) for role, slug in template.sample_systems.items()}


@pytest.mark.parametrize("template", ALL)
def test_every_sample_gives_what_its_template_says(template: FlowTemplate) -> None:
    results = run_samples(template, {}, places_of(template, _systems(template)))
    assert {r.sample.name: (r.differences, r.outcome.problems) for r in results if not r.holds} == {}
    assert len({result.sample.name for result in results}) == len(results) >= 3


def test_a_change_that_breaks_a_sample_is_named_with_what_was_and_what_is() -> None:
    systems = _systems(TIME)
    changed = Layers(customer=(LineChange("cost_center", {"source": "department", "default": "CC-900"}),))
    results = compare_samples(
        TIME,
        before=places_of(TIME, systems),
        after=places_of(TIME, systems, changed),
        bare=places_of(TIME, systems),
        settings_before={},
        settings_after={"carry_unbillable": True},
    )
    found = {result.sample.name: result.differences for result in results}
    delivered = found["An approved entry becomes a time line"]
    assert [(one.where, one.expected, one.found) for one in delivered] == [("deliver.cost_center", "CC-110", "CC-900")]
    assert [one.expected for one in found["Unbillable time is left out"]] == ["left out: not_billable"]
    assert found["Time that is not approved yet is left out"] == ()


def test_a_sample_that_is_refused_where_it_should_be_left_out_does_not_hold() -> None:
    sample = next(one for one in TIME.samples if isinstance(one.expected, Refused))
    wrong = replace(TIME, samples=(replace(sample, expected=LeftOut("filtered")),))
    (result,) = run_samples(wrong, {}, places_of(wrong, _systems(wrong)))
    assert not result.holds
    assert [(one.expected, one.found[:17]) for one in result.differences] == [
        ("left out: filtered", "refused at check:")
    ]
