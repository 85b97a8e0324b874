"""A QuickBooks company that keeps its records and refuses what Intuit's pages do not describe.

From https://developer.intuit.com/app/developer/qbo/docs: the query language, its escapes, its 1,000 records a page and that
lists of names leave out what is inactive (learn/explore-the-quickbooks-online-api/data-queries); request ids of at most 50
characters, sparse changes on the current SyncToken and ?operation=delete (learn/rest-api-features, api/accounting); faults
with HTTP 400 and their codes (develop/troubleshooting/error-codes); times with the offset of the company's zone. That an
inactive name gets " (deleted)" behind it is seen in Intuit's own samples.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from aiohttp import web

from apps.connectors.answers import at_path
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, put, require, require_query

REALM = "4620816365291234567"
ACCESS_TOKEN = "access-token-of-quickbooks-000001"
CLOSED_UNTIL = date(2026, 1, 31)
_CHANGED = "MetaData.LastUpdatedTime"
_ZONE = timezone(timedelta(hours=-8))
_TEXT = r"'(?:[^'\\]|\\.)*'"
_CONDITION = rf"[\w.]+ (?:>= {_TEXT}|IN \((?:{_TEXT}|true|false)(?:, (?:{_TEXT}|true|false))*\))"
_STATEMENT = re.compile(
    rf"SELECT \* FROM (\w+)(?: WHERE ({_CONDITION}(?: AND {_CONDITION})*))?(?: ORDERBY ([\w.]+))?"
    r" STARTPOSITION ([1-9]\d*) MAXRESULTS ([1-9]\d{0,3})"
)
_ONE_CONDITION = re.compile(rf"([\w.]+) (>=|IN) (?:({_TEXT})|\(([^)]*(?:{_TEXT}[^)]*)*)\))")
_LITERAL = re.compile(rf"{_TEXT}|true|false")
_LISTS = {"Customer": "customers", "Invoice": "invoices", "Employee": "employees", "TimeActivity": "time-activities"}
_NAMES = frozenset({"customers", "employees"})  # lists of names: what is inactive is left out
_FILTERS = {"customers": {"Id", "DisplayName", "Active"}, "invoices": {"Id", "DocNumber"},
            "employees": {"Id", "DisplayName", "Active"}, "time-activities": {"Id"}}  # fmt: skip
_WRITTEN = {
    "customers": ("DisplayName", "CompanyName", "Active", "PrimaryEmailAddr", "BillAddr", "CurrencyRef",
                  "PrimaryTaxIdentifier"),
    "invoices": ("DocNumber", "CustomerRef", "TxnDate", "DueDate", "CurrencyRef", "PrivateNote", "Line"),
}  # fmt: skip
_ITEMS, _LONGEST = {"1", "2"}, {"CompanyName": 100, "DocNumber": 21, "DisplayName": 500}


class QuickBooksStandIn(StandIn):
    """One company with one currency."""

    lists = ("customers", "invoices", "employees", "time-activities")
    key = "Id"
    stamp_field = _CHANGED
    bearer = ACCESS_TOKEN

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self._answered: dict[str, Row] = {}  # by request id
        self.before_change: Callable[[Row], None] | None = None  # what another hand does just before a change arrives

    def new_key(self, name: str) -> str:
        return str(super().new_key(name))

    def written(self, moment: datetime) -> str:
        return moment.astimezone(_ZONE).isoformat(timespec="seconds")

    def changed_at(self, name: str, row: Row) -> datetime:
        return datetime.fromisoformat(at_path(row, _CHANGED)).astimezone(UTC)

    def stamp(self, name: str, row: Row, moment: datetime | None = None) -> None:
        super().stamp(name, row, moment)
        row["SyncToken"] = str(int(row.get("SyncToken", "-1")) + 1)

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "message=AuthenticationFailed; errorCode=003200; statusCode=401", code="3200")

    def refusal(self, error: RefusedError) -> web.Response:
        told = {"Message": error.message.partition(":")[0], "Detail": error.message, "code": error.code, "element": ""}
        body = {"Fault": {"Error": [told], "type": "ValidationFault"}, "time": self.written(self.clock)}
        return web.json_response(body, status=error.status)

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        company = f"/v3/company/{REALM}/"
        require(request.path.startswith(company), f"{request.path} of another company")
        require(request.query.get("minorversion") == "75", "no minor version")
        kind, _, key = request.path.removeprefix(company).partition("/")
        if (request.method, kind, key) == ("GET", "companyinfo", REALM):
            return web.json_response({"CompanyInfo": {"CompanyName": "Okafor Consulting", "Id": "1"}})
        if (request.method, kind, key) == ("GET", "query", ""):
            require_query(request, ("minorversion",), required=("query",))
            return web.json_response(self._found(request.query["query"]))
        entity = next((name for name in _LISTS if name.lower() == kind), "")
        require(bool(entity), f"{request.method} {request.path}")
        if request.method == "GET":
            require(key.isdigit(), f"{key!r} as a number")
            return web.json_response({entity: self._one(_LISTS[entity], key), "time": self.written(self.clock)})
        require(request.method == "POST" and not key and _LISTS[entity] in _WRITTEN, f"{request.method} {request.path}")
        return web.json_response(await self._posted(request, entity))

    def _one(self, name: str, key: str) -> Row:
        try:
            return self.row(name, key)
        except RefusedError:
            raise RefusedError(400, "Object Not Found : Something you're trying to use has been made inactive. Check "
                               "the fields with accounts, customers, items, vendors or employees.", code="610") from None  # fmt: skip

    def _found(self, statement: str) -> Row:
        match = _STATEMENT.fullmatch(statement)
        require(match is not None, f"statement {statement!r}")
        assert match is not None
        entity, where, order, start, length = match.groups()
        require(entity in _LISTS and order in {None, _CHANGED} and int(length) <= 1000, f"statement {statement!r}")
        name = _LISTS[entity]
        rows = [row for row in self.rows[name] if self._fits(name, row, where or "")]
        if name in _NAMES and "Active IN" not in (where or ""):
            rows = [row for row in rows if row.get("Active", True)]
        rows.sort(key=lambda row: self.changed_at(name, row) if order else int(row["Id"]))
        page = rows[int(start) - 1 :][: int(length)]
        response = {entity: page, "startPosition": int(start), "maxResults": len(page)} if page else {}
        return {"QueryResponse": response, "time": self.written(self.clock)}

    def _fits(self, name: str, row: Row, where: str) -> bool:
        for field, operator, literal, several in _ONE_CONDITION.findall(where):
            require(field in _FILTERS[name] | {_CHANGED}, f"{name} by {field}")
            if operator == ">=":
                since = datetime.fromisoformat(_text(literal))
                require(since.tzinfo is not None, f"{field} >= {literal}")
                if self.changed_at(name, row) < since:
                    return False
            elif at_path(row, field) not in {_text(part) for part in _LITERAL.findall(several)}:
                return False
        return True

    async def _posted(self, request: web.Request, entity: str) -> Row:
        require_query(request, ("minorversion", "operation"), required=("requestid",))
        used = request.query["requestid"]
        require(0 < len(used) <= 50, f"a request id of {len(used)} characters")
        place = f"{request.path} {request.query.get('operation', '')} {used}"
        if place not in self._answered:
            self._answered[place] = {entity: dict(await self._written_by(request, _LISTS[entity]))}
        return self._answered[place]

    async def _written_by(self, request: web.Request, name: str) -> Row:
        sent = await body_of(request, (*_WRITTEN[name], "Id", "SyncToken", "sparse"))
        require(("Id" in sent) == ("SyncToken" in sent), "a number without its SyncToken")
        row = self._dated(name, sent) if "Id" in sent else None
        if request.query.get("operation") == "delete":
            require(set(sent) == {"Id", "SyncToken"} and name == "invoices" and row is not None, "a deletion")
            self.rows[name] = [kept for kept in self.rows[name] if kept is not row]
            return {"Id": sent["Id"], "status": "Deleted"}
        require(row is None or sent.pop("sparse", False) is True, "a change that empties what it does not name")
        values = {field: value for field, value in sent.items() if field not in {"Id", "SyncToken"}}
        self._check(name, values, row)
        self.tick(milliseconds=700)
        if row is None:
            return self.enter(name, **({"Active": True, **values} if name in _NAMES else values))
        _merge(row, values)
        self.stamp(name, row)
        return row

    def _dated(self, name: str, sent: Row) -> Row:
        row = self._one(name, sent["Id"])
        if self.before_change is not None:
            self.before_change(row)
        if sent["SyncToken"] != row["SyncToken"]:
            raise RefusedError(400, "Stale Object Error : You and Ann were working on this at the same time. Ann "
                               "finished before you did, so your work was not saved.", code="5010")  # fmt: skip
        return row

    def _check(self, name: str, sent: Row, row: Row | None) -> None:
        for field, longest in _LONGEST.items():
            if len(sent.get(field, "")) > longest:
                raise RefusedError(400, f"String length is too long: Min:0 Max:{longest} supported.", code="2050")
        if at_path(sent, "CurrencyRef.value") not in {None, "EUR"}:
            raise RefusedError(400, "Business Validation Error: Multi Currency should be enabled to perform this "
                               "operation.", code="6000")  # fmt: skip
        if name == "customers":
            self._check_customer(sent, row)
        else:
            self._check_invoice(sent, row)

    def _check_customer(self, sent: Row, row: Row | None) -> None:
        others = [other["DisplayName"] for kind in _NAMES for other in self.rows[kind] if other is not row]
        if sent.get("DisplayName") in others:
            raise RefusedError(400, "The name supplied already exists. : Another customer, vendor or employee is already "
                               "using this name. Please use a different name.", code="6240")  # fmt: skip
        if row is not None and sent.get("Active") is False:
            sent["DisplayName"] = f"{row['DisplayName']} (deleted)"

    def _check_invoice(self, sent: Row, row: Row | None) -> None:
        if sent.get("DocNumber") in [other.get("DocNumber") for other in self.rows["invoices"] if other is not row]:
            raise RefusedError(400, "Duplicate Document Number Error : You must specify a different number. This number "
                               "has already been used.", code="6140")  # fmt: skip
        customer = at_path(sent, "CustomerRef.value")
        if row is None and customer not in [one["Id"] for one in self.rows["customers"]]:
            raise RefusedError(400, "Invalid Reference Id : Names element id is not valid", code="2500")
        if date.fromisoformat(sent.get("TxnDate", "2026-11-01")) <= CLOSED_UNTIL:
            raise RefusedError(400, "The account period has closed and the account books cannot be updated through the "
                               "QBO Services API. Please check QBO Online account setting.", code="6210")  # fmt: skip
        if "Line" in sent:
            total = sum((_amount(line) for line in sent["Line"]), Decimal(0))
            sum_line = {"DetailType": "SubTotalLineDetail", "Amount": float(total)}
            sent |= {"Line": [*sent["Line"], sum_line], "TotalAmt": float(total), "Balance": float(total)}


def _amount(line: Row) -> Decimal:
    require(line.get("DetailType") == "SalesItemLineDetail", f"a line of {line.get('DetailType')}")
    detail, amount = line["SalesItemLineDetail"], Decimal(str(line["Amount"]))
    if detail["ItemRef"]["value"] not in _ITEMS:
        raise RefusedError(400, "Invalid Reference Id : Item elements id is not valid", code="2500")
    counted = round(Decimal(str(detail["Qty"])) * Decimal(str(detail["UnitPrice"])) + Decimal("0.0000001"), 2)
    if amount != counted:
        raise RefusedError(400, "Amount calculation incorrect in the request", code="6070")
    return amount


def _merge(row: Row, values: Row) -> None:
    """A sparse change leaves alone what it does not name, also within groups of values."""
    for field, value in values.items():
        if isinstance(value, dict) and isinstance(row.get(field), dict):
            row[field] = {**row[field], **value}
        else:
            put(row, field, value)


def _text(literal: str) -> Any:
    if literal in {"true", "false"}:
        return literal == "true"
    return re.sub(r"\\(.)", r"\1", literal[1:-1])
