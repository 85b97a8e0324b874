"""NetSuite: reads by SuiteQL, writes records under an external id of ours, which makes a repeat the same record.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_157909186990.html (SuiteQL through REST: POST with
"Prefer: transient", at most 1,000 rows a page and 100,000 a query) and .../section_156335203191.html (external ids, upsert).
"""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.answers import nested
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, Write, WriteOutcome
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, RetryableError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_probing import own_key
from apps.connectors.protocols.rest_reading import find_records, read_changes, require_reading, source_record
from apps.connectors.protocols.rest_writing import Delivery
from apps.connectors.protocols.statements import Dialect, doubled, statement_of

EXTERNAL_ID = "externalId"
_INSTANT = "YYYY-MM-DD HH24:MI:SS"
_LANGUAGE = Dialect(quote=doubled, instant=lambda text: f"TO_DATE({doubled(text)}, '{_INSTANT}')")
_PAGE = ("limit", "offset")
_NOT_IN_EXTERNAL_IDS = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_EXTERNAL_ID = 90


class NetSuiteCalls(Calls):
    """What reading, finding and writing of this connector share."""

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return the parsed answer of a query and its records."""
        page = {name: parameters[name] for name in _PAGE if name in parameters}
        asked = {name: value for name, value in parameters.items() if name not in _PAGE}
        answer = await self._query(spec, path, statement_of(_LANGUAGE, spec, asked), page)
        body = answer.json()
        return body, self.records_in(spec, answer, body)

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a row under the names that the manifest has for its columns."""
        names = {_column(field.name): field.name for field in spec.fields}
        return nested({names[name]: record[name] for name in record if name in names})

    async def _query(self, spec: ObjectManifest, path: str, statement: str, page: Mapping[str, str]) -> Answer:
        """Ask by POST, which changes nothing here: an answer that fails leaves nothing in doubt."""
        answer = await self.door.send(
            "POST", path, parameters=page, body={"q": statement}, headers={"Prefer": "transient"}, writes=False
        )
        error = failure_of(self.manifest, answer, spec=spec)
        if error is not None:
            raise error
        return answer


class NetSuiteDelivery(Delivery):
    """Makes records under their external id; changes them by their number."""

    async def _send_one(self, write: Write) -> WriteOutcome:
        values = {name: value for name, value in write.values.items() if name != EXTERNAL_ID}
        if write.target_key is not None:
            path = self._calls.path_of(self._writing.update_path, write.target_key)
            answer = await self._calls.call("PATCH", path, body=nested(values), spec=self._spec)
            return WriteOutcome(write.position, write.target_key, exchange=answer.exchange)
        path = self._calls.path_of(self._writing.create_path, external_id(own_key(self._writing, write)))
        answer = await self._calls.call("PUT", path, body=nested(values), spec=self._spec)
        # The answer has no body: where the record lies says its number.
        key = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        if not key.isdigit():
            raise _unnumbered(answer)
        return WriteOutcome(write.position, key, exchange=answer.exchange, created=True)


class NetSuiteConnector(RestConnector):
    """One open connection to one account."""

    calls_class = NetSuiteCalls
    delivery_class = NetSuiteDelivery

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`.

        A query ends after 100,000 rows, so the reading walks by time: the look-back is taken once, at its beginning.
        """
        spec = self.manifest.object_named(object_name)
        if keys:
            return self._read_named(spec, keys)
        reading = require_reading(spec)
        walking = replace(spec, reading=replace(reading, overlap_seconds=0))
        return read_changes(self._calls, walking, looked_back(checkpoint, reading.overlap_seconds), self._clock())

    async def _read_named(self, spec: ObjectManifest, keys: Sequence[str]) -> AsyncIterator[Page]:
        numbers = [key for key in dict.fromkeys(keys) if key.isascii() and key.isdigit()]
        found = await find_records(self._calls, spec, spec.key_field, numbers, parameter="id IN") if numbers else {}
        yield Page(tuple(source_record(spec, found[key].values) for key in numbers if key in found), {}, last=True)

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? A change is safe to send again."""
        spec = self.manifest.object_named(object_name)
        made = {external_id(own_key(spec.writing, write)): write for write in writes if write.target_key is None}
        if not made:
            return {}
        found = await find_records(self._calls, spec, EXTERNAL_ID, list(made), parameter="externalid IN")
        return {made[name].position: record for name, record in found.items()}


def external_id(own: str) -> str:
    """Return a number of ours as NetSuite takes it: letters, digits, - and _. One that had others gets a mark of its own."""
    plain = _NOT_IN_EXTERNAL_IDS.sub("-", own)
    if plain == own and len(own) <= _LONGEST_EXTERNAL_ID:
        return own
    return f"{plain[:_LONGEST_EXTERNAL_ID]}-{hashlib.blake2b(own.encode(), digest_size=6).hexdigest()}"


def looked_back(checkpoint: Mapping[str, Any] | None, seconds: int) -> Mapping[str, Any] | None:
    """Return a checkpoint so many seconds earlier; one amid many records of one instant is kept."""
    since = str((checkpoint or {}).get("since", ""))
    if not since or (checkpoint or {}).get("position"):
        return checkpoint
    earlier = (datetime.fromisoformat(since) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    return {"since": earlier, "high": earlier}


def _column(field: str) -> str:
    """Return how a field is called in the answer to a query: "parent.id" is parent__id."""
    return field.replace(".", "__").lower()


def _unnumbered(answer: Answer) -> RetryableError:
    error = RetryableError(
        "The system took the record but did not say under which number.",
        business_class=BusinessClass.SCHEMA_DRIFT,
        ambiguous=True,
    )
    error.exchange = answer.exchange
    return error


CONNECTOR = NetSuiteConnector
