"""DocuSign: its refusals in business words, envelopes as contracts, and what may be done to which of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.docusign.connector import CONNECTOR
from apps.connectors.catalog.docusign.envelopes import new_envelope, with_short_names
from apps.connectors.catalog.docusign.manifest import ENVELOPES, MANIFEST
from apps.connectors.contract import UndoState, Write
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.protocols.rest import RestConnector
from tests.connectors.catalog import docusign_stand_in as ds
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.conftest import door_to

B, K = BusinessClass, FailureKind
SAID: dict[str, tuple[str, str, FailureKind, BusinessClass]] = {
    "the hour is used up": ("HOURLY_APIINVOCATION_LIMIT_EXCEEDED", "", K.RATE_LIMITED, B.PROVIDER_OUTAGE),
    "a burst": ("BURST_APIINVOCATION_LIMIT_EXCEEDED", "", K.RATE_LIMITED, B.PROVIDER_OUTAGE),
    "one envelope asked for too often": ("Hourly_Envelope_Polling_Limit_Exceeded", "", K.RATE_LIMITED, B.PROVIDER_OUTAGE),
    "a right is missing": ("USER_LACKS_PERMISSIONS", "", K.MISCONFIGURED, B.PERMISSION),
    "no envelopes left": ("ENVELOPE_ALLOWANCE_EXCEEDED", "", K.MISCONFIGURED, B.PERMISSION),
    "gone": ("ENVELOPE_DOES_NOT_EXIST", "", K.REJECTED, B.MISSING_REFERENCE),
    "an unknown template": (
        "INVALID_REQUEST_PARAMETER", "The template specified either does not exist or you have no rights to it.",
        K.REJECTED, B.MISSING_REFERENCE,
    ),
    "no e-mail": ("INVALID_EMAIL_ADDRESS_FOR_RECIPIENT", "", K.REJECTED, B.VALIDATION),
    "nobody signs": ("ENVELOPE_IS_INCOMPLETE", "", K.REJECTED, B.VALIDATION),
    "signed already": ("ENVELOPE_INVALID_STATUS", "", K.REJECTED, B.CONFLICT),
    "somebody works on it": ("EDIT_LOCK_ENVELOPE_ALREADY_LOCKED", "", K.REJECTED, B.CONFLICT),
    "anything else": ("INVALID_REQUEST_BODY", "The request body is missing.", K.REJECTED, B.VALIDATION),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, message, kind, business_class = SAID[what]
    error = record_failure(MANIFEST, 400, {"errorCode": code, "message": message}, spec=ENVELOPES, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.message.endswith(".")


def envelope(**changes: Any) -> dict[str, Any]:
    """Return an envelope as DocuSign lists it."""
    sent = {"status": "sent", "emailSubject": "Statement of work"}
    row = ds.envelope(sent, "SOW-1", "Robin Vale", "robin.vale@northwind.example")
    return {**row, "envelopeId": ds.USER, "statusChangedDateTime": "2026-11-21T10:15:30.1230000Z", **changes}


READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one that was sent": (
        {"sentDateTime": "2026-11-20T10:15:30.1230000Z"},
        {"number": "SOW-1", "name": "Statement of work", "state": "sent", "signer_name": "Robin Vale",
         "signer_email": "robin.vale@northwind.example"},
    ),
    "one that was opened": ({"status": "delivered"}, {"state": "sent"}),
    "one that was signed": ({"status": "completed"}, {"state": "signed"}),
    "one that was declined": ({"status": "declined"}, {"state": "void"}),
    "one that was voided": (
        {"status": "voided", "voidedReason": "Another price"}, {"state": "void", "void_reason": "Another price"},
    ),
    "one that a person made": ({"customFields": {}, "recipients": {}}, {"number": None, "signer_name": None}),
    "a bare one": ({"customFields": None, "recipients": None}, {"name": "Statement of work"}),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
def test_an_envelope_is_read_as_a_contract(changes: dict[str, Any], told: dict[str, Any]) -> None:
    canonical = read_canonical(ENVELOPES, with_short_names(envelope(**changes)))
    assert {field: canonical.get(field) for field in told} == told


def test_who_signs_first_stands_for_all() -> None:
    signers = [{"name": "Late", "routingOrder": "10"}, {"name": "First", "routingOrder": "2"}]
    assert with_short_names({"recipients": {"signers": signers}})["signer"]["name"] == "First"


@pytest.mark.parametrize(("role", "named"), [("Client", "Client"), ("", "Signer")])
def test_an_envelope_is_made_for_the_role_of_the_template(role: str, named: str) -> None:
    body = new_envelope({"reference": "SOW-1", "signer.name": "Kim", "signer.email": "k@x.example"}, role)
    assert body["templateRoles"] == [{"name": "Kim", "email": "k@x.example", "roleName": named}]
    assert body["customFields"]["textCustomFields"][0]["value"] == "SOW-1"
    assert not {name for name in body if "." in name}


@pytest.fixture
async def account() -> AsyncIterator[tuple[ds.DocuSignStandIn, RestConnector]]:
    system = ds.DocuSignStandIn()
    async with system.serve() as url:
        signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": system.bearer})
        door = door_to(f"{url}/restapi", auth=signer)
        async with CONNECTOR(MANIFEST, door, ds.SETTINGS) as connector:
            yield system, connector
    assert system.violations == []


def write(**changes: Any) -> Write:
    values = {
        "reference": "SOW-1",
        "emailSubject": "Statement of work",
        "status": "created",
        "templateId": ds.TEMPLATE,
        "signer.name": "Kim Okafor",
        "signer.email": "kim@okafor.example",
        **changes,
    }
    return Write(0, values, "Contract:ours:1", "key-1")


async def test_a_draft_is_no_agreement_yet_and_a_person_deletes_it(
    account: tuple[ds.DocuSignStandIn, RestConnector],
) -> None:
    system, connector = account
    (made,) = await connector.upsert("envelopes", [write()])
    refused = await connector.undo("envelopes", str(made.target_key), idempotency_key="undo-1")
    assert refused.state is UndoState.REFUSED
    assert refused.error is not None
    assert "a draft is deleted at DocuSign" in refused.error.message
    assert [row["status"] for row in system.rows["envelopes"]] == ["created"]


async def test_what_is_signed_meanwhile_is_found_again_and_left_as_it_is(
    account: tuple[ds.DocuSignStandIn, RestConnector],
) -> None:
    system, connector = account
    (made,) = await connector.upsert("envelopes", [write(status="sent")])
    system.rows["envelopes"][0]["status"] = "completed"
    (again,) = await connector.upsert("envelopes", [write(status="sent")])
    (other,) = await connector.upsert("envelopes", [write(status="sent", emailSubject="Another one")])
    assert (again.error, again.target_key) == (None, made.target_key)
    assert other.error is not None
    assert other.error.business_class is B.CONFLICT
    assert len(system.rows["envelopes"]) == 1


async def test_an_account_without_envelopes_is_an_empty_list(
    account: tuple[ds.DocuSignStandIn, RestConnector],
) -> None:
    _, connector = account
    (page,) = [page async for page in connector.read("envelopes", None)]
    assert (page.records, page.last) == ((), True)


def test_a_contract_becomes_a_draft_where_nothing_else_is_said() -> None:
    contract = {
        "number": "SOW-1", "name": "Statement of work", "template": ds.TEMPLATE, "signer_name": "Kim Okafor",
        "signer_email": "kim@okafor.example",
    }  # fmt: skip
    assert write_outside(ENVELOPES, contract) == {
        "reference": "SOW-1",
        "emailSubject": "Statement of work",
        "status": "created",
        "templateId": ds.TEMPLATE,
        "signer.name": "Kim Okafor",
        "signer.email": "kim@okafor.example",
    }
