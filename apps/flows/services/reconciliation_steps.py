"""What the steps of walking records made: where each thing should be, what it was worth, and what its system holds of it.

Looked at are all things that were made of the records which were changed, or walked on, in a window. What a later step took
back, or a rolling back, is not expected. Call in a transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ChangeRead, ObjectManifest
from apps.connectors.models import Connection
from apps.flows.engine.definition import FlowDefinition, Step
from apps.flows.engine.reconcile import Entry, Judged, Money, Shown, state
from apps.flows.engine.reconcile_steps import StepPart, Unasked, mark_of_step, thing_entry
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.places import read_places
from apps.flows.models import Batch, Flow, FlowVersion, Link, Reconciliation, SeenPage
from apps.flows.services import blobs
from apps.flows.services.reconciliation_sides import TargetRow, WorthReader
from apps.flows.services.session import Session
from apps.flows.services.walk_session import systems_of

_AT_ONCE = 1_000
_SAME_WRITE = timedelta(seconds=5)  # a step and its link are written one after the other
_MADE = """
SELECT o.business_key, o.label, s.operation_id, s.name, s.kind, s.connection_id, s.object_name, s.outside_key, s.batch_id,
       s.changed_at
FROM flows_operation o JOIN flows_operationstep s ON s.operation_id = o.id
WHERE o.flow_id = %s AND o.canonical_type = %s AND o.business_key = ANY(%s)
  AND s.kind IN ('deliver', 'withdraw') AND s.state IN ('done', 'kept') AND s.outside_key <> ''
