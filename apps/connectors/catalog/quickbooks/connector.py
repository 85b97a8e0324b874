"""QuickBooks Online: lists by its query language, a request id in the address, changes on the version they were made on.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features (request ids, sparse updates, SyncToken)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path, holds
from apps.connectors.contract import OutsideRecord, UndoOutcome, UndoState
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_undoing import undo_write
from apps.connectors.protocols.statements import Dialect, backslashed, statement_of

MINOR_VERSION = "75"  # the only one since August 2025; a lower one is answered as this one
REQUEST_ID = "requestid"
START, LENGTH = "startposition", "maxresults"
_DATED = {"Id", "SyncToken"}
_LANGUAGE = Dialect(quote=backslashed, order="ORDERBY")


class QuickBooksCalls(Calls):
    """What reading, finding and writing of this connector share."""

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`. Raises RejectedError for a key that is no number."""
        if not (key.isascii() and key.isdigit()):
            problem = FieldProblem("", f"{key!r} cannot be the number of a record.", BusinessClass.MISSING_REFERENCE)
            raise RejectedError(problem.message, problems=(problem,))
        return super().path_of(template, key)

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
        """Call with the minor version; the key of a write goes into the address, and a change leaves alone what it does not name."""
        kept = dict(headers or {})
        asked = {**(parameters or {}), "minorversion": MINOR_VERSION}
        if REQUEST_ID in kept:
            asked[REQUEST_ID] = _short(kept.pop(REQUEST_ID))
        if isinstance(body, Mapping) and body.keys() > _DATED:
            body = {**body, "sparse": True}
        return await super().call(method, path, parameters=asked, body=body, headers=kept, spec=spec)

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return the parsed answer of a query and its records."""
        asked = dict(parameters)
        start, length = int(asked.pop(START, "0")), asked.pop(LENGTH, "1000")
        statement = f"{statement_of(_LANGUAGE, spec, asked)} STARTPOSITION {start + 1} MAXRESULTS {length}"
        return await super().list_records(spec, path, {"query": statement}, headers=headers)

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the list in an answer; a query that finds nothing is answered without one."""
        response = at_path(body, "QueryResponse")
        if isinstance(response, Mapping) and not any(isinstance(part, list) for part in response.values()):
            return []
        return super().listed(spec, body)


class QuickBooksConnector(RestConnector):
    """One open connection to one company."""

    calls_class = QuickBooksCalls

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Take back a record that was created here, in the version it has now. Safe to repeat."""
        spec = self.manifest.object_named(object_name)
        if spec.writing is None or not spec.writing.can_undo:
            return await super().undo(object_name, target_key, idempotency_key=idempotency_key)
        held, wanted = await read_one(self._calls, spec, target_key), dict(spec.writing.undo_values or {})
        if held is None or (wanted and holds(held, wanted)):
            return UndoOutcome(UndoState.ALREADY_GONE)
        body = {**wanted, **{name: held.get(name) for name in spec.writing.repeat_fields}}
        # The key is in the body: the path takes none.
        dated = replace(spec, writing=replace(spec.writing, undo_values=body))
        return await undo_write(self._calls, dated, target_key, idempotency_key)


def _short(key: str) -> str:
    """Return a request id that fits its 50 characters, and stays the same for the same key."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


CONNECTOR = QuickBooksConnector
