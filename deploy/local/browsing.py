"""Going through the portal as a person would: sign in, follow links, wait until a page stands still, change the window."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Error, Page, ViewportSize

from deploy.local.summary import SignIn

WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
SIGN_IN = "/accounts/login/"
SETTLED_WITHIN_MS = 10_000
_ROW = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)|(?<=/(?:mapping|systems)/)[^/]+|(?<=/connections/new/)[^/]+"
)
_NEVER = re.compile(r"logout|\.csv|\.pdf|/pdf/|/api/|/static/|/in/|download|export")
# Pictures are fetched and fonts are there, every chart is drawn (or has given up and shows its table), htmx rests.
_STANDS_STILL = """() => document.fonts.status === "loaded"
    && [...document.images].every((one) => one.complete || one.loading === "lazy")
    && [...document.querySelectorAll("[data-chart]:has(.chart-picture)")].every((one) => one.matches(".chart-drawn, .chart-as-table"))
    && !document.querySelector(".htmx-request")"""


def pattern_of(url: str) -> str:
    """Return the address without the ids in it: one picture per kind of page is enough."""
    return _ROW.sub("id", urlsplit(url).path)


def links_of(page: Page) -> Iterator[str]:
    """Yield the addresses that a page of this portal links to, without those that would change or download something."""
    here = urlsplit(page.url)
    for href in page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"):
        parts = urlsplit(urljoin(page.url, href))
        if parts.netloc == here.netloc and parts.scheme == here.scheme and not _NEVER.search(parts.path):
            yield parts._replace(query="", fragment="").geturl()


def sign_in(page: Page, person: SignIn) -> None:
    """Sign in as a person would, by the form."""
    page.goto(urljoin(person.address, SIGN_IN))
    page.fill("input[name=login]", person.email)
    page.fill("input[name=password]", person.password)
    page.locator("form:has(input[name=password]) [type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def settle(page: Page) -> str:
    """Wait until a page stands still, its charts drawn. Returns a complaint when it does not, "" when all is well."""
    page.wait_for_load_state("load")
    try:
        page.wait_for_function(_STANDS_STILL, timeout=SETTLED_WITHIN_MS)
    except Error:
        return f"{pattern_of(page.url)} does not come to rest: a chart, a picture or a request is waiting"
    return ""


def resize(page: Page, size: ViewportSize) -> None:
    """Give the window another size, and wait until the page has it: the browser tells it a little later."""
    page.set_viewport_size(size)
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=[size["width"], size["height"]]
    )
