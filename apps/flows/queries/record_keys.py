"""Finding ledger lines by what people have: a key of ours, of the source or of any system, an id, a cause, a name, a project.

The ledger is large and its only index on keys begins with flow, type and business key. A source's key becomes business
keys by the systems in use; a target's key is looked up among the links, that of a record which others name among the kept
references. Beginnings are ranges of the same index.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from apps.connectors.canonical.references import NAMED
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.identity import BUSINESS_KEY_LENGTH, business_key
from apps.flows.models import Flow, Link, Operation, RecordReference, TriggerEvent
from apps.flows.templates_library import TEMPLATES
from apps.tenants import correlation

_LEAST_BEGINNING = 3
_BEYOND = "\U0010ffff"  # sorts behind every character that a key may go on with
Kind = tuple[str, str]  # canonical type, source system


class _FlowInUse(NamedTuple):
    id: UUID
    customer_id: UUID
    template: str
    system: str  # the source's


def find_records(typed: str, *, ids: tuple[UUID, UUID] | None = None, most: int = 6) -> list[Operation]:
    """Return the newest operations in scope that one of the keys names; beginnings only when nothing fits as a whole.

    `ids` is a range of operation ids, both ends included.
    """
    found: list[Operation] = []
    if ids is not None:
        found = list(Operation.objects.filter(id__gte=ids[0], id__lte=ids[1]).order_by("-id")[:most])
    flows = [
        _FlowInUse(*row)
        for row in Flow.objects.order_by().values_list("id", "customer_id", "template", "source__system")
    ]
    kinds = _kinds_of(flows)
    found += _by_link(typed, [one.id for one in flows], most)
    if kinds and len(typed) <= BUSINESS_KEY_LENGTH:
        found += _by_whole_key(typed, kinds, most) or _by_beginning(typed, kinds, most)
    found += _by_cause(typed, most)
    if len(found) < most:
        customers = {one.customer_id for one in flows}
        found += [*_by_name(typed, most), *_by_project(typed, customers, most), *_by_reference(typed, flows, most)]
    return list({row.id: row for row in found}.values())[:most]


def find_versions(typed: str, *, most: int = 50) -> list[UUID]:
    """Return the ids of all versions of the records in scope that one of the keys names exactly."""
    found = [
        row
        for row in find_records(typed, most=most)
        if typed in {row.business_key, row.source_key, row.target_key, row.correlation_id}
    ]
    versions = Operation.objects.filter(
        flow_id__in={row.flow_id for row in found},
        canonical_type__in={row.canonical_type for row in found},
        business_key__in={row.business_key for row in found},
    )
    return list(versions.values_list("id", flat=True))


def _by_cause(typed: str, most: int) -> list[Operation]:
    """Return records of what an event with this correlation id started: found by its run, the ledger needs no index."""
    cause = correlation.clean(typed)
    runs = TriggerEvent.objects.filter(correlation_id=cause).order_by("-id").values_list("run_id", flat=True)[:most]
    found = Operation.objects.filter(run_id__in=list(runs), correlation_id=cause) if cause else Operation.objects.none()
    return list(found.order_by("run_id", "state", "-id")[:most])


def _by_name(typed: str, most: int) -> list[Operation]:
    """Return records whose sentence begins with these words, with or without what their type is called ("Project")."""
    if len(typed) < _LEAST_BEGINNING:
        return []
    heads = {CANONICAL_TYPES[kind].sentence.partition("{")[0] for kind in NAMED} | {""}
    # Letters are compared as they are: the index knows no other way. So the usual ways of writing a name are tried.
    ways = {typed, typed.title(), typed.upper(), typed[:1].upper() + typed[1:]}
    begins = Q()
    for begin in sorted({head + way for head in heads for way in ways}):
        begins |= Q(label__startswith=begin)
    rows = list(Operation.objects.filter(begins, canonical_type__in=NAMED).order_by()[: most * 20])
    newest = {(row.customer_id, row.business_key): row for row in sorted(rows, key=lambda one: one.id)}
    return sorted(newest.values(), key=lambda row: row.id, reverse=True)[:most]


def _by_project(typed: str, customers: set[UUID], most: int) -> list[Operation]:
    """Return a few records of the project that is called so, whichever customer's."""
    if len(typed) < _LEAST_BEGINNING:
        return []
    rows = Operation.objects.filter(customer_id__in=customers, project_ref=typed).exclude(project_ref="")
    return list(rows.order_by()[:most])


def _by_reference(typed: str, flows: Iterable[_FlowInUse], most: int) -> list[Operation]:
    """Return records that name another one by this number, as a payment names its invoice."""
    flows = list(flows)
    named = RecordReference.objects.filter(customer_id__in={one.customer_id for one in flows}, outside_key=typed)
    rows = list(named.order_by().values_list("canonical_type", "business_key")[:most])
    if not rows:
        return []
    kinds, keys = {kind for kind, _key in rows}, [key for _kind, key in rows]
    return _newest(Q(flow_id__in=[one.id for one in flows], canonical_type__in=kinds, business_key__in=keys), most)


def _kinds_of(flows: Iterable[_FlowInUse]) -> dict[Kind, list[UUID]]:
    """Return flows by what they carry and from where."""
    kinds: dict[Kind, list[UUID]] = defaultdict(list)
    for one in flows:
        if one.template in TEMPLATES:
            kinds[TEMPLATES[one.template].definition.canonical_type, one.system].append(one.id)
    return kinds


def _by_link(typed: str, flows: list[UUID], most: int) -> list[Operation]:
    """Return records that any system knows under this number, also those that a record on its walk has made."""
    keys = list(Link.objects.filter(outside_key=typed).values_list("business_key", flat=True)[:most])
    if not keys:
        return []
    # Our own name of a record begins with its type, which need not be the type that the link is about.
    types = {key.partition(":")[0] for key in keys}
    return _newest(Q(flow_id__in=flows, canonical_type__in=types, business_key__in=keys), most)


def _by_whole_key(typed: str, kinds: dict[Kind, list[UUID]], most: int) -> list[Operation]:
    keys = {typed, *(business_key(kind, system, typed) for kind, system in kinds)}
    wanted = Q(business_key__in=sorted(keys), canonical_type__in={kind for kind, _ in kinds})
    return _newest(wanted & _of_flows(kinds.values()), most)


def _by_beginning(typed: str, kinds: dict[Kind, list[UUID]], most: int) -> list[Operation]:
    if len(typed) < _LEAST_BEGINNING:
        return []
    found: list[Operation] = []
    for (kind, system), flows in kinds.items():
        for begins in {typed, business_key(kind, system, typed)}:
            wanted = Q(canonical_type=kind, business_key__gte=begins, business_key__lt=begins + _BEYOND)
            # The range is what the index answers; the beginning is what was meant, whatever the database's order of letters.
            found += _newest(wanted & Q(business_key__startswith=begins) & _of_flows([flows]), most)
    return sorted(found, key=lambda row: row.id, reverse=True)[:most]


def _of_flows(flows: Iterable[list[UUID]]) -> Q:
    return Q(flow_id__in=[flow_id for some in flows for flow_id in some])


def _newest(wanted: Q, most: int) -> list[Operation]:
    # Sorted here: sorting in the database would tempt it to walk the ledger from its newest line.
    rows = list(Operation.objects.filter(wanted).order_by()[: most * 20])
    newest: dict[tuple[UUID, str], Operation] = {}
    for row in sorted(rows, key=lambda one: one.id):
        newest[row.flow_id, row.business_key] = row
    return sorted(newest.values(), key=lambda row: row.id, reverse=True)[:most]
