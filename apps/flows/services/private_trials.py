"""Tries a private system's description against a live address: its test, then one page of each kind of record.

Nothing is written, neither there nor into the ledger. What the records look like in canonical terms is kept with the try,
where the customer lets contents be stored at all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.connectors.contract import Connector, SourceRecord, TestReport
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.models import Connection, PrivateTrial, PrivateVersion
from apps.connectors.opening import open_connector
from apps.connectors.private.documents import read_document
from apps.connectors.private_systems import note_tried
from apps.connectors.redaction import redact_json
from apps.customers.retention import payload_rule
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.services.private_check import compile_reading, draft_problems

TRIAL_KIND = "flows.private_trial"
TRIAL_MINUTES = 10  # a try without a result for so long was lost; another may be asked for
_PATIENCE_SECONDS = 60.0
_MOST_LOOKED_AT = 50  # of each kind
_SHOWN = 5


@dataclass(slots=True)
class _Looked:
    """What one page of one kind of record showed."""

    spec: ObjectManifest
    read: int = 0
    bad: int = 0
    error: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self, *, with_contents: bool) -> dict[str, Any]:
        return {
            "name": self.spec.name,
            "label": self.spec.label,
            "read": self.read,
            "bad": self.bad,
            "error": self.error,
            "records": self.records if with_contents else [],
        }


def request_trial(version: PrivateVersion, connection: Connection) -> PrivateTrial:
    """Ask for a try; a worker does it and the page polls its result. One that is under way is returned as it is.

    Raises:
        ValidationError: the connection is to another system, or the description has problems.

    """
    if connection.system != version.system.slug:
        raise ValidationError({"connection": _("This connection leads to another system.")})
    if draft_problems(version.document):
        raise ValidationError({"connection": _("The description has problems: mend them first.")})
    now = timezone.now()
    with transaction.atomic():
        PrivateVersion.objects.select_for_update(no_key=True).get(id=version.id)  # two clicks at once ask for one
        known = _under_way(version, now)
        if known is not None:
            return known
        PrivateTrial.objects.filter(version=version).delete()
        trial = PrivateTrial.objects.create(
            version=version,
            revision=version.revision,
            connection=connection,
            customer_id=connection.customer_id,
            started_at=now,
        )
        enqueue(
            kind=TRIAL_KIND, reference=str(trial.id), priority=Priority.INTERACTIVE, customer_id=connection.customer_id
        )
    return trial


def _under_way(version: PrivateVersion, now: datetime) -> PrivateTrial | None:
    """Return the try that is being done; one without a result for long is told to be lost."""
    running = PrivateTrial.objects.filter(version=version, state=PrivateTrial.State.RUNNING)
    lost = [{"name": "try", "ok": False, "sentence": "The try got no result: it was lost on the way."}]
    running.filter(started_at__lt=now - timedelta(minutes=TRIAL_MINUTES)).update(
        state=PrivateTrial.State.FAILED, steps=lost, finished_at=now
    )
    return running.first()


def carry_out_trial(work: LeasedWork) -> None:
    """Do what a try asks for. Doing it twice changes nothing but the time."""
    with transaction.atomic():
        work.confirm()
        trial = (
            PrivateTrial.objects.select_related("connection", "version")
            .filter(id=UUID(work.reference), state=PrivateTrial.State.RUNNING)
            .first()
        )
        if trial is None:
            return
        if trial.revision != trial.version.revision:
            changed = {
                "name": "set-up",
                "ok": False,
                "sentence": "The description was changed meanwhile: try it again.",
            }
            _store(work, trial, [changed], [], with_contents=False)
            return
        manifest = read_document(trial.version.document, slug=trial.connection.system)
        with_contents = payload_rule(trial.customer_id).stored
        try:
            connector = open_connector(trial.connection, correlation_id=f"try-{trial.id}", described=manifest)
        except (RemoteError, UnsealError) as error:
            _store(work, trial, _set_up_failed(error), [], with_contents=False)
            return
    steps, looked = asyncio.run(_try_all(connector, manifest))
    with transaction.atomic():
        _store(work, trial, steps, looked, with_contents=with_contents)


def _set_up_failed(error: RemoteError | UnsealError) -> list[dict[str, Any]]:
    sentence = (
        error.message if isinstance(error, RemoteError) else "A stored secret cannot be opened any more: replace it."
    )
    return [{"name": "set-up", "ok": False, "sentence": sentence}]


async def _try_all(connector: Connector, manifest: SystemManifest) -> tuple[list[dict[str, Any]], list[_Looked]]:
    looked: list[_Looked] = []
    report = TestReport(())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), connector:
            report = await connector.test()
            for spec in manifest.objects if report.ok else ():
                if spec.reading is not None:
                    looked.append(await _look(connector, spec))  # noqa: PERF401  what was read before one fails is kept
    except TimeoutError:
        looked.append(_Looked(ObjectManifest("", "", ""), error="The system took too long to answer."))
    except RemoteError as error:
        looked.append(_Looked(ObjectManifest("", "", ""), error=error.message))
    return [{"name": s.name, "ok": s.ok, "sentence": s.sentence} for s in report.steps], looked


async def _look(connector: Connector, spec: ObjectManifest) -> _Looked:
    """Read the first page of one kind of record and map what it holds."""
    looked, mapping = _Looked(spec), compile_reading(spec)
    pages = connector.read(spec.name, None)
    try:
        async for page in pages:
            looked.read = len(page.records)
            for record in page.records[:_MOST_LOOKED_AT]:
                _judge(looked, mapping, record)
            break
    except RemoteError as error:
        looked.error = error.message
    finally:
        close = getattr(pages, "aclose", None)
        if close is not None:
            await close()
    return looked


def _judge(looked: _Looked, mapping: CompiledMapping, record: SourceRecord) -> None:
    mapped = mapping.apply(record.values)
    looked.bad += bool(mapped.problems)
    if len(looked.records) < _SHOWN or (mapped.problems and looked.bad <= _SHOWN):
        looked.records.append(
            {
                "key": record.key[:200],
                "values": redact_json({name: _plain(value) for name, value in mapped.values.items()}),
                "problems": [{"field": one.field, "message": one.message} for one in mapped.problems],
            }
        )


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")[:2000]
    return value if value is None or isinstance(value, bool | int | Mapping | list) else str(value)


def _store(
    work: LeasedWork, trial: PrivateTrial, steps: list[dict[str, Any]], looked: list[_Looked], *, with_contents: bool
) -> None:
    work.confirm()
    passed = all(step["ok"] for step in steps) and bool(looked) and not any(one.error or one.bad for one in looked)
    PrivateTrial.objects.filter(id=trial.id).update(
        state=PrivateTrial.State.PASSED if passed else PrivateTrial.State.FAILED,
        steps=steps,
        objects_read=[one.to_json(with_contents=with_contents) for one in looked],
        finished_at=timezone.now(),
    )
    if passed:
        note_tried(trial.version_id, trial.revision)
