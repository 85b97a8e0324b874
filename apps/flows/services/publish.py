"""From a template to a live flow, and from changed mapping lines to a new immutable version."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actions import Action, Role, allowed
from apps.accounts.audit import AuditAction
from apps.connectors import registry
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import Connection
from apps.flows.engine.definition import FlowDefinition, Step, parse_definition
from apps.flows.engine.flow import merge_delivery
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.mapping.layers import LayeredLine, parse_layer, write_layer
from apps.flows.models import Flow, FlowRole, FlowVersion, MappingLayer
from apps.flows.services.gather import look_at_inbox
from apps.flows.services.session import compile_version, objects_of, stored_layers
from apps.flows.services.start_run import make_waiting_due
from apps.flows.services.walk_session import compile_delivery, object_of, systems_of
from apps.flows.templates_library import FlowTemplate, flow_template


def install_template(  # noqa: PLR0913  each is one fact of the flow, all by name
    *,
    template: str,
    name: str,
    source: Connection,
    target: Connection,
    installed_by: str,
    live: bool = True,
    roles: Mapping[str, Connection] | None = None,
) -> Flow:
    """Install a template between two connections of one customer and publish its first version.

    `roles` are the further systems of a walking flow, by role. With `live=False` it stays a draft: its mapping can be worked on and tried, but nothing runs before `set_live`.

    Raises:
        ValidationError: unknown template, systems that cannot do it, connections of two customers, or a taken name.
        MappingError: the template's lines do not fit these systems; all problems are listed.

    """
    wanted = _template(template)
    _require_fitting(wanted, source, target)
    further = _fitting_roles(wanted, source, roles or {})
    flow = Flow(customer_id=source.customer_id, template=template, name=name, source=source, target=target)
    flow.clean_fields(exclude=["customer"])
    with transaction.atomic():
        try:
            with transaction.atomic():
                flow.save()
        except IntegrityError:
            raise ValidationError({"name": f"This customer already has a flow called {name!r}."}) from None
        for role, connection in further.items():
            FlowRole.objects.create(flow=flow, customer_id=flow.customer_id, role=role, connection=connection)
        publish(flow, published_by=installed_by, note="Installed")
        if live:
            Flow.objects.filter(id=flow.id).update(state=Flow.State.LIVE)
        flow.refresh_from_db()
        details = {"template": template, "source": source.system, "target": target.system}
        audit.record(AuditAction.FLOW_INSTALLED, subject="flow", subject_id=str(flow.id), details=details)
    return flow


def _template(slug: str) -> FlowTemplate:
    try:
        return flow_template(slug)
    except KeyError:
        raise ValidationError({"template": f"There is no template {slug!r}."}) from None


def _require_fitting(template: FlowTemplate, source: Connection, target: Connection) -> None:
    kind = template.definition.canonical_type
    if source.customer_id != target.customer_id:
        raise ValidationError({"target": "Source and target must belong to the same customer."})
    for side, connection in (("source", source), ("target", target)):
        if registry.is_draft(connection.system):
            raise ValidationError({side: f"The system of {connection.name} is a draft: make it live first."})
    reads = registry.manifest(source.system).object_for(kind)
    if reads is None or reads.reading is None:
        raise ValidationError({"source": f"{source.name} cannot give records of the type {kind}."})
    if not template.can_write(registry.manifest(target.system)):
        wanted = "what this flow brings" if template.definition.walks else f"records of the type {kind}"
        raise ValidationError({"target": f"{target.name} cannot take {wanted}."})


def _fitting_roles(
    template: FlowTemplate, source: Connection, roles: Mapping[str, Connection]
) -> Mapping[str, Connection]:
    """Return the further systems when each role has one that can play it."""
    for role, label in template.roles.items():
        chosen = roles.get(role)
        if chosen is None:
            raise ValidationError({role: f"Choose a connection for: {label}."})
        if chosen.customer_id != source.customer_id:
            raise ValidationError({role: "All systems of a flow must belong to the same customer."})
        if not template.can_play(role, registry.manifest(chosen.system)):
            raise ValidationError({role: f"{chosen.name} cannot be used for: {label}."})
    unknown = sorted(set(roles) - set(template.roles))
    if unknown:
        raise ValidationError({unknown[0]: "This template has no such role."})
    return roles


def publish(flow: Flow, *, published_by: str, note: str = "") -> FlowVersion:
    """Freeze the layers as they are now into a new version and make it the live one.

    Raises:
        MappingError: the lines do not compile; nothing is published.

    """
    template = flow_template(flow.template)
    layers = _walking_layers(flow, template) if template.definition.walks else _layers(flow, template)
    with transaction.atomic():
        locked = Flow.objects.select_for_update(no_key=True).get(id=flow.id)
        last = FlowVersion.objects.filter(flow=locked).order_by("-number").values_list("number", flat=True).first()
        version = FlowVersion(
            flow=locked,
            customer_id=locked.customer_id,
            number=(last or 0) + 1,
            definition=template.definition.to_json(),
            layers=layers,
            note=note[:300],
            published_at=timezone.now(),
            published_by=published_by,
        )
        compile_version(version, flow.source, flow.target)
        version.save()
        Flow.objects.filter(id=flow.id).update(live_version=version)
        flow.live_version = version
        details = {"version": version.number, "note": note}
        audit.record(AuditAction.FLOW_PUBLISHED, subject="flow", subject_id=str(flow.id), details=details)
    return version


def _layers(flow: Flow, template: FlowTemplate) -> dict[str, Any]:
    target = _target_object(flow, template.definition)
    return {
        "system": write_layer(target.writing_lines),
        "template": write_layer(template.lines),
        "partner": partner_lines(flow),
        "customer": customer_lines(flow),
    }


def _walking_layers(flow: Flow, template: FlowTemplate) -> dict[str, Any]:
    """Return what each delivering step writes, pinned: {"steps": {name: {"object", "system"}}}; no other lines yet."""
    systems = systems_of(flow)
    steps: dict[str, Any] = {}
    for step in template.definition.walk:
        _require_roles_of_people(step)
        if isinstance(step.options, DeliverOptions):
            place = object_of(systems[step.options.role], step.options.type)
            compile_delivery(step.options.type, place, place.writing_lines)
            steps[step.name] = {"object": place.name, "system": write_layer(place.writing_lines)}
    return {"system": [], "template": [], "partner": [], "customer": [], "steps": steps}


def _require_roles_of_people(step: Step) -> None:
    for role in getattr(step.options, "roles", ()):
        if role not in set(Role):
            raise ValidationError({"template": f"The step {step.name!r} asks {role!r}, which is no role of people."})
        if isinstance(step.options, ApproveOptions) and not allowed(Role(role), Action.APPROVE):
            raise ValidationError({"template": f"The step {step.name!r} asks {role!r}, who may not approve."})


def _target_object(flow: Flow, definition: FlowDefinition) -> ObjectManifest:
    found = registry.manifest(flow.target.system).object_for(definition.canonical_type)
    if found is None:
        raise ValidationError({"target": f"{flow.target.name} cannot take {definition.canonical_type}."})
    return found


def partner_lines(flow: Flow) -> list[dict[str, Any]]:
    """Return the partner's changes for this template and target system, as stored."""
    layer = MappingLayer.objects.filter(
        level=MappingLayer.Level.PARTNER, template=flow.template, target_system=flow.target.system
    ).first()
    return list(layer.lines) if layer else []


