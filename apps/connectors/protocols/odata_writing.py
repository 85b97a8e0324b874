"""Delivers records to an OData v4 service: a change names the version it was made on, and two hands at once are told."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import holds, nested
from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata_calls import ODataCalls
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_writing import Delivery

ETAG = "@odata.etag"
_CHANGED_MEANWHILE = frozenset({409, 412})


class ODataDelivery(Delivery):
    """Creates as any REST system, and changes with If-Match where the service keeps versions."""

    def __init__(self, calls: ODataCalls, spec: ObjectManifest) -> None:
        super().__init__(calls, spec)
        self._odata = calls.odata

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is None or not self._odata.etags:
            return await super()._send_one(write)
        held = await self._held(write.target_key)
        try:
            answer = await self._change(write.target_key, write, held)
        except RejectedError as error:
            if error.status not in _CHANGED_MEANWHILE:
                raise
            return await self._change_again(write.target_key, write, held, error)
        return WriteOutcome(write.position, write.target_key, exchange=answer.exchange)

    async def _change_again(
        self, key: str, write: Write, held: Mapping[str, Any], error: RejectedError
    ) -> WriteOutcome:
        """Somebody changed the record between our reading and our change: theirs stays where it touches ours."""
        now = await self._held(key)
        if holds(now, write.values):
            return WriteOutcome(write.position, key, exchange=error.exchange)
        if any(held.get(name) != now.get(name) for name in write.values):
            raise self._conflict(error)
        try:
            answer = await self._change(key, write, now)
        except RejectedError as again:
            raise (self._conflict(again) if again.status in _CHANGED_MEANWHILE else again) from None
        return WriteOutcome(write.position, key, exchange=answer.exchange)

    async def _held(self, key: str) -> dict[str, Any]:
        values = await read_one(self._calls, self._spec, key)
        if values is not None:
            return values
        sentence = f"{self._calls.manifest.name} no longer has the record that was to be changed."
        raise RejectedError(sentence, problems=(FieldProblem("", sentence, BusinessClass.MISSING_REFERENCE),))

    async def _change(self, key: str, write: Write, held: Mapping[str, Any]) -> Answer:
        path = self._calls.path_of(self._writing.update_path, key)
        headers = conditions_of(self._odata, self._spec, held)
        return await self._calls.call(
            self._writing.update_method, path, body=nested(self._body(write)), headers=headers, spec=self._spec
        )

    def _conflict(self, error: RejectedError) -> RejectedError:
        sentence = (
            f"Somebody changed the same fields of this record in {self._calls.manifest.name} at the same moment: "
            "compare both, then send it again."
        )
        problem = FieldProblem("", sentence, BusinessClass.CONFLICT)
        conflict = RejectedError(sentence, problems=(problem,), status=error.status)
        conflict.exchange = error.exchange
        return conflict


def conditions_of(odata: ODataSpec, spec: ObjectManifest, held: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that name the version a change is made on; none for a record without one, where they vary.

    Raises MisconfiguredError where each record should have one.
    """
    return {} if odata.etags_vary and ETAG not in held else {"If-Match": etag_of(spec, held)}


def etag_of(spec: ObjectManifest, held: Mapping[str, Any]) -> str:
    """Return the version mark of a record as it was read. Raises MisconfiguredError when it has none."""
    etag = held.get(ETAG)
    if not isinstance(etag, str) or not etag:
        raise MisconfiguredError(
            f"{spec.label} came without a version mark ({ETAG}): nothing can be changed safely.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        )
    return etag
