"""The organisation of Salesforce that the connector is tried against: accounts, contacts, opportunities.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_account.htm
and its neighbours for contacts and opportunities.
"""

from typing import Any

from tests.connectors.catalog.soql_stand_in import Field, Row, SoqlStandIn

_ID = Field("id", writable=False)
_STAMP = Field("datetime", writable=False)
_ACCOUNT = Field("id", refers="Account")
OBJECTS = {
    "Account": {
        "Id": _ID, "Name": Field(required=True), "AccountNumber": Field(length=40), "ParentId": _ACCOUNT,
        "BillingStreet": Field(), "BillingPostalCode": Field(length=20), "BillingCity": Field(length=40),
        "BillingCountry": Field(length=80), "Industry": Field(), "VAT__c": Field(length=30), "SystemModstamp": _STAMP,
    },
    "Contact": {
        "Id": _ID, "FirstName": Field(length=40), "LastName": Field(length=80, required=True),
        "Name": Field(writable=False), "Email": Field("email", length=80), "Phone": Field(length=40),
        "Title": Field(length=128), "AccountId": _ACCOUNT, "Account.Name": Field(through=("AccountId", "Account")),
        "SystemModstamp": _STAMP,
    },
    "Opportunity": {
        "Id": _ID, "Name": Field(required=True, length=120), "AccountId": _ACCOUNT,
        "Account.Name": Field(through=("AccountId", "Account")), "StageName": Field(required=True),
        "IsWon": Field("boolean", writable=False), "IsClosed": Field("boolean", writable=False),
        "Probability": Field("number"), "Amount": Field("number"), "CloseDate": Field("date", required=True),
        "OwnerId": Field("id"), "Owner.Name": Field(through=("OwnerId", "")), "Description": Field(length=32000),
        "Legal_Entity__c": Field(), "SystemModstamp": _STAMP,
    },
}  # fmt: skip


class SalesforceStandIn(SoqlStandIn):
    """An organisation with one currency."""

    def __init__(self) -> None:
        super().__init__(OBJECTS)

    def _stored(self, name: str, values: Row) -> Row:
        """Salesforce puts the whole name of a contact together itself."""
        parts = [values.get("FirstName"), values.get("LastName")]
        return {**values, **({"Name": " ".join(filter(None, parts))} if name == "Contact" else {})}

    def deal(self, number: int, **values: Any) -> Row:
        """Enter an opportunity as a person does."""
        usual = {
            "Name": f"Deal {number}", "StageName": "Qualification", "IsWon": False, "IsClosed": False, "Probability": 10,
            "Amount": 1000 * number, "CloseDate": "2026-12-18", "Owner.Name": "Kim Park",
        }  # fmt: skip
        return self.enter("Opportunity", **{**usual, **values})
