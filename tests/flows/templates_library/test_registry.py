"""Templates: complete, compilable, and only offered where they fit."""

from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from apps.accounts.actions import Role
from apps.connectors import registry
from apps.connectors.catalog.redmine.manifest import MANIFEST as REDMINE
from apps.connectors.catalog.tryton.manifest import MANIFEST as TRYTON
from apps.connectors.manifest import ProofLabel
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import compile_flow
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.layers import Layers
from apps.flows.services.walk_session import compile_delivery
from apps.flows.templates_library import (
    ACCELERATORS,
    TEMPLATES,
    FlowTemplate,
    UnknownTemplateError,
    flow_template,
    list_templates,
)
from apps.flows.templates_library.settings import properties_of
from apps.flows.templates_library.template import role_of, wanted_by

ALL = [pytest.param(template, id=slug) for slug, template in TEMPLATES.items()]


@pytest.mark.parametrize("template", ALL)
def test_a_template_says_what_it_does_and_what_it_needs(template: FlowTemplate) -> None:
    assert flow_template(template.slug) is template
    assert template in list_templates()
    assert template.summary.endswith(".")
    assert template.needs
    assert all(sentence.endswith(".") for sentence in (*template.needs, template.outcome))
    assert parse_definition(template.definition.to_json()) == template.definition
    assert template.workflow.startswith("W")
    assert template.category
    assert template.accelerator in {"", *ACCELERATORS}
    assert sorted(template.changes) == list(range(1, template.version + 1))
    assert template.sla
    Draft202012Validator.check_schema(template.settings)
    assert all(described["description"].endswith(".") for described in properties_of(template.settings).values())


@pytest.mark.parametrize("template", [entry for entry in ALL if TEMPLATES[str(entry.id)].definition.walks])
def test_a_walking_template_fits_the_sandbox_and_declares_every_system_it_calls(template: FlowTemplate) -> None:
    called = {role for step in template.definition.walk if (role := role_of(step))} - {"target"}
    assert called == set(template.roles)
    systems = registry.all_manifests()
    for role in ("target", *template.roles):
        assert [system.slug for system in systems if template.can_play(role, system)], role
    assert any(template.can_read(system) for system in systems if system.slug.startswith("sandbox"))
    asked = [role for step in template.definition.walk for role in getattr(step.options, "roles", ())]
    assert set(asked) <= set(Role)
    for step in template.definition.walk:
        if isinstance(step.options, DeliverOptions):
            for system in systems:
                place = system.object_for(step.options.type)
                if wanted_by(step, system) and place is not None and system.slug.startswith("sandbox"):
                    compile_delivery(step.options.type, place)


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownTemplateError, match="approved-time-to-bill"):
        flow_template("nothing")


def test_approved_time_runs_from_any_time_system_into_any_erp() -> None:
    template = flow_template("approved-time-to-bill")
    assert template.can_read(REDMINE)
    assert not template.can_write(REDMINE)
    assert template.can_write(TRYTON)
    assert not template.can_write(replace(TRYTON, objects=()))
    source, target = REDMINE.object_for("TimeEntry"), TRYTON.object_for("TimeEntry")
    assert source is not None
    assert target is not None
    compiled = compile_flow(
        template.definition, source, target, Layers(template=template.lines), source_system=REDMINE.slug
    )
    assert [condition.name for condition in compiled.check.conditions] == ["approved", "billable"]


def test_a_template_compiles_between_every_two_systems_that_fit() -> None:
    systems = registry.all_manifests()
    pairs = [
        (template, source, target)
        for template in list_templates()
        for source in systems
        for target in systems
        if source is not target
        and not template.definition.walks  # their deliveries are compiled above
        and template.can_read(source)
        and template.can_write(target)
        and source.category in (template.source_categories or {"PSA", "Time", "Expenses"})
    ]
    assert len(pairs) >= 4
    for template, source, target in pairs:
        kind = template.definition.canonical_type
        read, written = source.object_for(kind), target.object_for(kind)
        assert read is not None
        assert written is not None
        compile_flow(template.definition, read, written, Layers(template=template.lines), source_system=source.slug)


@pytest.mark.parametrize(
    ("slug", "fits", "does_not"),
    [
        ("expenses-to-bill", "sandbox_erp", "sandbox_payroll"),
        ("hours-to-payroll", "sandbox_payroll", "sandbox_erp"),
        ("billing-status", "sandbox_crm", "xero"),
        ("customer-master", "netsuite", "sandbox_psa"),
        ("assignments-to-psa", "sandbox_psa", "sandbox_time"),
    ],
)
def test_a_system_that_holds_the_type_is_offered_only_where_it_is_meant(slug: str, fits: str, does_not: str) -> None:
    template, other = flow_template(slug), registry.manifest(does_not)
    assert template.can_write(registry.manifest(fits))
    assert other.object_for(template.definition.canonical_type) is not None
    assert not template.can_write(other)
    # A partner's own system is called as the partner likes: it is offered wherever it holds what is needed.
    own = replace(registry.manifest(fits), category="Private", proof=ProofLabel.DRAFTED)
    assert template.can_write(own)


def test_a_system_is_read_only_where_it_is_meant_as_the_source() -> None:
    template = flow_template("billing-status")
    assert template.can_read(registry.manifest("xero"))
    assert not template.can_read(registry.manifest("avatax"))
