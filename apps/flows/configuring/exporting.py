"""What is configured, as documents for files: a customer's flows and owner register, or the partner's own lines.

Connections are named, never their secrets, addresses or ids. Webhook addresses are not part of it: they are secrets of their
own, made anew where a file is imported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from apps.connectors.models import Connection
from apps.customers.models import Customer, CutOff
from apps.flows.config_files.document import (
    CustomerDocument,
    CutOffEntry,
    FlowEntry,
    Lines,
    OwnerEntry,
    PartnerDocument,
    PartnerLines,
    StartsEntry,
    SystemEntry,
    write_lines,
)
from apps.flows.mapping.layers import parse_layer, write_layer
from apps.flows.models import FieldOwner, Flow, FlowRole, PartnerLayer, Trigger
from apps.flows.services.bases import own_definition, own_lines
from apps.flows.templates_library import TEMPLATES
from apps.flows.templates_library.settings import chosen_settings, complete_settings, known_settings
from apps.flows.triggers.blackouts import read_blackouts


def export_customer(customer: Customer) -> CustomerDocument:
    """Return a customer's configuration; retired flows are no part of it. A handful of queries, however many flows."""
    flows = list(
        Flow.objects.select_related("source", "target", "live_version")
        .filter(customer=customer)
        .exclude(state=Flow.State.RETIRED)
    )
    triggers = _by_flow(Trigger.objects.filter(flow__in=flows, active=True).order_by("event_name"))
    roles = _by_flow(FlowRole.objects.select_related("connection").filter(flow__in=flows))
    owners = FieldOwner.objects.select_related("connection").filter(customer=customer)
    return CustomerDocument(
        customer.name,
        customer.currency,
        customer.time_zone,
        tuple(_flow(flow, triggers[flow.id], roles[flow.id]) for flow in sorted(flows, key=lambda flow: flow.name)),
        tuple(owner_entry(owner) for owner in owners),
        tuple(cut_off_entry(one) for one in CutOff.objects.filter(customer=customer)),
    )


def cut_off_entry(row: CutOff) -> CutOffEntry:
    """Return one cut-off."""
    return CutOffEntry(row.name, row.rhythm, row.day, f"{row.at:%H:%M}", row.purpose)


def export_flow(flow: Flow) -> FlowEntry:
    """Return one flow's entry."""
    triggers = Trigger.objects.filter(flow=flow, active=True).order_by("event_name")
    return _flow(flow, list(triggers), list(FlowRole.objects.select_related("connection").filter(flow=flow)))


def export_partner() -> PartnerDocument:
    """Return the lines that the partner changes for all its customers."""
    layers = PartnerLayer.objects.order_by("template", "place", "system")
    return PartnerDocument(tuple(partner_entry(layer) for layer in layers))


def partner_entry(layer: PartnerLayer) -> PartnerLines:
    """Return one place's lines of the partner."""
    return PartnerLines(layer.template, layer.place, layer.system, _lines(layer.lines))


def owner_entry(row: FieldOwner) -> OwnerEntry:
    """Return one entry of an owner register."""
    return OwnerEntry(
        row.canonical_type,
        row.field,
        row.connection.name if row.connection else "",
        row.conflict_rule,
        row.business_owner,
        row.technical_owner,
        row.note,
    )


def _by_flow(rows: Iterable[Any]) -> Mapping[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.flow_id].append(row)
    return found


def _flow(flow: Flow, triggers: list[Trigger], roles: list[FlowRole]) -> FlowEntry:
    live = flow.live_version
    own = own_lines(live) if live else {}
    return FlowEntry(
        name=flow.name,
        template=flow.template,
        template_version=live.template_version if live else _newest(flow.template),
        source=_system(flow.source),
        target=_system(flow.target),
        roles={one.role: _system(one.connection) for one in roles},
        settings=_settings(flow),
        starts=_starts(triggers),
        expected_every_seconds=flow.expected_every_seconds,
        quiet=read_blackouts(flow.blackouts).to_json(),
        definition=own_definition(live) if live else {},
        lines={place: _lines(lines) for place, lines in own.items() if lines},
    )


def _settings(flow: Flow) -> dict[str, Any]:
    template = TEMPLATES.get(flow.template)
    if template is None:
        return dict(flow.settings)
    known = known_settings(template.settings, flow.settings)
    return chosen_settings(template.settings, complete_settings(template.settings, known))


def _system(connection: Connection) -> SystemEntry:
    return SystemEntry(connection.name, connection.system)


def _starts(triggers: list[Trigger]) -> StartsEntry:
    schedule = next((one for one in triggers if one.kind == Trigger.Kind.SCHEDULE), None)
    event = next((one.event_name for one in triggers if one.kind == Trigger.Kind.EVENT), "")
    if schedule is None:
        return StartsEntry(event=event)
    zone = schedule.zone if schedule.cron else ""
    return StartsEntry(schedule.every_seconds, schedule.cron, zone, schedule.before_cut_off_minutes, event)


def _lines(stored: Iterable[Mapping[str, Any]]) -> Lines:
    return tuple(write_lines(tuple(write_layer(parse_layer(list(stored))))))


def _newest(slug: str) -> int:
    template = TEMPLATES.get(slug)
    return template.version if template else 1
