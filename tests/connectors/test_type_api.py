"""The API of the canonical types: what a program reads before it sends or takes records."""

import jsonschema
import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


@pytest.fixture
def program(partner_a: PartnerRef) -> Client:
    with scope.work_in(partner_a):
        owner = create_user(email="o@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery")
        with acting(owner.as_actor()):
            _key, text = create_api_key(name="Program", scopes=[Action.VIEW_FLOWS], customer_id=None)
    return Client(headers={"host": f"{partner_a.slug}.localhost", "authorization": f"Bearer {text}"})


def test_each_type_is_listed_with_the_address_of_its_schema(program: Client) -> None:
    rows = program.get("/api/v1/types/").json()
    assert [row["name"] for row in rows] == list(CANONICAL_TYPES)
    first = rows[0]
    assert (first["title"], first["version"], first["owner"]) == ("Time entry", 1, "Time")
    schema = program.get(first["schema"])
    assert schema.status_code == 200
    jsonschema.Draft202012Validator.check_schema(schema.json())
    assert schema.json()["x-name"] == "TimeEntry"


def test_a_type_that_is_not_there_is_told_with_those_that_are(program: Client) -> None:
    answer = program.get("/api/v1/types/Timesheet/schema/")
    assert answer.status_code == 404
    assert "TimeEntry" in str(answer.json())


def test_nobody_reads_them_without_a_key(partner_a: PartnerRef) -> None:
    assert Client(headers={"host": f"{partner_a.slug}.localhost"}).get("/api/v1/types/").status_code == 401
