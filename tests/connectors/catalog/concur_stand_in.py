"""A small Concur on loopback: approved reports by JSON, what is in them by XML, kept in memory.

https://developer.concur.com/api-reference/expense/expense-report/v3.reports.html: `modifiedDateAfter` leaves out its own instant
and takes yyyy-MM-dd or yyyy-MM-ddTHH:mm:ss.SSS; `user=ALL` for the list, the owner's login for one report; NextPage is a whole
address. expense-report-get.html there: XML in a name space, amounts with eight places, every entry with an itemization of the type
Regular, bank accounts among the details.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

ACCESS_TOKEN = "access-token-of-concur-000001"
BANK_ACCOUNT = "DE02120300000000202051"
_LIST, _DETAILS = "/api/v3.0/expense/reports", "/api/expense/expensereport/v2.0/report/"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3})?")
_SPACE = "http://us.api.concursolutions.com/api/expense/expensereport/2012/07"


class ConcurStandIn(StandIn):
    """One company. Expenses are kept by item ("report:item"); those of one report are handed out as one."""

    lists = ("expenses",)
    stamp_field = "report.LastModifiedDate"
    stamp_form = InstantForm.ISO_MILLIS
    bearer = ACCESS_TOKEN

    def new_key(self, name: str) -> str:
        """Return the name of an item in a report of its own."""
        number = int(super().new_key(name))
        return f"F4F027007E81{number}:nE0av$p{number}"

    def written(self, moment: datetime) -> str:
        """Return an instant without a zone."""
        return str(super().written(moment)).removesuffix("Z")

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"{request.method} {request.path}")
        if request.path == _LIST:
            return self._page(request)
        if request.path.startswith(f"{_LIST}/"):
            require_query(request, (), ("user",))
            header, _ = self._report(request.path.removeprefix(f"{_LIST}/"))
            if request.query["user"] != header["OwnerLoginID"]:
                raise RefusedError(404, "Report is invalid.")
            return web.json_response(header)
        require(request.path.startswith(_DETAILS), f"path {request.path}")
        require(request.headers.get("Accept") == "application/xml", "details as something else than XML")
        header, rows = self._report(request.path.removeprefix(_DETAILS))
        return web.Response(body=_document(header, rows).encode(), content_type="application/xml")

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response({"Message": error.message}, status=error.status)

    def _page(self, request: web.Request) -> web.Response:
        require_query(request, ("limit", "offset", "approvalStatusCode", "modifiedDateAfter"), ("user",))
        require(request.query["user"] == "ALL", "the list of one person")
        after, status = request.query.get("modifiedDateAfter", ""), request.query.get("approvalStatusCode")
        require(not after or _INSTANT.fullmatch(after) is not None, f"modifiedDateAfter {after!r}")
        reports = [self._report(name)[0] for name in dict.fromkeys(row["id"].partition(":")[0] for row in self._rows)]
        reports = [report for report in reports if status in {None, report["ApprovalStatusCode"]}]
        if after:
            first = read_instant(after, InstantForm.ISO)
            reports = [one for one in reports if read_instant(one["LastModifiedDate"], InstantForm.ISO) > first]
        start, size = int(request.query.get("offset", "0")), int(request.query.get("limit", "25"))
        more = request.url.update_query(offset=str(start + size)) if len(reports) > start + size else None
        following = f"{self.public()}{more.path_qs}" if more else None
        return web.json_response({"Items": reports[start : start + size], "NextPage": following})

    @property
    def _rows(self) -> list[Row]:
        return self.rows["expenses"]

    def _report(self, name: str) -> tuple[dict[str, Any], list[Row]]:
        rows = [row for row in self._rows if quote(row["id"].partition(":")[0]) == name]
        if not rows:
            raise RefusedError(404, "Report is invalid.")
        newest = max(row["report"]["LastModifiedDate"] for row in rows)
        return {**rows[0]["report"], "ID": name, "LastModifiedDate": newest}, rows


def entry(number: int, **report: Any) -> Row:
    """Return an item as the company holds it; `report` are further parts of its report."""
    header = {
        "Name": f"Trip {number}", "OwnerLoginID": "robin@brightforge.example", "OwnerName": "Robin Vale",
        "CurrencyCode": "EUR", "ApprovalStatusCode": "A_APPR",
    }  # fmt: skip
    return {
        "amount": "42.50000000", "approved": "", "spent_on": "2026-10-30T00:00:00", "category": "Train", "note": "Workshop",
        "customs": {"Custom5": "NW-101"}, "shares": [], "personal": False, "itemized": [], "report": {**header, **report},
    }  # fmt: skip


def _document(header: Row, rows: list[Row]) -> str:
    owner = _element("FirstName", "Robin") + _element("LastName", "Vale")
    bank = f"<EmployeeBankAccount>{_element('AccountNumber', BANK_ACCOUNT)}</EmployeeBankAccount>"
    parts = "".join(
        (
            _element("UserLoginID", header["OwnerLoginID"]), _element("ReportID", header["ID"]),
            '<PaidDate i:nil="true" />', _element("CurrencyCode", header["CurrencyCode"]),
            f"<ExpenseEntriesList>{''.join(map(_entry, rows))}</ExpenseEntriesList>",
            f"<ReportOwner>{owner}</ReportOwner>", bank,
        )
    )  # fmt: skip
    space = f'xmlns="{_SPACE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    return f'<?xml version="1.0" encoding="utf-8"?><ReportDetails {space}>{parts}</ReportDetails>'


def _entry(row: Row) -> str:
    item = row["id"].partition(":")[2]
    items = _item("Regular", item, row) + "".join(
        _item("Child", f"{item}{place}", {**row, **child}) for place, child in enumerate(row["itemized"])
    )
    own = _element("ReportEntryID", item) + _element("IsPersonal", "Y" if row["personal"] else "N")
    return f"<ExpenseEntry>{own}<ItemizationsList>{items}</ItemizationsList></ExpenseEntry>"


def _item(kind: str, name: str, row: Row) -> str:
    shares = "".join(
        f"<Allocation>{_element('AllocationID', share['id'])}{_element('Percentage', share['percentage'])}"
        f"{_customs(share.get('customs', {}))}</Allocation>"
        for share in row["shares"]
    )
    plain = {
        "ItemType": kind, "ItemizationID": name, "ExpenseTypeName": row["category"], "TransactionDate": row["spent_on"],
        "PostedAmount": row["amount"], "ApprovedAmount": row["approved"], "BusinessPurpose": row["note"],
        "IsPersonal": "N",
    }  # fmt: skip
    texts = "".join(_element(name, value) for name, value in plain.items())
    return f"<Itemization>{texts}{_customs(row['customs'])}<AllocationsList>{shares}</AllocationsList></Itemization>"


def _customs(customs: Row) -> str:
    return "<Custom1 />" + "".join(
        f"<{name}><Type>List</Type>{_element('Value', 'Audit')}{_element('Code', code)}</{name}>"
        for name, code in customs.items()
    )


def _element(name: str, value: Any) -> str:
    return f"<{name}>{escape(str(value))}</{name}>" if value != "" else f"<{name} />"
