"""Calls of one Salesforce organisation: SOQL in, whole lists out, whichever parts the service sends them in."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import OutsideRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.http import Door
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.soql_query import CUSTOM, custom_fields, plain_record, query, selected

CURRENCY = "CurrencyIsoCode"  # a field of every object, but only where several currencies are switched on
_MOST_PARTS = 200  # of one answer: 2,000 records in parts of ten


class SoqlCalls(Calls):
    """What reading, finding and writing of a Salesforce connector share.

    `currency` is the one of the whole organisation, "" where each record names its own.
    """

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        self.currency = str(settings.get("currency") or "").strip().upper()
        self._further = str(settings.get("custom_fields") or "")

    async def ask(self, spec: ObjectManifest, conditions: Sequence[str] = (), *, limit: int = 0) -> list[OutsideRecord]:
        """Return the records that fit all `conditions`, the oldest change first. Raises RemoteError."""
        further = custom_fields(self._further, spec.name)
        fields = selected(spec, further, (CURRENCY,) if self.currency else ())
        always = spec.reading.parameters.values() if spec.reading else ()
        asked = {"q": query(spec, fields, [*always, *conditions], limit=limit)}
        body, listed = await super().list_records(spec, self._query_path(spec), asked)
        records = list(listed)
        for _ in range(_MOST_PARTS):
            following = at_path(body, "nextRecordsUrl")
            if not isinstance(following, str) or not following:
                return [self._completed(spec, values, further) for values in records]
            body, listed = await super().list_records(spec, f"{self.door.destination.origin}{following}", {})
            records.extend(listed)
        raise MisconfiguredError(
            f"{self.manifest.name} sends {spec.label.lower()} in parts without end: reading was stopped.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        )

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return one record of a list, whatever `parameters` ask for: the connection test wants no more."""
        return {}, await self.ask(spec, limit=1)

    def _query_path(self, spec: ObjectManifest) -> str:
        return self.path(spec.reading.path if spec.reading else "")

    def keeps_currency(self, spec: ObjectManifest) -> bool:
        """Return whether the settings, not the record, say in which currency an object's amounts are."""
        return bool(self.currency) and any(field.name == CURRENCY for field in spec.fields)

    def _completed(self, spec: ObjectManifest, values: OutsideRecord, further: Sequence[str]) -> OutsideRecord:
        plain = plain_record(values)
        added: dict[str, Any] = {CURRENCY: self.currency} if self.keeps_currency(spec) else {}
        if further:
            added[CUSTOM] = {name.replace(".", "_"): at_path(plain, name) for name in further}
        return {**plain, **added}
