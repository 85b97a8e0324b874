"""Connecting a file server through the pages: the host key is shown before anything is sent, then entered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.connectors.services import clean_address
from apps.connectors.sheet_terms import Transport
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.connectors.sftp_server import PASSWORD, USER, in_background
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


def _typed(line: Line, **changes: str) -> dict[str, str]:
    return {
        "customer": str(line.customer.id),
        "name": "Payroll bureau",
        "environment": "sandbox",
        "secret_sign_in": PASSWORD,
        "setting_user": USER,
        "setting_folder_in": "in",
        "setting_folder_out": "out",
        **changes,
    }


def _page(response: Any) -> str:
    return response.content.decode()


def test_the_test_shows_the_host_key_and_passes_when_it_is_entered(
    line: Line, owner: Client, tmp_path: Path, settings: Any
) -> None:
    with in_background(tmp_path) as server:
        address = f"sftp://127.0.0.1:{server.port}"
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.port}")
        form = _page(owner.get(f"/connections/new/sftp_files/?customer={line.customer.id}"))
        assert "sftp://files.example.com" in form
        made = owner.post("/connections/new/sftp_files/", _typed(line, base_url=address))
        assert made.status_code == 302, _page(made)
        line.work(Queue.POLL)
        assert server.fingerprint in _page(owner.get(made["Location"]))
        assert server.asked == []

        with scope.work_in(line.partner):
            connection = Connection.objects.get(name="Payroll bureau")
        changed = _typed(line, base_url=address, setting_host_key=server.fingerprint)
        assert owner.post(f"/connections/{connection.id}/edit/", changed).status_code == 302
        owner.post(f"/connections/{connection.id}/test/")
        line.work(Queue.POLL)
        page = _page(owner.get(made["Location"]))
        assert "The folder can be read." in page
        assert PASSWORD not in page
        assert set(server.asked) == {USER}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://files.example.com", "sftp://files.example.com"),
        ("sftp://files.example.com/in", "Leave folders out of the address"),
        ("sftp://10.0.0.1", "sftp://files.example.com"),
    ],
)
def test_an_address_that_is_no_file_server_is_refused_with_the_mend(address: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_address(address, Transport.SFTP)
    assert said in refused.value.message_dict["base_url"][0]
