"""Connecting a database through the pages: what is asked for, what the test tells, and what must not be in an address."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.services import clean_address
from apps.connectors.sheet_terms import Transport
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.connectors.sql_server import PASSWORD, database, port
from tests.connectors.sql_server import settings as database_settings
from tests.lines import Line


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with connections."""
    return make_line()


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        address = "owner@alder.example"
        known = User.objects.filter(email=address).first()
        client.force_login(
            known or create_user(email=address, name="Owner", role=Role.OWNER, password="correct horse battery")
        )
    return client


def test_a_database_is_connected_and_the_test_says_what_can_be_done_there(
    line: Line, owner: Client, settings: Any
) -> None:
    settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{port()}")
    form = owner.get(f"/connections/new/postgresql_tables/?customer={line.customer.id}").content.decode()
    assert "postgresql://db.example.com" in form
    assert "Table of time entries" in form
    typed = {
        "customer": str(line.customer.id),
        "name": "Warehouse",
        "environment": "sandbox",
        "base_url": f"postgresql://127.0.0.1:{port()}",
        "secret_password": PASSWORD,
        **{f"setting_{name}": value for name, value in database_settings().items()},
    }
    made = owner.post("/connections/new/postgresql_tables/", typed)
    assert made.status_code == 302, made.content.decode()
    line.work(Queue.POLL)
    page = owner.get(made["Location"]).content.decode()
    assert f"The sign-in is accepted, as {database()}." in page
    assert "time entries from delivery.time_entries" in page
    assert PASSWORD not in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://db.example.com", "postgresql://db.example.com"),
        ("postgresql://db.example.com/warehouse", "Leave the database out of the address"),
        ("postgresql://me:secret@db.example.com", "postgresql://db.example.com"),
        ("postgresql://10.0.0.1", "postgresql://db.example.com"),
    ],
)
def test_an_address_that_is_no_database_server_is_refused_with_the_mend(address: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_address(address, Transport.SQL)
    assert said in refused.value.message_dict["base_url"][0]
