"""QuickBooks Online on stage, as a stand-in of what Intuit's pages describe: customers and invoices both ways."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import quickbooks_stand_in as quickbooks

B = BusinessClass


class QuickBooksStage(StandInStage):
    """A company with nine records in each list; its customers were all entered in one moment."""

    slug = "quickbooks"
    stand_in = quickbooks.QuickBooksStandIn
    lists = ("customers", "invoices", "employees", "time-activities")
    level = "customers"
    stamps_late = True
    writes = ("customers", "invoices")
    touched = {
        "customers": "CompanyName",
        "invoices": "PrivateNote",
        "employees": "FamilyName",
        "time-activities": "Description",
    }
    removable = ("invoices", "time-activities")
    changed = {"customers": {"CompanyName": "Okafor Group"}, "invoices": {"PrivateNote": "Sent again"}}
    refusals = {
        "customers": (
            Refusal("a name that is taken", {"DisplayName": "Robin Vale 2"}, B.DUPLICATE, "name"),
            Refusal("a currency it keeps no books in", {"CurrencyRef.value": "CHF"}, B.MISSING_REFERENCE, "currency"),
            Refusal("a name beyond measure", {"CompanyName": "x" * 101}, B.TOO_LARGE, ""),
        ),
        "invoices": (
            Refusal("closed books", {"TxnDate": "2025-12-31"}, B.CLOSED_PERIOD, "issue_date"),
            Refusal("an unknown customer", {"CustomerRef.value": "7"}, B.MISSING_REFERENCE, ""),
            Refusal("an unknown item", {"Line": [{
                "DetailType": "SalesItemLineDetail", "Amount": 1.0,
                "SalesItemLineDetail": {"ItemRef": {"value": "9"}, "Qty": 1, "UnitPrice": 1.0},
            }]}, B.INVALID_DIMENSION, "lines"),
        ),
    }  # fmt: skip
    texts = {"customers": "CompanyName", "invoices": "PrivateNote"}
    planted = {
        "text": Planted("customers", "CompanyName"),
        "number": Planted("invoices", "TotalAmt"),
        "date": Planted("invoices", "TxnDate"),
    }
    settings = {"realm": quickbooks.REALM}

    @property
    def secrets(self) -> dict[str, str]:
        # A sign-in by a person cannot be played here: what it stores is.
        return {"client_id": "client-id-of-the-app", "access_token": quickbooks.ACCESS_TOKEN}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "customers":
            return {"DisplayName": f"Client {number}", "CompanyName": f"Client {number} Ltd", "Active": number != 4}
        if name == "employees":
            return {"DisplayName": f"Robin Vale {number}", "FamilyName": "Vale", "Active": number != 4}
        if name == "invoices":
            return {
                "DocNumber": f"INV-{number}", "CustomerRef": {"value": self._customer(), "name": "Client 1"},
                "TxnDate": "2026-10-31", "CurrencyRef": {"value": "EUR"}, "TotalAmt": 10.0, "Balance": 10.0, "Line": [],
            }  # fmt: skip
        return {
            "TxnDate": "2026-10-30", "EmployeeRef": {"value": "55", "name": "Robin Vale"}, "Hours": 7, "Minutes": 30,
            "CustomerRef": {"value": self._customer()}, "Description": f"Workshop {number}",
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent: dict[str, Any] = {"DisplayName": f"O'Neil \\ Bank {number}", "CurrencyRef.value": "EUR", **changes}
        if name == "invoices":
            detail = {"ItemRef": {"value": "1"}, "Qty": 7.5, "UnitPrice": 150.13}
            line = {"DetailType": "SalesItemLineDetail", "Amount": 1125.98, "SalesItemLineDetail": detail}
            sent = {
                "DocNumber": f"N-{number}", "TxnDate": "2026-11-02", "CustomerRef.value": self._customer(),
                "CurrencyRef.value": "EUR", "Line": [line], **changes,
            }  # fmt: skip
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")

    async def announce(self, url: str, secret: str) -> None:
        entity = {
            "name": "Customer", "id": self._customer(), "operation": "Update",
            "lastUpdated": "2026-11-21T09:15:30.000Z",
        }  # fmt: skip
        notification = {"realmId": quickbooks.REALM, "dataChangeEvent": {"entities": [entity]}}
        body = orjson.dumps({"eventNotifications": [notification]})
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = {"intuit-signature": signature, "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200

    def _customer(self) -> str:
        return str(self.system.rows["customers"][0]["Id"])


STAGE = QuickBooksStage
