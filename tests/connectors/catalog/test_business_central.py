"""Business Central: its sign-in, its refusals in business words, and records as the canonical model has them."""

from urllib.parse import urlsplit

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.catalog.business_central.manifest import MANIFEST
from apps.connectors.contract import SourceRecord
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from apps.connectors.manifest import ObjectManifest
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from tests.connectors.catalog import business_central_stand_in as bc

B, K = BusinessClass, FailureKind
CUSTOMERS = MANIFEST.object_named("customers")
SAID = {
    "closed period": (
        "Application_DialogException", "Posting Date is not within your range of allowed posting dates",
        K.REJECTED, B.CLOSED_PERIOD, "",
    ),
    "unknown dimension": (
        "Internal_InvalidTableRelation",
        "The field Dimension Value Code of table Dimension Set Entry contains a value (X) that cannot be found",
        K.REJECTED, B.INVALID_DIMENSION, "",
    ),
    "unknown account": (
        "Internal_InvalidTableRelation",
        "The field Account No. of table Gen. Journal Line contains a value (ABL001) that cannot be found",
        K.REJECTED, B.MISSING_REFERENCE, "",
    ),
    "number taken": (
        "Internal_EntityWithSameKeyExists", "The Customer already exists.", K.REJECTED, B.DUPLICATE, "number",
    ),
    "changed meanwhile": (
        "Request_EntityChanged", "Another user has already changed the record.", K.REJECTED, B.CONFLICT, "",
    ),
    "too long": (
        "Application_StringExceededLength", "The length of the string is 57, but it must be less than or equal to 50",
        K.REJECTED, B.TOO_LARGE, "",
    ),
    "numbers by hand": (
        "Application_DialogException", "You may not enter numbers manually. If you want to enter numbers manually,",
        K.MISCONFIGURED, B.VALIDATION, None,
    ),
    "wrong company": ("Internal_CompanyNotFound", "Cannot process the request", K.MISCONFIGURED, B.CONNECTION, None),
    "anything else": ("Application_DialogException", "The amount should be negative.", K.REJECTED, B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, message, kind, business_class, field = SAID[what]
    body = {"error": {"code": code, "message": f"{message}  CorrelationId:  6ad1b7c2."}}
    error = record_failure(MANIFEST, 400, body, spec=CUSTOMERS, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith((".", ")"))
    if isinstance(error, RejectedError):
        assert error.problems[0].field == field


def test_the_token_comes_from_the_directory_of_the_customer_and_from_nowhere_else() -> None:
    secrets = {"client_id": bc.CLIENT_ID, "client_secret": bc.CLIENT_SECRET}
    grant = build_signer(MANIFEST.auth, secrets, bc.SETTINGS).grant
    assert grant is not None
    address = urlsplit(grant.token_path)
    assert (address.scheme, address.hostname) == ("https", "login.microsoftonline.com")
    assert address.path == f"/{bc.TENANT}/oauth2/v2.0/token"


def test_the_sheet_names_nothing_that_the_published_contract_does_not_hold() -> None:
    for spec in MANIFEST.objects:
        held = bc.CONTRACT["resources"][spec.name]
        assert {field.name for field in spec.fields} <= held["properties"].keys()
        if spec.writing is not None:
            assert {line.target for line in spec.writing_lines}.isdisjoint(held["read_only"])
            assert {"POST"} <= set(held["list"])
            assert {spec.writing.update_method, spec.writing.undo_method} <= set(held["one"])


READ = {
    "an employee who left": ("employees", {"number": "AH", "displayName": "Annette Hill", "status": "Terminated"},
                             {"employee_no": "AH", "name": "Annette Hill", "active": False}),
    "an employee": ("employees", {"number": "AH", "displayName": "Annette Hill", "status": "Active"}, {"active": True}),
    "a project": ("projects", {"number": "JOB00010", "displayName": "Deerfield"},
                  {"code": "JOB00010", "name": "Deerfield"}),
    "a customer": ("customers", {"number": "10000", "displayName": "Coho Winery", "country": "US", "currencyCode": "USD"},
                   {"number": "10000", "name": "Coho Winery", "country": "US", "currency": "USD"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "told"), READ.values(), ids=READ.keys())
def test_a_record_is_read_as_the_canonical_model_has_it(
    name: str, values: dict[str, object], told: dict[str, object]
) -> None:
    row = bc.BusinessCentralStandIn().enter(name, **values)
    spec = MANIFEST.object_named(name)
    canonical = _canonical(spec, {field.name: row[field.name] for field in spec.fields})
    assert {field: canonical.get(field) for field in told} == told


def _canonical(spec: ObjectManifest, values: dict[str, object]) -> dict[str, object]:
    described = canonical_type(spec.canonical_type)
    compiled = compile_mapping(
        merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=described.fields
    )
    canonical, problems = ExtractStep(described, compiled).plan(SourceRecord(spec.name, "1", "1", values))
    assert problems == ()
    return canonical
