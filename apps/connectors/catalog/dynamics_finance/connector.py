"""Dynamics 365 Finance over OData v4: what the manifest cannot say - one company of many, and days that mean nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.dynamics_finance.manifest import CROSS, CUSTOMERS
from apps.connectors.catalog.dynamics_finance.refusals import problems_of
from apps.connectors.contract import OutsideRecord, Page, Write, WriteOutcome
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, SystemManifest, ValueKind
from apps.connectors.protocols.odata import ODataConnector
from apps.connectors.protocols.odata_calls import ODataCalls
from apps.connectors.protocols.odata_query import quoted
from apps.connectors.protocols.rest_problems import with_problems
from apps.connectors.protocols.rest_reading import read_named

_NO_DAY = "1900-01-01"  # what stands there for an empty day


class FinanceCalls(ODataCalls):
    """What reading, finding and writing of this connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        # In keys a company stands in small letters, however people write it.
        self.company = str(settings.get("company") or "").strip().lower()
        super().__init__(manifest, door, {**settings, "company": self.company})

    def as_told(self, answer: Answer) -> Answer:
        """Return a refusal with the sentence for people in it."""
        return with_problems(answer, problems_of)

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return what the manifest names, with plain days: they come as noon, and an empty one as a day of 1900."""
        kinds = {field.name: field.kind for field in spec.fields}
        kept = {name: value for name, value in record.items() if name in kinds or "@odata." in name}
        return {name: _day(value) if kinds.get(name) is ValueKind.DATE else value for name, value in kept.items()}

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Do as always, for the records of the one company; a link to a page says that itself."""
        asked = parameters if "?" in path else {**parameters, "$filter": f"dataAreaId eq {quoted(self.company)}"}
        return await super().list_records(spec, path, asked, headers=headers)

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
        """Call as the protocol wants it; lists of all companies, which a filter then narrows to one."""
        asked = {**parameters, CROSS: "true"} if parameters else parameters
        return await super().call(method, path, parameters=asked, body=body, headers=headers, spec=spec)


class FinanceConnector(ODataConnector):
    """One open connection to one company."""

    calls_class = FinanceCalls
    _calls: FinanceCalls

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint`, or the records named by `keys`: what has no address is asked for by number."""
        spec = self.manifest.object_named(object_name)
        if keys and spec.reading is not None and not spec.reading.one_path:
            return read_named(self._calls, spec, keys, self._clock())
        return super().read(object_name, checkpoint, keys)

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update each record and answer for every one of them; a new customer gets company and group."""
        if object_name == CUSTOMERS.name:
            writes = [self._begun(write) if write.target_key is None else write for write in writes]
        return await super().upsert(object_name, writes)

    def _begun(self, write: Write) -> Write:
        group = str(self._settings.get("customer_group") or "").strip()
        first: dict[str, Any] = {"dataAreaId": self._calls.company, "PartyType": "Organization"}
        return replace(write, values={**first, **({"CustomerGroupId": group} if group else {}), **write.values})


def _day(value: Any) -> Any:
    text = value[:10] if isinstance(value, str) and value[10:11] == "T" else value
    return None if text == _NO_DAY else text


CONNECTOR = FinanceConnector
