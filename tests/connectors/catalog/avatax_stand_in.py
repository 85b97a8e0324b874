"""A small AvaTax on loopback: one company, its sales and its customers, kept in memory.

https://developer.avalara.com/api-reference/avatax/rest/v2/methods/Transactions/: a list names a range of `date`; a code is written with
signs of its own in an address; createoradjust makes one transaction for each code, whose version rises, and takes none that is locked;
a voided one stays, as Cancelled. https://developer.avalara.com/avatax/filtering-in-rest/ (filters, $top, $skip). Form of errors and
what a cancelled code is answered: https://developer.avalara.com/blog/2017/03/03/what-is-a-docstatus-error/.
"""

import re
from datetime import date, datetime

from aiohttp import BasicAuth, web

from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    offset_page,
    require,
    require_properties,
    require_query,
)

ACCOUNT, LICENSE = "1100012345", "license-key-of-avatax-0001"
COMPANY, COMPANY_ID, LOCATION = "FIRM", "439173", "HQ"
SETTINGS = {"company": COMPANY, "company_id": COMPANY_ID, "location": LOCATION}
_SALES = f"/api/v2/companies/{COMPANY}/transactions"
_CUSTOMERS = f"/api/v2/companies/{COMPANY_ID}/customers"
_SIGNS = {"_-ava2f-_": "/", "_-ava2b-_": "+", "_-ava3f-_": "?", "_-ava25-_": "%", "_-ava23-_": "#"}
_TEXT = r"'((?:[^']|'')*)'"
_CONDITION = re.compile(
    rf"(date|modifiedDate) ge {_TEXT}|(type) eq {_TEXT}|(status) ne {_TEXT}|\(code eq {_TEXT}(?: or code eq {_TEXT})*\)"
)
_CODE = re.compile(rf"code eq {_TEXT}")
_MODEL = {"code", "purchaseOrderNo", "description", "currencyCode", "commit", "addresses"}
_NEEDED = ("type", "companyCode", "date", "customerCode", "lines")
_LINE = {"number", "quantity", "amount", "itemCode", "description", "taxCode"}


class AvaTaxStandIn(StandIn):
    """One company. Each sale bears 10 % of tax."""

    lists = ("transactions", "customers")
    key = "code"
    stamp_field = {"transactions": "modifiedDate"}
    stamp_form = InstantForm.ISO_MILLIS

    def new_key(self, name: str) -> str:
        """Return a code: of an invoice, of a customer."""
        return f"{'INV' if name == 'transactions' else 'C'}-{super().new_key(name)}"

    def written(self, moment: datetime) -> str:
        """Return an instant without a zone."""
        return str(super().written(moment)).removesuffix("Z")

    def is_signed(self, request: web.Request) -> bool:
        """Account id and license key stand in a Basic header."""
        basic = BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        return (basic.login, basic.password) == (ACCOUNT, LICENSE)

    def refusal(self, error: RefusedError) -> web.Response:
        empty = {"code": error.code, "number": 300, "faultCode": "Server", "severity": "Error"}
        detail = {
            "code": error.code,
            "number": 300,
            "message": error.message,
            "refersTo": error.field,
            "severity": "Error",
        }
        told = {"code": error.code, "message": error.message, "target": "Unknown", "details": [empty, detail]}
        return web.json_response({"error": told}, status=error.status)

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        if (request.method, request.path) == ("POST", "/api/v2/transactions/createoradjust"):
            return await self._sold(request)
        if request.path.startswith(_CUSTOMERS):
            require(request.method == "GET", f"{request.method} {request.path}")
            return self._customers(request, request.path.removeprefix(_CUSTOMERS).removeprefix("/"))
        require(request.path.startswith(_SALES), f"path {request.path}")
        code, _, action = request.path.removeprefix(_SALES).removeprefix("/").partition("/")
        if not code:
            require(request.method == "GET", f"{request.method} {request.path}")
            return self._page(request, self._sales(request))
        row = self._named("transactions", _read_code(code))
        if action:
            return await self._voided(request, action, row)
        require_query(request, ("$include",), ("documentType",))
        return web.json_response(_with_tax(row, whole=request.query.get("$include") == "Lines"))

    def _named(self, name: str, code: str) -> Row:
        try:
            return self.row(name, code)
        except RefusedError:
            raise RefusedError(404, "The object cannot be found.", code="EntityNotFoundError") from None

    def _customers(self, request: web.Request, code: str) -> web.Response:
        if code:
            return web.json_response(_customer(self._named("customers", _read_code(code))))
        return self._page(request, [_customer(row) for row in self.rows["customers"]])

    def _page(self, request: web.Request, rows: list[Row]) -> web.Response:
        require_query(request, ("$top", "$skip", "$filter", "$orderBy", "$include"))
        require(int(request.query.get("$top", "1")) <= 1000, "more than 1,000 at a time")
        page = offset_page(request, rows, size="$top", offset="$skip", largest=1000)
        return web.json_response({"@recordsetCount": len(rows), "value": page})

    def _sales(self, request: web.Request) -> list[Row]:
        wanted = request.query.get("$filter", "")
        parts = list(_CONDITION.finditer(wanted))
        require(" and ".join(match[0] for match in parts) == wanted, f"filter {wanted!r}")
        require(not wanted or any(match[1] == "date" for match in parts), "a filter without a range of date")
        rows = [row for row in self.rows["transactions"] if all(_fits(row, match) for match in parts)]
        require(request.query.get("$orderBy", "modifiedDate ASC") == "modifiedDate ASC", "another order")
        rows.sort(key=lambda row: str(row["modifiedDate"]))
        return [_with_tax(row, whole=request.query.get("$include") == "Lines") for row in rows]

    async def _voided(self, request: web.Request, action: str, row: Row) -> web.Response:
        require((request.method, action) == ("POST", "void"), f"{request.method} {request.path}")
        require_query(request, (), ("documentType",))
        sent = await body_of(request, (), ("code",))
        require(sent["code"] == "DocVoided", f"voided as {sent['code']}")
        if row["status"] == "Cancelled":
            raise RefusedError(400, "The transaction has already been cancelled.", code="TransactionAlreadyCancelled")
        self._require_open(row)
        row["status"] = "Cancelled"
        self.tick()
        self.stamp("transactions", row)
        return web.json_response(_with_tax(row, whole=True))

    async def _sold(self, request: web.Request) -> web.Response:
        model = (await body_of(request, ("adjustmentReason",), ("createTransactionModel",)))["createTransactionModel"]
        require_properties(model, _MODEL, _NEEDED)
        require(
            model["type"] == "SalesInvoice" and model["companyCode"] == COMPANY,
            f"{model['type']} of {model['companyCode']}",
        )
        self._check(model)
        held = next((row for row in self.rows["transactions"] if row["code"] == model.get("code")), None)
        values = {name: value for name, value in model.items() if name not in {"companyCode", "addresses", "commit"}}
        values |= {"status": "Committed" if model.get("commit") else "Saved", "address": model["addresses"]["shipTo"]}
        self.tick()
        if held is None:
            return web.json_response(_with_tax(self.enter("transactions", **values, version=1), whole=True), status=201)
        self._require_open(held)
        held.update(values, version=held["version"] + 1)
        held.pop("tax", None)
        self.stamp("transactions", held)
        return web.json_response(_with_tax(held, whole=True), status=201)

    def _require_open(self, row: Row) -> None:
        if row.get("locked"):
            raise RefusedError(400, "A locked transaction may not be modified.", code="CannotModifyLockedTransaction")
        if row["status"] == "Cancelled":
            raise RefusedError(400, "DocStatus is invalid for this operation.", code="GetTaxError", field="DocStatus")

    def _check(self, model: Row) -> None:
        date.fromisoformat(model["date"])
        if len(model.get("code") or "") > 50:
            raise RefusedError(400, "Field 'code' has an invalid length.", code="StringLengthError", field="code")
        if not model["lines"]:
            raise RefusedError(400, "At least one line is required.", code="LinesNotSpecified", field="lines")
        for line in model["lines"]:
            require_properties(line, _LINE, ("amount",))
        if model.get("currencyCode", "USD") not in {"USD", "EUR"}:
            raise RefusedError(400, "The currency code is unknown.", code="InvalidEnumValue", field="currencyCode")
        addresses = model.get("addresses") or {}
        require(addresses.get("shipFrom") == {"locationCode": LOCATION}, f"sold from {addresses.get('shipFrom')}")
        if addresses.get("shipTo", {}).get("country") not in {"US", "CA", "DE"}:
            raise RefusedError(400, "The address value was incomplete.", code="InvalidAddress", field="Address")


