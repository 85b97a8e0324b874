"""A HubSpot account that keeps its records. The hard parts, and where they are described:

- a search shows 10,000 results and no more, is ordered by one property, and finds a change some moments late:
  https://developers.hubspot.com/docs/api-reference/legacy/crm/search-the-crm
- a batch answers 207 with what was taken and what was not, each with the trace it was sent with; records that are not there
  are told as errors beside those that are: https://developers.hubspot.com/docs/api-reference/error-handling
- an upsert goes by a unique property and says whether a record is new:
  https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/companies/batch/upsert-companies
- whom a deal is with stands in associations alone:
  https://developers.hubspot.com/docs/api-reference/legacy/crm/associations/associations-v4
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    ViolationError,
    body_of,
    require,
    require_properties,
)

PORTAL = 62515
_CHANGED = {"companies": "hs_lastmodifieddate", "contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}
_PROPERTIES = {
    "companies": {"name", "domain", "address", "zip", "city", "country", "industry", "integration_key", "vat_number"},
    "contacts": {"firstname", "lastname", "email", "phone", "jobtitle", "associatedcompanyid", "company", "integration_key"},
    "deals": {
        "dealname", "dealstage", "pipeline", "hs_is_closed_won", "hs_is_closed", "hs_deal_stage_probability", "amount",
        "deal_currency_code", "closedate", "hubspot_owner_id", "description", "legal_entity",
        "integration_key",
    },
}  # fmt: skip
_UNIQUE = {"companies": {"integration_key"}, "contacts": {"integration_key", "email"}, "deals": {"integration_key"}}
_INDUSTRIES = {"", "BANKING", "COMPUTER_SOFTWARE", "MANAGEMENT_CONSULTING"}
_TYPES = {"amount": "number", "closedate": "datetime", "industry": "enumeration", "hs_is_closed": "bool"}
_LONGEST_TEXT = 65_536
_DEEPEST = 10_000
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, wanted: held == wanted,
    "GT": lambda held, wanted: held > wanted,
    "GTE": lambda held, wanted: held >= wanted,
}


class HubSpotStandIn(StandIn):
    """One account."""

    lists = ("companies", "contacts", "deals")
    stamp_field = {name: f"properties.{field}" for name, field in _CHANGED.items()}
    stamp_form = InstantForm.ISO_MILLIS
    bearer = "pat-eu1-11111111-2222-3333-4444-555555555555"

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.deepest = _DEEPEST
        self.repeats_traces = True
        self.refuses_whole = False  # batches with a bad record are refused as a whole
        self.companies_of: dict[str, list[tuple[str, int]]] = {}  # deal -> company and type of the association

    def new_key(self, name: str) -> str | int:
        return str(super().new_key(name))

    def refusal(self, error: RefusedError) -> web.Response:
        said = {"status": "error", "message": error.message, "correlationId": "aeb5f871", "category": error.code}
        return web.json_response(said, status=error.status)

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "Authentication credentials not found.", code="INVALID_AUTHENTICATION")

    async def routed(self, request: web.Request) -> web.StreamResponse:
        path, method = request.path.strip("/"), request.method
        if (method, path) == ("GET", "account-info/v3/details"):
            return web.json_response({"portalId": PORTAL, "timeZone": "Europe/Berlin"})
        if (method, path) == ("POST", "crm/v4/associations/deals/companies/batch/read"):
            return self._associations(await body_of(request, {"inputs"}, {"inputs"}))
        if method == "GET" and path.removeprefix("crm/v3/properties/") in self.lists:
            return self._described(path.removeprefix("crm/v3/properties/"))
        found = re.fullmatch(r"crm/v3/objects/(companies|contacts|deals)/(.+)", path)
        if found is None:
            raise ViolationError(f"{method} {path}")
        name, rest = found[1], found[2]
        if method == "DELETE":
            self.rows[name].remove(self.row(name, rest))
            return web.Response(status=204)
        require(method == "POST", f"{method} {path}")
        if rest == "search":
            return self._search(name, await body_of(request, {"filterGroups", "sorts", "properties", "limit"}))
        if rest == "batch/read":
            return self._read(name, await body_of(request, {"inputs", "properties", "idProperty"}, {"inputs"}))
        require(rest in {"batch/upsert", "batch/update"}, f"{method} {path}")
        return self._write(name, await body_of(request, {"inputs"}, {"inputs"}), upsert=rest == "batch/upsert")

    def row(self, name: str, key: str) -> Row:
        try:
            return super().row(name, key)
        except RefusedError:
            raise RefusedError(404, "resource not found", code="OBJECT_NOT_FOUND") from None

    def _described(self, name: str) -> web.Response:
        """https://developers.hubspot.com/docs/api-reference/legacy/crm/properties/get-properties."""
        names = sorted({*_PROPERTIES[name], _CHANGED[name], "hs_object_id"})
        told = [
            {
                "name": field, "label": field.title(), "type": _TYPES.get(field, "string"), "options": [],
                "modificationMetadata": {"readOnlyValue": field.startswith("hs_")},
            }
            for field in names
        ]  # fmt: skip
        return web.json_response({"results": told})

    # --- reading ------------------------------------------------------------------------------------------------------
    def _search(self, name: str, asked: Row) -> web.Response:
        require(1 <= asked["limit"] <= 200, f"limit {asked['limit']}")
        require(len(asked["sorts"]) == 1, "a search is ordered by one property")
        rows = self.rows[name]
        for group in asked["filterGroups"]:
            for one in group["filters"]:
                require_properties(one, set(), {"propertyName", "operator", "value"})
                wanted, test = int(one["value"]), _COMPARE[one["operator"]]
                rows = [row for row in rows if test(self._number(name, row, one["propertyName"]), wanted)]
        order = asked["sorts"][0]["propertyName"]
        rows = sorted(rows, key=lambda row: self._number(name, row, order))[: self.deepest]
        shown = [self._shown(name, row, asked["properties"]) for row in rows[: asked["limit"]]]
        return web.json_response({"total": len(rows), "results": shown})

    def _number(self, name: str, row: Row, field: str) -> int:
        if field == "hs_object_id":
            return int(row["id"])
        require(field == _CHANGED[name], f"{field} is no time of change of {name}")
        moment: datetime = self.changed_at(name, row)
        return int(moment.timestamp() * 1000)

    def _read(self, name: str, asked: Row) -> web.Response:
        by = asked.get("idProperty", "")
        require(not by or by in _UNIQUE[name], f"{by} is no unique property of {name}")
        require(0 < len(asked["inputs"]) <= 100, "more than 100 inputs")
        wanted = [str(one["id"]) for one in asked["inputs"]]
        require(bool(by) or all(key.isdecimal() for key in wanted), f"ids {wanted}")
        known = {str(row["properties"].get(by)).lower() if by else row["id"]: row for row in self.rows[name]}
        rows = [known[key.lower()] for key in wanted if key.lower() in known]
        body: Row = {"status": "COMPLETE", "results": [self._shown(name, row, asked["properties"]) for row in rows]}
        if len(rows) == len(wanted):
            return web.json_response(body)
        gone = [key for key in wanted if key.lower() not in known]
        said = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some",
            "context": {"ids": gone},
        }
        return web.json_response({**body, "numErrors": 1, "errors": [said]}, status=207)

    def _shown(self, name: str, row: Row, wanted: list[str]) -> Row:
        known = {*_PROPERTIES[name], _CHANGED[name]}
        require(set(wanted) <= known, f"properties {sorted(set(wanted) - known)}")
        kept = {field: row["properties"].get(field) for field in {*wanted, "hs_object_id", _CHANGED[name]}}
        return {"id": row["id"], "properties": kept, "archived": False}

    def _associations(self, asked: Row) -> web.Response:
        results, errors = list[Row](), list[Row]()
        for one in asked["inputs"]:
            companies = self.companies_of.get(one["id"], [])
            to = [
                {
                    "toObjectId": int(key),
                    "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": kind, "label": None}],
                }
                for key, kind in companies
            ]
            if to:
                results.append({"from": {"id": one["id"]}, "to": to})
            else:
                errors.append(
                    {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "No company is associated"}
                )
        body: Row = {"status": "COMPLETE", "results": results, **({"numErrors": 1, "errors": errors} if errors else {})}
        return web.json_response(body, status=207 if errors else 200)

    # --- writing ------------------------------------------------------------------------------------------------------
    def _write(self, name: str, asked: Row, *, upsert: bool) -> web.Response:
        require(0 < len(asked["inputs"]) <= 100, "more than 100 inputs")
        self.tick(milliseconds=37)
        results, errors = list[Row](), list[Row]()
        for one in asked["inputs"]:
            require_properties(one, {"idProperty", "objectWriteTraceId"}, {"id", "properties"})
            try:
                row, made = self._upserted(name, one) if upsert else (self._updated(name, one), False)
            except RefusedError as refusal:
                if self.refuses_whole:
                    raise
                errors.append(_told(refusal, one["objectWriteTraceId"]))
                continue
            shown = self._shown(name, row, [*one["properties"], "integration_key"])
            results.append(
                {**shown, **({"new": made} if upsert else {}), "objectWriteTraceId": one["objectWriteTraceId"]}
            )
        body: Row = {"status": "COMPLETE", "results": results[::-1]}  # in no order that is promised
        if not errors:
            return web.json_response(body)
        return web.json_response({**body, "numErrors": len(errors), "errors": errors}, status=207)

    def _upserted(self, name: str, one: Row) -> tuple[Row, bool]:
        require(one.get("idProperty") == "integration_key", f"idProperty {one.get('idProperty')}")
        for row in self.rows[name]:
            if row["properties"].get("integration_key") == one["id"]:
                return self._changed(name, row, one["properties"]), False
        self._check(name, one["properties"], None)
        fields = {f"properties__{field}": value for field, value in one["properties"].items()}
        return self.enter(name, **{**fields, "properties__integration_key": one["id"]}), True

    def _updated(self, name: str, one: Row) -> Row:
        return self._changed(name, self.row(name, one["id"]), one["properties"])

    def _changed(self, name: str, row: Row, values: Row) -> Row:
        self._check(name, values, row)
        row["properties"] = {**row["properties"], **values}
        self.stamp(name, row)
        return row

    def _check(self, name: str, values: Row, changed: Row | None) -> None:
        strange = set(values) - _PROPERTIES[name]
        if strange:
            raise _invalid(sorted(strange)[0], "PROPERTY_DOESNT_EXIST", f"Property {sorted(strange)} does not exist")
        for field, value in values.items():
            if len(str(value)) > _LONGEST_TEXT:
                raise _invalid(field, "INVALID_STRING", f"{field} is too long: the maximum length is {_LONGEST_TEXT}")
        if values.get("industry", "") not in _INDUSTRIES:
            raise _invalid("industry", "INVALID_OPTION", f"{values['industry']} was not one of the allowed options")
        email = values.get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise _invalid("email", "INVALID_EMAIL", f"Email address {email} is invalid")
        if email and any(row["properties"].get("email") == email and row is not changed for row in self.rows[name]):
            raise RefusedError(409, "Contact already exists. Existing ID: 1", code="CONFLICT")


def _invalid(field: str, code: str, message: str) -> RefusedError:
    problem = {"isValid": False, "message": message, "error": code, "name": field, "localizedErrorMessage": message}
    return RefusedError(400, f"Property values were not valid: {json.dumps([problem])}", code="VALIDATION_ERROR")


def _told(refusal: RefusedError, trace: str) -> Row:
    context = {"objectWriteTraceId": [trace]}
    return {"status": "error", "category": refusal.code, "message": refusal.message, "context": context}
