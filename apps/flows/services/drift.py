"""Before a run moves anything: are the fields of its systems still as its mappings rely on them?

What is stored of the fields is believed for a day, so that a run costs no further call. Before it is stopped for a change,
the system is asked once more: what was put back meanwhile stops nobody.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors import shape_book
from apps.connectors.contract import Connector
from apps.connectors.errors import BusinessClass, RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.shape_book import StoredShape
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.flows.mapping.compiled import CompiledLine
from apps.flows.mapping.drift import Drift, DriftError, drift_error, marking_drift, reading_drift, writing_drift
from apps.flows.services.halting import RunStoppedError, SystemAwayError, stopped_or_away
from apps.flows.services.session import Session

Complete = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two objects a run moves records between, and the lines that read or write it.

    `marks` are the fields that steps write back into it, each with the step's title.
    """

    connection_id: UUID
    connector: Connector
    spec: ObjectManifest
    lines: Sequence[CompiledLine]
    reads: bool
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> tuple[UUID, str]:
        """What its shape is stored under."""
        return self.connection_id, self.spec.name

    def drifts(self, shape: StoredShape | None) -> tuple[Drift, ...]:
        """Return what of a shape's differences its lines trip over; nothing while nobody has looked."""
        if shape is None or shape.is_as_agreed:
            return ()
        judge = reading_drift if self.reads else writing_drift
        return (*judge(self.lines, self.spec, shape.differences), *marking_drift(self.marks, shape.differences))


def sides_of(session: Session) -> list[Side]:
    """Return the sides of a run. The steps of a walking flow look at their own targets by themselves."""
    compiled, pinned = session.compiled, session.pinned
    marks = {
        name: step.title or step.name
        for step in compiled.definition.walk
        if isinstance(step.options, WriteBackOptions)
        for name in step.options.values
    }
    lines = compiled.reading.lines
    source = Side(session.source_id, session.source, pinned.source_object, lines, reads=True, marks=marks)
    if compiled.definition.walks:
        return [source]
    target = Side(session.target_id, session.target, pinned.target_object, compiled.delivery.lines, reads=False)
    return [source, target]


def require_agreed(session: Session, complete: Complete) -> None:
    """Return when the fields of both systems are as the mappings rely on them, as far as is known.

    `complete` runs a coroutine on the loop that the connectors live on. Outside any transaction.

    Raises:
        RunStoppedError: a field that a mapping relies on has changed; its DriftError names it.
        SystemAwayError: that seems to be so, and the system cannot be asked just now.

    """
    sides = sides_of(session)
    with transaction.atomic():
        known = shape_book.known_shapes([side.place for side in sides])
    for side in sides:
        shape = known.get(side.place)
        if shape is None:
            continue
        if side.drifts(shape) or shape.is_stale(timezone.now()):
            shape = _looked_at_again(session, side, shape, complete)
        _require(side, shape)


def explained(session: Session, stopped: RunStoppedError, complete: Complete) -> RunStoppedError:
    """Return why a run was stopped, in the words of its mapping where the system's fields have changed."""
    if isinstance(stopped.error, DriftError) or stopped.error.business_class is not BusinessClass.SCHEMA_DRIFT:
        return stopped
    try:
        for side in sides_of(session):
            if side.connection_id == stopped.connection_id:
                _look_and_require(session, side, complete)
    except RunStoppedError as named:
        return named
    except SystemAwayError:
        return stopped
    return stopped


def _look_and_require(session: Session, side: Side, complete: Complete) -> None:
    with transaction.atomic():
        shape = shape_book.known_shapes([side.place]).get(side.place)
    if shape is not None:
        _require(side, _looked_at_again(session, side, shape, complete))


def _require(side: Side, shape: StoredShape) -> None:
    drifts = side.drifts(shape)
    if drifts:
        error = drift_error(side.connector.manifest.name, side.spec.label, drifts)
        raise RunStoppedError(error, side.connection_id)


def _looked_at_again(session: Session, side: Side, shape: StoredShape, complete: Complete) -> StoredShape:
    """Ask the system what the object looks like now. Where it cannot tell, what was known holds."""
    try:
        found = complete(side.connector.discover([side.spec.name]))
    except RemoteError as error:
        failure = stopped_or_away(error, side.connection_id)
        if isinstance(failure, SystemAwayError) and side.drifts(shape):
            raise failure from error
        with transaction.atomic():
            session.work.confirm()
            shape_book.note_tried(side.connection_id, [side.spec.name])
        return shape
    with transaction.atomic():
        session.work.confirm()
        shape_book.take_in(side.connection_id, session.customer_id, found)
        return shape_book.known_shapes([side.place]).get(side.place, shape)
