"""A small Jira Cloud on loopback: what https://developer.atlassian.com/cloud/jira/platform/rest/v3/ says, kept in memory.

As there: a search of projects names its place and whether it is the last page, at most 50 on one, their lead and description only
when expanded (api-group-projects); keys are ten capital letters and digits and names 80 characters at most, each taken once
(api-group-project-key-and-name-validation); a new project needs a lead; type and template belong to the creation alone; a deleted
project is gone; users come with apps among them (api-group-users); refusals stand under the names of fields in `errors`.
"""

import re
from typing import Any

from aiohttp import encode_basic_auth, web

from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, offset_page, require, require_query

SIGN_IN = ("it@firm.example", "jira-api-token-of-the-stage-000001")
LEAD = "557058:lead"
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_COMMON = {
    "assigneeType", "avatarId", "categoryId", "description", "issueSecurityScheme", "key", "leadAccountId", "name",
    "notificationScheme", "permissionScheme", "url",
}  # fmt: skip
_AT_CREATION = _COMMON | {"projectTypeKey", "projectTemplateKey", "issueTypeScheme", "workflowScheme"}


class FieldRefusedError(RefusedError):
    """A refusal that is worded under the name of a field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(400, message, field=field)


class JiraStandIn(StandIn):
    """One site."""

    lists = ("projects", "users")

    def new_key(self, name: str) -> str:
        return str(super().new_key(name))

    def is_signed(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == encode_basic_auth(*SIGN_IN)

    def refusal(self, error: RefusedError) -> web.Response:
        by_field = {error.field: error.message} if error.field else {}
        messages = [] if error.field else [error.message]
        return web.json_response({"errorMessages": messages, "errors": by_field}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        match (request.method, request.path.removeprefix("/rest/api/3/").split("/")):
            case ("GET", ["myself"]):
                return web.json_response({"accountId": LEAD, "displayName": "Robin Vale"})
            case ("GET", ["users", "search"]):
                require_query(request, {"startAt", "maxResults"})
                rows = offset_page(request, self.rows["users"], size="maxResults", offset="startAt", largest=1000)
                return web.json_response([{**_without_id(row), "accountId": row["id"]} for row in rows])
            case ("GET", ["project", "search"]):
                return web.json_response(self._search(request))
            case ("POST", ["project"]):
                return await self._create(request)
            case (method, ["project", key]):
                return await self._single(request, method, self.row("projects", key))
        raise RefusedError(404, "No such resource.")

    def _search(self, request: web.Request) -> dict[str, Any]:
        require_query(request, {"startAt", "maxResults", "orderBy", "keys", "query", "status", "expand"})
        expanded = set(request.query.get("expand", "").split(","))
        rows = offset_page(request, self.rows["projects"], size="maxResults", offset="startAt", largest=50)
        start, total = int(request.query.get("startAt", "0")), len(self.rows["projects"])
        hidden = {"lead", "description"} - expanded
        shown = [{field: value for field, value in row.items() if field not in hidden} for row in rows]
        return {"startAt": start, "total": total, "isLast": start + len(rows) >= total, "values": shown}

    async def _create(self, request: web.Request) -> web.Response:
        sent = await body_of(request, _AT_CREATION, ("key", "name"))
        self._check(sent, known=None)
        if "leadAccountId" not in sent:
            raise FieldRefusedError("projectLead", "You must specify a valid project lead.")
        row = self.enter("projects", **_kept(sent))
        return web.json_response({"id": int(row["id"]), "key": row["key"]}, status=201)

    async def _single(self, request: web.Request, method: str, row: Row) -> web.Response:
        if method == "DELETE":
            self.rows["projects"].remove(row)
            return web.Response(status=204)
        if method == "PUT":
            sent = await body_of(request, _COMMON)
            self._check(sent, known=row)
            row.update(_kept(sent))
        else:
            require(method == "GET", f"method {method}")
        return web.json_response({**row, "components": [], "issueTypes": [], "roles": {}})

    def _check(self, sent: Row, known: Row | None) -> None:
        others = [row for row in self.rows["projects"] if row is not known]
        if "key" in sent and not _KEY.fullmatch(str(sent["key"])):
            words = "Project keys must start with an uppercase letter, followed by one or more uppercase alphanumeric characters."
            raise FieldRefusedError("projectKey", words)
        if any(row["key"] == sent.get("key") for row in others):
            raise FieldRefusedError("projectKey", "A project with that project key already exists.")
        if any(row["name"] == sent.get("name") for row in others):
            raise FieldRefusedError("projectName", "A project with that name already exists.")
        if sent.get("leadAccountId", LEAD) != LEAD:
            raise FieldRefusedError("projectLead", "You must specify a valid project lead.")


def _kept(sent: Row) -> Row:
    lead = (
        {"lead": {"accountId": sent["leadAccountId"], "displayName": "Robin Vale"}} if "leadAccountId" in sent else {}
    )
    return {**{field: value for field, value in sent.items() if field in {"key", "name", "description"}}, **lead}


def _without_id(row: Row) -> Row:
    return {field: value for field, value in row.items() if field != "id"}
