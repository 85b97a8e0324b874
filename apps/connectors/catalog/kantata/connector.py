"""Kantata over its REST API: answers come in parts that name each other, money in the smallest unit of its currency."""

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.catalog.kantata.manifest import ALLOCATIONS, RESOURCES, USERS
from apps.connectors.contract import FoundRecord, OutsideRecord, Page
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_joins import Join, JoiningConnector

# by the field that names it: under which name it is written into the record, and in which part of the answer it lies
_INCLUDED = {
    "user_id": ("user", "users"),
    "workspace_id": ("workspace", "workspaces"),
    "story_id": ("story", "stories"),
}
_AMOUNTS = {"rate_in_cents": "rate", "amount_in_cents": "amount", "price_in_cents": "budget"}


class KantataCalls(Calls):
    """Calls whose answers are put together again: the records that were asked for, each with what it includes."""

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the records in their order.

        Only `results` says which were asked for: the parts beside it hold what came along as well.
        """
        results = body.get("results") if isinstance(body, dict) else None
        if not isinstance(results, list):
            return None
        own = [result for result in results if isinstance(result, dict) and result.get("key") == spec.name]
        held = body.get(spec.name) if own else {}
        if not isinstance(held, dict):
            return None
        return [_completed(held.get(str(result.get("id"))), body) for result in own]


class KantataConnector(JoiningConnector):
    """One open connection to one account, for reading."""

    joins = {
        ALLOCATIONS.name: (
            Join("workspace_resource_id", RESOURCES, into="resource", parts=("label", "user_id")),
            Join("resource.user_id", USERS, into="user", parts=("full_name", "email_address")),
        )
    }

    calls_class = KantataCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield records, or just those named by `keys`: Kantata's are whole numbers, and it is asked for no others."""
        numbers = [key for key in keys if key.isdecimal()]
        if keys and not numbers:
            yield Page((), checkpoint or {}, last=True)
            return
        async for page in super().read(object_name, checkpoint, numbers):
            yield page

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return people by e-mail, all other records by their number."""
        if self.manifest.object_named(object_name).natural_key != "id":
            return await super().find(object_name, natural_keys)
        return await super().find(object_name, [key for key in natural_keys if key.isdecimal()])


def _completed(record: Any, body: Mapping[str, Any]) -> Any:
    """Return a record with what it includes written in, and its amounts in whole units of their currency."""
    if not isinstance(record, dict):
        return record
    included: OutsideRecord = {}
    for field, (name, part) in _INCLUDED.items():
        found = (body.get(part) or {}).get(str(record.get(field)))
        if isinstance(found, dict):
            included[name] = found
    base = _number(record.get("currency_base_unit"))
    amounts = {
        name: str(amount / base)
        for field, name in _AMOUNTS.items()
        if base and (amount := _number(record.get(field))) is not None
    }
    return {**record, **included, **amounts}


def _number(value: Any) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


CONNECTOR = KantataConnector
