"""An S/4HANA Cloud that keeps its records and refuses what OData v2 and SAP Gateway do not take.

From https://www.odata.org/documentation/odata-version-2-0 (forms of values, literals, keys, "__next") and https://help.sap.com
("Cross-Site Request Forgery Protection": a change shows a token and the cookies it came with, else 403 with "Required"). That
changes need If-Match, that deletion of partners is not offered, that lists hang in {"results": ..}, and that a partner that
was never changed has no day of change is from memory, as are the texts of refusals.
"""

import base64
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from aiohttp import web

from apps.connectors.instants import read_instant, write_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.odata_filter import FilterError, compile_filter
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, require, require_query

USER, PASSWORD = "COMM_USER_OF_THE_STAGE", "password-of-the-communication-user-01"
TOKEN, SESSION = "csrf-token-of-the-stage-0001==", "session-of-the-stage-000001"
_SERVICES = "/sap/opu/odata/sap/"
_LISTS = {
    "API_BUSINESS_PARTNER/A_BusinessPartner": "business-partners",
    "API_ENTERPRISE_PROJECT_SRV;v=0002/A_EnterpriseProject": "projects",
}
_KEYS = {"business-partners": "BusinessPartner", "projects": "ProjectUUID"}
_PROPERTIES = {
    "business-partners": {
        "BusinessPartner": "string", "Customer": "string", "BusinessPartnerIDByExtSystem": "string",
        "LastChangeDate": "datetime", "CreationDate": "datetime",
    },
    "projects": {"ProjectUUID": "guid", "Project": "string", "LastChangeDateTime": "datetime"},
}  # fmt: skip
_HANGING = ("to_BusinessPartnerRole", "to_BusinessPartnerAddress", "to_BusinessPartnerTax")
_MADE_WITH = ("BusinessPartnerIDByExtSystem", "BusinessPartnerCategory", "BusinessPartnerGrouping")
_CHANGED = ("OrganizationBPName1", "OrganizationBPName2", "SearchTerm1", "BusinessPartnerIsBlocked")
_LONGEST = {"OrganizationBPName1": 40, "OrganizationBPName2": 40, "SearchTerm1": 20, "BusinessPartnerIDByExtSystem": 20}
_COUNTRIES = {"DE", "GB", "US"}
_LITERAL = re.compile(r"\b(?:datetimeoffset|datetime|guid)'([^']*)'")
_ONE = re.compile(r"(.+?)\((?:guid)?'(.*)'\)")