ORDER BY o.id, s.position
"""
_KEYS = """
SELECT DISTINCT o.business_key FROM flows_operationstep s JOIN flows_operation o ON o.id = s.operation_id
WHERE s.flow_id = %s AND s.kind = 'deliver' AND s.changed_at >= %s AND s.changed_at < %s
  AND s.state IN ('done', 'kept') AND s.outside_key <> ''
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things were made: objects of one kind behind one connection, with what tells their worth."""

    connection: Connection
    kind: ObjectManifest

    @property
    def name(self) -> str:
        """Return what it is called in what was seen."""
        return _name(self.connection.id, self.kind.name)

    @property
    def reader(self) -> WorthReader:
        """Return what says the worth of its records."""
        return WorthReader(CANONICAL_TYPES[self.kind.canonical_type], self.kind)


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that a step made or changed of a record. `made` is what it was worth, None where that is not compared."""

    step: str
    business_key: str
    outside_key: str
    label: str
    operation_id: UUID
    connection_id: UUID | None
    object_name: str
    batch_id: UUID | None
    made_at: datetime
    made: Money | None = None

    @property
    def mark(self) -> str:
        """Return the mark of findings about it."""
        return mark_of_step(self.step)

    @property
    def place(self) -> str:
        """Return the name of its place, "" where its connection was taken away."""
        return _name(self.connection_id, self.object_name) if self.connection_id else ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A judged record, or a judged `thing` that was made of it."""

    judged: Judged
    thing: Thing | None = None

    @property
    def mark(self) -> str:
        """Return the mark of findings about it, "" for the record itself."""
        return self.thing.mark if self.thing is not None else ""


@dataclass(frozen=True, slots=True)
class WritingStep:
    """A step of a flow that makes something, and where it does so now. Without a `kind` there is nowhere to look."""

    step: Step
    connection: Connection | None
    kind: ObjectManifest | None

    @property
    def title(self) -> str:
        """Return what the step is called."""
        return self.step.title or self.step.name

    @property
    def unasked(self) -> Unasked | None:
        """Return why what it made cannot be asked for, None when it can."""
        return why_unasked(self.kind)


@dataclass(slots=True)
class MadeThings:
    """All things of a window and of open findings; what was asked of their places, and what is held there."""

    things: list[Thing] = field(default_factory=list)
    window: set[str] = field(default_factory=set)  # the keys whose things the statement is about
    places: dict[str, Place] = field(default_factory=dict)  # only those that can be asked
    unasked: dict[str, Unasked] = field(default_factory=dict)  # the others, by name
    systems: dict[str, str] = field(default_factory=dict)  # what their connections are called
    held: dict[str, dict[str, TargetRow]] = field(default_factory=lambda: defaultdict(dict))
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unclear: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # What is gone, by place and number: what stands there instead, what was looked for so far, and by which business key else.
    again: dict[str, dict[str, TargetRow]] = field(default_factory=lambda: defaultdict(dict))
    looked_for: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lost_names: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def questions(self) -> list[tuple[Place, list[str]]]:
        """Return what has still to be asked of which place."""
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for thing in self.things:
            if thing.place in self.places and not self._is_known(thing):
                wanted[thing.place].add(thing.outside_key)
        return [(self.places[name], sorted(keys)) for name, keys in sorted(wanted.items())]

    def questions_again(self) -> list[tuple[Place, dict[str, str]]]:
        """Return by which business key something that is gone has still to be looked for, by its number, at which place."""
        return [(self.places[name], names) for name, names in sorted(self.lost_names.items()) if names]

    def lost_keys(self) -> set[str]:
        """Return the records of which something is gone: the source is asked whether they are."""
        return {thing.business_key for thing in self.things if self.is_lost(thing)}

    def is_lost(self, thing: Thing) -> bool:
        """Say whether its system was asked for a thing and does not hold it."""
        return thing.outside_key in self.asked[thing.place] and thing.outside_key not in self.held[thing.place]

    def again_key(self, thing: Thing) -> str:
        """Return under which other number a lost thing was made again, "" where that is not known."""
        row = self.again[thing.place].get(thing.outside_key)
        return row.key if row is not None and self.is_lost(thing) else ""

    def entry(self, thing: Thing, *, accepted: bool, source_gone: bool) -> Entry:
        """Return a thing as it is judged."""
        row = self.held[thing.place].get(thing.outside_key)
        asked = thing.place in self.places and thing.outside_key not in self.unclear[thing.place]
        held = None if row is None else Shown(1, row.money)
        return thing_entry(
            thing.business_key,
            made=thing.made,
            held=held,
            asked=asked,
            accepted=accepted,
            source_gone=source_gone,
            again=self.again_key(thing),
        )

    def held_money(self, thing: Thing) -> Money | None:
        """Return what its system says a thing is worth."""
        row = self.held[thing.place].get(thing.outside_key)
        return row.money if row is not None else None

    def _is_known(self, thing: Thing) -> bool:
        return thing.outside_key in self.asked[thing.place] or thing.outside_key in self.unclear[thing.place]

    def read_page(self, page: SeenPage) -> None:
        """Add what one question showed."""
        rows = [TargetRow(*stored) for stored in page.rows]
        self.held[page.place].update({row.key: row for row in rows})
        self.asked[page.place].update(page.asked)
        self.unclear[page.place].update(page.unclear)


def writing_steps(flow: Flow, definition: FlowDefinition, version: FlowVersion) -> list[WritingStep]:
    """Return the steps of a walking flow that make something, in order, each with where it does so now."""
    systems, places = systems_of(flow), read_places(version.layers)
    found = []
    for step in definition.walk:
        if isinstance(step.options, DeliverOptions):
            where = systems.get(step.options.role)
            named = places[step.name].object if step.name in places else ""
            found.append(WritingStep(step, where, _kind(where, step.options.type, named)))
    return found


def why_unasked(kind: ObjectManifest | None) -> Unasked | None:
    """Return why records of a kind cannot be asked for, None when they can."""
    if kind is None:
        return Unasked.GONE
    if kind.reading is None or kind.reading.change_read is ChangeRead.ANNOUNCED:
        return Unasked.SHOWS_NOTHING
    return None


def parts_of(steps: Sequence[WritingStep], made: MadeThings, compared: Iterable[Compared]) -> list[StepPart]:
    """Return what each step comes to, in the order of the flow; steps that it no longer has come last."""
    by_step: defaultdict[str, list[Compared]] = defaultdict(list)
    for one in compared:
        if one.thing is not None:
            by_step[one.thing.step].append(one)
    now = {writing.step.name: writing for writing in steps}
    return [_part(name, now.get(name), made, by_step[name]) for name in [*now, *sorted(by_step.keys() - now.keys())]]


def _part(name: str, now: WritingStep | None, made: MadeThings, compared: Sequence[Compared]) -> StepPart:
    places = dict.fromkeys(one.thing.place for one in compared if one.thing is not None)
    if places:
        systems = [system for place in places if (system := made.systems.get(place, ""))]
        unasked = next((made.unasked[place] for place in places if place in made.unasked), None)
    else:
        systems = [now.connection.name] if now is not None and now.connection is not None else []
        unasked = now.unasked if now is not None else None
    title = now.title if now is not None else name
    return StepPart(
        name, title, ", ".join(dict.fromkeys(systems)), state(one.judged for one in compared), unasked or ""
    )


def keys_walked(session: Session, row: Reconciliation) -> set[str]:
    """Return the keys of the records of which a step made something in the window."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [session.flow_id, row.since, row.until])
        return {key for (key,) in cursor.fetchall()}


def things_of(session: Session, window: Collection[str], again: Collection[str]) -> MadeThings:
    """Return what was made of these records and should be there now, with its worth. Some statements a thousand records."""
    made = MadeThings(window=set(window))
    rows = list(_rows(session, {*window, *again}))
    _find_places(made, rows)
    made.things = list(_with_worth(made, rows))
    return made


