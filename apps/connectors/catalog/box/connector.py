"""Box over its REST interface: what the manifest cannot say - items that are no folders, and folders made in two calls."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_writing import Delivery

_AT_CREATION = frozenset({"name"})


class BoxCalls(Calls):
    """Of the items of a folder only the folders count; they come first, so a page that is short of them ends the list."""

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the folders of an answer."""
        items = super().listed(spec, body)
        if not isinstance(items, list):
            return items
        return [item for item in items if not isinstance(item, dict) or item.get("type") == "folder"]


class BoxDelivery(Delivery):
    """A folder is made with its name alone, and gets the rest by a change at once."""

    def __init__(self, calls: Calls, spec: ObjectManifest, parent: str) -> None:
        super().__init__(calls, spec)
        self._parent = parent

    async def _send_one(self, write: Write) -> WriteOutcome:
        rest = {name: value for name, value in write.values.items() if name not in _AT_CREATION}
        if write.target_key is not None or not rest:
            return await super()._send_one(write)
        kept = {name: value for name, value in write.values.items() if name in _AT_CREATION}
        made = await super()._send_one(replace(write, values=kept))
        # Lost after this point, the folder is found again by its name and gets the rest then.
        await super()._send_one(replace(write, values=rest, target_key=made.target_key))
        return made

    def _body(self, write: Write) -> dict[str, Any]:
        body = super()._body(write)
        return body if write.target_key is not None else {**body, "parent": {"id": self._parent}}


class BoxConnector(RestConnector):
    """One open connection to one folder of projects."""

    calls_class = BoxCalls

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Make or rename each folder and answer for every one of them, in any order."""
        spec, parent = self.manifest.object_named(object_name), str(self._settings.get("parent") or "")
        return await BoxDelivery(self._calls, spec, parent).run(writes) if writes else []


CONNECTOR = BoxConnector
