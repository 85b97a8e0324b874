"""SAP S/4HANA Cloud: its refusals in business words, times in two fields, and records as the canonical model has them."""

from typing import Any

import pytest

from apps.connectors.catalog.sap_s4hana.connector import changed_at
from apps.connectors.catalog.sap_s4hana.manifest import MANIFEST
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.sap_stand_in import dotnet

B, K = BusinessClass, FailureKind
SAID = {
    "unknown country": ("Country QQ is not defined", K.REJECTED, B.MISSING_REFERENCE, "country"),
    "unknown grouping": ("Grouping ZZ99 does not exist", K.REJECTED, B.INVALID_DIMENSION, ""),
    "wrong tax number": ("Tax number DE1 is not valid", K.REJECTED, B.VALIDATION, "tax_id"),
    "already there": ("Business partner 100 already exists", K.REJECTED, B.DUPLICATE, ""),
    "closed period": ("Posting period 011 2026 is not open", K.REJECTED, B.CLOSED_PERIOD, ""),
    "open somewhere": ("Business partner 100 is locked by user ANN", K.RETRYABLE, B.CONFLICT, None),
    "no right": ("No authorization to change business partners", K.MISCONFIGURED, B.PERMISSION, None),
    "anything else": ("The sky is falling", K.REJECTED, B.VALIDATION, ""),
}
CUSTOMERS, PROJECTS = MANIFEST.object_named("business-partners"), MANIFEST.object_named("projects")


@pytest.mark.parametrize("listed", [True, False], ids=["with its details", "in short"])
@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str, listed: bool) -> None:
    message, kind, business_class, field = SAID[what]
    details = [{"code": "R1/000", "message": message, "propertyref": ""}] if listed else []
    told = {"code": "R1/000", "message": {"lang": "en", "value": message}, "innererror": {"errordetails": details}}
    error = record_failure(MANIFEST, 400, {"error": told}, spec=CUSTOMERS, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


CHANGED = {
    "a change": ({"LastChangeDate": dotnet("2026-11-21"), "LastChangeTime": "PT08H05M09S",
                  "CreationDate": dotnet("2026-01-01")}, "2026-11-21T08:05:09Z"),
    "never changed": ({"LastChangeDate": None, "LastChangeTime": "PT00H00M00S", "CreationDate": dotnet("2026-01-01"),
                       "CreationTime": "PT23H59M59S"}, "2026-01-01T23:59:59Z"),
    "no hour": ({"LastChangeDate": dotnet("2026-11-21")}, "2026-11-21T00:00:00Z"),
    "neither": ({}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("record", "told"), CHANGED.values(), ids=CHANGED.keys())
def test_the_instant_of_a_change_is_put_together(record: dict[str, Any], told: str) -> None:
    assert changed_at(record) == told


READ: dict[str, tuple[Any, dict[str, Any], dict[str, str]]] = {
    "a customer": (CUSTOMERS, {
        "BusinessPartner": "1000042", "BusinessPartnerFullName": "Northwind Ltd", "BusinessPartnerIsBlocked": True,
        "to_BusinessPartnerAddress": [{"StreetName": "Main St", "HouseNumber": "1", "CityName": "Bonn", "Country": "DE"}],
        "to_BusinessPartnerTax": [{"BPTaxType": "DE0", "BPTaxNumber": "DE136695976"}], "changedAt": "2026-11-21T08:05:09Z",
    }, {"number": "1000042", "street": "Main St 1", "city": "Bonn", "country": "DE", "tax_id": "DE136695976",
        "state": "blocked"}),
    "a customer without an address": (CUSTOMERS, {"BusinessPartner": "1", "BusinessPartnerFullName": "N"},
                                      {"street": "None", "city": "None"}),
    "a project": (PROJECTS, {
        "ProjectUUID": "x", "Project": "P-7", "ProjectDescription": "Audit", "CompanyCode": "1010",
        "ProjectStartDate": dotnet("2026-10-01"), "LastChangeDateTime": "/Date(1573755038314+0000)/",
    }, {"code": "P-7", "starts": "2026-10-01", "legal_entity": "1010"}),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "values", "told"), READ.values(), ids=READ.keys())
def test_a_record_is_read_as_the_canonical_model_has_it(
    spec: Any, values: dict[str, Any], told: dict[str, str]
) -> None:
    canonical = read_canonical(spec, values)
    assert {field: str(canonical.get(field)) for field in told} == told


NAMES = {"short": ("Northwind", "Northwind", None), "long": ("x" * 40 + "y" * 40, "x" * 40, "y" * 40)}


@pytest.mark.parametrize(("name", "first", "second"), NAMES.values(), ids=NAMES.keys())
def test_a_long_name_goes_on_in_a_second_field(name: str, first: str, second: str | None) -> None:
    written = write_outside(CUSTOMERS, {"number": "C-1", "name": name})
    assert (written["OrganizationBPName1"], written.get("OrganizationBPName2")) == (first, second)
    assert "OrganizationBPName2" not in write_outside(CUSTOMERS, {"number": "C-1", "name": "x" * 81})  # told, not cut


def test_a_new_partner_is_made_with_role_address_and_tax_number() -> None:
    values = {"number": "C-1", "name": "N", "country": "DE", "city": "Bonn", "tax_id": "DE136695976"}
    written = write_outside(CUSTOMERS, values)
    assert written["to_BusinessPartnerRole"] == [{"BusinessPartnerRole": "FLCU01"}]
    assert written["to_BusinessPartnerAddress"] == [{"Country": "DE", "CityName": "Bonn"}]
    assert written["to_BusinessPartnerTax"] == [{"BPTaxType": "DE0", "BPTaxNumber": "DE136695976"}]
