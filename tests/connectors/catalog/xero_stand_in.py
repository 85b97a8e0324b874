"""A Xero that keeps its records and refuses every request that the vendor's published contract does not hold.

What the contract holds stands in `xero_contract.json`, with its source. Behaviour beside it, each from Xero's own pages
(https://developer.xero.com/documentation): PUT makes and never changes, a number or name that is taken is refused
(api/accounting/contacts, api/accounting/invoices); a key that was used gets the first answer again
(guides/idempotent-requests/idempotency); each organisation needs its xero-tenant-id (guides/oauth2/auth-flow); the lock
dates (api/accounting/responsecodes); DELETED and VOIDED are final, and only drafts can be deleted.
"""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from apps.connectors.answers import at_path
from apps.connectors.instants import write_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.contract_check import Contract
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, body_of, numbered_page, require

CONTRACT = Contract(json.loads(Path(__file__).with_name("xero_contract.json").read_text()))
TENANT = "45e4708e-d862-4111-ab3a-dd8cd03913e1"
ACCESS_TOKEN = "access-token-of-xero-00000000001"
LOCKED_UNTIL = date(2026, 1, 31)
_CHANGED = "UpdatedDateUTC"
_KEYS = {
    "contacts": "ContactID", "invoices": "InvoiceID", "projects": "projectId", "tasks": "taskId",
    "time-entries": "timeEntryId", "users": "userId",
}  # fmt: skip
_LISTS = {
    "Contacts": "contacts", "Invoices": "invoices", "Projects": "projects", "Tasks": "tasks", "Time": "time-entries",
    "ProjectsUsers": "users",
}  # fmt: skip
_LARGEST = {"contacts": 1000, "invoices": 1000}
_CURRENCIES, _ACCOUNTS = {"EUR", "GBP", "USD"}, {"200", "260"}
_DAYS = ("Date", "DueDate")
_ONE = r'\w+=="(?:[^"\\]|\\.)*"'
_CONDITION = re.compile(r'( AND | OR |)(\w+)=="((?:[^"\\]|\\.)*)"')
_WHERE = re.compile(f"{_ONE}(?:(?: AND | OR ){_ONE})*")


class ValidationError(RefusedError):
    """What Xero answers to a record that it reads and does not take."""

    def __init__(self, *messages: str) -> None:
        super().__init__(400, messages[0])
        self.messages = messages


