"""The connector for services that speak SCIM 2.0: resources with extensions and several values, changed by PATCH.

https://www.rfc-editor.org/rfc/rfc7643 (schemas) and https://www.rfc-editor.org/rfc/rfc7644 (protocol). Manifests name the parts of a
user shortly: "email" is the primary address (the first where none is), "enterprise" the enterprise extension (its own
name has dots in it).
"""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path, nested, text_at
from apps.connectors.contract import OutsideRecord, UndoOutcome, UndoState, Write, WriteOutcome
from apps.connectors.errors import RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ErrorShape, ObjectManifest, Paging
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_writing import Delivery, unnumbered

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM_ERRORS = ErrorShape(code_path="scimType", message_path="detail")
_MEDIA_TYPE = "application/scim+json"
_CHANGED_MEANWHILE = 412


def scim_pages(size: int) -> Paging:
    """Return how SCIM lists are paged: by the number of the first record, counted from one."""
    return Paging(
        style="offset",
        size=size,
        size_parameter="count",
        position_parameter="startIndex",
        total_path="totalResults",
        first_record=1,
    )


def with_short_names(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user with `email` and `enterprise` beside what the service sends."""
    return {**record, "email": _primary(record.get("emails")), "enterprise": record.get(ENTERPRISE) or {}}


def new_user(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that makes a user of flat values ("name.givenName", "email", "enterprise.department")."""
    body = nested(values)
    email, extension = body.pop("email", None), body.pop("enterprise", None)
    schemas = [USER, *([ENTERPRISE] if extension else [])]
    parts = {"emails": [{"value": email, "type": "work", "primary": True}]} if email else {}
    return {"schemas": schemas, **body, **parts, **({ENTERPRISE: extension} if extension else {})}


def changes_of(held: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that changes a user as the service holds it; other addresses of theirs are kept."""
    operations = [
        {"op": "replace", "path": _path(name), "value": value} for name, value in values.items() if name != "email"
    ]
    if "email" in values:
        operations.append({"op": "replace", "path": "emails", "value": _emails(held.get("emails"), values["email"])})
    return {"schemas": [PATCH], "Operations": operations}


class ScimCalls(Calls):
    """Calls in SCIM's own media type, which every service must take (RFC 7644, section 3.1)."""

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
        """Call and return a good answer."""
        typed = {
            "Accept": _MEDIA_TYPE,
            **({"Content-Type": _MEDIA_TYPE} if body is not None else {}),
            **(headers or {}),
        }
        return await super().call(method, path, parameters=parameters, body=body, headers=typed, spec=spec)

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the resources of an answer; one without any may have no list (RFC 7644, section 3.4.2)."""
        records = super().listed(spec, body)
        return [] if records is None and at_path(body, "totalResults") == 0 else records

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a user with the short names of its parts."""
        return with_short_names(record)


class ScimDelivery(Delivery):
    """Users are made whole and changed by PATCH, on the version that was read where the service keeps versions."""

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is None:
            return await self._create(write)
        try:
            answer = await self._patch(write, write.target_key)
        except RejectedError as error:
            if error.status != _CHANGED_MEANWHILE:
                raise
            answer = await self._patch(write, write.target_key)  # somebody was faster: once more on what is there now
        return WriteOutcome(write.position, write.target_key, exchange=answer.exchange)

    async def _create(self, write: Write) -> WriteOutcome:
        path = self._calls.path(self._writing.create_path)
        answer = await self._calls.call("POST", path, body=new_user(self._body(write)), spec=self._spec)
        key = text_at(answer.json(), self._writing.key_path)
        if not key:
            raise unnumbered(answer.exchange)
        return WriteOutcome(write.position, key, exchange=answer.exchange, created=True)

    async def _patch(self, write: Write, key: str) -> Answer:
        path = self._calls.path_of(self._writing.update_path, key)
        held = await read_one(self._calls, self._spec, key) or {}  # of somebody who is gone, the change itself says so
        version = str(at_path(held, "meta.version") or "")
        conditions = {"If-Match": version} if version else {}
        body = changes_of(held, write.values)
        return await self._calls.call("PATCH", path, body=body, headers=conditions, spec=self._spec)


class ScimConnector(RestConnector):
    """One open connection to one SCIM service."""

    calls_class = ScimCalls
    delivery_class = ScimDelivery

    async def undo(self, object_name: str, target_key: str, *, idempotency_key: str) -> UndoOutcome:
        """Deactivate a user who was added here; to delete is a person's work there."""
        held = await read_one(self._calls, self.manifest.object_named(object_name), target_key)
        if held is None or held.get("active") is False:
            return UndoOutcome(UndoState.ALREADY_GONE)
        return await super().undo(object_name, target_key, idempotency_key=idempotency_key)


def _primary(emails: Any) -> str | None:
    listed = [email for email in emails or [] if isinstance(email, Mapping) and email.get("value")]
    first = next((email for email in listed if email.get("primary")), next(iter(listed), None))
    return None if first is None else str(first["value"])


def _emails(held: Any, address: Any) -> list[dict[str, Any]]:
    """Return all addresses of a user with the primary one replaced."""
    kept = [dict(email) for email in held or [] if isinstance(email, Mapping)]
    place = next((n for n, email in enumerate(kept) if email.get("primary")), 0)
    if not kept:
        return [{"value": address, "type": "work", "primary": True}] if address else []
    # `display` says the old address in other words.
    kept[place] = {name: part for name, part in kept[place].items() if name != "display"} | {"value": address}
    return kept


def _path(name: str) -> str:
    extended = name.removeprefix("enterprise.")
    return name if extended == name else f"{ENTERPRISE}:{extended}"
