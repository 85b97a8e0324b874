"""One inhabited house per module: building it is the slow part, and every request in it is taken back."""

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from apps.tenants import brands, domains
from tests.architecture.house import House, build_house
from tests.conftest import _empty_tables
from tests.sandbox_server import SandboxServer


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, credentials_key: None, sandbox: SandboxServer
) -> Iterator[House]:
    """Two partners, three customers with run flows and open cases, and everybody who can sign in."""
    with django_db_blocker.unblock():
        domains.forget_hosts()
        brands._remembered.clear()
        yield build_house(sandbox)
        for alias in ("default", "owner"):
            connections[alias].close()
        _empty_tables()
