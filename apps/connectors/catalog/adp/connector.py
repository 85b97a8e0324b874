"""ADP Workforce Now: what the manifest cannot say - events that hand in hours, and people without what nobody must keep."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from apps.connectors.answers import text_at
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.catalog.adp.entries import (
    ADD,
    MODIFY,
    REMOVE,
    EntryKey,
    entries_on,
    entry_sent,
    event_about,
    record_of,
    says_the_same,
)
from apps.connectors.catalog.adp.manifest import CARDS_PATH, MODIFY_PATH, TIME_ENTRIES, WORKERS
from apps.connectors.catalog.adp.refusals import has_failed, problems_of
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, UndoOutcome, UndoState, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError, RetryableError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_problems import with_problems
from apps.connectors.protocols.rest_reading import read_one, source_record
from apps.connectors.protocols.rest_writing import Delivery, unnumbered

_LONGEST_PERIOD = timedelta(days=31)
_GONE = frozenset({404, 410})


class AdpCalls(Calls):
    """What reading, finding and writing of this connector share."""

    @property
    def category(self) -> str:
        """The labor category that takes the project, "" where none does."""
        return str(self._settings.get("project_category") or "").strip()

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a worker with what the manifest names: pay, birthday and national numbers are left behind."""
        return _worker(record) if spec.name == WORKERS.name else record

    def as_told(self, answer: Answer) -> Answer:
        """Return a refusal with the problems of its confirmMessage."""
        return with_problems(answer, problems_of)

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Do as always; a page behind the last one is answered with 204 and nothing."""
        answer = await self.call("GET", path, parameters=parameters, headers=headers, spec=spec)
        if answer.status == 204:
            return {}, []
        body = answer.json()
        return body, self.records_in(spec, answer, body)

    async def entries_of(self, key: EntryKey) -> list[dict[str, Any]]:
        """Return the entries on the cards of a person around a day. A person without cards has none."""
        try:
            since = date.fromisoformat(key.day) - _LONGEST_PERIOD
        except ValueError:
            return []
        asked = {"$expand": "dayEntries", "$filter": f"timeCards/timePeriod/startDate ge '{since.isoformat()}'"}
        as_the_person = {"roleCode": "employee"}  # a practitioner is told that the supervisor does not exist
        path = self.path_of(CARDS_PATH, key.worker)
        try:
            answer = await self.call("GET", path, parameters=asked, headers=as_the_person, spec=TIME_ENTRIES)
        except (MisconfiguredError, RejectedError) as error:
            if error.status in _GONE:
                return []
            raise
        return [] if answer.status == 204 else list(entries_on(answer.json(), key.assignment))

    async def entry_named(self, text: str) -> tuple[EntryKey, dict[str, Any]] | None:
        """Return the entry that a key names, None when there is none."""
        key = EntryKey.read(text)
        if key is None:
            return None
        held = (entry for entry in await self.entries_of(key) if text_at(entry, "entryID") == key.entry)
        found = next(held, None)
        return (key, found) if found is not None else None

    async def hand_in(self, key: EntryKey, entry: Mapping[str, Any], values: Mapping[str, Any]) -> Answer:
        """Hand in one entry of one person. Raises RemoteError when it was not taken as it is."""
        body = event_about(key.worker, key.assignment, entry)
        answer = await self.call("POST", self.path(MODIFY_PATH), body=body, spec=TIME_ENTRIES)
        self._require_done(answer, values)
        return answer

    def _require_done(self, answer: Answer, values: Mapping[str, Any]) -> None:
        if answer.status == 202:
            error = RetryableError(
                "ADP took the time entry for later and has not said what became of it.",
                business_class=BusinessClass.PROVIDER_OUTAGE,
                ambiguous=True,
                status=answer.status,
            )
            error.exchange = answer.exchange
            raise error
        said = answer.json()
        if isinstance(said, Mapping) and has_failed(said):
            told = {"problems": problems_of(said)}
            refusal = record_failure(
                self.manifest, answer.status, told, spec=TIME_ENTRIES, sent=values, secrets=answer.secrets
            )
            refusal.exchange = answer.exchange
            raise refusal


class AdpDelivery(Delivery):
    """Hands in one event for each entry; people's work assignments are looked up once."""

    _calls: AdpCalls

    def __init__(self, calls: Calls, spec: ObjectManifest) -> None:
        super().__init__(calls, spec)
        self._assignments: dict[str, str] = {}

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is not None:
            return await self._change(write, write.target_key)
        worker = str(write.values.get("worker") or "")
        key = EntryKey(worker, await self._assignment(worker), str(write.values.get("day"))[:10], "")
        entry = _entry(write, ADD, self._calls.category)
        answer = await self._calls.hand_in(key, entry, write.values)
        number = text_at(answer.json(), "events.data.output.timeEntries.entryID") or await self._looked_up(key, entry)
        if not number:
            raise unnumbered(answer.exchange)
        made = EntryKey(key.worker, key.assignment, key.day, number)
        return WriteOutcome(write.position, str(made), exchange=answer.exchange, created=True)

    async def _change(self, write: Write, target: str) -> WriteOutcome:
        held = await self._calls.entry_named(target)
        if held is None:
            raise _missing("id", "ADP no longer has the time entry that was to be changed.")
        key, before = held
        values = {**record_of(before, key, self._calls.category), **write.values}
        entry = _entry(Write(write.position, values, "", ""), MODIFY, self._calls.category, key.entry)
        answer = await self._calls.hand_in(key, entry, write.values)
        return WriteOutcome(write.position, target, exchange=answer.exchange)

    async def _assignment(self, worker: str) -> str:
        """Return the primary work assignment of a person: an entry belongs to one. Raises RejectedError."""
        if worker not in self._assignments:
            found = await read_one(self._calls, WORKERS, worker)
            self._assignments[worker] = str((found or {}).get("assignment") or "")
        if not self._assignments[worker]:
            raise _missing(
                "resource",
                "ADP does not have this person, or no position of theirs. Correct the person on the record, or link it anew.",
            )
        return self._assignments[worker]

    async def _looked_up(self, key: EntryKey, entry: Mapping[str, Any]) -> str:
        """Return the number of an entry whose answer did not tell it, "" where two of the same leave that open."""
        same = [one for one in await self._calls.entries_of(key) if says_the_same(one, entry)]
        return text_at(same[0], "entryID") if len(same) == 1 else ""


