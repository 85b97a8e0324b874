"""The stored shapes of connections' objects: ask for a discovery, take in what it found, agree to what has changed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import shapes
from apps.connectors.models import Connection, Discovery, ObjectShape
from apps.connectors.shapes import Difference, DiscoveredField, DiscoveredShape, ShapeSource
from apps.dispatch.models import Priority
from apps.dispatch.services import NewWork, enqueue, enqueue_many

DISCOVER_KIND = "connectors.discover"
FRESH = timedelta(days=1)  # what was found is believed for so long
_SWEPT = timedelta(hours=22)  # looked at again by itself before that, so that runs need not
_LOST = timedelta(minutes=10)  # an asking without a result for so long was lost
_MOST_NOTES = 30
_MOST_SWEPT = 500  # of one sweep; the next one takes the others


@dataclass(frozen=True, slots=True)
class StoredShape:
    """What is known of one object. With `is_as_agreed` nobody needs to look for differences.

    `known_shapes` leaves the fields of such an object out: a run only compares fingerprints.
    """

    connection_id: UUID
    object_name: str
    label: str
    source: ShapeSource
    fields: tuple[DiscoveredField, ...]
    agreed: tuple[DiscoveredField, ...]
    is_as_agreed: bool
    looked_at: datetime

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What is not as it was agreed."""
        return () if self.is_as_agreed else shapes.differences(self.agreed, self.fields, self.source)

    def is_stale(self, now: datetime) -> bool:
        """True when it was looked at so long ago that it must be looked at again before it is believed."""
        return self.looked_at < now - FRESH


def ask(connection: Connection) -> Discovery:
    """Ask for a discovery; a worker does it. One that is under way is returned as it is. Commits with the caller."""
    now = timezone.now()
    known = Discovery.objects.select_for_update().filter(connection=connection).first()
    if known is not None and known.state == Discovery.State.RUNNING and known.asked_at > now - _LOST:
        return known
    discovery, _ = Discovery.objects.update_or_create(
        connection=connection,
        defaults={
            "customer_id": connection.customer_id,
            "state": Discovery.State.RUNNING,
            "reason": "",
            "asked_at": now,
            "finished_at": None,
        },
    )
    enqueue(
        kind=DISCOVER_KIND,
        reference=str(connection.id),
        unique_key=_key(connection.id),
        priority=Priority.INTERACTIVE,
        customer_id=connection.customer_id,
    )
    return discovery


def ask_quietly(connection: Connection) -> None:
    """Ask for a discovery that nobody waits for."""
    enqueue_many([_work_for(connection.id, connection.customer_id)])


def ask_for_the_old() -> None:
    """Ask for a discovery of each connection in use that was not looked at for a day."""
    now = timezone.now()
    lost = Q(discovery__state=Discovery.State.RUNNING, discovery__asked_at__lt=now - FRESH)
    old = Q(discovery__isnull=True) | Q(discovery__finished_at__lt=now - _SWEPT) | lost
    used = Connection.objects.filter(state__in=[Connection.State.WORKING, Connection.State.ATTENTION])
    due = used.filter(old).order_by("id").values_list("id", "customer_id")[:_MOST_SWEPT]
    enqueue_many([_work_for(connection_id, customer_id) for connection_id, customer_id in due])


def finish(connection: Connection, *, reason: str = "") -> None:
    """Note that a discovery is over; `reason` says why it found nothing out. In the transaction that stores the result."""
    now = timezone.now()
    state = Discovery.State.FAILED if reason else Discovery.State.DONE
    Discovery.objects.update_or_create(
        connection=connection,
        defaults={
            "customer_id": connection.customer_id,
            "state": state,
            "reason": reason[:400],
            "finished_at": now,
        },
        create_defaults={
            "customer_id": connection.customer_id,
            "state": state,
            "reason": reason[:400],
            "asked_at": now,
            "finished_at": now,
        },
    )
    if reason:
        note_tried(connection.id)


def take_in(connection_id: UUID, customer_id: UUID, found: Iterable[DiscoveredShape]) -> None:
    """Store what objects look like now: harmless news are agreed to, all news noted. In a transaction."""
    now, news = timezone.now(), dict[str, list[dict[str, Any]]]()
    rows = {row.object_name: row for row in ObjectShape.objects.select_for_update().filter(connection_id=connection_id)}
    for shape in found:
        row = rows.get(shape.object_name)
        if row is None:
            _first_seen(connection_id, customer_id, shape, now)
        else:
            noted = _seen_again(row, shape, now)
            if noted:
                news[shape.object_name] = noted
    if news:
        details = {"fields": {name: [_for_trail(note) for note in notes] for name, notes in news.items()}}
        audit.record(AuditAction.CONNECTION_CHANGED, subject="connection", subject_id=connection_id, details=details)


