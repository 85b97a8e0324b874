"""A customer's owner register as its page shows it: every field that flows carry, who owns it, and which way it goes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.models import Connection
from apps.connectors.redaction import redact_json
from apps.customers.models import Customer
from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.engine.ownership import OTHERS, ConflictRule, Ruling
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compiled import CompiledMapping, MappingError
from apps.flows.mapping.filling import fields_read
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import read_places
from apps.flows.models import FieldOwner, Flow, OwnerReview
from apps.flows.services.owner_register import connections_by_kind
from apps.flows.services.owner_reviews import OPEN
from apps.flows.services.session import compile_version
from apps.flows.services.walk_session import SOURCE, TARGET, MissingRoleError, compile_delivery, object_of

REVIEWS_SHOWN = 100
RULE_WORDS: Mapping[str, Promise] = {
    ConflictRule.REVIEW: gettext_lazy("The owner's value stays, and a person is asked"),
    ConflictRule.OWNER_WINS: gettext_lazy("The owner's value stays"),
    ConflictRule.LATEST_WINS: gettext_lazy("The later change stands"),
    ConflictRule.FIRST_WINS: gettext_lazy("What is there first stays, even against the owner"),
}
RULING_WORDS: Mapping[str, Promise] = {
    Ruling.WRITTEN: gettext_lazy("The new value was written"),
    Ruling.KEPT: gettext_lazy("The value there was kept"),
    Ruling.REVIEW: gettext_lazy("The value there was kept until somebody decides"),
}
_UNREADABLE = (DefinitionError, MappingError, LayerError, MissingRoleError, KeyError)


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """One field: who owns it, what happens to changes from others, and between which systems it goes.

    `entry` None: nobody has entered an owner, and flows may write it. `usual` is the kind of system that owns it by default.
    """

    canonical_type: str
    field: str
    label: str
    usual: str
    entry: FieldOwner | None
    owner: str
    rule: str
    ways: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    open_reviews: int = 0


@dataclass(frozen=True, slots=True)
class OwnedType:
    """The fields of one kind of record."""

    name: str
    label: str
    rows: tuple[OwnerRow, ...]
    entered: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One change to decide; `ours` and `theirs` are None where they may not be seen or are not stored."""

    review: OwnerReview
    type_label: str
    field_label: str
    target: str
    ours: Any
    theirs: Any


@dataclass(slots=True)
class _Carried:
    """Which way a field goes: pairs of source and target."""

    ways: dict[tuple[str, str], None] = field(default_factory=dict)


def list_owned(customer: Customer) -> list[OwnedType]:
    """Return every kind of record that the customer's flows carry or that has an entry, with its fields."""
    entries = {
        (row.canonical_type, row.field): row
        for row in FieldOwner.objects.filter(customer=customer).select_related("connection")
    }
    carried = _carried_fields(customer)
    kinds = {kind for kind, _field in (*entries, *carried)}
    owners = {kind: ", ".join(one.name for one in found) for kind, found in connections_by_kind(customer.id).items()}
    waiting = _open_reviews(customer)
    found = [
        _owned_type(CANONICAL_TYPES[kind], entries, carried, owners, waiting)
        for kind in kinds
        if kind in CANONICAL_TYPES
    ]
    return sorted(found, key=lambda one: one.label.casefold())


def _owned_type(
    described: CanonicalType,
    entries: Mapping[tuple[str, str], FieldOwner],
    carried: Mapping[tuple[str, str], _Carried],
    owners: Mapping[str, str],
    waiting: Mapping[tuple[str, str], int],
) -> OwnedType:
    name = described.name
    shown = [one for one in described.fields if (name, one.name) in entries or (name, one.name) in carried]
    rows = [_row(described, one.name, _(one.label), entries, carried, owners, waiting) for one in shown]
    others = _row(described, OTHERS, _("All other fields"), entries, carried, owners, waiting)
    everything = (others, *rows) if others.entry else tuple(rows)
    return OwnedType(name, _(described.plural), everything, sum(row.entry is not None for row in everything))


def _row(  # noqa: PLR0913, PLR0917  private; each is one part of the page
    described: CanonicalType,
    name: str,
    label: str,
    entries: Mapping[tuple[str, str], FieldOwner],
    carried: Mapping[tuple[str, str], _Carried],
    owners: Mapping[str, str],
    waiting: Mapping[tuple[str, str], int],
) -> OwnerRow:
    place = (described.name, name)
    entry, usual = entries.get(place), described.owner_of(name).value
    standing = entry or entries.get((described.name, OTHERS))
    ways = tuple(carried[place].ways) if place in carried else ()
    return OwnerRow(
        canonical_type=described.name,
        field=name,
        label=label,
        usual=_(usual),
        entry=entry,
        owner="" if standing is None else standing.connection.name if standing.connection else owners.get(usual, ""),
        rule="" if standing is None else str(RULE_WORDS[standing.conflict_rule]),
        ways=tuple(f"{source} → {target}" for source, target in ways),
        readers=tuple(dict.fromkeys(target for _source, target in ways)),
        open_reviews=waiting.get(place, 0),
    )


