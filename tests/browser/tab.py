"""One browser tab that remembers everything that went wrong in it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect
from playwright.sync_api import Error as PlaywrightError

from deploy.local.browsing import NARROW, WIDE, resize
from tests.architecture.house import PASSWORD, Visitor
from tests.browser.accessibility import grave_findings
from tests.browser.site import Site

SIGN_IN = "/accounts/login/"
expect.set_options(timeout=20_000)  # a busy machine takes its time; what comes at once is not waited for
# A refused page is part of some tests; the browser reports each on its console as well.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
# What is asked for while somebody types or leaves is given up: htmx reports it in two lines. What fails has a line of its own.
_GIVEN_UP = re.compile(r"htmx:(?:afterRequest|sendAbort), ")
_SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const sticks = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 1 && !one.closest(".calm-nav"));
  return sticks.slice(0, 3).map((one) => one.outerHTML.slice(0, 160)).join(" | ") || "the page is too wide";
}"""


@dataclass
class Tab:
    """A page of the browser at one host, and its complaints: console errors, blocked content, broken answers."""

    page: Page
    site: Site
    host: str
    problems: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Listen to everything the page says."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.where}: script: {error}"))
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)
        self.page.set_default_timeout(15_000)
        self.page.set_default_navigation_timeout(60_000)  # the first page of a cold server on a busy machine

    @property
    def where(self) -> str:
        """The path that is shown."""
        return urlsplit(self.page.url).path

    def _said(self, message: ConsoleMessage) -> None:
        said = message.text
        if message.type == "error" and not (_REFUSED.search(said) or _GIVEN_UP.match(said)):
            self.problems.append(f"{self.where}: console: {said[:400]}")

    def _answered(self, response: Response) -> None:
        self.statuses[urlsplit(response.url).path] = response.status
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self.problems.append(f"{response.status} {response.url}")

    def _failed(self, request: Request) -> None:
        # The browser gives up polls of a page that is left: those are no failures.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.problems.append(f"{request.url}: {request.failure}")

    def go(self, path: str) -> Response | None:
        """Open a path and wait until it is complete.

        A page that renews itself at the same moment (its state has changed) takes the way for its own: then it is asked for
        again, as a person does.
        """
        address = self.site.address(self.host, path)
        try:
            response = self.page.goto(address)
        except PlaywrightError as crossed:
            if "ERR_ABORTED" not in crossed.message:
                raise
            self.page.wait_for_load_state("load")
            response = self.page.goto(address)
        self.page.wait_for_load_state("load")
        return response

    def sign_in(self, visitor: Visitor, password: str = PASSWORD) -> None:
        """Sign in by the form, as a person does."""
        self.go(SIGN_IN)
        self.page.get_by_label("E-mail").fill(visitor.email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_load_state("load")

    def click(self, name: str, *, role: str = "link", exact: bool = True) -> None:
        """Click the first thing of a role with these words, and wait for what follows."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]  # a plain word
        self.page.wait_for_load_state("load")

    def shows(self, words: str | re.Pattern[str]) -> None:
        """Wait until the page's main part shows these words."""
        expect(self.page.locator("main")).to_contain_text(words, timeout=15_000)

    def tab_to(self, place: Locator, most: int = 150) -> None:
        """Press Tab until the keys are at this place, as somebody without a mouse does."""
        for _ in range(most):
            if place.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.where}: {place} cannot be reached by {most} tabs")

    def sideways(self) -> str:
        """Return what makes the page wider than the window, "" when nothing does."""
        return str(self.page.evaluate(_SIDEWAYS))

    def looks_right(self, *, only_brand: bool = False) -> None:
        """Look at the present page narrow and wide, light and dark: nothing may stick out, and nobody may be kept out.

        `only_brand` judges what differs between two brands, colours and widths: the rest was judged with the other.
        """
        for size in (NARROW, WIDE):
            resize(self.page, size)
            if sticking := self.sideways():
                self.problems.append(f"{self.where}: wider than {size['width']} px: {sticking}")
        for scheme in ("light", "dark"):  # which move nothing
            # Without motion, so that no colour is judged half-way to another.
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for finding in grave_findings(self.page, only_colours=only_brand or scheme == "dark"):
                self.problems.append(f"{self.where} ({scheme}): {finding}")
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