def sale(number: int, customer: str = "C-1") -> Row:
    """Return a sale as the company holds it."""
    return {
        "type": "SalesInvoice", "status": "Committed", "date": "2026-10-31", "customerCode": customer, "currencyCode": "USD",
        "description": f"Audit {number}", "version": 1, "exchangeRate": 1,
        "lines": [{"description": "Audit", "quantity": 2, "amount": 100.0, "itemCode": "AUDIT"}],
    }  # fmt: skip


def customer(number: int) -> Row:
    """Return a customer as the company holds it."""
    return {
        "name": f"Client {number}", "line1": "123 Main Street", "city": "Irvine", "region": "CA", "postalCode": "92615",
        "country": "US", "emailAddress": f"ap{number}@client.example",
    }  # fmt: skip


def _customer(row: Row) -> Row:
    return {"customerCode": row["code"], **{name: value for name, value in row.items() if name != "code"}}


def _with_tax(row: Row, *, whole: bool) -> Row:
    amount = sum(line["amount"] for line in row["lines"])
    lines = [
        {"lineNumber": str(place), "tax": round(line["amount"] / 10, 2), "lineAmount": line["amount"],
         **{name: line.get(name) for name in ("description", "quantity", "itemCode")}}
        for place, line in enumerate(row["lines"], 1)
    ]  # fmt: skip
    held = {name: value for name, value in row.items() if name not in {"lines", "address"}}
    tax = {"totalAmount": amount, "totalTax": row.get("totalTax", round(amount / 10, 2))}
    return {**held, **tax, "customerVendorCode": row["customerCode"], "lines": lines if whole else None}


def _fits(row: Row, condition: re.Match[str]) -> bool:
    field, since = condition[1], condition[2]
    if field == "date":
        return str(row["date"]) >= since
    if field == "modifiedDate":
        return read_instant(row["modifiedDate"], InstantForm.ISO) >= read_instant(since, InstantForm.ISO)
    if condition[3]:
        return bool(row["type"] == condition[4])
    if condition[5]:
        return bool(row["status"] != condition[6])
    return row["code"] in {code.replace("''", "'") for code in _CODE.findall(condition[0])}


def _read_code(written: str) -> str:
    for sign, meant in _SIGNS.items():
        written = written.replace(sign, meant)
    return written