def _carried_fields(customer: Customer) -> dict[tuple[str, str], _Carried]:
    """Return between which systems the customer's flows carry each field, by (type, field)."""
    flows = (
        Flow.objects.filter(customer=customer, live_version__isnull=False)
        .exclude(state=Flow.State.RETIRED)
        .select_related("source", "target", "live_version")
        .prefetch_related("roles__connection")
    )
    carried: dict[tuple[str, str], _Carried] = defaultdict(_Carried)
    for flow in flows:
        for kind, target, delivery in _deliveries(flow):
            for line in delivery.lines:
                for name in fields_read(line.line):
                    carried[kind, name].ways[flow.source.name, target.name] = None
    return carried


def _deliveries(flow: Flow) -> Iterable[tuple[str, Connection, CompiledMapping]]:
    """Yield where a flow delivers: type, connection and mapping; nothing where its version can no longer be read."""
    version = flow.live_version
    if version is None:
        return
    try:
        definition = parse_definition(version.definition)
        if not definition.walks:
            yield definition.canonical_type, flow.target, compile_version(version, flow.source, flow.target).delivery
            return
        places = read_places(version.layers)
        systems = {SOURCE: flow.source, TARGET: flow.target, **{one.role: one.connection for one in flow.roles.all()}}
        for step in definition.walk:
            if isinstance(step.options, DeliverOptions) and step.options.role in systems and step.name in places:
                kind, stored, target = step.options.type, places[step.name], systems[step.options.role]
                written = stored.writes(object_of(target, kind, stored.object))
                yield kind, target, compile_delivery(kind, written, stored.layers, definition.settings)
    except _UNREADABLE:
        return


def _open_reviews(customer: Customer) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    rows = OwnerReview.objects.filter(customer=customer, state__in=OPEN).values_list("canonical_type", "field")
    for kind, name in rows:
        found[kind, name] += 1
    return found


def list_reviews(customer: Customer, *, can_see: bool) -> list[ReviewRow]:
    """Return the changes to decide, the latest first, at most REVIEWS_SHOWN; without `can_see` not their values."""
    rows = OwnerReview.objects.filter(customer=customer, state__in=OPEN).select_related("connection", "flow")
    return [_review_row(row, can_see=can_see) for row in rows[:REVIEWS_SHOWN]]


def _review_row(row: OwnerReview, *, can_see: bool) -> ReviewRow:
    described = CANONICAL_TYPES.get(row.canonical_type)
    known = described.field_named(row.field) if described else None
    visible = can_see and row.is_kept
    return ReviewRow(
        review=row,
        type_label=_(described.label) if described else row.canonical_type,
        field_label=_(known.label) if known else row.field,
        target=row.connection.name,
        ours=redact_json(row.ours) if visible else None,
        theirs=redact_json(row.theirs) if visible else None,
    )


def field_choices(customer: Customer) -> list[Any]:
    """Return the fields that can be entered, by kind of record: those of every kind that the customer's systems hold.

    Values are "Type:field", with no field for all others.
    """
    systems = {one.system for one in Connection.objects.filter(customer=customer)}
    held = {spec.canonical_type for system in systems for spec in registry.manifest(system).objects}
    taken = set(FieldOwner.objects.filter(customer=customer).values_list("canonical_type", "field"))
    groups = []
    for described in sorted(CANONICAL_TYPES.values(), key=lambda one: _(one.plural).casefold()):
        if described.name in held:
            named = [("", _("All other fields")), *((one.name, _(one.label)) for one in described.fields)]
            kind = _(described.plural)
            free = [
                (f"{described.name}:{name}", f"{kind}: {label}")
                for name, label in named
                if (described.name, name) not in taken
            ]
            groups.append((kind, free))
    return groups


def get_entry(customer: Customer, entry_id: UUID) -> FieldOwner:
    """Return one entry of the customer's register. Raises Http404."""
    found = FieldOwner.objects.select_related("connection", "customer").filter(customer=customer, id=entry_id).first()
    if found is None:
        raise Http404("There is no such entry.")
    return found


def get_review(review_id: UUID) -> OwnerReview:
    """Return one change to decide, decided or not. Raises Http404."""
    found = OwnerReview.objects.filter(id=review_id).first()
    if found is None:
        raise Http404("There is no such change.")
    return found


def name_of(entry: FieldOwner) -> str:
    """Return what an entry is about: "Clients: Days to pay"."""
    described = CANONICAL_TYPES[entry.canonical_type]
    known = described.field_named(entry.field)
    return f"{_(described.plural)}: {_(known.label) if known else _('All other fields')}"
