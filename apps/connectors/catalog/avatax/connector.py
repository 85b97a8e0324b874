"""AvaTax over its REST API v2: questions in one filter, codes with signs of their own, and where a client is.

Filters: https://developer.avalara.com/avatax/filtering-in-rest/. Signs that a code in an address is written with, and that a
transaction wants two addresses: https://developer.avalara.com/api-reference/avatax/rest/v2/methods/Transactions/.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from apps.connectors.answers import holds
from apps.connectors.catalog.avatax.manifest import CUSTOMER, FILTER, MODEL, SINCE, TRANSACTIONS
from apps.connectors.catalog.avatax.refusals import telling
from apps.connectors.contract import OutsideRecord, UndoOutcome, UndoState
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.statements import BETWEEN_KEYS, doubled

_SIGNS = {"/": "_-ava2f-_", "+": "_-ava2b-_", "?": "_-ava3f-_", "%": "_-ava25-_", "#": "_-ava23-_"}
_ADDRESS = ("line1", "line2", "city", "region", "postalCode", "country")
_CODES = "code"  # the condition that takes several keys


class AvaTaxCalls(Calls):
    """What reading, finding and writing of this connector share."""

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`, its signs written as AvaTax wants them."""
        return super().path_of(template, "".join(_SIGNS.get(sign, sign) for sign in key))

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a transaction with its customer's code, which older accounts call by another name."""
        if spec.name != TRANSACTIONS.name:
            return record
        return {**record, "customerCode": record.get("customerCode") or record.get("customerVendorCode")}

    def as_told(self, answer: Answer) -> Answer:
        """Return a refusal without the details that say nothing."""
        if answer.status < 400:
            return answer
        try:
            return replace(answer, body=orjson.dumps(telling(orjson.loads(answer.body))))
        except ValueError:
            return answer

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Do as always; all conditions go into one filter."""
        asked = dict(parameters)
        conditions = [asked.pop(FILTER, ""), *(f"{SINCE} {doubled(since)}" for since in _taken(asked, SINCE))]
        for codes in _taken(asked, _CODES):
            named = " or ".join(f"{_CODES} eq {doubled(code)}" for code in codes.split(BETWEEN_KEYS))
            conditions.append(f"({named})")
        filtered = " and ".join(filter(None, conditions))
        return await super().list_records(
            spec, path, {**asked, **({FILTER: filtered} if filtered else {})}, headers=headers
        )

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
        """Call; a transaction says which company sold it, from where, and where its client is."""
        if isinstance(body, Mapping) and isinstance(model := body.get(MODEL), Mapping):
            addresses = {
                "shipFrom": {"locationCode": self._setting("location")},
                "shipTo": await self._address_of(str(model.get("customerCode") or "")),
            }
            body = {**body, MODEL: {**model, "companyCode": self._setting("company"), "addresses": addresses}}
        return await super().call(method, path, parameters=parameters, body=body, headers=headers, spec=spec)

    async def _address_of(self, customer: str) -> dict[str, Any]:
        """Return where a customer is. Raises RejectedError when AvaTax does not know it."""
        try:
            answer = await super().call("GET", self.path_of(CUSTOMER, customer))
        except (MisconfiguredError, RejectedError) as error:
            if error.status not in {None, 404}:
                raise
            raise _unknown(f"AvaTax has no customer {customer!r}. Create it there, with its address.") from None
        held = answer.json()
        address = {part: held[part] for part in _ADDRESS if held.get(part)} if isinstance(held, Mapping) else {}
        if not address.get("country"):
            raise _unknown(
                f"The customer {customer!r} has no address in AvaTax, and the tax depends on it. Enter it there."
            )
        return address


class AvaTaxConnector(RestConnector):
    """One open connection to one company in AvaTax."""

    calls_class = AvaTaxCalls

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Void a transaction; one that is voided already counts as taken back. Safe to repeat."""
        spec = self.manifest.object_named(object_name)
        if spec.writing is not None and spec.writing.can_undo:
            held = await read_one(self._calls, spec, target_key)
            if held is None or holds(held, {"status": "Cancelled"}):
                return UndoOutcome(UndoState.ALREADY_GONE)
        return await super().undo(object_name, target_key, idempotency_key=idempotency_key)


def _taken(asked: dict[str, str], name: str) -> list[str]:
    return [asked.pop(name)] if name in asked else []


def _unknown(sentence: str) -> RejectedError:
    return RejectedError(sentence, problems=(FieldProblem("client", sentence, BusinessClass.MISSING_REFERENCE),))


CONNECTOR = AvaTaxConnector