def _rows(session: Session, keys: Iterable[str]) -> Iterator[Thing]:
    """Yield what stands: the newest delivery of each step for each record, unless it was taken back since."""
    ordered, kind = sorted(keys), session.compiled.described.name
    for start in range(0, len(ordered), _AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_MADE, [session.flow_id, kind, ordered[start : start + _AT_ONCE]])
            found = cursor.fetchall()
        standing: dict[tuple[str, str], Thing] = {}
        for key, label, operation_id, name, step_kind, connection_id, object_name, outside_key, batch_id, at in found:
            if step_kind == "deliver":
                thing = Thing(name, key, outside_key, label, operation_id, connection_id, object_name, batch_id, at)
                standing[key, name] = _on(standing.get((key, name)), thing)
                continue
            for place in [place for place, one in standing.items() if place[0] == key]:
                if (standing[place].connection_id, standing[place].outside_key) == (connection_id, outside_key):
                    del standing[place]
        yield from standing.values()


def _on(before: Thing | None, now: Thing) -> Thing:
    """Return what stands after a later version walked by: where nothing had to be sent, the earlier call tells the worth."""
    if before is None or now.batch_id or (before.place, before.outside_key) != (now.place, now.outside_key):
        return now
    return replace(now, batch_id=before.batch_id, made_at=before.made_at)


def _find_places(made: MadeThings, things: Iterable[Thing]) -> None:
    wanted = {(thing.connection_id, thing.object_name) for thing in things if thing.connection_id}
    connections = Connection.objects.in_bulk([connection_id for connection_id, _ in wanted])
    made.unasked[""] = Unasked.GONE
    for connection_id, object_name in wanted:
        name, where = _name(connection_id, object_name), connections.get(connection_id)
        kind = _kind(where, "", object_name)
        why = why_unasked(kind)
        made.systems[name] = where.name if where is not None else ""
        if why is None and where is not None and kind is not None:
            made.places[name] = Place(where, kind)
        else:
            made.unasked[name] = why or Unasked.GONE


def _kind(where: Connection | None, type_name: str, object_name: str) -> ObjectManifest | None:
    if where is None or where.removed_at is not None:
        return None
    try:
        manifest = registry.manifest(where.system)
        return manifest.object_named(object_name) if object_name else manifest.object_for(type_name)
    except KeyError:
        return None


def _with_worth(made: MadeThings, things: Iterable[Thing]) -> Iterator[Thing]:
    """Yield the things with what each was worth when it was sent, where nobody of us has written it since."""
    readers = {name: place.reader for name, place in made.places.items()}
    last = {(thing.place, thing.outside_key): thing for thing in things}  # of two that wrote the same, the later one
    worth = [one for one in last.values() if one.place in readers and readers[one.place].says_amounts and one.batch_id]
    rewritten = _written_since(made, worth)
    sent = sent_by([one.batch_id for one in worth if one.batch_id and one not in rewritten])
    for thing in things:
        values = sent.get(thing.batch_id) if thing.batch_id and last[thing.place, thing.outside_key] is thing else None
        yield thing if values is None else replace(thing, made=readers[thing.place].worth_there(values))


def _written_since(made: MadeThings, things: Collection[Thing]) -> set[Thing]:
    """Return the things that were written again later, by another flow or under another name: their worth is not ours."""
    by_place = {(one.connection_id, made.places[one.place].kind.canonical_type, one.outside_key): one for one in things}
    later = set()
    links = Link.objects.filter(
        connection_id__in={where for where, _, _ in by_place}, outside_key__in=[key for _, _, key in by_place]
    )
    for where, type_name, key, at in links.values_list(
        "connection_id", "canonical_type", "outside_key", "delivered_at"
    ).iterator(chunk_size=2_000):
        thing = by_place.get((where, type_name, key))
        if thing is not None and at is not None and at > thing.made_at + _SAME_WRITE:
            later.add(thing)
    return later


def sent_by(batch_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, object]]:
    """Return what each call sent, as its evidence says. Left out: what is not kept, and what was not sent as it stands there."""
    found: dict[UUID, Mapping[str, object]] = {}
    ordered = sorted(batch_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        kept = Batch.objects.filter(id__in=ordered[start : start + _AT_ONCE], plan__isnull=False)
        for batch_id, plan, outcome in kept.values_list("id", "plan", "outcome"):
            answers = (blobs.unpack(outcome) or {}).values()
            if any(answer.get("unsent") or answer.get("disputes") for answer in answers):
                continue  # fields of another owner stayed as they were
            entries = (blobs.unpack(plan) or {"entries": []})["entries"]
            if entries and entries[0]["mapped"]:
                found[batch_id] = entries[0]["mapped"]
    return found


def _name(connection_id: UUID, object_name: str) -> str:
    return f"{connection_id.hex}/{object_name}"
