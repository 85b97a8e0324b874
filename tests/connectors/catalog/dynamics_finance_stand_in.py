"""An environment of Dynamics 365 Finance with two companies. The hard parts, and where they are described:

- without cross-company=true only the user's own company is seen, and the company is part of every key; a page holds 10,000
  records at most, the next one lies behind @odata.nextLink:
  https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/odata
- properties and keys: the $metadata document named in the manifest of the connector;
- refusals come with 400 and 500 alike, without a code, with an "infolog" in innererror.message;
- a day is noon of it in UTC, an empty one the first of January 1900.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.connectors.catalog.odata_filter import FilterError, compile_filter
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, require, require_query

COMPANY = "usmf"
SETTINGS = {
    "tenant": "0f6d1c8e-5a35-4c0b-9d8e-2f4f3a1b7c60", "host": "contoso.operations.dynamics.com", "company": "USMF",
    "customer_group": "30",
}  # fmt: skip
_S, _D, _N = "string", "datetime", "int"
SETS: dict[str, dict[str, str]] = {
    "CustomersV3": {
        "dataAreaId": _S, "CustomerAccount": _S, "PartyType": _S, "OrganizationName": _S, "CustomerGroupId": _S,
        "AddressStreet": _S, "AddressZipCode": _S, "AddressCity": _S, "AddressCountryRegionISOCode": _S,
        "PrimaryContactEmail": _S, "TaxExemptNumber": _S, "SalesCurrencyCode": _S, "PaymentTerms": _S, "OnHoldStatus": _S,
    },
    "ProjectsV2": {
        "dataAreaId": _S, "ProjectId": _S, "ProjectName": _S, "CustomerAccountNumber": _S, "ProjectStage": _S,
        "ProjectedStartDate": _D, "ProjectedEndDate": _D, "ProjectManagerPersonnelNumber": _S,
        "TotalPlannedEffortInHours": _N,
    },
    "SalesInvoiceHeadersV2": {
        "dataAreaId": _S, "InvoiceNumber": _S, "InvoiceDate": _D, "InvoiceCustomerAccountNumber": _S,
        "CustomersOrderReference": _S, "CurrencyCode": _S, "TotalInvoiceAmount": _N, "TotalTaxAmount": _N,
    },
}  # fmt: skip
_EMPTY = {_S: "", _D: "1900-01-01T12:00:00Z", _N: 0}
_KEY = re.compile(r"dataAreaId='(\w+)',(\w+)='((?:[^']|'')*)'\)\Z")
_LENGTHS = {"OrganizationName": 100, "CustomerAccount": 20}
_CURRENCIES, _COUNTRIES = {"EUR", "USD"}, {"", "DE", "US"}


class FinanceStandIn(StandIn):
    """One environment. Its lists go by the names of the connector's objects."""

    lists = ("customers", "projects", "invoices")
    sets: Mapping[str, str] = dict(zip(SETS, lists, strict=True))
    keys: Mapping[str, str] = dict(zip(lists, ("CustomerAccount", "ProjectId", "InvoiceNumber"), strict=True))

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.versions = 1_000
        self.before_change: Callable[[Row], None] | None = None  # what another hand does just before a change arrives

    def enter(self, name: str, /, **values: Any) -> Row:
        empty = {field: _EMPTY[kind] for field, kind in SETS[self._set_of(name)].items()}
        first = (
            {"ProjectStage": "InProcess"}
            if name == "projects"
            else {"OnHoldStatus": "No"}
            if name == "customers"
            else {}
        )
        own = {self.keys[name]: f"{name[:3].upper()}-{self._numbers + 1:06d}"}
        row = super().enter(name, **{**empty, **first, "dataAreaId": COMPANY, **own, **values})
        row["id"] = row[self.keys[name]]
        return row

    def stamp(self, name: str, row: Row, moment: Any = None) -> None:
        self.versions += 1
        row["version"] = f'W/"{self.versions}"'

    def refusal(self, error: RefusedError) -> web.Response:
        said = f"Write failed for table row of type 'CustCustomerV3Entity'. Infolog: Error: {error.message}"
        inner = {"message": said, "type": "System.InvalidOperationException", "stacktrace": "at Microsoft.Dynamics"}
        body = {"error": {"code": "", "message": "An error has occurred.", "innererror": inner}}
        return web.json_response(body, status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.path.startswith("/data/"), f"{request.method} {request.path}")
        entity, bracket, key = request.path.removeprefix("/data/").partition("(")
        require(entity in SETS, f"{request.method} {request.path}")
        require(request.query.get("cross-company") == "true", "nothing but the user's own company")
        name = self.sets[entity]
        if not bracket:
            return await self._make(request, name) if request.method == "POST" else self._list(request, name)
        found = _KEY.match(key)
        require(found is not None and found[1] == COMPANY and found[2] == self.keys[name], f"key {key!r}")
        require_query(request, ("cross-company",))
        return await self._one(request, name, self.row(name, str(found and found[3]).replace("''", "'")))

    def _list(self, request: web.Request, name: str) -> web.Response:
        require(request.method == "GET", f"{request.method} of {name}")
        require_query(request, ("$select", "$filter", "$orderby", "$skiptoken", "$top", "cross-company"))
        query, kinds = request.query, SETS[self._set_of(name)]
        rows = list(self.rows[name])
        if "$filter" in query:
            try:
                fits = compile_filter(query["$filter"], kinds)
            except FilterError as error:
                raise RefusedError(400, f"Validation failed: {error}") from error
            rows = [row for row in rows if fits(row)]
        rows.sort(key=lambda row: str(row[query.get("$orderby", self.keys[name])]))
        if "$skiptoken" in query:
            rows = [row for row in rows if row["id"] > query["$skiptoken"]]
        _, _, size = request.headers.get("Prefer", "").partition("odata.maxpagesize=")
        length = min(int(query.get("$top", size or 10_000)), 10_000)
        body: Row = {"value": [self._shown(name, row, query) for row in rows[:length]]}
        if len(rows) > length and "$top" not in query:
            url = request.rel_url.update_query({"$skiptoken": rows[length - 1]["id"]})
            body["@odata.nextLink"] = f"{self.public()}{url.raw_path_qs}"
        return web.json_response(body)

    def _shown(self, name: str, row: Row, query: Mapping[str, str]) -> Row:
        kinds = SETS[self._set_of(name)]
        names = query["$select"].split(",") if "$select" in query else list(kinds)
        strange = [field for field in names if field not in kinds]
        if strange:
            raise RefusedError(400, f"The property '{strange[0]}' does not exist on type '{name}'")
        return {"@odata.etag": row["version"], **{field: row[field] for field in names}}

    async def _make(self, request: web.Request, name: str) -> web.Response:
        require(name == "customers", f"POST of {name}")
        require_query(request, ("cross-company",))
        sent = await body_of(request, SETS["CustomersV3"], ("dataAreaId", "CustomerAccount", "PartyType"))
        require((sent["dataAreaId"], sent["PartyType"]) == (COMPANY, "Organization"), "company or type of party")
        self._check(sent)
        if not sent.get("CustomerGroupId"):
            raise RefusedError(400, "Field 'Customer group' must be filled in.")
        if any(row["id"] == sent["CustomerAccount"] for row in self.rows[name]):
            raise RefusedError(500, "Cannot create a record in Customers V3. The record already exists.")
        self.tick()
        return web.json_response(self._shown(name, self.enter(name, **sent), {}), status=201)

    async def _one(self, request: web.Request, name: str, row: Row) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response(self._shown(name, row, {}))
        require(name == "customers" and request.method in {"PATCH", "DELETE"}, f"{request.method} of {name}")
        if self.before_change is not None:
            self.before_change(row)
        if request.headers.get("If-Match") not in {row["version"]}:
            raise RefusedError(412, "An update conflict occurred due to another user process.")
        if request.method == "DELETE":
            self.rows[name].remove(row)
            return web.Response(status=204)
        fixed = {"dataAreaId", "CustomerAccount", "PartyType"}
        sent = await body_of(request, [field for field in SETS["CustomersV3"] if field not in fixed])
        self._check(sent)
        row |= sent
        self.tick()
        self.stamp(name, row)
        return web.Response(status=204)

    def _check(self, sent: Mapping[str, Any]) -> None:
        for field, most in _LENGTHS.items():
            if len(sent.get(field) or "") > most:
                raise RefusedError(400, f"The value of '{field}' exceeds the maximum length of {most}.")
        if sent.get("SalesCurrencyCode", "EUR") not in _CURRENCIES:
            told = f"The value '{sent['SalesCurrencyCode']}' in field 'Currency' is not found in the related table 'Currency'."
            raise RefusedError(400, told)
        if (sent.get("AddressCountryRegionISOCode") or "") not in _COUNTRIES:
            raise RefusedError(400, "The value in field 'ISO' is not found in the related table 'Country/region'.")

    def _set_of(self, name: str) -> str:
        return next(entity for entity, list_ in self.sets.items() if list_ == name)
