"""A tool that a partner might have, as a strict OData service: it describes itself, and refuses what the protocol does not hold.

Version 4: https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html (8.2.8.1 maxpagesize, 11.2.6.7 pages of
the service, 11.4 changes) and part 2 for literals. Version 2: https://www.odata.org/documentation/odata-version-2-0/ (forms of
values in JSON, literals, "__next", "d"). Records of `Projects` have versions, those of `TimeEntries` have none.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from aiohttp import web

from apps.connectors.instants import read_instant, write_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.odata_filter import FilterError, compile_filter
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

TYPES: Mapping[str, Mapping[str, str]] = {
    "projects": {
        "ProjectId": "Edm.Guid", "Code": "Edm.String", "Name": "Edm.String", "Currency": "Edm.String", "Note": "Edm.String",
        "BudgetMoney": "Edm.Decimal", "Starts": "Edm.Date", "IsBillable": "Edm.Boolean", "Seats": "Edm.Int32",
        "Phase": "Tool.Phase", "Place": "Tool.Place", "ModifiedAt": "Edm.DateTimeOffset",
    },
    "time_entries": {
        "Id": "Edm.Int64", "EmployeeId": "Edm.String", "ProjectId": "Edm.Guid", "WorkDate": "Edm.Date",
        "Hours": "Edm.Decimal", "Comment": "Edm.String", "ChangedOn": "Edm.DateTimeOffset",
    },
    "order_lines": {"OrderId": "Edm.Int32", "Line": "Edm.Int32", "Text": "Edm.String"},
}  # fmt: skip
KEYS = {"projects": ("ProjectId",), "time_entries": ("Id",), "order_lines": ("OrderId", "Line")}
STAMPS = {"projects": "ModifiedAt", "time_entries": "ChangedOn"}
SETS = {"projects": "Projects", "time_entries": "TimeEntries", "order_lines": "OrderLines"}
LENGTHS = {"Code": 20, "Name": 80}
PHASES = ("Planned", "Running", "Done")
_LITERAL_KINDS = {
    "Edm.Guid": "guid", "Edm.String": "string", "Edm.DateTimeOffset": "datetime", "Edm.DateTime": "datetime",
    "Edm.Boolean": "boolean", "Edm.Int32": "number", "Edm.Int64": "number", "Edm.Decimal": "number", "Edm.Date": "date",
}  # fmt: skip
_V2_LITERAL = re.compile(r"\b(datetimeoffset|datetime|guid)'([^']*)'")
_V2_LITERALS = {"Edm.DateTime": "datetime", "Edm.DateTimeOffset": "datetimeoffset", "Edm.Guid": "guid"}


def metadata(version: int = 4) -> bytes:
    """Return the document in which the service describes itself."""
    types = "".join(_type(name, version) for name in TYPES)
    sets = "".join(_set(name, version) for name in TYPES)
    inner = (
        '<ComplexType Name="Place"><Property Name="City" Type="Edm.String"/><Property Name="Country" Type="Edm.String"/>'
        f"</ComplexType>{types}"
        f'<EntityContainer Name="Box">{sets}</EntityContainer>'
    )
    if version == 2:
        head = '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
        service = (
            '<edmx:DataServices m:DataServiceVersion="2.0" '
            'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        )
        space = 'xmlns="http://schemas.microsoft.com/ado/2008/09/edm" xmlns:sap="http://www.sap.com/Protocols/SAPData"'
    else:
        head = '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        service, space = "<edmx:DataServices>", 'xmlns="http://docs.oasis-open.org/odata/ns/edm"'
        members = "".join(f'<Member Name="{name}"/>' for name in PHASES)
        inner = f'<EnumType Name="Phase">{members}</EnumType>{inner}'
    whole = f'{head}{service}<Schema Namespace="Tool" {space}>{inner}</Schema></edmx:DataServices></edmx:Edmx>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!-- of the tool -->\n{whole}'.encode()


def edm_type(name: str, field: str, version: int) -> str:
    """Return the type of a property: version 2 knows no days, no enumerations, and its projects have times without zone."""
    written = TYPES[name][field]
    if version == 2:
        return {"Edm.Date": "Edm.DateTime", "Tool.Phase": "Edm.String"}.get(
            written, "Edm.DateTime" if field == "ModifiedAt" else written
        )
    return written


def _type(name: str, version: int) -> str:
    keys = "".join(f'<PropertyRef Name="{key}"/>' for key in KEYS[name])
    listed = []
    for field in TYPES[name]:
        length = f' MaxLength="{LENGTHS[field]}"' if field in LENGTHS else ""
        needed = ' Nullable="false"' if field in {"Code", "Name", *KEYS[name]} else ""
        day = ' sap:display-format="Date"' if version == 2 and TYPES[name][field] == "Edm.Date" else ""
        own = ' sap:creatable="false" sap:updatable="false"' if version == 2 and field in STAMPS.values() else ""
        computed = (
            '<Annotation Term="Org.OData.Core.V1.Computed"/>' if version == 4 and field in STAMPS.values() else ""
        )
        listed.append(
            f'<Property Name="{field}" Type="{edm_type(name, field, version)}"{length}{needed}{day}{own}>{computed}</Property>'
        )
    single = SETS[name].removesuffix("s")
    to_other = f'<NavigationProperty Name="Lines" Type="Collection(Tool.{single})"/>' if version == 4 else ""
    return f'<EntityType Name="{single}"><Key>{keys}</Key>{"".join(listed)}{to_other}</EntityType>'


def _set(name: str, version: int) -> str:
    tag = f'<EntitySet Name="{SETS[name]}" EntityType="Tool.{SETS[name].removesuffix("s")}"'
    if name != "projects":
        return f"{tag}/>"
    if version == 2:
        return f'{tag} sap:creatable="true" sap:updatable="true" sap:deletable="true"/>'
    term = "Org.OData.Capabilities.V1.InsertRestrictions"
    said = '<Record><PropertyValue Property="Insertable" Bool="true"/></Record>'
    return f'{tag}><Annotation Term="{term}">{said}</Annotation></EntitySet>'


class ToolService(StandIn):
    """The service. A page has at most `largest_page` records, whatever was asked for."""

    lists = ("projects", "time_entries")
    key: ClassVar[str] = "id"
    stamp_field = STAMPS
    version: ClassVar[int] = 4
    largest_page = 5

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self._revision = 0

    # --- hands of a person --------------------------------------------------------------------------------------------
    def new_key(self, name: str) -> str | int:
        number = int(super().new_key(name))
        return str(uuid.UUID(int=0xA000_0000_0000_0000_0000_0000_0000_0000 + number)) if name == "projects" else number

    def enter(self, name: str, /, **values: Any) -> Row:
        row = super().enter(name, **{**dict.fromkeys(TYPES[name]), **values})
        row[KEYS[name][0]] = row["id"]
        return row

    def stamp(self, name: str, row: Row, moment: datetime | None = None) -> None:
        super().stamp(name, row, moment)
        self._revision += 1
        row["etag"] = f'W/"{self._revision}"'

    # --- the service --------------------------------------------------------------------------------------------------
    def refusal(self, error: RefusedError) -> web.Response:
        said: Row = {"code": error.code or "BadRequest", "message": error.message, "target": error.field}
        return web.json_response({"error": said}, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/")
        if path == "$metadata":
            require(request.method == "GET", "metadata is only read")
            return web.Response(body=metadata(self.version), content_type="application/xml")
        named, bracket, rest = path.partition("(")
        name = next((one for one in self.lists if SETS[one] == named), "")
        require(bool(name), f"no set {named!r}")
        if bracket:
            return await self._one(request, name, self._keyed(name, rest))
        if request.method == "GET":
            return self._list(request, name)
        require(request.method == "POST" and name == "projects", f"{request.method} of {name}")
        self.tick()
        made = self.enter(name, **await self._sent(request, name, None))
        return self.shown_one(self._shown(name, made, None), status=201)

    def shown_one(self, record: Row, *, status: int = 200) -> web.Response:
        """Return one record as an answer."""
        return web.json_response({"@odata.context": f"$metadata#{self.version}", **record}, status=status)

    def _keyed(self, name: str, written: str) -> Row:
        """Return the record of a key: a number, or a GUID as the version writes it."""
        form = {("projects", 4): r"([0-9a-fA-F-]{36})\)", ("projects", 2): r"guid'([0-9a-fA-F-]{36})'\)"}
        found = re.fullmatch(
            form.get((name, self.version), r"(-?\d+)\)" if self.version == 4 else r"(-?\d+)L\)"), written
        )
        require(found is not None, f"key ({written} of {name}")
        return self.row(name, str(found and found[1]).lower())

    async def _one(self, request: web.Request, name: str, row: Row) -> web.StreamResponse:
        if request.method == "GET":
            return self.shown_one(self._shown(name, row, None))
        require(name == "projects", f"{request.method} of {name}")
        if "If-Match" not in request.headers:
            raise RefusedError(428, "Name the version with If-Match.", code="PreconditionRequired")
        if request.headers["If-Match"] != row["etag"]:
            raise RefusedError(412, "The record was changed meanwhile.", code="PreconditionFailed")
        if request.method == "DELETE":
            self.rows[name].remove(row)
            return web.Response(status=204)
        require(request.method == "PATCH", f"{request.method} of {name}")
        row |= await self._sent(request, name, row)
        self.tick()
        self.stamp(name, row)
        return web.Response(status=204)

    def _list(self, request: web.Request, name: str) -> web.Response:
        require_query(request, {"$filter", "$orderby", "$select", "$top", "$skiptoken"})
        rows = self.sorted_and_filtered(request, name)
        if "$skiptoken" in request.query:
            rows = rows[int(request.query["$skiptoken"]) :]
        _, _, wanted = request.headers.get("Prefer", "").partition("odata.maxpagesize=")
        top = int(request.query.get("$top", "1000000"))
        size = min(int(wanted or self.largest_page), self.largest_page, top)
        body: Row = {"value": [self._shown(name, row, request) for row in rows[:size]]}
        if len(rows) > size and size < top:
            start = int(request.query.get("$skiptoken", "0")) + size
            body["@odata.nextLink"] = (
                f"{self.public()}{request.rel_url.update_query({'$skiptoken': str(start)}).raw_path_qs}"
            )
        return web.json_response(body)

    def sorted_and_filtered(self, request: web.Request, name: str) -> list[Row]:
        """Return the records that a question means."""
        rows, order = list(self.rows[name]), request.query.get("$orderby", KEYS[name][0]).split(",")
        require(set(order) <= set(TYPES[name]), f"$orderby {order}")
        rows.sort(key=lambda row: [str(self._compared(name, row)[field]) for field in (*order, KEYS[name][0])])
        if "$filter" not in request.query:
            return rows
        kinds = {field: _LITERAL_KINDS.get(edm_type(name, field, self.version), "string") for field in TYPES[name]}
        try:
            fits = compile_filter(self._usual_filter(name, request.query["$filter"]), kinds)
            return [row for row in rows if fits(self._compared(name, row))]
        except FilterError as error:
            require(held=False, what=str(error))
            raise AssertionError from error

    def _usual_filter(self, name: str, text: str) -> str:
        """Return a filter as it stands."""
        return text

    def _compared(self, name: str, row: Row) -> Row:
        """Return a record as filters compare it."""
        return row

    def _shown(self, name: str, row: Row, request: web.Request | None) -> Row:
        query = request.query if request is not None else {}
        names = query["$select"].split(",") if "$select" in query else list(TYPES[name])
        require(set(names) <= set(TYPES[name]), f"$select {names}")
        return {**self.marks(name, row), **{field: row[field] for field in names}}

    def marks(self, name: str, row: Row) -> Row:
        """Return what stands beside the values of a record."""
        return {"@odata.etag": row["etag"]} if name == "projects" else {}

    # --- what is sent -------------------------------------------------------------------------------------------------
    async def _sent(self, request: web.Request, name: str, row: Row | None) -> Row:
        require(request.content_type == "application/json", f"content type {request.content_type}")
        sent: Row = json.loads(await request.read(), parse_float=Decimal)
        for field, value in sent.items():
            require(field in TYPES[name] and field not in {*KEYS[name], *STAMPS.values()}, f"property {field}")
            require(value is None or self.fits(edm_type(name, field, self.version), value), f"{value!r} as {field}")
            if len(str(value)) > LENGTHS.get(field, 4000):
                raise RefusedError(400, f"{field} is too long.", code="TooLong", field=field)
        if sent.get("Currency") not in {None, "EUR", "GBP"}:
            raise RefusedError(400, f"There is no currency {sent['Currency']}.", code="NoCurrency", field="Currency")
        if row is None:
            require({"Code", "Name"} <= set(sent), "a record without its needed properties")
            if any(one["Code"] == sent["Code"] for one in self.rows[name]):
                raise RefusedError(409, f"There is a project {sent['Code']}.", code="Duplicate", field="Code")
        return {field: float(value) if isinstance(value, Decimal) else value for field, value in sent.items()}

    def fits(self, written: str, value: Any) -> bool:
        """Say whether a value of JSON is one of a type."""
        if written in {"Edm.Decimal"}:
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        if written in {"Edm.Int32", "Edm.Int64"}:
            return isinstance(value, int) and not isinstance(value, bool)
        if written == "Edm.Boolean":
            return isinstance(value, bool)
        if written == "Edm.Date":
            return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
        if written == "Tool.Phase":
            return value in PHASES
        return isinstance(value, dict) if written == "Tool.Place" else isinstance(value, str)


class OldToolService(ToolService):
    """The same service in version 2: other forms, other literals, and pages by $top and $skip."""

    version = 2
    stamp_form = InstantForm.DOTNET

    def refusal(self, error: RefusedError) -> web.Response:
        details = [{"code": error.code, "message": error.message, "propertyref": error.field}]
        said: Row = {"code": error.code or "BadRequest", "message": {"lang": "en", "value": error.message}}
        return web.json_response({"error": {**said, "innererror": {"errordetails": details}}}, status=error.status)

    def shown_one(self, record: Row, *, status: int = 200) -> web.Response:
        return web.json_response({"d": record}, status=status)

    def marks(self, name: str, row: Row) -> Row:
        return {"__metadata": {"uri": name, **({"etag": row["etag"]} if name == "projects" else {})}}

    def _list(self, request: web.Request, name: str) -> web.Response:
        require_query(request, {"$filter", "$orderby", "$select", "$top", "$skip"})
        require("Prefer" not in request.headers, "a header of a newer version")
        rows = self.sorted_and_filtered(request, name)
        start, top = int(request.query.get("$skip", "0")), int(request.query.get("$top", "1000000"))
        size = min(top, self.largest_page)
        body: Row = {"results": [self._shown(name, row, request) for row in rows[start : start + size]]}
        if size < top and len(rows) > start + size:
            following = {"$skip": str(start + size), "$top": str(top - size)}
            body["__next"] = f"{self.public()}{request.rel_url.update_query(following).raw_path_qs}"
        return web.json_response({"d": body})

    def _usual_filter(self, name: str, text: str) -> str:
        for field in TYPES[name]:
            wanted = _V2_LITERALS.get(edm_type(name, field, 2))
            for literal in re.findall(rf"\b{field} \w+ (\S+)", text):
                form = re.match(r"(\w*)'", literal)
                require((form[1] if form else "") == (wanted or ""), f"a literal {literal} for {field}")
        return _V2_LITERAL.sub(lambda found: found[2], text)

    def _compared(self, name: str, row: Row) -> Row:
        stamp = STAMPS[name]
        moment = read_instant(row[stamp], InstantForm.DOTNET)
        zoneless = edm_type(name, stamp, 2) == "Edm.DateTime"
        return {**row, stamp: (moment.replace(tzinfo=None) if zoneless else moment).isoformat()}

    def fits(self, written: str, value: Any) -> bool:
        if written in {"Edm.Decimal", "Edm.Int64"}:
            return isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        if written in {"Edm.DateTime", "Edm.DateTimeOffset"}:
            return isinstance(value, str) and re.fullmatch(r"/Date\(-?\d+\)/", value) is not None
        return super().fits(written, value)


def day(text: str, version: int) -> str:
    """Return a day as a version writes it."""
    return text if version == 4 else write_instant(datetime.fromisoformat(text).replace(tzinfo=UTC), InstantForm.DOTNET)
