"""Okta over its REST interface: what the manifest cannot say - that only people who are not deactivated yet can be."""

from apps.connectors.contract import UndoOutcome, UndoState
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one


class OktaConnector(RestConnector):
    """One open connection to one directory."""

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Deactivate a person who was added here. To delete is the second step there, and a person's."""
        held = await read_one(self._calls, self.manifest.object_named(object_name), target_key)
        if held is None or held.get("status") == "DEPROVISIONED":
            return UndoOutcome(UndoState.ALREADY_GONE)
        return await super().undo(object_name, target_key, idempotency_key=idempotency_key)


CONNECTOR = OktaConnector
