"""Xero on stage, as a strict stand-in of its published contract: contacts and draft invoices both ways, projects and their time read."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import orjson

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import xero_stand_in as xero

B = BusinessClass


class XeroStage(StandInStage):
    """An organisation with nine contacts, all entered in one moment, nine invoices and nine projects."""

    slug = "xero"
    stand_in = xero.XeroStandIn
    lists = ("contacts", "invoices", "projects", "tasks", "time-entries", "users")
    level = "contacts"
    stamps_late = True
    writes = ("contacts", "invoices")
    touched = {
        "contacts": "Name",
        "invoices": "Reference",
        "projects": "name",
        "tasks": "name",
        "time-entries": "description",
        "users": "name",
    }
    removable = ("tasks", "time-entries")
    changed = {"contacts": {"EmailAddress": "billing@okafor.example"}, "invoices": {"Reference": "PO 77"}}
    refusals = {
        "contacts": (
            Refusal("a currency it keeps no books in", {"DefaultCurrency": "CHF"}, B.MISSING_REFERENCE, "currency"),
            Refusal("a name that is taken", {"Name": "Client 2"}, B.DUPLICATE, "name"),
        ),
        "invoices": (
            Refusal("a locked period", {"Date": "2025-12-31"}, B.CLOSED_PERIOD, "issue_date"),
            Refusal(
                "an unknown account",
                {"LineItems": [{"Description": "Audit", "Quantity": 1, "UnitAmount": 1.0, "AccountCode": "999"}]},
                B.INVALID_DIMENSION,
                "lines",
            ),
            Refusal("a currency it keeps no books in", {"CurrencyCode": "CHF"}, B.MISSING_REFERENCE, "currency"),
        ),
    }
    texts = {"contacts": "Name", "invoices": "Reference"}
    planted = {
        "text": Planted("contacts", "CompanyNumber"),
        "number": Planted("invoices", "SubTotal"),
        "date": Planted("invoices", "Date"),
    }
    settings = {"tenant": xero.TENANT, "time_zone": "Europe/London"}

    @property
    def secrets(self) -> dict[str, str]:
        # A sign-in by a person cannot be played here: what it stores is.
        return {"client_id": "client-id-of-the-app", "access_token": xero.ACCESS_TOKEN}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "contacts":
            return {"ContactNumber": f"C-{number}", "Name": f"Client {number}", "ContactStatus": "ACTIVE"}
        if name == "projects":
            return {"name": f"Audit {number}", "status": "INPROGRESS", "estimate": {"currency": "EUR", "value": 900.5}}
        if name == "users":
            return {"name": f"Robin Vale {number}", "email": f"r{number}@okafor.example"}
        if name in {"tasks", "time-entries"}:
            return self._under_a_project(name, number)
        return {
            "Type": "ACCREC", "InvoiceNumber": f"INV-{number}", "Contact": {"ContactID": self._contact()},
            "Date": xero.dotnet("2026-10-31"), "Status": "AUTHORISED", "CurrencyCode": "EUR", "LineItems": [],
            "Reference": f"PO {number}", "SubTotal": 10.0, "TotalTax": 0.0, "Total": 10.0, "AmountDue": 10.0,
        }  # fmt: skip

    def _under_a_project(self, name: str, number: int) -> Mapping[str, Any]:
        project = sorted(row["id"] for row in self.system.rows["projects"])[number % 3]
        entry: dict[str, Any] = {"id": f"{project}:{uuid.uuid4()}", "projectId": project, "status": "ACTIVE"}
        if name == "tasks":
            return {**entry, "name": f"Fieldwork {number}", "chargeType": "TIME", "estimateMinutes": 90}
        # Inside the weeks that are read again.
        day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=3)
        return {**entry, "userId": str(uuid.uuid4()), "taskId": str(uuid.uuid4()), "duration": 450,
                "dateUtc": day.isoformat().replace("+00:00", "Z"), "description": f"Workshop {number}"}  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent: dict[str, Any] = {"ContactNumber": f"K-{number}", "Name": f"Okafor Bank {number}", **changes}
        if name == "invoices":
            line = {"Description": "Audit in October", "Quantity": 7.5, "UnitAmount": 150.125, "AccountCode": "200"}
            sent = {
                "Type": "ACCREC", "Status": "DRAFT", "InvoiceNumber": f"N-{number}", "Date": "2026-11-02",
                "Contact.ContactID": self._contact(), "CurrencyCode": "EUR", "LineItems": [line],
                "LineAmountTypes": "Exclusive", **changes,
            }  # fmt: skip
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")

    def days(self) -> list[tuple[Any, date | None]]:
        return [(xero.dotnet(day), date.fromisoformat(day)) for day in ("2028-02-29", "2026-12-31")]

    async def announce(self, url: str, secret: str) -> None:
        event = {
            "resourceUrl": "https://api.xero.com/api.xro/2.0/Contacts/1", "resourceId": self._contact(),
            "eventDateUtc": "2026-11-21T09:15:30.327", "eventType": "UPDATE", "eventCategory": "CONTACT",
            "tenantId": xero.TENANT, "tenantType": "ORGANISATION",
        }  # fmt: skip
        body = orjson.dumps({"events": [event], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "ABCD"})
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = {"x-xero-signature": signature, "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200

    def _contact(self) -> str:
        return str(self.system.rows["contacts"][0]["id"])


STAGE = XeroStage
