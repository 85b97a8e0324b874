"""DocuSign over its REST interface: what the manifest cannot say - custom fields, roles, and what may still be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path, holds
from apps.connectors.catalog.docusign.envelopes import changes, new_envelope, with_short_names
from apps.connectors.catalog.docusign.manifest import BEGINNING
from apps.connectors.contract import FoundRecord, OutsideRecord, UndoOutcome, UndoState, Write, WriteOutcome
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_writing import Delivery


class DocuSignCalls(Calls):
    """Lists begin somewhere and may leave out what is empty; records get their short names."""

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return the parsed answer of a list and its records."""
        fixed = spec.reading.parameters if spec.reading else {}
        asked = {"from_date": BEGINNING, **fixed, **parameters}
        return await super().list_records(spec, path, asked, headers=headers)

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the envelopes of an answer; one without any may have no list at all."""
        records = super().listed(spec, body)
        return [] if records is None and at_path(body, "resultSetSize") == "0" else records

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return an envelope with our number and who signs."""
        return with_short_names(record)


class DocuSignDelivery(Delivery):
    """Makes envelopes of templates, and changes of those that are there only what they still let change."""

    def __init__(self, calls: Calls, spec: ObjectManifest, role: str) -> None:
        super().__init__(calls, spec)
        self._role = role

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is not None and not changes(write.values):
            return WriteOutcome(write.position, write.target_key)
        return await super()._send_one(write)

    def _body(self, write: Write) -> dict[str, Any]:
        if write.target_key is not None:
            return changes(write.values)
        return new_envelope(super()._body(write), self._role)

    def _says_so_already(self, there: FoundRecord, write: Write) -> bool:
        return holds(there.values, changes(write.values))


class DocuSignConnector(RestConnector):
    """One open connection to one account."""

    calls_class = DocuSignCalls

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Send or change each envelope and answer for every one of them, in any order."""
        spec, role = self.manifest.object_named(object_name), str(self._settings.get("signer_role") or "").strip()
        return await DocuSignDelivery(self._calls, spec, role).run(writes) if writes else []

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Of a change, only what can be changed counts."""
        asked = [w if w.target_key is None else replace(w, values=changes(w.values)) for w in writes]
        return await super().probe(object_name, asked)

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Void an envelope that was sent here; one that was voided or declined counts as taken back."""
        held = await read_one(self._calls, self.manifest.object_named(object_name), target_key)
        if held is None or held.get("status") in {"voided", "declined", "deleted"}:
            return UndoOutcome(UndoState.ALREADY_GONE)
        return await super().undo(object_name, target_key, idempotency_key=idempotency_key)


CONNECTOR = DocuSignConnector
