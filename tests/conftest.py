"""Databases with two provisioned partners, one for each test process and reset after each test."""

import base64
import gc
import os
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.template import Context, Template
from django.test.signals import template_rendered
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from apps.dispatch.backlog import forget_rooms
from apps.flows.triggers import inbox
from apps.tenants import brands, domains, scope
from apps.tenants.models import Partner
from apps.tenants.provisioning import NewPartner, create_partner
from apps.tenants.scope import PartnerRef
from tests.databases import copy_founded, state_of
from tests.tables import close_cleaners, empty_tables

pytest_plugins = ["tests.sandbox_server", "tests.lines", "tests.deals", "tests.wiring", "tests.service_levels"]

# How long drawing values takes says how busy the machine is, and nothing of the product.
hypothesis_settings.register_profile("unhurried", suppress_health_check=[HealthCheck.too_slow], deadline=None)
hypothesis_settings.load_profile("unhurried")

TEST_DATABASE = "fairlead_test"
# What decides which tables a founded database has, and what they hold.
FOUNDED_BY = [settings.BASE_DIR / place for place in ("apps", "config", "requirements/run.txt", "tests/conftest.py")]
# The longest files first, then the folders of long ones. Those that mostly wait (for an answer that never comes, for killed
# processes to return) go beside those that keep a processor busy.
LONGEST = (
    "tenants/test_founding.py",
    "browser/test_pages.py",
    "architecture/test_access_sweep.py",
    "architecture/test_bad_input.py",
    "chaos/",
    "architecture/test_customers_apart.py",
    "conformance/test_failures.py",
    "browser/",
    "architecture/",
    "conformance/",
    "flows/services/",
    "connectors/sandbox/",
    "journeys/",
)
# Files that judge the same answers (tests/architecture/asked.py): one process asks for them once.
TOGETHER = ("tests/architecture/test_access_sweep.py", "tests/architecture/test_white_label.py")
# Parts of files that would keep one process busy long after the others are done; the rest of their file is one more part.
# What they judge they ask for themselves: one founds its house, asks for its pages, and shares neither with another.
PARTS = ("test_bad_input.py", ("[owner-monitoring]", "[owner-flows]"))
FIRST_CACHE = 2  # of the broker's 16 databases; 0 and 1 are the product's own


def _name(worker: str) -> str:
    return f"{os.environ.get('TEST_DATABASE', TEST_DATABASE)}_{worker}"


def pytest_configure() -> None:
    """Give each process a cache of its own: tests empty it, which would undo what another process counts just then."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    location = settings.CACHES["default"]["LOCATION"].rpartition("/")[0]
    settings.CACHES["default"]["LOCATION"] = f"{location}/{FIRST_CACHE + int(worker) % 14}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Look for no garbage while many thousand tests are collected, and never among them: they live until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Leave to one process the files that judge the same answers of the portal, and share out the longest file."""
    return _BySharedAnswers(config, log) if config.getoption("dist") == "loadfile" else None


class _BySharedAnswers(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file in TOGETHER:
            return TOGETHER[0]
        name, parts = PARTS
        part = next((part for part in parts if nodeid.endswith(part)), "") if file.endswith(name) else ""
        return f"{file}{part}"


@pytest.hookimpl(trylast=True)  # after the order was drawn at random
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: a worker that is handed it last keeps the others waiting."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    path = item.path.as_posix()
    return next((rank for rank, place in enumerate(LONGEST) if f"/tests/{place}" in path), len(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def _only_whole_pages_are_noted(django_test_environment: None) -> None:
    """Note for `response.context` what a page was given, and not each icon and option on it: a sixth of a page's time.

    Django's own test environment notes every included template, with a copy of everything it was given.
    """
    under_way = threading.local()

    def render(template: Template, context: Context) -> str:
        if getattr(under_way, "is_page", False):
            return template.nodelist.render(context)
        under_way.is_page = True
        try:
            template_rendered.send(sender=template, template=template, context=context)
            return template.nodelist.render(context)
        finally:
            under_way.is_page = False

    Template._render = render


@pytest.fixture(scope="session", autouse=True)
def credentials_key() -> None:
    """Tests seal credentials with a key of their own."""
    settings.CREDENTIALS_KEY = settings.CREDENTIALS_KEY or base64.b64encode(b"t" * 32).decode()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[None]:
    """Give this process a database with two provisioned partners, copied from the one that the first process founds."""
    name, source = _name(worker_id), _name("founded")
    owner = settings.DATABASES["owner"]
    with django_db_blocker.unblock():
        copy_founded(_admin_dsn(owner), name, source=source, state=state_of(FOUNDED_BY), found=lambda: _found(source))
        _prepare(owner, name)
        _turn_to(name)
    yield
    close_cleaners()
    with django_db_blocker.unblock():
        _close()


def _found(name: str) -> None:
    """Migrate an empty database as the owner, and provision two partners."""
    _prepare(settings.DATABASES["owner"], name)
    _turn_to(name)
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    create_partner(NewPartner("Alder & Quay", "alder", "#0f766e", "#b45309"))
    create_partner(NewPartner("Brightforge", "brightforge", "#6d28d9", "#be185d"))
    _close()


def _turn_to(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def _close() -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        if hasattr(connections[alias], "close_pool"):
            connections[alias].close_pool()


def _admin_dsn(owner: dict[str, Any]) -> str:
    admin_url = os.environ.get("TEST_ADMIN_DATABASE_URL", "")
    if admin_url:
        return admin_url
    raise pytest.UsageError("TEST_ADMIN_DATABASE_URL is not set: run the tests with `make test`.")


def _prepare(owner: dict[str, Any], name: str) -> None:
    from apps.tenants.database_roles import prepare_database

    parts = urlsplit(_admin_dsn(owner))
    prepare_database(
        urlunsplit(parts._replace(path="/postgres")),
        database=name,
        app_password=settings.DATABASES["default"]["PASSWORD"],
        owner_password=owner["PASSWORD"],
    )


@pytest.fixture
def partner_a(db: None) -> PartnerRef:
    """The partner "Alder & Quay" (alder.localhost)."""
    return Partner.objects.get(slug="alder").as_ref()


@pytest.fixture
def partner_b(db: None) -> PartnerRef:
    """The partner "Brightforge" (brightforge.localhost)."""
    return Partner.objects.get(slug="brightforge").as_ref()


@pytest.fixture
def in_partner_a(partner_a: PartnerRef) -> Iterator[PartnerRef]:
    """Run the test inside partner A's scope."""
    with scope.enter(partner_a):
        yield partner_a


@pytest.fixture(autouse=True)
def _forget_what_processes_remember() -> Iterator[None]:
    # The language too: what one test reads in German, the next one on this process would.
    remembered = (domains.forget_hosts, brands._remembered.clear, inbox.forget_addresses, forget_rooms)
    for forget in (*remembered, translation.deactivate, timezone.deactivate):
        forget()
    yield
    for forget in remembered:
        forget()


@pytest.fixture
def clean_cache() -> Iterator[None]:
    """Sign-in rate limits live in the cache: empty it around a test that signs in."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PartnerRef]:
    """Partner A with real commits (threads, other processes, the broker); every table is emptied afterwards."""
    with django_db_blocker.unblock():
        yield Partner.objects.get(slug="alder").as_ref()
        for alias in ("default", "owner"):
            connections[alias].close()
        _empty_tables()


def _empty_tables() -> None:
    empty_tables(_admin_dsn(settings.DATABASES["owner"]))
