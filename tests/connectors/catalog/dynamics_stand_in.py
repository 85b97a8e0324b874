"""An environment of Dataverse with Project Operations. The hard parts, and where they are described:

- PATCH on an alternate key makes the record or changes it, and answers 201 or 200 with it when asked to represent it; a key
  may hold none of the signs / < > * % & : \\ ? +:
  https://learn.microsoft.com/power-apps/developer/data-platform/define-alternate-keys-entity
- a change names the version it was made on, else it is refused with 412:
  https://learn.microsoft.com/power-apps/developer/data-platform/webapi/perform-conditional-operations-using-web-api
- pages of at most 5,000, the next one behind @odata.nextLink:
  https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/page-results
- references are bound by address: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/associate-disassociate-entities-using-web-api
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.odata_filter import FilterError, compile_filter
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

KEY_COLUMN = "cr4f1_integrationkey"
SETTINGS = {
    "tenant": "0f6d1c8e-5a35-4c0b-9d8e-2f4f3a1b7c60", "host": "contoso.crm4.dynamics.com", "key_column": KEY_COLUMN,
}  # fmt: skip
_BASE = "/api/data/v9.2/"
_S, _G, _D, _N, _B = "string", "guid", "datetime", "int", "boolean"
TABLES: dict[str, dict[str, str]] = {
    "accounts": {
        "accountid": _G, "name": _S, "accountnumber": _S, "_parentaccountid_value": _G, "address1_line1": _S,
        "address1_postalcode": _S, "address1_city": _S, "address1_country": _S, "emailaddress1": _S, "creditonhold": _B,
        "modifiedon": _D, KEY_COLUMN: _S,
    },
    "contacts": {
        "contactid": _G, "firstname": _S, "lastname": _S, "fullname": _S, "emailaddress1": _S, "telephone1": _S,
        "jobtitle": _S, "_parentcustomerid_value": _G, "statecode": _N, "modifiedon": _D, KEY_COLUMN: _S,
    },
    "opportunities": {
        "opportunityid": _G, "name": _S, "_parentaccountid_value": _G, "statecode": _N, "stepname": _S,
        "closeprobability": _N, "estimatedvalue": _N, "actualvalue": _N, "estimatedclosedate": _D, "actualclosedate": _D,
        "description": _S, "_ownerid_value": _G, "modifiedon": _D,
    },
    "msdyn_projects": {
        "msdyn_projectid": _G, "msdyn_subject": _S, "_msdyn_customer_value": _G, "_msdyn_projectmanager_value": _G,
        "msdyn_scheduledstart": _D, "msdyn_scheduledend": _D, "msdyn_effort": _N, "statecode": _N, "msdyn_istemplate": _B,
        "modifiedon": _D,
    },
    "bookableresources": {"bookableresourceid": _G, "name": _S, "statecode": _N, "modifiedon": _D},
    "msdyn_timeentries": {
        "msdyn_timeentryid": _G, "_msdyn_bookableresource_value": _G, "_msdyn_project_value": _G,
        "_msdyn_projecttask_value": _G, "msdyn_date": _D, "msdyn_duration": _N, "msdyn_description": _S,
        "msdyn_externaldescription": _S, "msdyn_entrystatus": _N, "msdyn_type": _N, "modifiedon": _D,
    },
}  # fmt: skip
# Navigation properties: the column that holds the reference, and the table it points into.
_EXPANDED = {
    "parentcustomerid_account": ("_parentcustomerid_value", "accounts"),
    "parentaccountid": ("_parentaccountid_value", "accounts"),
    "msdyn_project": ("_msdyn_project_value", "msdyn_projects"),
    "msdyn_bookableresource": ("_msdyn_bookableresource_value", "bookableresources"),
}
_BOUND = {"parentcustomerid_account": "_parentcustomerid_value", "parentaccountid": "_parentaccountid_value"}
_LENGTHS = {"name": 160, "lastname": 50}
_NO_KEY_SIGN = re.compile(r"[/<>*%&:\\?+]")


class DynamicsStandIn(StandIn):
    """One environment whose currency is the euro."""

    lists = tuple(TABLES)
    stamp_field = "modifiedon"
    stamp_form = InstantForm.ISO

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.versions = 1_000
        self.before_change: Callable[[Row], None] | None = None  # what another hand does just before a change arrives

    def enter(self, name: str, /, **values: Any) -> Row:
        empty = {
            field: False if kind == _B else 0 if field == "statecode" else None for field, kind in TABLES[name].items()
        }
        row = super().enter(name, **{**empty, **values})
        row[_key_of(name)] = row["id"]
        if name == "contacts" and row["fullname"] is None:
            row["fullname"] = " ".join(part for part in (row["firstname"], row["lastname"]) if part)
        return row

    def new_key(self, name: str) -> str | int:
        return str(uuid.UUID(int=0xE000_0000_0000_0000_0000_0000_0000_0000 + int(super().new_key(name))))

    def stamp(self, name: str, row: Row, moment: Any = None) -> None:
        super().stamp(name, row, moment)
        self.versions += 1
        row["version"] = f'W/"{self.versions}"'

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"error": {"code": error.code, "message": error.message}}, status=error.status)

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "HTTP Error 401 - Unauthorized: Access is denied", code="0x80072560")

    def row(self, name: str, key: str) -> Row:
        try:
            return super().row(name, key.lower())
        except RefusedError:
            raise _gone(name, key) from None

    async def routed(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(_BASE)
        if (request.method, path) == ("GET", "WhoAmI"):
            return web.json_response({"UserId": str(uuid.UUID(int=1)), "OrganizationId": str(uuid.UUID(int=2))})
        name, bracket, key = path.partition("(")
        require(name in TABLES, f"{request.method} {request.path}")
        if not bracket:
            require(request.method == "GET", f"{request.method} of {name}: records are made by their key")
            return self._list(request, name)
        own = re.fullmatch(rf"{KEY_COLUMN}='((?:[^']|'')*)'\)", key)
        if own is not None:
            return await self._upsert(request, name, own[1].replace("''", "'"))
        require(re.fullmatch(r"[0-9a-fA-F-]{36}\)", key) is not None, f"key {key!r}")
        return await self._one(request, name, self.row(name, key[:-1]))

    # --- reading ------------------------------------------------------------------------------------------------------
    def _list(self, request: web.Request, name: str) -> web.Response:
        require_query(request, {"$select", "$expand", "$filter", "$orderby", "$skiptoken"})
        query, rows = request.query, list(self.rows[name])
        if "$filter" in query:
            try:
                fits = compile_filter(query["$filter"], {**TABLES[name], "modifiedon": _D})
            except FilterError as error:
                raise RefusedError(400, str(error), code="0x80060888") from error
            rows = [row for row in rows if fits(row)]
        order = query.get("$orderby", _key_of(name))
        rows.sort(key=lambda row: (str(row[order]), row["id"]))
        if "$skiptoken" in query:
            rows = [row for row in rows if [str(row[order]), row["id"]] > json.loads(query["$skiptoken"])]
        _, _, size = request.headers.get("Prefer", "").partition("odata.maxpagesize=")
        length = min(int(size or 5000), 5000)
        body: Row = {"value": [self._shown(name, row, query) for row in rows[:length]]}
        if len(rows) > length:
            token = json.dumps([str(rows[length - 1][order]), rows[length - 1]["id"]])
            url = request.rel_url.update_query({"$skiptoken": token})
            body["@odata.nextLink"] = f"{self.public()}{url.raw_path_qs}"
        return web.json_response(body)

    def _shown(self, name: str, row: Row, query: Mapping[str, str]) -> Row:
        names = query["$select"].split(",") if "$select" in query else list(TABLES[name])
        strange = [field for field in names if field not in TABLES[name]]
        if strange:
            said = f"Could not find a property named '{strange[0]}' on type 'Microsoft.Dynamics.CRM.{name}'."
            raise RefusedError(400, said, code="0x80060888")
        shown = {"@odata.etag": row["version"], **{field: row[field] for field in names}}
        for part in filter(None, re.split(r",(?![^(]*\))", query.get("$expand", ""))):
            navigation, _, columns = part.removesuffix(")").partition("($select=")
            shown[navigation] = self._related(name, row, navigation, columns.split(","))
        return shown

    def _related(self, name: str, row: Row, navigation: str, columns: list[str]) -> Row | None:
        if navigation == "transactioncurrencyid" and name in {"opportunities", "msdyn_projects"}:
            return {"isocurrencycode": "EUR"}
        require(navigation in _EXPANDED, f"$expand of {navigation}")
        column, table = _EXPANDED[navigation]
        related = next((held for held in self.rows[table] if held["id"] == row[column]), None)
        return {field: related[field] for field in columns} if related is not None else None

    # --- writing ------------------------------------------------------------------------------------------------------
    async def _upsert(self, request: web.Request, name: str, own: str) -> web.Response:
        require(request.method == "PATCH", f"{request.method} by key")
        require(request.headers.get("Prefer") == "return=representation", "no wish to see the record")
        require(not _NO_KEY_SIGN.search(own), f"key {own!r}")
        sent = await self._sent(request, name)
        require(KEY_COLUMN not in sent, "the key in the body as well")
        held = next((row for row in self.rows[name] if row[KEY_COLUMN] == own), None)
        self.tick()
        if held is not None:
            held |= sent
            self.stamp(name, held)
            return web.json_response(self._shown(name, held, {}))
        return web.json_response(self._shown(name, self.enter(name, **sent, **{KEY_COLUMN: own}), {}), status=201)

    async def _one(self, request: web.Request, name: str, row: Row) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response(self._shown(name, row, request.query))
        require("If-Match" in request.headers, f"{request.method} without If-Match")
        if self.before_change is not None:
            self.before_change(row)
        if request.headers["If-Match"] != row["version"]:
            said = "The version of the existing record doesn't match the RowVersion property provided."
            raise RefusedError(412, said, code="0x80060882")
        if request.method == "DELETE":
            self.rows[name].remove(row)
            return web.Response(status=204)
        require(request.method == "PATCH", f"{request.method} of {name}")
        row |= await self._sent(request, name)
        self.tick()
        self.stamp(name, row)
        return web.Response(status=204)

    async def _sent(self, request: web.Request, name: str) -> Row:
        values: Row = {}
        for field, value in json.loads(await request.read()).items():
            bound = field.removesuffix("@odata.bind")
            if bound != field:
                values[_BOUND[bound]] = self._bound(value)
                continue
            require(field in TABLES[name] and not field.startswith("_"), f"An undeclared property '{field}'")
            if len(str(value or "")) > _LENGTHS.get(field, 10_000):
                said = (
                    f"The length of the '{field}' attribute of the '{name}' entity exceeded the maximum allowed length"
                )
                raise RefusedError(400, f"A validation error occurred. {said}.", code="0x80044331")
            values[field] = value
        return values

    def _bound(self, value: str | None) -> str | None:
        if value is None:
            return None
        found = re.fullmatch(r"/(\w+)\(([0-9a-f-]{36})\)", value)
        require(found is not None, f"bound to {value!r}")
        return str(self.row(str(found and found[1]), str(found and found[2]))["id"])


def _key_of(name: str) -> str:
    return next(iter(TABLES[name]))


def _gone(name: str, key: str) -> RefusedError:
    return RefusedError(404, f"{name} With Id = {key} Does Not Exist", code="0x80040217")