class SapStandIn(StandIn):
    """One client. `largest_page` is how much the service hands out at once, whatever it is asked for."""

    lists = ("business-partners", "projects")
    largest_page = 5

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.csrf_token = TOKEN
        self.before_change: Callable[[Row], None] | None = None  # what another hand does just before a change arrives
        self._revision = 0

    def new_key(self, name: str) -> str:
        return str(uuid.uuid4()) if name == "projects" else str(super().new_key(name))

    def stamp(self, name: str, row: Row, moment: datetime | None = None) -> None:
        at = moment or self.clock
        self._revision += 1
        row["etag"] = f'W/"{self._revision}"'
        if name == "projects":
            row["LastChangeDateTime"] = write_instant(at, InstantForm.DOTNET).replace(")", "+0000)")
            return
        part = "Creation" if "CreationDate" not in row and moment is None else "LastChange"
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        row[f"{part}Date"] = write_instant(day, InstantForm.DOTNET)
        row[f"{part}Time"] = f"PT{at:%H}H{at:%M}M{at:%S}S"

    def is_signed(self, request: web.Request) -> bool:
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {pair}"

    def refusal(self, error: RefusedError) -> web.Response:
        detail = {"code": error.code or "R1/000", "message": error.message, "propertyref": error.field}
        body = {
            "code": "/IWBEP/CX_MGW_BUSI_EXCEPTION", "message": {"lang": "en", "value": error.message},
            "innererror": {"errordetails": [detail]},
        }  # fmt: skip
        return web.json_response({"error": body}, status=error.status)

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        path = unquote(request.rel_url.raw_path)
        require(path.startswith(_SERVICES), path)
        rest = path.removeprefix(_SERVICES)
        if request.method == "GET" and rest == "API_BUSINESS_PARTNER/":
            response = web.json_response({"d": {"EntitySets": ["A_BusinessPartner"]}})
            if request.headers.get("X-CSRF-Token") == "Fetch":
                response.headers["X-CSRF-Token"] = self.csrf_token
                response.set_cookie("SAP_SESSIONID", SESSION, path="/")
            return response
        match = _ONE.fullmatch(rest)
        name = _LISTS.get(match[1] if match else rest, "")
        require(bool(name), path)
        if request.method == "GET":
            body = self._shown_one(request, name, match[2]) if match else self._list(request, name)
            return web.json_response({"d": body})
        self._require_session(request)
        require(name == "business-partners", f"{request.method} {path}")
        if match is None:
            require(request.method == "POST", f"{request.method} on a list")
            return web.json_response({"d": await self._made(request)}, status=201)
        require(request.method == "PATCH", f"{request.method} on a record")
        await self._patch(request, match[2].replace("''", "'"))
        return web.Response(status=204)

    def _require_session(self, request: web.Request) -> None:
        shown = (request.headers.get("X-CSRF-Token"), request.cookies.get("SAP_SESSIONID"))
        if shown != (self.csrf_token, SESSION):
            raise RefusedError(403, "CSRF token validation failed", X_CSRF_Token="Required")

    def _shown_one(self, request: web.Request, name: str, key: str) -> Row:
        require_query(request, ("$expand",))
        return self._shown(name, self._existing(name, key.replace("''", "'")), request)

    def _existing(self, name: str, key: str) -> Row:
        try:
            return self.row(name, key)
        except RefusedError:
            raise RefusedError(404, f"Resource not found for the segment '{key}'.") from None

    def _list(self, request: web.Request, name: str) -> Row:
        require_query(request, ("$filter", "$expand", "$top", "$skip", "$skiptoken", "$orderby"))
        order = request.query.get("$orderby", _KEYS[name])
        require(order in _PROPERTIES[name], f"$orderby={order}")
        rows = sorted(self.rows[name], key=lambda row: self._plain(name, row)[order])
        if "$filter" in request.query:
            rows = [row for row in rows if self._fits(name, row, request.query["$filter"])]
        skip, top = int(request.query.get("$skip", "0")), int(request.query.get("$top", "100000"))
        rows, start = rows[skip : skip + top], int(request.query.get("$skiptoken", "0"))
        page = rows[start : start + self.largest_page]
        body: Row = {"results": [self._shown(name, row, request) for row in page]}
        if start + len(page) < len(rows):
            origin = self.public() or f"http://{request.host}"
            query = {**request.query, "$skiptoken": str(start + len(page))}
            told = "&".join(f"{option}={quote(value)}" for option, value in query.items())
            body["__next"] = f"{origin}{request.rel_url.raw_path}?{told}"
        return body

    def _fits(self, name: str, row: Row, text: str) -> bool:
        try:
            return compile_filter(_LITERAL.sub(r"\1", text), _PROPERTIES[name])(self._plain(name, row))
        except FilterError as error:
            require(held=False, what=str(error))
            raise AssertionError from error

    def _plain(self, name: str, row: Row) -> Row:
        """Return what a filter compares: times in ISO, without zone where v2 has none."""
        plain = {**dict.fromkeys(_PROPERTIES[name], ""), **row, _KEYS[name]: row["id"]}
        for field, kind in _PROPERTIES[name].items():
            if kind == "datetime":
                moment = (
                    read_instant(plain[field], InstantForm.DOTNET) if plain[field] else datetime(1900, 1, 1, tzinfo=UTC)
                )
                plain[field] = (moment if name == "projects" else moment.replace(tzinfo=None)).isoformat()
        return plain

    def _shown(self, name: str, row: Row, request: web.Request) -> Row:
        expanded = request.query.get("$expand", "").split(",")
        shown: Row = {"__metadata": {"uri": f"{name}('{row['id']}')", "etag": row["etag"]}, _KEYS[name]: row["id"]}
        for field, value in row.items():
            if field not in {"id", "etag", *_HANGING}:
                shown[field] = value
        for field in _HANGING if name == "business-partners" else ():
            wanted = field in expanded
            shown[field] = {"results": row.get(field, [])} if wanted else {"__deferred": {"uri": field}}
        if name == "business-partners":
            named = f"{row.get('OrganizationBPName1', '')} {row.get('OrganizationBPName2') or ''}".strip()
            shown = {"LastChangeDate": None, "LastChangeTime": "PT00H00M00S", **shown, "BusinessPartnerFullName": named}
        return dict(json.loads(json.dumps(shown)))

    async def _made(self, request: web.Request) -> Row:
        sent = await body_of(request, (*_MADE_WITH, *_CHANGED, *_HANGING), required=("BusinessPartnerCategory",))
        self._check(sent)
        self.tick()
        row = self.enter("business-partners", **{"BusinessPartnerIsBlocked": False, **sent})
        row["Customer"] = row["id"] if {"BusinessPartnerRole": "FLCU01"} in sent.get(_HANGING[0], []) else ""
        return self._shown("business-partners", row, request)

    async def _patch(self, request: web.Request, key: str) -> None:
        row = self._existing("business-partners", key)
        if "If-Match" not in request.headers:
            raise RefusedError(428, "If-Match header is missing")
        if self.before_change is not None:
            self.before_change(row)
        if request.headers["If-Match"] != row["etag"]:
            raise RefusedError(412, "Precondition failed")
        sent = await body_of(request, _CHANGED)
        self._check(sent)
        self.tick()
        row |= sent
        self.stamp("business-partners", row)

    def _check(self, sent: Row) -> None:
        for field, longest in _LONGEST.items():
            require(len(sent.get(field) or "") <= longest, f"{field} of more than {longest} characters")
        for address in sent.get("to_BusinessPartnerAddress", []):
            if address.get("Country") not in _COUNTRIES:
                raise RefusedError(400, f"Country {address.get('Country')} is not defined", code="AM/004")
        if sent.get("BusinessPartnerGrouping", "BP02") != "BP02":
            raise RefusedError(400, f"Grouping {sent['BusinessPartnerGrouping']} does not exist", code="R1/212")


def dotnet(day: str) -> str:
    """Return a day as OData v2 writes it."""
    return write_instant(datetime.fromisoformat(day).replace(tzinfo=UTC), InstantForm.DOTNET)