def customer_lines(flow: Flow) -> list[dict[str, Any]]:
    """Return this flow's own changes, as stored."""
    layer = MappingLayer.objects.filter(flow=flow).first()
    return list(layer.lines) if layer else []


def layered_lines(version: FlowVersion) -> list[LayeredLine]:
    """Return a version's lines as merged, each with the layer it comes from: the mapping table."""
    flow = version.flow
    definition = parse_definition(version.definition)
    _, target = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    return merge_delivery(target, stored_layers(version.layers))


def change_line(flow: Flow, *, target: str, changes: Mapping[str, Any], made_by: str, note: str = "") -> FlowVersion:
    """Set keys of one mapping line in the customer's layer and publish. Empty `changes` resets it to the layer below.

    Raises:
        MappingError, LayerError: the line cannot be; nothing is changed.

    """
    with transaction.atomic():
        layer, _ = MappingLayer.objects.select_for_update().get_or_create(
            flow=flow,
            defaults={
                "level": MappingLayer.Level.CUSTOMER,
                "template": flow.template,
                "target_system": flow.target.system,
            },
        )
        kept = [line for line in layer.lines if line["target"] != target]
        layer.lines = [*kept, {"target": target, **changes}] if changes else kept
        parse_layer(layer.lines)
        layer.save()
        return publish(flow, published_by=made_by, note=note or f"Changed {target}")


def set_live(flow: Flow) -> bool:
    """Let a draft start runs; False when it was no draft any more."""
    changed = Flow.objects.filter(id=flow.id, state=Flow.State.DRAFT).update(state=Flow.State.LIVE, state_reason="")
    if changed:
        flow.state = Flow.State.LIVE
        audit.record(AuditAction.FLOW_RESUMED, subject="flow", subject_id=str(flow.id), details={"from": "draft"})
    return bool(changed)


def pause_flow(flow: Flow, *, reason: str, made_by: str) -> None:
    """Stop a flow from starting runs, with a reason that everyone sees. Raises ValidationError without one."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why the flow is paused: others will ask."})
    Flow.objects.filter(id=flow.id, state=Flow.State.LIVE).update(
        state=Flow.State.PAUSED, state_reason=f"{reason.strip()} ({made_by})"[:300]
    )
    audit.record(AuditAction.FLOW_PAUSED, subject="flow", subject_id=str(flow.id), details={"reason": reason})


def resume_flow(flow: Flow) -> None:
    """Let a paused flow start runs again; what it was asked for meanwhile becomes due, in order.

    Raises:
        ValidationError: one of its connections was removed meanwhile.

    """
    removed = [connection.name for connection in (flow.source, flow.target) if connection.removed_at is not None]
    if removed:
        raise ValidationError(
            _("%(name)s was removed: install the flow anew with another connection.") % {"name": " · ".join(removed)}
        )
    with transaction.atomic():
        if Flow.objects.filter(id=flow.id, state=Flow.State.PAUSED).update(state=Flow.State.LIVE, state_reason=""):
            flow.refresh_from_db(fields=["state", "state_reason", "live_version"])
            make_waiting_due(flow)
            look_at_inbox(flow.id, flow.customer_id)
        audit.record(AuditAction.FLOW_RESUMED, subject="flow", subject_id=str(flow.id))