class XeroStandIn(StandIn):
    """One organisation. Days are kept as they are shown: /Date(1573755038314+0000)/."""

    lists = ("contacts", "invoices", "projects", "tasks", "time-entries", "users")
    stamp_field = {"contacts": _CHANGED, "invoices": _CHANGED}
    stamp_form = InstantForm.DOTNET
    bearer = ACCESS_TOKEN

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self._answered: dict[str, Row] = {}  # by idempotency key

    def new_key(self, name: str) -> str:
        return str(uuid.uuid4())

    def shown(self, name: str, row: Row) -> Row:
        """Return a record as Xero shows it."""
        own = row["id"].rpartition(":")[2]  # what stands under a project is kept under both ids
        shown = {_KEYS[name]: own, **{field: value for field, value in row.items() if field != "id"}}
        if name == "invoices":
            contact = next((c for c in self.rows["contacts"] if c["id"] == row["Contact"]["ContactID"]), {})
            shown["Contact"] = {**row["Contact"], "Name": contact.get("Name", "")}
        return shown

    def unsigned(self) -> RefusedError:
        return RefusedError(401, "AuthenticationUnsuccessful")

    def refusal(self, error: RefusedError) -> web.Response:
        if isinstance(error, ValidationError):
            told = [{"Message": message} for message in error.messages]
            body: Row = {"ErrorNumber": 10, "Type": "ValidationException", "Elements": [{"ValidationErrors": told}]}
            return web.json_response({**body, "Message": "A validation exception occurred"}, status=400)
        if error.status == 404:
            return web.Response(status=404, text="The resource you're looking for cannot be found")
        said = {"Type": None, "Title": "Refused", "Status": error.status, "Detail": error.message}
        return web.json_response(said, status=error.status)

    # --- the service --------------------------------------------------------------------------------------------------
    async def routed(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("xero-tenant-id") != TENANT:
            raise RefusedError(403, "AuthenticationUnsuccessful")
        require(request.headers.get("Accept") == "application/json", "an answer that is not asked for as JSON")
        operation, keys = CONTRACT.operation(request, headers=("If-Modified-Since", "Idempotency-Key"))
        if operation.endswith("/Organisation"):
            return web.json_response({"Organisations": [{"OrganisationID": TENANT, "Name": "Demo Company"}]})
        if operation.startswith("GET /projects.xro"):
            return web.json_response(self._of_projects(request))
        kind = request.path.split("/")[3]
        name, key = _LISTS[kind], next(iter(keys.values()), "")
        if request.method == "GET":
            body = {kind: [self.shown(name, self.row(name, key))]} if key else self._list(request, name, kind)
        else:
            body = await self._keyed(request, name, kind, key)
        return web.json_response(body, headers={"X-MinLimit-Remaining": "59", "X-DayLimit-Remaining": "4999"})

    def _of_projects(self, request: web.Request) -> Row:
        """Answer for Xero Projects: projects and users, and what stands under one project."""
        parts = [unquote(part) for part in request.rel_url.raw_path.removeprefix("/projects.xro/2.0/").split("/")]
        name = _LISTS[parts[2] if len(parts) > 2 else parts[0]]
        rows = self.rows[name]
        if len(parts) > 2:
            self.row("projects", parts[1])
            rows = [row for row in rows if row["projectId"] == parts[1]]
        if len(parts) in {2, 4}:
            return self.shown(name, self.row(name, ":".join(parts[1::2])))
        wanted, since = request.query.get("projectIds"), request.query.get("dateAfterUtc")
        rows = [row for row in rows if wanted is None or row["id"] in wanted.split(",")]
        rows = [row for row in rows if since is None or _moment(row["dateUtc"]) >= _moment(since)]
        page = numbered_page(request, rows, size="pageSize", page="page", largest=500)
        number = int(request.query.get("page", "1"))
        return {
            "pagination": {"page": number, "itemCount": len(rows)},
            "items": [self.shown(name, row) for row in page],
        }

    def _list(self, request: web.Request, name: str, kind: str) -> Row:
        rows = self._asked_for(request, name, list(self.rows[name]))
        page = numbered_page(request, rows, size="pageSize", page="page", largest=_LARGEST[name])
        body = {"pagination": {"page": int(request.query.get("page", "1")), "itemCount": len(rows)}}
        return {**body, kind: [self.shown(name, row) for row in page]}

    def _asked_for(self, request: web.Request, name: str, rows: list[Row]) -> list[Row]:
        since = request.headers.get("If-Modified-Since")
        if since is not None:
            moment = datetime.fromisoformat(since)
            require(moment.tzinfo is not None, f"If-Modified-Since {since}")
            rows = [row for row in rows if self.changed_at(name, row) >= moment]
        if request.query.get("includeArchived") != "true":
            rows = [row for row in rows if row.get("ContactStatus") != "ARCHIVED"]
        if "where" in request.query:
            rows = [row for row in rows if _fits(row, request.query["where"])]
        order = request.query.get("order", _CHANGED)
        require(order == _CHANGED, f"order {order}")
        return sorted(rows, key=lambda row: self.changed_at(name, row))

    async def _keyed(self, request: web.Request, name: str, kind: str, key: str) -> Row:
        used = request.headers.get("Idempotency-Key", "")
        require(0 < len(used) <= 128, f"Idempotency-Key of {len(used)} characters")
        place = f"{request.method} {request.path} {used}"  # a key that comes with another request is another one's
        if place not in self._answered:
            self._answered[place] = await self._written(request, name, kind, key)
        return self._answered[place]

    async def _written(self, request: web.Request, name: str, kind: str, key: str) -> Row:
        require(bool(key) or request.method == "PUT", "POST without a key")
        sent = (await body_of(request, (), required=(kind,)))[kind]
        require(isinstance(sent, list) and len(sent) == 1, "a body of one record")
        CONTRACT.check(kind[:-1], sent[0])
        require(_KEYS[name] not in sent[0] or sent[0][_KEYS[name]] == key, "another record's key")
        row = self.row(name, key) if key else None
        values = {field: value for field, value in sent[0].items() if field != _KEYS[name]}
        made = self._contact(values, row) if name == "contacts" else self._invoice(values, row)
        self.tick(milliseconds=37)
        if row is None:
            row = self.enter(name, **made)
        else:
            row |= made
            self.stamp(name, row)
        return {"Status": "OK", kind: [self.shown(name, row)]}

    def _contact(self, sent: Row, row: Row | None) -> Row:
        others = [other for other in self.rows["contacts"] if other is not row]
        if any(_both(other, sent, "ContactNumber") for other in others):
            raise ValidationError(f"The contact number {sent['ContactNumber']} is already in use.")
        if any(_both(other, sent, "Name") and other.get("ContactStatus") != "ARCHIVED" for other in others):
            raise ValidationError(
                f"The contact name {sent['Name']} is already assigned to another contact. The contact name must be "
                "unique across all active contacts."
            )
        self._require_currency(sent.get("DefaultCurrency"))
        return sent if row else {"ContactStatus": "ACTIVE", "Addresses": [], **sent}

    def _invoice(self, sent: Row, row: Row | None) -> Row:
        if row is not None and (row["Status"] != "DRAFT" or sent.get("Status") not in {None, "DRAFT", "DELETED"}):
            raise ValidationError("Invoice not of valid status for modification")
        others = [o for o in self.rows["invoices"] if o is not row and o["Status"] not in {"DELETED", "VOIDED"}]
        if any(_both(other, sent, "InvoiceNumber") and other["Type"] == sent.get("Type") for other in others):
            raise ValidationError("Invoice # must be unique.")
        contact = at_path(sent, "Contact.ContactID")
        if row is None and contact not in {c["id"] for c in self.rows["contacts"]}:
            raise ValidationError("The contact could not be found.")
        self._require_currency(sent.get("CurrencyCode"))
        days = {name: sent[name] for name in _DAYS if name in sent}
        if date.fromisoformat(days.get("Date", "2026-11-01")) <= LOCKED_UNTIL:
            raise ValidationError("The document date cannot be before the period lock date.")
        kept: list[Row] = row["LineItems"] if row else []
        lines = [_line(line) for line in sent.get("LineItems") or kept]
        net = sum((Decimal(str(line["LineAmount"])) for line in lines), Decimal(0))
        total = {"SubTotal": float(net), "TotalTax": 0.0, "Total": float(net), "AmountDue": float(net)}
        fresh = {} if row else {"LineAmountTypes": "Exclusive", "Status": "DRAFT", "CurrencyRate": 1.0}
        return {**fresh, **sent, **{k: dotnet(v) for k, v in days.items()}, **total, "LineItems": lines}

    def _require_currency(self, currency: str | None) -> None:
        if currency is not None and currency not in _CURRENCIES:
            raise ValidationError(f"Organisation is not subscribed to currency {currency}")


def dotnet(day: str) -> str:
    """Return a day as Xero shows it."""
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return write_instant(moment, InstantForm.DOTNET).replace(")", "+0000)")


def _line(sent: Row) -> Row:
    account = sent.get("AccountCode")
    if account is not None and account not in _ACCOUNTS:
        raise ValidationError(f"Account code '{account}' is not a valid code for this document.")
    amount = Decimal(str(sent.get("Quantity", 1))) * Decimal(str(sent.get("UnitAmount", 0)))
    return {"LineItemID": str(uuid.uuid4()), "TaxAmount": 0.0, **sent, "LineAmount": float(round(amount, 2))}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    require(moment.tzinfo is not None, f"{text} without a zone")
    return moment


def _both(other: Row, sent: Row, field: str) -> bool:
    return sent.get(field) not in (None, "") and other.get(field) == sent[field]


def _fits(row: Row, where: str) -> bool:
    """Say whether a record meets `where`: conditions of the form Name=="text", joined by AND, and those by OR."""
    require(_WHERE.fullmatch(where) is not None, f"where {where!r}")
    either = [True]
    for joined, field, text in _CONDITION.findall(where):
        held = str(row.get(field, "")) == _unescaped(text)
        if joined == " OR ":
            either.append(held)
        else:
            either[-1] = either[-1] and held
    return any(either)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
