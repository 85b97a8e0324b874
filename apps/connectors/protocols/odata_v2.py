"""The connector for OData v2 services, as SAP Gateway speaks it: what v4 does, with the older version's forms.

Answers lie in "d", lists in "d.results" with "__next" where the service pages by itself; versions and links stand in
"__metadata"; what hangs on a record is a list in {"results": ..}. Operations in one request ($batch) are not used.
https://www.odata.org/documentation/odata-version-2-0/json-format/
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.connectors.answers import holds
from apps.connectors.contract import FoundRecord, OutsideRecord, UndoOutcome, UndoState, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ErrorShape, ObjectManifest, Paging, WriteMode
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.odata import ODataConnector
from apps.connectors.protocols.odata_calls import ODataCalls, endless
from apps.connectors.protocols.odata_forms import usual_record, v2_record
from apps.connectors.protocols.odata_query import is_guid, plain_record, query_of
from apps.connectors.protocols.odata_writing import ETAG, ODataDelivery
from apps.connectors.protocols.rest_reading import read_one

ODATA_V2_ERRORS = ErrorShape(
    problems_path="error.innererror.errordetails",
    code_path="code",
    message_path="message",
    field_path="propertyref",
    summary_code_path="error.code",
    summary_message_path="error.message.value",
)
_METADATA, _LENGTH, _MOST_LINKS = "__metadata", "$top", 100


def odata_v2_pages(size: int) -> Paging:
    """Return the paging of OData v2 services: pages of `size` by their place in the list."""
    return Paging(style="offset", size=size, size_parameter=_LENGTH, position_parameter="$skip")


def plain_v2(values: Mapping[str, Any]) -> OutsideRecord:
    """Return a record as v4 would write it: its version as "@odata.etag", what hangs on it as lists, no mere links."""
    record: OutsideRecord = {}
    for name, value in values.items():
        if not isinstance(value, Mapping):
            record[name] = value
        elif isinstance(value.get("results"), list):
            record[name] = [_bare(entry) for entry in value["results"]]
        elif name != _METADATA and "__deferred" not in value:
            record[name] = _bare(value)
    etag = values.get(_METADATA, {}).get("etag") if isinstance(values.get(_METADATA), Mapping) else None
    return {**record, ETAG: etag} if etag else record


def _bare(entry: Any) -> Any:
    return plain_record(plain_v2(entry)) if isinstance(entry, Mapping) else entry


class ODataV2Calls(ODataCalls):
    """What reading, finding and writing of an OData v2 connector share."""

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`. Raises RejectedError for a key that this service cannot have."""
        if "guid'{key}'" in template and not is_guid(key):
            problem = FieldProblem("", f"{key!r} cannot be the number of a record.", BusinessClass.MISSING_REFERENCE)
            raise RejectedError(problem.message, problems=(problem,))
        return super().path_of(template, key)

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a record without the older version's wrappings."""
        plain = plain_v2(record)
        return usual_record(spec, plain) if self.odata.usual_forms else plain

    async def call(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        spec: ObjectManifest | None = None,
    ) -> Answer:
        """Call as any REST system is called: v2 knows none of the newer version's headers."""
        if self.odata.usual_forms and spec is not None and isinstance(body, Mapping):
            body = v2_record(spec, self.odata, body)
        return await Calls.call(self, method, path, parameters=parameters, body=body, headers=headers, spec=spec)

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return one page, whole: where the service hands it out in smaller ones, their links are followed.

        A page that came short would be taken for the last one.
        """
        query = query_of(spec, self.odata, parameters)
        if query is None:
            return {}, []
        wanted = int(query.get(_LENGTH, "0"))
        body, records = await Calls.list_records(self, spec, path, query, headers=headers)
        met = set[str]()
        while len(records) < wanted and (link := _next(body)):
            if link in met or len(met) >= _MOST_LINKS:
                raise endless(self.manifest, spec)
            met.add(link)
            body, more = await Calls.list_records(self, spec, link, {}, headers=headers)
            records.extend(more)
        return {}, [plain_record(values) for values in records]


class ODataV2Delivery(ODataDelivery):
    """Changes what may be changed: what a record is made with, and what hangs on it, stays as it is."""

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is None:
            return await super()._send_one(write)
        return await super()._send_one(replace(write, values=self._changeable(write)))

    def _says_so_already(self, there: FoundRecord, write: Write) -> bool:
        return holds(there.values, self._changeable(write))

    def _changeable(self, write: Write) -> dict[str, Any]:
        fixed = {line.target for line in self._spec.writing_lines if line.write_mode is WriteMode.SET_ON_CREATE}
        kept = fixed | {self._writing.own_key_field}
        return {name: value for name, value in write.values.items() if name not in kept and not isinstance(value, list)}


class ODataV2Connector(ODataConnector):
    """One open connection to services of OData v2."""

    calls_class = ODataV2Calls
    delivery_class = ODataV2Delivery

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Take back a record that was created here, in the version it has now. Safe to repeat."""
        spec = self.manifest.object_named(object_name)
        wanted = spec.writing.undo_values if spec.writing else None
        if wanted:
            held = await read_one(self._calls, spec, target_key)
            if held is None or holds(held, wanted):
                return UndoOutcome(UndoState.ALREADY_GONE)
        return await super().undo(object_name, target_key, idempotency_key=idempotency_key)


def _next(body: Any) -> str:
    wrapped = body.get("d") if isinstance(body, Mapping) else None
    link = wrapped.get("__next") if isinstance(wrapped, Mapping) else None
    return link if isinstance(link, str) else ""
