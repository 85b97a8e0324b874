"""One business record across all systems that know it: numbers, values side by side, where it stops, and what happened."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.models import Connection
from apps.connectors.record_words import record_name
from apps.flows.engine.ownership import OTHERS
from apps.flows.models import FieldOwner, Flow, Operation, OwnerReview
from apps.flows.queries.operations import shown
from apps.flows.services.evidence import canonical_values_of_all
from apps.flows.services.owner_reviews import OPEN
from apps.monitoring.case_words import type_words
from apps.monitoring.lineage.happenings import happenings_of
from apps.monitoring.lineage.pages import Held, RecordPage, SideBySide, SystemColumn, compare
from apps.monitoring.lineage.systems import ARRIVED, columns_of, read_known
from apps.tenants.templatetags.wording import day_words, money_words

MOST_LINES = 200  # versions of one record that are looked at
MOST_COMPARED = 5  # systems beside one another; more would not fit beside one another either


def get_record_page(operation: Operation, *, can_see_costs: bool) -> RecordPage:
    """Return everything the page of a record shows. The number of queries does not grow with systems, links or versions."""
    lines = lines_of_record(operation)
    connections = {one.id: one for one in Connection.objects.filter(customer_id=operation.customer_id)}
    known = read_known(operation, lines, connections)
    systems = columns_of(known)
    gap = next((column.gap for column in systems if column.gap), None)
    sentence, tone, icon = _standing(systems)
    newest = lines[0]
    return RecordPage(
        operation_id=newest.id,
        title=record_name(newest.label, newest.business_key),
        kind=type_words(newest.canonical_type),
        customer=operation.customer.name,
        sentence=sentence,
        tone=tone,
        icon=icon,
        systems=systems,
        values=_side_by_side(lines, connections, hidden=not can_see_costs),
        timeline=happenings_of(lines),
        gap=gap,
    )


def lines_of_record(operation: Operation) -> list[Operation]:
    """Return all ledger lines of the record behind one of them, over all flows, the newest first. Two queries."""
    flows = list(Flow.objects.filter(customer_id=operation.customer_id).values_list("id", flat=True))
    rows = Operation.objects.filter(
        flow_id__in=flows, canonical_type=operation.canonical_type, business_key=operation.business_key
    )
    # Sorted here: sorting in the database would tempt it to walk the ledger from its newest line.
    found = list(rows.select_related("flow__source", "flow__target", "last_run__version").order_by()[:MOST_LINES])
    return sorted(found, key=lambda line: line.id, reverse=True) or [operation]


def _standing(systems: Sequence[SystemColumn]) -> tuple[str, str, str]:
    stopped = next((one for one in systems if one.gap), None)
    if stopped is not None:
        return _("It stops before %(system)s.") % {"system": stopped.name}, "danger", "circle-x"
    waiting = next((one for one in systems if one.tone == "warning"), None)
    if waiting is not None:
        return _("It is on its way to %(system)s.") % {"system": waiting.name}, "warning", "hourglass"
    deleted = next((one for one in systems if one.tone == "danger"), None)
    if deleted is not None:
        return _("%(system)s no longer holds it as the others do.") % {"system": deleted.name}, "danger", "alert-circle"
    return _("Every system that should know it does."), "success", "circle-check"


def _side_by_side(
    lines: Sequence[Operation], connections: Mapping[Any, Connection], *, hidden: bool
) -> SideBySide | None:
    """Set what the source says beside what each target was last told, and what a target is known to hold instead."""
    described = CANONICAL_TYPES.get(lines[0].canonical_type)
    if described is None:
        return None
    told: dict[Any, Operation] = {}
    for line in lines:
        if line.state in ARRIVED:
            told.setdefault(line.flow.target_id, line)
    chosen = list(told.values())[: MOST_COMPARED - 1]
    values = canonical_values_of_all({line.id: line for line in [lines[0], *chosen]}.values())
    theirs = _theirs(lines[0], connections)
    owned = _owned(described, lines[0], connections)
    source = lines[0].flow.source
    held = [Held(source.name, values[lines[0].id], owned.get(source.id, frozenset()))]
    held += [
        Held(
            line.flow.target.name,
            {**values[line.id], **theirs.get(line.flow.target_id, {})},
            owned.get(line.flow.target_id, frozenset()),
        )
        for line in chosen
        if values[line.id]
    ]
    return compare(described, held, _words, hidden=hidden) if held[0].values else None


def _theirs(line: Operation, connections: Mapping[Any, Connection]) -> dict[Any, dict[str, Any]]:
    """Return what targets hold where a person is to decide between both sides, by connection."""
    found: dict[Any, dict[str, Any]] = {}
    rows = OwnerReview.objects.filter(
        connection_id__in=list(connections),
        canonical_type=line.canonical_type,
        business_key=line.business_key,
        state__in=OPEN,
        is_kept=True,
    )
    for connection_id, name, value in rows.values_list("connection_id", "field", "theirs"):
        found.setdefault(connection_id, {})[name] = value
    return found


def _owned(
    described: CanonicalType, line: Operation, connections: Mapping[Any, Connection]
) -> dict[Any, frozenset[str]]:
    """Return the fields whose value counts in each system: as the customer's register says, else as usual."""
    entries = {
        row.field: row.connection_id
        for row in FieldOwner.objects.filter(customer_id=line.customer_id, canonical_type=described.name)
    }
    kinds = {one.id: registry.manifest(one.system).category for one in connections.values()}
    owned: dict[Any, set[str]] = {}
    for known in described.fields:
        owner = entries.get(known.name) or (entries.get(OTHERS) if known.name not in entries else None)
        usual = described.owner_of(known.name).value
        for connection_id in [owner] if owner else [key for key, kind in kinds.items() if kind == usual]:
            owned.setdefault(connection_id, set()).add(known.name)
    return {key: frozenset(names) for key, names in owned.items()}


def _words(known: CanonicalField, values: Mapping[str, Any]) -> str:
    value = values.get(known.name)
    if value in (None, ""):
        return ""
    if known.measured_in == "money":
        return money_words(value, str(values.get(known.currency) or ""))
    return day_words(value) if isinstance(value, date) and not isinstance(value, datetime) else shown(value)
