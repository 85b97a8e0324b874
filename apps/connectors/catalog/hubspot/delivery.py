"""Delivers records to HubSpot in batches whose answer says for each one what became of it.

https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/companies/batch/upsert-companies
https://developers.hubspot.com/docs/api-reference/error-handling (multi-status errors)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from apps.connectors.answers import at_path, text_at
from apps.connectors.catalog.hubspot.calls import PROPERTIES, problems_of
from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.errors import RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.protocols.rest_writing import Chunk, Delivery

_STATUS = {"CONFLICT": 409, "OBJECT_NOT_FOUND": 404}


class HubSpotDelivery(Delivery):
    """Records without a target go by our key, a unique property: sent twice, they are one record."""

    async def _send_batch(self, chunk: Chunk) -> list[WriteOutcome]:
        new = tuple(write for write in chunk if write.target_key is None)
        known = tuple(write for write in chunk if write.target_key is not None)
        if new and known:
            return [*await self._half(new), *await self._half(known)]
        path = f"{self._calls.path(self._writing.batch_path)}/{'upsert' if new else 'update'}"
        body = {"inputs": [self._input(place, write) for place, write in enumerate(chunk)]}
        try:
            answer = await self._calls.call("POST", path, body=body, spec=self._spec)
        except RejectedError:
            if len(chunk) == 1:
                raise
            # The whole batch was refused for something in it: halving finds the culprit and lets the others through.
            middle = len(chunk) // 2
            return [*await self._half(chunk[:middle]), *await self._half(chunk[middle:])]
        return list(self._judge_results(chunk, answer))

    def _input(self, place: int, write: Write) -> dict[str, Any]:
        own = self._writing.own_key_field
        values = {
            name.partition(".")[2]: "" if value is None else value
            for name, value in write.values.items()
            if name != own or write.target_key is not None
        }
        trace = {"objectWriteTraceId": str(place)}
        if write.target_key is not None:
            return {"id": write.target_key, PROPERTIES: values, **trace}
        return {"id": self._own_key(write), "idProperty": own.partition(".")[2], PROPERTIES: values, **trace}

    def _own_key(self, write: Write) -> str:
        return str(self._body(write)[self._writing.own_key_field])

    def _judge_results(self, chunk: Chunk, answer: Answer) -> Iterable[WriteOutcome]:
        said = answer.json()
        results = [*self._made(chunk, said), *_refused(chunk, said)]
        return super()._judge_results(chunk, replace(answer, body=orjson.dumps({"results": results})))

    def _made(self, chunk: Chunk, said: Any) -> Iterator[dict[str, Any]]:
        """Yield the records that were taken. One that repeats no trace is known by its id or by our key."""
        own = self._writing.own_key_field
        by_name = {write.target_key or self._own_key(write): place for place, write in enumerate(chunk)}
        for result in at_path(said, "results") or []:
            place = _traced(chunk, text_at(result, "objectWriteTraceId"))
            if place is None:
                place = by_name.get(text_at(result, own), by_name.get(text_at(result, "id")))
            made = isinstance(result, Mapping) and result.get("new") is True
            yield {"position": place, "id": text_at(result, "id"), "status": 201 if made else 200}


def _refused(chunk: Chunk, said: Any) -> Iterator[dict[str, Any]]:
    for error in at_path(said, "errors") or []:
        if isinstance(error, Mapping):
            status = _STATUS.get(str(error.get("category")), 400)
            place = _traced(chunk, text_at(error, "context.objectWriteTraceId"))
            yield {"position": place, "status": status, "problems": problems_of(error)}


def _traced(chunk: Chunk, trace: str) -> int | None:
    return int(trace) if trace.isdecimal() and int(trace) < len(chunk) else None
