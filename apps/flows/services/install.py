"""From a template to a flow of one customer."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import registry
from apps.connectors.models import Connection
from apps.flows.models import Flow, FlowRole
from apps.flows.services.environments import require_one_environment
from apps.flows.services.publish import publish
from apps.flows.templates_library import FlowTemplate, flow_template
from apps.flows.templates_library.settings import chosen_settings, complete_settings


def install_template(  # noqa: PLR0913  each is one fact of the flow, all by name
    *,
    template: str,
    name: str,
    source: Connection,
    target: Connection,
    installed_by: str,
    live: bool = True,
    roles: Mapping[str, Connection] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Flow:
    """Install a template between two connections of one customer and publish its first version.

    `roles` are the further systems of a walking flow, by role; `settings` what differs from the template's. With `live=False` it stays a draft: its mapping can be worked on and tried, but nothing runs before `set_live`.

    Raises:
        ValidationError: unknown template, systems that cannot do it, connections of two customers or both of a sandbox and of production, or a taken name.
        SettingsError: a setting that the template does not have or allow.
        MappingError: the template's lines do not fit these systems; all problems are listed.

    """
    wanted = _template(template)
    chosen = chosen_settings(wanted.settings, complete_settings(wanted.settings, settings or {}))
    _require_fitting(wanted, source, target)
    further = _fitting_roles(wanted, source, roles or {})
    require_one_environment([source, target, *further.values()])
    flow = Flow(
        customer_id=source.customer_id, template=template, name=name, source=source, target=target, settings=chosen
    )
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
    if not template.can_read(registry.manifest(source.system)):
        raise ValidationError({"source": f"{source.name} is no system that this flow reads from: choose another."})
    if not template.can_write(registry.manifest(target.system)):
        holds_type = not template.definition.walks and not template.target_categories
        wanted = f"records of the type {kind}" if holds_type else "what this flow brings"
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
