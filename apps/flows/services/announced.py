"""Records that came with the events that announced them: read out of the inbox, and taken out of it when their run is over.

Nothing else has them: those of a run that failed stay, and the next reading of the flow works on them.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

from django.db import connection

from apps.connectors.contract import OutsideRecord, Page, SourceRecord
from apps.connectors.manifest import ChangeRead, ObjectManifest
from apps.connectors.protocols.rest_reading import source_record
from apps.flows.engine.identity import is_older
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Run, TriggerEvent

_MOST_AT_ONCE = 500
_TAKE_OUT = "UPDATE flows_triggerevent SET payload = payload - 'record' WHERE run_id = %s AND payload ? 'record'"


def is_announced(spec: ObjectManifest) -> bool:
    """Say whether records of this kind come with events and no other way."""
    return spec.reading is not None and spec.reading.change_read is ChangeRead.ANNOUNCED


def brought_records(run: Run) -> list[OutsideRecord]:
    """Return the records that a run's events brought, in the order the events came; it takes over what others left."""
    if run.mode == Run.Mode.READ:
        _take_over(run)
    payloads = TriggerEvent.objects.filter(run=run, payload__has_key="record").order_by("id")
    return list(payloads.values_list("payload__record", flat=True))


def _take_over(run: Run) -> None:
    """Give this run the events of runs that failed or were stopped before they had worked on what came with them."""
    left = TriggerEvent.objects.filter(flow=run.flow_id, run__state__in=RUN_TERMINAL, payload__has_key="record")
    ids = list(left.order_by("id").values_list("id", flat=True)[:_MOST_AT_ONCE])
    TriggerEvent.objects.filter(id__in=ids).update(run=run)


def newest_of(spec: ObjectManifest, brought: Iterable[OutsideRecord]) -> tuple[SourceRecord, ...]:
    """Return what events brought, of several states of a record the newest.

    Senders repeat themselves, and late events overtake others: versions say which state is the newest where they can be
    compared, else the last to come is.
    """
    newest: dict[str, SourceRecord] = {}
    for values in brought:
        record = source_record(spec, values)
        held = newest.get(record.key)
        if held is None or not is_older(record.version, held.version):
            newest.pop(record.key, None)  # the newest state stands where it came
            newest[record.key] = record
    return tuple(newest.values())


async def pages_of(records: Sequence[SourceRecord]) -> AsyncIterator[Page]:
    """Yield records as a reading does."""
    yield Page(tuple(records), {}, last=True)


def take_out(run_id: UUID) -> None:
    """Forget the records that a run's events brought: from now on they are kept as long as those of any other source."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OUT, [run_id])
