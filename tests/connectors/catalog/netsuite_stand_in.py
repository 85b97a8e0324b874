"""A NetSuite account that keeps its records and refuses what Oracle's pages do not describe.

From https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help: each request is signed with HMAC-SHA256 and the account as
realm (section_1534941295); queries come by POST with "Prefer: transient", 1,000 rows a page and 100,000 a query at most
(section_157909186990), write what is true as T and leave out what is empty; PUT to eid: makes or changes a record, external
ids hold letters, digits, - and _ (section_156335203191), answers to writes are 204 with a Location (section_1545142173); more
requests at once than the account has are refused with 429 (section_1504642902); hours of time are written "4:00"
(section_164439865832). How a closed period refuses time is from memory.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from apps.connectors.answers import at_path
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, require, require_query

ACCOUNT = "1234567_SB1"
PARTS = {
    "consumer_key": "consumer-key-of-netsuite-0000001",
    "consumer_secret": "consumer-secret-of-netsuite-0001",
    "token_id": "token-id-of-netsuite-0000000001",
    "token_secret": "token-secret-of-netsuite-0000001",
}
CLOSED_UNTIL = date(2026, 1, 31)
MOST_AT_ONCE = 5
_CHANGED = "lastModifiedDate"
# by table: column of a query -> where our rows keep it
_ENTITY = {"id": "id", "externalid": "externalId", "entityid": "entityId", "isinactive": "isInactive",
           "lastmodifieddate": _CHANGED}  # fmt: skip
_COLUMNS = {
    "customer": {**_ENTITY, "companyname": "companyName", "email": "email", "vatregnumber": "vatRegNumber",
                 "currency": "currency"},
    "job": {**_ENTITY, "companyname": "companyName", "parent": "parent", "startdate": "startDate"},
    "employee": {**_ENTITY, "firstname": "firstName", "lastname": "lastName", "email": "email", "title": "title",
                 "hiredate": "hireDate", "releasedate": "releaseDate"},
    "timebill": {"id": "id", "externalid": "externalId", "trandate": "tranDate", "employee": "employee",
                 "customer": "customer", "item": "item", "hours": "hours", "memo": "memo", "isbillable": "isBillable",
                 "lastmodifieddate": _CHANGED},
}  # fmt: skip
_WRITTEN = {
    "customer": {"companyName", "email", "vatRegNumber", "subsidiary", "entityId"},
    "job": {"companyName", "entityId", "parent", "subsidiary", "startDate"},
    "timebill": {"tranDate", "employee", "customer", "item", "hours", "memo", "isBillable"},
}
_LISTS = {"customer": "customers", "job": "projects", "employee": "employees", "timebill": "time-bills"}
_TEXT = r"'(?:[^']|'')*'"
_INSTANT = rf"TO_DATE\(({_TEXT}), 'YYYY-MM-DD HH24:MI:SS'\)"
_STATEMENT = re.compile(
    r"SELECT (?P<select>.+?) FROM (?P<table>\w+)(?: WHERE (?P<where>.+?))?"
    r"(?: ORDER BY (?P=table)\.lastmodifieddate, (?P=table)\.id)?"
)
_SELECTED = re.compile(r"(?:(TO_CHAR|BUILTIN\.DF)\((\w+)(?:, '([^']+)')?\)|(\w+))(?: AS (\w+))?(?:, |$)")
_CONDITION = re.compile(rf"(?: AND |^)(?:(\w+) IN \(((?:{_TEXT}(?:, )?)+)\)|(\w+) >= {_INSTANT}|(\w+) IS NOT NULL)")


class NetSuiteStandIn(StandIn):
    """One account."""

    lists = ("customers", "projects", "employees", "time-bills")
    stamp_field = _CHANGED
    stamp_form = InstantForm.SPACED

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.most_rows = 100_000  # of one query
        self._seen: set[str] = set()  # a nonce counts once
        self._under_way = 0
        self.most_at_once = 0

    def new_key(self, name: str) -> str:
        return str(super().new_key(name))

    def is_signed(self, request: web.Request) -> bool:
        """Say whether the OAuth header was made with the parts of this account; the signature is counted by hand."""
        scheme, _, told = request.headers.get("Authorization", "").partition(" ")
        parts = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', told)}
        signature, realm = parts.pop("oauth_signature", ""), parts.pop("realm", "")
        if (scheme, realm, parts.get("oauth_signature_method")) != ("OAuth", ACCOUNT, "HMAC-SHA256"):
            return False
        if parts["oauth_nonce"] in self._seen:
            return False
        self._seen.add(parts["oauth_nonce"])
        origin = self.public() or f"http://{request.host}"
        pairs = sorted((_escaped(k), _escaped(v)) for k, v in [*parts.items(), *request.query.items()])
        normal = "&".join(f"{name}={value}" for name, value in pairs)
        base = "&".join(map(_escaped, (request.method, f"{origin}{request.rel_url.raw_path}", normal)))
        key = f"{_escaped(PARTS['consumer_secret'])}&{_escaped(PARTS['token_secret'])}".encode()
        expected = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()
        named = (parts.get("oauth_consumer_key"), parts.get("oauth_token"))
        return signature == expected and named == (PARTS["consumer_key"], PARTS["token_id"])

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Invalid login attempt.", code="INVALID_LOGIN_ATTEMPT")

    def refusal(self, error: RefusedError) -> web.Response:
        told = {"detail": error.message, "o:errorCode": error.code or "USER_ERROR", "o:errorPath": error.field}
        body = {"type": "about:blank", "title": "Refused", "status": error.status, "o:errorDetails": [told]}
        return web.json_response(body, status=error.status)

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            if self._under_way > MOST_AT_ONCE:
                said = "Concurrent request limit exceeded. Request blocked."
                raise RefusedError(429, said, code="CONCURRENCY_LIMIT_EXCEEDED")
            await asyncio.sleep(0)
            return await self._answered(request)
        finally:
            self._under_way -= 1

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        place = f"{request.method} {request.path}"
        if place == "GET /services/rest/system/v1/governanceLimits":
            return web.json_response({"accountConcurrencyLimit": MOST_AT_ONCE})
        if place == "POST /services/rest/query/v1/suiteql":
            require(request.headers.get("Prefer") == "transient", "a query without Prefer: transient")
            require_query(request, ("offset",), required=("limit",))
            sent = await body_of(request, (), required=("q",))
            return web.json_response(self._found(request, sent["q"]))
        match = re.fullmatch(r"/services/rest/record/v1/(\w+)/(?:eid:([^/]+)|([^/]+))", request.path)
        require(match is not None and match[1] in _WRITTEN, place)
        assert match is not None
        return await self._record(request, match[1], match[2], match[3])

    async def _record(
        self, request: web.Request, record: str, external: str | None, number: str | None
    ) -> web.StreamResponse:
        name = _LISTS[record]
        if external is not None:
            require(request.method == "PUT" and re.fullmatch(r"[\w-]+", external, re.ASCII) is not None, external)
            row = next((row for row in self.rows[name] if row.get("externalId") == external), None)
        else:
            require(request.method in {"PATCH", "DELETE"}, f"{request.method} {request.path}")
            row = self._numbered(name, str(number))
        if request.method == "DELETE":
            self.rows[name] = [kept for kept in self.rows[name] if kept is not row]
            return web.Response(status=204)
        sent = await body_of(request, _WRITTEN[record])
        self._check(record, sent, row)
        self.tick()
        if row is None:
            row = self.enter(name, **{"externalId": external, "entityId": external, "isInactive": False, **sent})
        else:
            row |= sent
            self.stamp(name, row)
        origin = self.public() or f"http://{request.host}"
        return web.Response(status=204, headers={"Location": f"{origin}/services/rest/record/v1/{record}/{row['id']}"})

    def _numbered(self, name: str, number: str) -> Row:
        try:
            return self.row(name, number)
        except RefusedError:
            said = f"The record instance does not exist. Provide a valid record instance ID: {number}."
            raise RefusedError(404, said, code="NONEXISTENT_ID") from None

    def _check(self, record: str, sent: Row, row: Row | None) -> None:
        name = _LISTS[record]
        taken = [other.get("entityId") for other in self.rows[name] if other is not row]
        if sent.get("entityId") in taken and sent.get("entityId"):
            raise RefusedError(400, "This entity already exists.", field="entityId")
        customers = {one["id"] for kind in ("customers", "projects") for one in self.rows[kind]}
        for field, known in (("parent", customers), ("customer", customers),
                             ("employee", {one["id"] for one in self.rows["employees"]})):  # fmt: skip
            if field in sent and sent[field]["id"] not in known:
                said = f"Invalid Field Value {sent[field]['id']} for the following field: {field}"
                raise RefusedError(400, said, code="INVALID_KEY_OR_REF", field=field)
        if len(sent.get("companyName", "")) > 83:
            raise RefusedError(
                400, "The field companyname contained more than the maximum number ( 83 ) of characters."
            )
        if record == "timebill":
            self._check_time(sent)

    def _check_time(self, sent: Row) -> None:
        if "hours" in sent:
            match = re.fullmatch(r"(\d+):([0-5]\d)", str(sent["hours"]))
            require(match is not None, f"hours {sent['hours']!r}")
            assert match is not None
            sent["hours"] = round(int(match[1]) + int(match[2]) / 60, 4)
        if date.fromisoformat(sent.get("tranDate", "2026-11-01")) <= CLOSED_UNTIL:
            raise RefusedError(400, "You cannot enter time in a closed accounting period.", field="trandate")

    def _found(self, request: web.Request, statement: str) -> Row:
        match = _STATEMENT.fullmatch(statement)
        require(match is not None, f"query {statement!r}")
        assert match is not None
        table = match["table"]
        require(table in _COLUMNS, f"table {table}")
        rows = [row for row in self.rows[_LISTS[table]] if _fits(table, row, match["where"] or "")]
        rows.sort(key=lambda row: (row[_CHANGED], int(row["id"])))
        start, length = int(request.query.get("offset", "0")), int(request.query["limit"])
        require(length <= 1000 and start < self.most_rows, f"{length} rows from {start}")
        page = rows[: self.most_rows][start : start + length]
        return {
            "links": [], "count": len(page), "hasMore": start + length < min(len(rows), self.most_rows), "offset": start,
            "totalResults": len(rows), "items": [_shown(table, row, match["select"]) for row in page],
        }  # fmt: skip


def _shown(table: str, row: Row, select: str) -> Row:
    require("".join(match[0] for match in _SELECTED.finditer(select)) == select, f"columns {select!r}")
    shown: Row = {"links": []}
    for function, inside, _form, plain, alias in _SELECTED.findall(select):
        column = inside or plain
        require(column in _COLUMNS[table], f"{table}.{column}")
        value = at_path(row, _COLUMNS[table][column])
        if isinstance(value, dict):
            value = value.get("refName" if function == "BUILTIN.DF" else "id")
        if value not in (None, ""):
            shown[(alias or column).lower()] = _written(value)
    return shown


def _written(value: Any) -> str:
    return ("T" if value else "F") if isinstance(value, bool) else str(value)


def _fits(table: str, row: Row, where: str) -> bool:
    require("".join(match[0] for match in _CONDITION.finditer(where)) == where, f"where {where!r}")
    for named, texts, dated, instant, filled in _CONDITION.findall(where):
        column = named or dated or filled
        require(column in _COLUMNS[table], f"{table}.{column}")
        value = at_path(row, _COLUMNS[table][column])
        wanted = [text[1:-1].replace("''", "'") for text in re.findall(_TEXT, texts)]
        require(named != "id" or all(text.isdigit() for text in wanted), f"id of {wanted}")
        if named and str(value) not in wanted:
            return False
        if (dated and str(value) < instant[1:-1]) or (filled and value is None):
            return False
    return True


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
