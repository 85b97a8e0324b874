"""The API of connections: what they need, which flows a removal would break, and the removal itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.connectors.models import Connection, Credential
from apps.customers.models import Customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import connect, new_customer

EVERYTHING = (Action.VIEW_CONNECTIONS, Action.EDIT_CONNECTIONS)


@pytest.fixture
def customer(partner_a: PartnerRef) -> Customer:
    return new_customer(partner_a, "Harbour Advisory")


@pytest.fixture
def failing(partner_a: PartnerRef, customer: Customer) -> Connection:
    return connect(partner_a, customer, "PSA", state="attention", state_reason="No such company.")


def _program(partner: PartnerRef, *rights: Action, customer_id: UUID | None = None) -> Client:
    with scope.work_in(partner):
        owner = create_user(email="o@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery")
        with acting(owner.as_actor()):
            _key, text = create_api_key(name="Program", scopes=list(rights), customer_id=customer_id)
    return Client(headers={"host": f"{partner.slug}.localhost", "authorization": f"Bearer {text}"})


def _names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_what_connections_need_is_told_and_narrows_the_list(
    partner_a: PartnerRef, customer: Customer, failing: Connection
) -> None:
    connect(partner_a, customer, "ERP", state="working", last_success_at=timezone.now())
    connect(partner_a, customer, "Old", state="working", last_success_at=timezone.now() - timedelta(days=40))
    program = _program(partner_a, *EVERYTHING)
    assert sorted(_names(program.get("/api/v1/connections/"))) == ["ERP", "Old", "PSA"]
    assert sorted(_names(program.get("/api/v1/connections/?trouble=any"))) == ["Old", "PSA"]
    assert _names(program.get("/api/v1/connections/?trouble=unproven&state=working")) == ["Old"]
    assert program.get("/api/v1/connections/?trouble=nonsense").status_code == 400
    told = program.get(f"/api/v1/connections/{failing.id}/").json()
    assert (told["trouble"]["name"], told["trouble"]["words"]) == ("failing", "No such company.")


def test_a_removal_is_looked_at_and_then_done_with_the_name(
    partner_a: PartnerRef, customer: Customer, failing: Connection
) -> None:
    with scope.work_in(partner_a):
        Credential.objects.create(
            connection=failing, customer_id=customer.id, name="token", sealed=b"x", set_at=timezone.now()
        )
    program, here = _program(partner_a, *EVERYTHING), f"/api/v1/connections/{failing.id}/removal/"
    looked = program.get(here).json()
    assert looked == {
        "is_refused": False,
        "live": [],
        "others": [],
        "records_waiting": 0,
        "open_cases": [],
        "endpoints": 0,
        "secrets": 1,
    }
    wrong = program.post(here, {"name": "Other"}, content_type="application/json")
    assert wrong.status_code == 400
    assert "Type the connection" in wrong.content.decode()
    assert program.post(here, {"name": "PSA"}, content_type="application/json").status_code == 204
    assert program.get(f"/api/v1/connections/{failing.id}/").status_code == 404
    assert program.post(here, {"name": "PSA"}, content_type="application/json").status_code == 404


def test_who_only_looks_may_look_at_a_removal_and_not_do_it(partner_a: PartnerRef, failing: Connection) -> None:
    program, here = _program(partner_a, Action.VIEW_CONNECTIONS), f"/api/v1/connections/{failing.id}/removal/"
    assert program.get(here).status_code == 200
    assert program.post(here, {"name": "PSA"}, content_type="application/json").status_code == 403


def test_a_key_of_one_customer_sees_its_connections_and_removes_none(
    partner_a: PartnerRef, customer: Customer, failing: Connection
) -> None:
    program = _program(partner_a, *EVERYTHING, customer_id=customer.id)
    assert program.get(f"/api/v1/connections/{failing.id}/").json()["trouble"]["name"] == "failing"
    here = f"/api/v1/connections/{failing.id}/removal/"
    assert program.get(here).status_code == 403
    assert program.post(here, {"name": "PSA"}, content_type="application/json").status_code == 403
