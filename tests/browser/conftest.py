"""A real Chromium in front of a real web server, on the tests' own database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from apps.tenants import brands, domains
from deploy.local import vendor_frontend
from deploy.local.browser import HOW_TO_GET_IT, find_browser
from deploy.local.browsing import WIDE
from deploy.local.places import Places
from tests.architecture.house import build_house
from tests.browser.site import Site, close_connections, served
from tests.browser.tab import Tab
from tests.conftest import _empty_tables
from tests.sandbox_server import SandboxServer

OpenTab = Callable[[str], Tab]
FOUNDED_SECONDS = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything of this folder: `-m "not browser"` leaves it out."""
    for one in items:
        if "tests/browser/" in one.path.as_posix():
            one.add_marker("browser")
            # The first test of a file founds the whole house: on a busy machine that alone takes minutes.
            one.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="module")
def chromium(site: "Site") -> Iterator[Browser]:
    """The distribution's Chromium; without one these tests fail and say how to get it.

    Opened after the site and closed before it: while it is open, this thread may not use the database.
    """
    program = find_browser()
    if program is None:
        pytest.fail(HOW_TO_GET_IT, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    credentials_key: None,
    sandbox: SandboxServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The inhabited house, served."""
    vendor_frontend.ensure(Places())
    hands = ThreadPoolExecutor(1, thread_name_prefix="hands")
    with django_db_blocker.unblock():
        domains.forget_hosts()
        brands._remembered.clear()
        try:
            house = hands.submit(build_house, sandbox).result(FOUNDED_SECONDS)
            with served(tmp_path_factory.mktemp("web") / "web.log") as port:
                yield Site(port, house, hands)
        finally:  # also of a house that was founded by half: the next file founds it anew
            hands.submit(close_connections).result(FOUNDED_SECONDS)
            hands.submit(_empty_tables).result(FOUNDED_SECONDS)
    hands.shutdown()


@pytest.fixture
def open_tab(chromium: Browser, site: Site) -> Iterator[OpenTab]:
    """Return a function that opens a tab, signed in as somebody of the house; no tab may have complained at the end."""
    tabs: list[Tab] = []

    def open_as(label: str) -> Tab:
        visitor = site.visitor(label)
        context = chromium.new_context(viewport=WIDE, locale="en-GB", timezone_id="Europe/Berlin")
        tab = Tab(context.new_page(), site, visitor.host)
        tabs.append(tab)
        if visitor.role is not None:
            tab.sign_in(visitor)
        return tab

    yield open_as
    problems = [problem for tab in tabs for problem in tab.problems]
    for tab in tabs:
        tab.page.context.close()
    assert not problems, "\n".join(problems)
