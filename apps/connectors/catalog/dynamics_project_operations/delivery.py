"""Delivers records to Dataverse: by an alternate key when they have no number yet, by their number and version after that.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api
https://learn.microsoft.com/power-apps/developer/data-platform/define-alternate-keys-entity
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import text_at
from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.judgement import Answer
from apps.connectors.protocols.odata_writing import ODataDelivery, etag_of

# Columns of references as they are read, with the property that binds them and the set they point into.
REFERENCES = {
    "_parentaccountid_value": ("parentaccountid", "accounts"),
    "_parentcustomerid_value": ("parentcustomerid_account", "accounts"),
}
_MADE = 201
_NO_KEY_SIGN = re.compile(r"[/<>*%&:\\?+~]")


def plain_key(key: str) -> str:
    """Return our key without the signs that no alternate key may hold: "Customer:1" is written "Customer~3a~1"."""
    return _NO_KEY_SIGN.sub(lambda sign: f"~{ord(sign[0]):x}~", key)


def body_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as it is sent: references are bound by the address of what they point to."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name in REFERENCES:
            bound, entity_set = REFERENCES[name]
            body[f"{bound}@odata.bind"] = f"/{entity_set}({value})" if value not in (None, "") else None
        else:
            body[name] = value
    return body


class DataverseDelivery(ODataDelivery):
    """Records without a target go by our key in a column of its own: sent twice, they are one record."""

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is not None:
            return await super()._send_one(write)
        own = self._writing.own_key_field
        own_key = str(self._body(write).get(own) or write.business_key)
        path = self._calls.path_of(self._writing.create_path, own_key)
        values = {name: value for name, value in write.values.items() if name != own}
        headers = {"Prefer": "return=representation"}
        answer = await self._calls.call("PATCH", path, body=body_of(values), headers=headers, spec=self._spec)
        key = text_at(answer.json(), self._spec.key_field)
        return WriteOutcome(write.position, key, exchange=answer.exchange, created=answer.status == _MADE)

    async def _change(self, key: str, write: Write, held: Mapping[str, Any]) -> Answer:
        path = self._calls.path_of(self._writing.update_path, key)
        headers = {"If-Match": etag_of(self._spec, held)}
        return await self._calls.call("PATCH", path, body=body_of(write.values), headers=headers, spec=self._spec)
