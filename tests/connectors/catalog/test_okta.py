"""Okta: its refusals in business words, people as the canonical model has them, and a sheet that its contract holds."""

from typing import Any

import pytest

from apps.connectors.catalog.okta.manifest import MANIFEST, STATES, USERS
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RejectedError
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.catalog.okta_stand_in import CONTRACT

B, K = BusinessClass, FailureKind
TAKEN = "login: An object with this field already exists in the current organization"
SAID: dict[str, tuple[int, str, list[str], BusinessClass, str]] = {
    "the name is taken": (400, "E0000001", [TAKEN], B.DUPLICATE, "email"),
    "no e-mail to sign in with": (
        400, "E0000001", ["login: Username must be in the form of an email address"], B.VALIDATION, "email",
    ),
    "an e-mail that is none": (400, "E0000001", ["email: Does not match required pattern"], B.VALIDATION, "email"),
    "no family name": (400, "E0000001", ["lastName: The field cannot be left blank"], B.VALIDATION, "family"),
    "too long": (400, "E0000001", ["firstName: The field is too long"], B.TOO_LARGE, "given"),
    "two at once": (400, "E0000001", ["firstName: The field is too long", TAKEN], B.TOO_LARGE, "given"),
    "deactivated meanwhile": (403, "E0000038", [], B.VALIDATION, ""),
    "deleted meanwhile": (404, "E0000007", [], B.MISSING_REFERENCE, ""),
    "anything else": (400, "E0000001", ["mobilePhone: odd"], B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    status, code, causes, business_class, field = SAID[what]
    body = {"errorCode": code, "errorSummary": "Refused.", "errorCauses": [{"errorSummary": text} for text in causes]}
    error = record_failure(MANIFEST, status, body, spec=USERS, sent={})
    assert isinstance(error, RejectedError)
    assert len(error.problems) == max(1, len(causes))
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)


PROFILE = {"login": "kim@x.example", "email": "kim@x.example", "firstName": "Kim", "lastName": "Okafor"}
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a person": (
        {"status": "ACTIVE", "profile": {**PROFILE, "employeeNumber": "0017", "title": "Partner"}},
        {"name": "Kim Okafor", "employee_no": "0017", "job_title": "Partner", "email": "kim@x.example", "active": True},
    ),
    "a person with a name to be shown": (
        {"status": "ACTIVE", "profile": {**PROFILE, "displayName": "Kim O."}},
        {"name": "Kim O.", "given": "Kim", "family": "Okafor"},
    ),
    "a person without given name": (
        {"status": "PROVISIONED", "profile": {**PROFILE, "firstName": None}}, {"name": "Okafor", "active": True},
    ),
    "a person who left": ({"status": "DEPROVISIONED", "profile": PROFILE}, {"active": False}),
    "a person who is not let in yet": ({"status": "STAGED", "profile": PROFILE}, {"active": False}),
}  # fmt: skip


@pytest.mark.parametrize(("values", "told"), READ.values(), ids=READ.keys())
def test_a_person_is_read_as_the_canonical_model_has_them(values: dict[str, Any], told: dict[str, Any]) -> None:
    canonical = read_canonical(USERS, {"id": "00u1", "lastUpdated": "2026-11-21T10:15:30.000Z", **values})
    assert {field: canonical.get(field) for field in told} == told


def test_the_sheet_names_nothing_that_the_published_contract_does_not_hold() -> None:
    named = {field.name.removeprefix("profile.") for field in USERS.fields if field.name.startswith("profile.")}
    assert named <= CONTRACT["profile"].keys()
    assert sorted(STATES) == sorted(CONTRACT["status"])
    for field in USERS.fields:
        held = CONTRACT["profile"].get(field.name.removeprefix("profile."), {})
        assert field.max_length == held.get("maxLength")


def test_a_person_becomes_a_user_who_signs_in_with_the_email() -> None:
    person = {"name": "Kim Okafor", "given": "Kim", "family": "Okafor", "email": "kim@x.example", "employee_no": "0017"}
    assert write_outside(USERS, person) == {
        "profile.login": "kim@x.example",
        "profile.email": "kim@x.example",
        "profile.firstName": "Kim",
        "profile.lastName": "Okafor",
        "profile.displayName": "Kim Okafor",
        "profile.employeeNumber": "0017",
    }