def note_tried(connection_id: UUID, object_names: Collection[str] = ()) -> None:
    """Note that it was tried in vain to find out what objects (none named: all) look like."""
    rows = ObjectShape.objects.filter(connection_id=connection_id)
    if object_names:
        rows = rows.filter(object_name__in=object_names)
    rows.update(looked_at=timezone.now())


def agree(connection: Connection) -> int:
    """Take what the system's objects look like now as what is agreed. Returns how many objects were not as agreed."""
    changed = 0
    for row in ObjectShape.objects.select_for_update().filter(connection=connection):
        if row.fingerprint != row.agreed_fingerprint:
            row.agreed, row.agreed_fingerprint = row.fields, row.fingerprint
            row.save(update_fields=["agreed", "agreed_fingerprint"])
            changed += 1
    if changed:
        audit.record(
            AuditAction.CONNECTION_CHANGED,
            subject="connection",
            subject_id=connection.id,
            details={"fields": "agreed to as they are now"},
        )
    return changed


def known_shapes(wanted: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], StoredShape]:
    """Return what is known of objects, by (connection, object name); those never looked at are left out."""
    condition = Q()
    for connection_id, object_name in wanted:
        condition |= Q(connection_id=connection_id, object_name=object_name)
    rows = ObjectShape.objects.filter(condition).defer("fields", "agreed", "notes") if wanted else ()
    return {
        (row.connection_id, row.object_name): stored_shape(row, only_changed=True)  # the two columns are read then
        for row in rows
    }


def stored_shape(row: ObjectShape, *, only_changed: bool = False) -> StoredShape:
    """Return a row as plain values; `only_changed` leaves out the fields of an object that is as it was agreed."""
    as_agreed = row.fingerprint == row.agreed_fingerprint
    fields = () if as_agreed and only_changed else shapes.read_document(row.fields)
    return StoredShape(
        connection_id=row.connection_id,
        object_name=row.object_name,
        label=row.label,
        source=ShapeSource(row.source),
        fields=fields,
        agreed=fields if as_agreed else shapes.read_document(row.agreed),
        is_as_agreed=as_agreed,
        looked_at=row.looked_at,
    )


def _first_seen(connection_id: UUID, customer_id: UUID, shape: DiscoveredShape, now: datetime) -> None:
    document, mark = shapes.to_document(shape.fields), shapes.fingerprint(shape.fields)
    ObjectShape.objects.create(
        connection_id=connection_id,
        customer_id=customer_id,
        object_name=shape.object_name[:80],
        label=shape.label[:120],
        source=shape.source,
        fields=document,
        fingerprint=mark,
        agreed=document,
        agreed_fingerprint=mark,
        discovered_at=now,
        looked_at=now,
    )


def _seen_again(row: ObjectShape, shape: DiscoveredShape, now: datetime) -> list[dict[str, Any]]:
    """Store what an object looks like now; return what is new about it."""
    if row.source != shape.source:
        return _told_by_another(row, shape, now)
    agreed, before = shapes.read_document(row.agreed), shapes.read_document(row.fields)
    were, are = (set(shapes.differences(agreed, fields, shape.source)) for fields in (before, shape.fields))
    notes = [
        {"at": now.isoformat(), **asdict(difference), "choices": list(difference.choices), "ended": difference in were}
        for difference in sorted(were ^ are, key=lambda one: (one.field, one.change))
    ]
    taken = shapes.agree_on(agreed, shape.fields, shape.source)
    _write(row, shape, shape.fields, taken, now)
    row.notes = (notes + row.notes)[:_MOST_NOTES]
    row.save()
    return notes


def _told_by_another(row: ObjectShape, shape: DiscoveredShape, now: datetime) -> list[dict[str, Any]]:
    """A system that begins to describe itself, or no longer does, has changed nothing yet: what it says now is agreed."""
    if shape.source is ShapeSource.LIVE:
        _write(row, shape, shape.fields, shape.fields, now)
    else:
        row.looked_at = now  # what the system said itself is worth more than the manifest
    row.save()
    return []


def _write(
    row: ObjectShape,
    shape: DiscoveredShape,
    fields: Sequence[DiscoveredField],
    agreed: Sequence[DiscoveredField],
    now: datetime,
) -> None:
    row.label, row.source = shape.label[:120], shape.source
    row.fields, row.fingerprint = shapes.to_document(fields), shapes.fingerprint(fields)
    row.agreed, row.agreed_fingerprint = shapes.to_document(agreed), shapes.fingerprint(agreed)
    row.discovered_at = row.looked_at = now


def _for_trail(note: dict[str, Any]) -> str:
    what = note["change"].replace("_", " ")
    return f"{note['field']}: {what}, over" if note["ended"] else f"{note['field']}: {what}"


def _work_for(connection_id: UUID, customer_id: UUID) -> NewWork:
    return NewWork(
        kind=DISCOVER_KIND,
        reference=str(connection_id),
        unique_key=_key(connection_id),
        priority=Priority.LIVE,
        customer_id=customer_id,
    )


def _key(connection_id: UUID) -> str:
    return f"discover:{connection_id}"
