"""Delivers records to a Salesforce organisation: one by its external id, many as a collection that answers row by row.

https://developer.salesforce.com/docs/platform/api-rest/guide/dome-upsert.html
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import text_at
from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import Idempotency, Writing
from apps.connectors.protocols.rest_writing import Chunk, Delivery

_AT_ONCE = 200
_SEVERAL = 300  # "Multiple Choices": more than one record carries this external id
_FITS_A_PATH = re.compile(r"[\w.:@-]{1,255}", re.ASCII)


def object_writing(data: str, name: str, own_key_field: str) -> Writing:
    """Return how the records of one object are written; `data` is the path of the API's version.

    `own_key_field` is the object's external id that carries our key: a custom text field, unique and case sensitive.
    """
    one = f"{data}/sobjects/{name}"
    return Writing(
        create_path=f"{one}/{own_key_field}/{{key}}",
        update_path=f"{one}/{{key}}",
        batch_path=f"{data}/composite/sobjects",
        batch_size=_AT_ONCE,
        idempotency=Idempotency.UPSERT_BY_EXTERNAL_ID,
        own_key_field=own_key_field,
        batch_results_path="",
        batch_status_path="0.status",  # of a row as `_judge_result` passes it on
        batch_target_field="id",
        undo_method="DELETE",
        undo_path=f"{one}/{{key}}",
    )


class SoqlDelivery(Delivery):
    """Records without a target go by their external id: sent twice, they are one record."""

    def _takes_batch(self, write: Write) -> bool:
        # A collection carries any key; a path cannot carry one with a slash, escaped or not.
        return write.target_key is None and not _FITS_A_PATH.fullmatch(self._own_key(write))

    async def _send_one(self, write: Write) -> WriteOutcome:
        writing = self._writing
        if write.target_key is not None:
            path = self._calls.path_of(writing.update_path, write.target_key)
            answer = await self._calls.call("PATCH", path, body=write.values, spec=self._spec)
            return WriteOutcome(write.position, write.target_key, exchange=answer.exchange)
        path = self._calls.path_of(writing.create_path, self._own_key(write))
        values = {name: value for name, value in write.values.items() if name != writing.own_key_field}
        answer = await self._upsert(path, values)
        return self._judge_result(write, answer.json(), answer)

    async def _upsert(self, path: str, values: Mapping[str, Any]) -> Answer:
        answer = await self._calls.door.send("PATCH", path, body=values)
        error = (
            self._several(answer)
            if answer.status == _SEVERAL
            else failure_of(self._calls.manifest, answer, spec=self._spec, sent=values)
        )
        if error is not None:
            raise error
        return answer

    async def _send_batch(self, chunk: Chunk) -> list[WriteOutcome]:
        new = tuple(write for write in chunk if write.target_key is None)
        known = tuple(write for write in chunk if write.target_key is not None)
        if new and known:
            return [*await self._half(new), *await self._half(known)]
        path = self._calls.path(self._writing.batch_path)
        if new:
            path = f"{path}/{self._spec.name}/{self._writing.own_key_field}"
        records = [{"attributes": {"type": self._spec.name}, **self._batch_record(write)} for write in chunk]
        answer = await self._calls.call("PATCH", path, body={"allOrNone": False, "records": records}, spec=self._spec)
        return list(self._judge_results(chunk, answer))

    def _judge_result(self, write: Write, result: Any, answer: Answer) -> WriteOutcome:
        """Take a row of Salesforce's own form in; a failed one becomes what a whole refused answer looks like."""
        if isinstance(result, Mapping) and result.get("success") is False:
            errors = [error for error in result.get("errors") or [{}] if isinstance(error, Mapping)]
            told: Any = [{"status": 400, "errorCode": text_at(error, "statusCode"), **error} for error in errors]
        else:
            made = isinstance(result, Mapping) and result.get("created") is True
            told = [{"id": text_at(result, "id"), "status": 201 if made else 200}]
        return super()._judge_result(write, told, answer)

    def _own_key(self, write: Write) -> str:
        return str(self._body(write).get(self._writing.own_key_field, ""))

    def _several(self, answer: Answer) -> RejectedError:
        sentence = (
            f"{self._calls.manifest.name} has several records under this number of ours: let its administrator make "
            f"the field {self._writing.own_key_field} unique and merge them, then send it again."
        )
        error = RejectedError(
            sentence, problems=(FieldProblem("", sentence, BusinessClass.DUPLICATE),), status=answer.status
        )
        error.exchange = answer.exchange
        return error
