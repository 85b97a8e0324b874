"""VIES over its REST interface: what the manifest cannot say - numbers are asked for one at a time, and not every 200 is a verdict."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from apps.connectors.catalog.vies.manifest import NUMBERS
from apps.connectors.catalog.vies.numbers import TaxNumber, read_number, refusal_in, verdict_of
from apps.connectors.contract import FoundRecord, Page
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.judgement import Answer
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import source_record

_NO_NUMBER = "INVALID_INPUT"  # of a form that the country does not give out: nobody's number


class ViesConnector(RestConnector):
    """One open connection, for enquiries."""

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return what VIES says of each number; what is no tax number of the Union is left out.

        Raises:
            RemoteError: there is no verdict on one of them yet.

        """
        numbers = {written: asked for written in natural_keys if (asked := read_number(written)) is not None}
        said = await asyncio.gather(*(self._ask(written, asked) for written, asked in numbers.items()))
        return {record["number"]: FoundRecord(record["number"], record) for record in said if record is not None}

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield just the numbers named by `keys`. Raises MisconfiguredError without any: there is no list."""
        if not keys:
            async for page in super().read(object_name, checkpoint):
                yield page
            return
        found = await self.find(object_name, keys)
        yield Page(tuple(source_record(NUMBERS, record.values) for record in found.values()), {}, last=True)

    async def _ask(self, written: str, asked: TaxNumber) -> dict[str, Any] | None:
        path = f"ms/{asked.country}/vat/{asked.number}"
        answer = await self._calls.call("GET", path, parameters=self._asker(), spec=NUMBERS)
        said = answer.json()
        record = verdict_of(written, asked, said) if isinstance(said, Mapping) else None
        if record is None and refusal_in(said) != _NO_NUMBER:
            raise self._no_verdict(answer, refusal_in(said))
        return record

    def _asker(self) -> dict[str, str]:
        """Return who asks: with that the answer is proof. Raises MisconfiguredError when it is no tax number."""
        written = str(self._settings.get("own_number") or "").strip()
        if not written:
            return {}
        own = read_number(written)
        if own is None:
            sentence = "Your own tax number is none of the European Union: correct it on the connection's page."
            raise MisconfiguredError(sentence, business_class=BusinessClass.VALIDATION)
        return {"requesterMemberStateCode": own.country, "requesterNumber": own.number}

    def _no_verdict(self, answer: Answer, word: str) -> RemoteError:
        known = {rule.code for rule in self.manifest.error_rules}
        if word in known:
            body = {"errorWrappers": [{"error": word}]}
            error = record_failure(self.manifest, answer.status, body, spec=NUMBERS, sent={})
        else:
            error = RetryableError(
                f"VIES gave no verdict ({word[:60] or 'without a reason'}): it is asked again by itself.",
                business_class=BusinessClass.PROVIDER_OUTAGE,
                status=answer.status,
            )
        error.exchange = answer.exchange
        return error


CONNECTOR = ViesConnector
