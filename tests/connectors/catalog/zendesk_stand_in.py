"""A Zendesk account that keeps its records. The hard parts, and where they are described:

- users are exported from a time, then behind a cursor, until `end_of_stream`; what was changed in the last minute is left
  out; ten calls a minute, then 429 with Retry-After:
  https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
- create_or_update goes by the external id, whose capitals do not count, and answers 201 for a new record:
  https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/
- a refusal names its fields as keys: https://developer.zendesk.com/api-reference/introduction/requests/
- a deleted user is only made inactive: https://developer.zendesk.com/api-reference/ticketing/users/users/
"""

import re
from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, require, require_query

_ONE = {"organizations": "organization", "users": "user"}
_FIELDS = {
    "organizations": {"name", "external_id", "details", "notes", "organization_fields"},
    "users": {"name", "external_id", "email", "phone", "organization_id", "role", "skip_verify_email", "user_fields"},
}
_LONGEST_NAME = 255
_UNSEEN = timedelta(minutes=1)


class ZendeskStandIn(StandIn):
    """One account. `since_change` is how long ago the present moment of its records lies."""

    lists = ("organizations", "users")
    stamp_field = "updated_at"
    stamp_form = InstantForm.ISO

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.since_change = _UNSEEN
        self.exports_left = 1_000_000

    def refusal(self, error: RefusedError) -> web.Response:
        said: Row = {"error": error.code, "description": error.message}
        if error.field:
            problem = {"description": error.message, "error": error.code}
            said = {
                "error": "RecordInvalid",
                "description": "Record validation errors",
                "details": {error.field: [problem]},
            }
        return web.json_response(said, status=error.status)

    async def token(self, request: web.Request) -> web.Response:
        sent = await request.post()
        if (sent.get("grant_type"), sent.get("scope")) != ("client_credentials", "read write"):
            self.violations.append(f"token asked with {dict(sent)}")
        return await super().token(request)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/oauth/tokens":
            return await self.token(request)
        return await super().answer(request)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        method, path = request.method, request.path
        if (method, path) == ("GET", "/api/v2/users/me.json"):
            return web.json_response({"user": {"id": 1, "email": "integration@firm.example"}})
        if (method, path) == ("GET", "/api/v2/incremental/users/cursor.json"):
            return self._export(request)
        if (method, path) == ("GET", "/api/v2/organizations.json"):
            return self._list(request)
        found = re.fullmatch(r"/api/v2/(organizations|users)/(\w[\w-]*)\.json", path)
        require(found is not None, f"{method} {path}")
        name, rest = str(found and found[1]), str(found and found[2])
        if (method, rest) == ("GET", "show_many"):
            return self._many(request, name)
        if (method, rest) == ("POST", "create_or_update"):
            return await self._create_or_update(request, name)
        row = self.row(name, rest)
        if method == "PUT":
            return self._shown(name, self._changed(name, row, await self._sent(request, name)))
        if method == "DELETE":
            return self._delete(name, row)
        require(method == "GET", f"{method} {path}")
        return self._shown(name, row)

    def row(self, name: str, key: str) -> Row:
        try:
            row = super().row(name, key)
        except RefusedError:
            raise RefusedError(404, "Not found", code="RecordNotFound") from None
        return row

    # --- reading ------------------------------------------------------------------------------------------------------
    def _export(self, request: web.Request) -> web.Response:
        require_query(request, {"start_time", "cursor", "per_page"})
        require(("cursor" in request.query) != ("start_time" in request.query), "either a start or a cursor")
        if self.exports_left <= 0:
            raise RefusedError(429, "Number of allowed API requests per minute exceeded", Retry_After="37")
        self.exports_left -= 1
        size = int(request.query.get("per_page", "1000"))
        require(1 <= size <= 1000, f"per_page {size}")
        present = self.clock + self.since_change
        ordered = sorted(
            (int(self.changed_at("users", row).timestamp()), row["id"], row)
            for row in self.rows["users"]
            if self.changed_at("users", row) <= present - _UNSEEN
        )
        if "cursor" in request.query:
            at, _, key = request.query["cursor"].partition("-")
            left = [(moment, number, row) for moment, number, row in ordered if (moment, number) > (int(at), int(key))]
        else:
            left = [entry for entry in ordered if entry[0] >= int(request.query["start_time"])]
        page = left[:size]
        last = f"{page[-1][0]}-{page[-1][1]}" if page else request.query.get("cursor", "0-0")
        link = f"{self.public()}/api/v2/incremental/users/cursor.json?cursor={last}&per_page={size}"
        body = {"users": [row for _, _, row in page], "after_cursor": last, "after_url": link}
        return web.json_response({**body, "end_of_stream": len(left) <= size})

    def _list(self, request: web.Request) -> web.Response:
        require_query(request, {"page[size]", "page[after]"}, {"page[size]"})
        size, after = int(request.query["page[size]"]), int(request.query.get("page[after]", "0"))
        require(1 <= size <= 100, f"page[size] {size}")
        left = sorted((row for row in self.rows["organizations"] if row["id"] > after), key=lambda row: int(row["id"]))
        page, more = left[:size], len(left) > size
        link = (
            f"{self.public()}/api/v2/organizations.json?page[after]={page[-1]['id'] if page else 0}&page[size]={size}"
        )
        # Zendesk gives a link behind the last page as well: has_more says whether to follow it.
        return web.json_response({"organizations": page, "meta": {"has_more": more}, "links": {"next": link}})

    def _many(self, request: web.Request, name: str) -> web.Response:
        require_query(request, {"ids", "external_ids"})
        require(len(request.query) == 1, "either ids or external ids")
        ((parameter, text),) = request.query.items()
        wanted = text.lower().split(",")
        require(len(wanted) <= 100, "more than 100 keys")
        field = "id" if parameter == "ids" else "external_id"
        require(field != "id" or all(key.isdecimal() for key in wanted), f"ids {wanted}")
        return web.json_response({name: [row for row in self.rows[name] if str(row.get(field)).lower() in wanted]})

    # --- writing ------------------------------------------------------------------------------------------------------
    async def _create_or_update(self, request: web.Request, name: str) -> web.Response:
        sent = await self._sent(request, name)
        require(bool(sent.get("external_id")), "no external id")
        for row in self.rows[name]:
            if str(row.get("external_id")).lower() == str(sent["external_id"]).lower():
                return self._shown(name, self._changed(name, row, sent))
        self._check(name, sent, None)
        self.tick()
        role = {"role": "end-user", "active": True} if name == "users" else {}
        return self._shown(name, self.enter(name, **{**role, **sent}), status=201)

    async def _sent(self, request: web.Request, name: str) -> Row:
        sent = await body_of(request, set(), {_ONE[name]})
        values: Row = sent[_ONE[name]]
        require(set(values) <= _FIELDS[name], f"properties {sorted(set(values) - _FIELDS[name])}")
        return {field: value for field, value in values.items() if field != "skip_verify_email"}

    def _changed(self, name: str, row: Row, values: Row) -> Row:
        self._check(name, values, row)
        row |= values
        self.tick()
        self.stamp(name, row)
        return row

    def _delete(self, name: str, row: Row) -> web.StreamResponse:
        if name == "organizations":
            self.rows[name].remove(row)
            return web.Response(status=204)
        if not row.get("active", True):
            raise RefusedError(404, "Not found", code="RecordNotFound")
        row["active"] = False
        self.tick()
        self.stamp(name, row)
        return self._shown(name, row)

    def _check(self, name: str, values: Row, changed: Row | None) -> None:
        title = values.get("name", "as it is")
        if not title:
            raise RefusedError(422, "Name: cannot be blank", code="BlankValue", field="name")
        if len(title) > _LONGEST_NAME:
            said = f"Name: is too long (maximum is {_LONGEST_NAME} characters)"
            raise RefusedError(422, said, code="ValueTooLong", field="name")
        taken = any(row["name"] == title and row is not changed for row in self.rows[name])
        if name == "organizations" and taken:
            raise RefusedError(422, f"Name: {title} has already been taken", code="DuplicateValue", field="name")
        email = values.get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise RefusedError(422, f"Email: {email} is not properly formatted", code="InvalidValue", field="email")

    def _shown(self, name: str, row: Row, status: int = 200) -> web.Response:
        return web.json_response({_ONE[name]: row}, status=status)
