"""Zendesk's REST API: what the manifest cannot say - records by many keys at once, and refusals that are named by field.

https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/ (show many organizations)
https://developer.zendesk.com/api-reference/introduction/requests/
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, Write
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_probing import own_key, probe_writes
from apps.connectors.protocols.rest_problems import Problem, with_problems
from apps.connectors.protocols.rest_reading import source_record

_IDS_AT_ONCE = 100
_KEYS_AT_ONCE = 25  # of up to 255 signs each, so that the address stays short
_LONGEST_KEY = 255


class ZendeskCalls(Calls):
    """Calls whose refusals name their fields as keys."""

    def as_told(self, answer: Answer) -> Answer:
        """Return a refusal as the manifest reads it."""
        return with_problems(answer, problems_of)

    async def many(self, spec: ObjectManifest, parameter: str, keys: Sequence[str]) -> list[OutsideRecord]:
        """Return the records with these `ids` or `external_ids`; those that are not there are left out."""
        at_once = _IDS_AT_ONCE if parameter == "ids" else _KEYS_AT_ONCE
        found = list[OutsideRecord]()
        for start in range(0, len(keys), at_once):
            asked = {parameter: ",".join(keys[start : start + at_once])}
            _, listed = await self.list_records(spec, f"api/v2/{spec.name}/show_many.json", asked)
            found.extend(listed)
        return found


class ZendeskConnector(RestConnector):
    """One open connection to one Zendesk account."""

    calls_class = ZendeskCalls
    _calls: ZendeskCalls

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""
        if keys:
            return self._named(self.manifest.object_named(object_name), keys)
        return super().read(object_name, checkpoint)

    async def _named(self, spec: ObjectManifest, keys: Sequence[str]) -> AsyncIterator[Page]:
        ids = [key for key in dict.fromkeys(keys) if key.isascii() and key.isdecimal()]
        rows = await self._calls.many(spec, "ids", ids)
        yield Page(tuple(source_record(spec, values) for values in rows), {}, last=True)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the records whose external id is exactly among `natural_keys`: Zendesk compares without case."""
        spec = self.manifest.object_named(object_name)
        # Keys are parted by commas, so one that holds a comma cannot be asked for; ours hold none.
        keys = [key for key in dict.fromkeys(natural_keys) if key and "," not in key and len(key) <= _LONGEST_KEY]
        rows = await self._calls.many(spec, "external_ids", keys)
        named = ((str(at_path(row, "external_id")), row) for row in rows)
        return {name: FoundRecord(str(row["id"]), row) for name, row in named if name in set(keys)}

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""
        spec = self.manifest.object_named(object_name)
        made = {own_key(spec.writing, write): write.position for write in writes if write.target_key is None}
        found = await self.find(object_name, list(made))
        changed = await probe_writes(self._calls, spec, [write for write in writes if write.target_key is not None])
        return {made[key]: record for key, record in found.items()} | changed


def problems_of(said: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a refusal.

    {"error": "RecordInvalid", "details": {"name": [{"description": "Name: cannot be blank", "error": "BlankValue"}]}} names
    the field as a key; other refusals have a sentence alone, some of them inside "error".
    """
    details = said.get("details")
    told = [
        _problem(str(part.get("error") or ""), part.get("description"), str(field))
        for field, parts in (details.items() if isinstance(details, Mapping) else ())
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, Mapping)
    ]
    if told:
        return told
    error = said.get("error")
    if isinstance(error, Mapping):
        return [_problem(str(error.get("title") or ""), error.get("message"), "")]
    return [_problem(str(error or ""), said.get("description") or said.get("message"), "")]


def _problem(code: str, message: Any, field: str) -> Problem:
    return {"code": code, "message": str(message or ""), "field": field}


CONNECTOR = ZendeskConnector
