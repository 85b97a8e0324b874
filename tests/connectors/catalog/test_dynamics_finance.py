"""Dynamics 365 Finance: one company of many, days that mean nothing, and refusals that hide behind their protocol."""

from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.dynamics_finance.connector import CONNECTOR
from apps.connectors.catalog.dynamics_finance.manifest import CUSTOMERS, INVOICES, MANIFEST, PROJECTS
from apps.connectors.catalog.dynamics_finance.refusals import problems_of
from apps.connectors.contract import Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from apps.connectors.manifest import ObjectManifest
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.dynamics_finance_stand_in import SETTINGS, FinanceStandIn
from tests.connectors.conftest import door_to

B, K = BusinessClass, FailureKind
BEARER = build_signer(AuthSpec(AuthScheme.BEARER), {"token": FinanceStandIn.bearer})

READ: dict[str, tuple[ObjectManifest, dict[str, Any], dict[str, str]]] = {
    "a customer": (
        CUSTOMERS,
        {"OrganizationName": "Okafor Bank", "AddressCountryRegionISOCode": "DE", "SalesCurrencyCode": "EUR"},
        {"id": "CUS-100001", "number": "CUS-100001", "name": "Okafor Bank", "country": "DE", "currency": "EUR"},
    ),
    "a project with days": (
        PROJECTS,
        {"ProjectName": "Ledger", "ProjectedStartDate": "2026-11-02T12:00:00Z", "CustomerAccountNumber": "C-1"},
        {"code": "PRO-100001", "starts": "2026-11-02", "ends": "None", "client": "C-1", "state": "active"},
    ),
    "a project that is done": (PROJECTS, {"ProjectName": "Ledger", "ProjectStage": "Completed"}, {"state": "closed"}),
    "an invoice": (
        INVOICES,
        {"InvoiceDate": "2026-11-20T12:00:00Z", "InvoiceCustomerAccountNumber": "C-1", "CurrencyCode": "EUR",
         "TotalInvoiceAmount": 119.00, "TotalTaxAmount": 19.00},
        {"number": "INV-100001", "issue_date": "2026-11-20", "gross": "119.0", "tax": "19.0", "state": "posted"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "values", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by number"])
async def test_a_record_is_read(
    spec: ObjectManifest, values: dict[str, Any], told: dict[str, str], named: bool
) -> None:
    system = FinanceStandIn()
    system._numbers = 100_000
    row = system.enter(spec.name, **values)
    system.enter(spec.name, dataAreaId="frrt", **values)
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), SETTINGS) as connector:
        pages = [page async for page in connector.read(spec.name, None, [row["id"]] if named else [])]
    assert system.violations == []
    (record,) = [record for page in pages for record in page.records]
    canonical = read_canonical(spec, record.values)
    assert {name: str(canonical.get(name)) for name in told} == told


async def test_a_customer_is_made_in_the_company_and_group_of_the_connection() -> None:
    system = FinanceStandIn()
    values = write_outside(CUSTOMERS, {"number": "O'N-1", "name": "O'Neil", "currency": "EUR", "street": "Kai 3"})
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), SETTINGS) as connector:
        (made,) = await connector.upsert("customers", [Write(1, values, "Customer:1", "k")])
        (changed,) = await connector.upsert("customers", [Write(1, {"AddressCity": "Kiel"}, "c", "l", made.target_key)])
    assert system.violations == []
    (row,) = system.rows["customers"]
    assert (made.target_key, made.created, changed.error) == ("O'N-1", True, None)
    assert (row["dataAreaId"], row["CustomerGroupId"], row["AddressCity"]) == ("usmf", "30", "Kiel")


async def test_a_change_made_by_another_hand_meanwhile_stays() -> None:
    system = FinanceStandIn()
    row = system.enter("customers", OrganizationName="Okafor", SalesCurrencyCode="EUR")

    def meanwhile(held: dict[str, Any]) -> None:
        system.before_change = None
        held["AddressStreet"] = "Kai 4"
        system.stamp("customers", held)

    system.before_change = meanwhile
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=BEARER), SETTINGS) as connector:
        (done,) = await connector.upsert("customers", [Write(1, {"AddressCity": "Kiel"}, "c", "l", row["id"])])
    assert (done.error, row["AddressCity"], row["AddressStreet"]) == (None, "Kiel", "Kai 4")


_ROW = "Write failed for table row of type 'CustCustomerV3Entity'. Infolog: Warning: "
WORDS = {
    "the record already exists": (_ROW + "Error: The record already exists.", K.REJECTED, B.DUPLICATE, "number"),
    "a currency": (
        _ROW + "The value 'X' in field 'Currency' is not found in the related table 'Currency'.",
        K.REJECTED, B.MISSING_REFERENCE, "currency",
    ),
    "a customer group": (
        _ROW + "The value '9' in field 'Customer group' is not found in the related table 'Customer groups'.",
        K.MISCONFIGURED, B.VALIDATION, "",
    ),
    "any other reference": (
        _ROW + "The value 'N9' in field 'Terms' is not found in the related table 'Terms of payment'.",
        K.REJECTED, B.MISSING_REFERENCE, "",
    ),
    "an empty field": (_ROW + "Error: Field 'Name' must be filled in.", K.REJECTED, B.VALIDATION, ""),
    "two hands": ("An update conflict occurred due to another user process.", K.REJECTED, B.CONFLICT, ""),
    "a property": (
        "The property 'Colour' does not exist on type 'Microsoft.Dynamics.DataEntities.CustomerV3'.",
        K.MISCONFIGURED, B.SCHEMA_DRIFT, "",
    ),
    "a number of its own": (
        _ROW + "Number sequence Cust_1 does not allow manual entry.", K.MISCONFIGURED, B.VALIDATION, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(("said", "kind", "business_class", "field"), WORDS.values(), ids=WORDS.keys())
def test_refusals_are_told_in_business_words(
    said: str, kind: FailureKind, business_class: BusinessClass, field: str, status: int
) -> None:
    told = {
        "problems": problems_of(
            {"error": {"code": "", "message": "An error has occurred.", "innererror": {"message": said}}}
        )
    }
    error = record_failure(MANIFEST, status, told, spec=CUSTOMERS, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert not error.ambiguous
    assert "Infolog" not in error.message
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


def test_an_answer_without_an_infolog_is_told_in_its_own_words() -> None:
    assert problems_of({"error": {"code": "", "message": "Busy."}}) == [{"code": "", "message": "Busy.", "field": ""}]
    assert problems_of({"Message": "No HTTP resource was found"})[0]["message"] == "No HTTP resource was found"