class AdpConnector(RestConnector):
    """One open connection to one company."""

    calls_class = AdpCalls
    delivery_class = AdpDelivery
    _calls: AdpCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield the workers, or the records named by `keys`; time entries are looked up one by one."""
        if object_name != TIME_ENTRIES.name or not keys:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
            return
        found = await self.find(object_name, keys)
        records = tuple(source_record(TIME_ENTRIES, found[key].values) for key in dict.fromkeys(keys) if key in found)
        yield Page(records, {}, last=True)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return people by their number, entries by their key."""
        if object_name != TIME_ENTRIES.name:
            return await super().find(object_name, natural_keys)
        held = {key: await self._calls.entry_named(key) for key in dict.fromkeys(natural_keys)}
        return {
            key: FoundRecord(key, record_of(entry[1], entry[0], self._calls.category))
            for key, entry in held.items()
            if entry is not None
        }

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Remove an entry that was handed in here. Safe to repeat."""
        if object_name != TIME_ENTRIES.name:
            return await super().undo(object_name, target_key, idempotency_key=idempotency_key)
        held = await self._calls.entry_named(target_key)
        if held is None:
            return UndoOutcome(UndoState.ALREADY_GONE)
        key, entry = held
        try:
            removed = {"entryDate": text_at(entry, "entryDate")[:10], **entry_sent({}, REMOVE, "", key.entry)}
            answer = await self._calls.hand_in(key, removed, {})
        except RejectedError as error:
            return UndoOutcome(UndoState.REFUSED, error=error, exchange=error.exchange)
        return UndoOutcome(UndoState.DONE, exchange=answer.exchange)


def _entry(write: Write, change: str, category: str, number: str = "") -> dict[str, Any]:
    try:
        return entry_sent(write.values, change, category, number)
    except UnusableValueError:
        raise _missing("hours", "The hours are no number: correct them on the record.") from None


def _missing(field: str, sentence: str) -> RejectedError:
    kind = BusinessClass.VALIDATION if field == "hours" else BusinessClass.MISSING_REFERENCE
    return RejectedError(sentence, problems=(FieldProblem(field, sentence, kind),))


def _worker(record: OutsideRecord) -> dict[str, Any]:
    job = _primary(record.get("workAssignments"))
    names, dates = "person.legalName", "workerDates"
    told = {
        "associateOID": text_at(record, "associateOID"),
        "number": text_at(record, "workerID.idValue"),
        "name": text_at(record, f"{names}.formattedName"),
        "given": text_at(record, f"{names}.givenName"),
        "family": text_at(record, f"{names}.familyName1"),
        "email": text_at(record, "businessCommunication.emails.emailUri"),
        "job_title": text_at(job, "jobTitle"),
        "department": _department(job),
        "hired": text_at(record, f"{dates}.originalHireDate")[:10],
        "left": text_at(record, f"{dates}.terminationDate")[:10],
        "status": text_at(record, "workerStatus.statusCode.codeValue"),
        "assignment": text_at(job, "itemID"),
    }
    return {name: value or None for name, value in told.items()}


def _primary(jobs: Any) -> Mapping[str, Any]:
    listed = [job for job in jobs if isinstance(job, Mapping)] if isinstance(jobs, list) else []
    return next((job for job in listed if job.get("primaryIndicator")), next(iter(listed), {}))


def _department(job: Mapping[str, Any]) -> str:
    for unit in job.get("homeOrganizationalUnits") or []:
        if text_at(unit, "typeCode.codeValue").lower() == "department":
            return text_at(unit, "nameCode.shortName") or text_at(unit, "nameCode.codeValue")
    return ""


CONNECTOR = AdpConnector
