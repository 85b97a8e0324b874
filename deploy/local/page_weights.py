"""`make weights`: what the running demo's pages weigh and how long the server takes, first view and later ones.

Bytes are counted as production sends them: text compressed by Brotli at WhiteNoise's strength for files and by gzip for
pages, fonts and pictures as they are. A later view counts only what the browser has not fetched before.
"""

import gzip
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urljoin, urlsplit

import brotli  # type: ignore[import-untyped]
from playwright.sync_api import Error, Page, Response, sync_playwright

from deploy.local import summary
from deploy.local.browser import HOW_TO_GET_IT, find_browser
from deploy.local.browsing import links_of, pattern_of, sign_in
from deploy.local.places import Places
from deploy.local.summary import SignIn

FIRST_KB, LATER_KB = 400, 60
MOST_PAGES = 40
TIMES = 5
_TEXT = re.compile(r"text/|javascript|json|svg")


@dataclass
class Weighed:
    """One page: what it took to show it, and the server's milliseconds for the page itself."""

    pattern: str
    kilobytes: float
    requests: int
    milliseconds: float


@dataclass
class Scales:
    """Adds up what a browser fetches; `known` are the files it has in its cache."""

    known: set[str] = field(default_factory=set)
    bytes: int = 0
    requests: int = 0
    answers: list[Response] = field(default_factory=list)

    def begin(self) -> None:
        """Start a page."""
        self.bytes, self.requests = 0, 0
        self.answers.clear()

    def take(self, answer: Response) -> None:
        """Note an answer of the page that is being opened."""
        self.answers.append(answer)

    def weigh(self) -> None:
        """Add up what came since `begin`."""
        for answer in list(self.answers):
            if answer.status >= 300 or answer.url in self.known:
                continue
            self.requests += 1
            self.bytes += compressed_size(answer)
            if answer.request.resource_type not in {"document", "xhr", "fetch"}:
                self.known.add(answer.url)


def compressed_size(answer: Response) -> int:
    """Return the bytes of an answer's body as production sends it."""
    try:
        body = answer.body()
    except Error:  # fetched ahead, and the page was left before the browser handed it out
        text: str = answer.frame.page.evaluate("async (url) => (await fetch(url)).text()", answer.url)
        body = text.encode()
    if not _TEXT.search(answer.headers.get("content-type", "")):
        return len(body)
    return _size_of_file(body) if "/static/" in answer.url else len(gzip.compress(body, 6))


@cache  # everybody's pages bring the same files, and Brotli takes its time over them
def _size_of_file(body: bytes) -> int:
    return len(brotli.compress(body, quality=11))


def weigh_pages(page: Page, start: str, *, times: int = TIMES) -> Iterator[Weighed]:
    """Yield every kind of page that links lead to, the start page with an empty cache first; `times` 0 does not time the server."""
    scales = Scales()
    page.on("response", scales.take)
    waiting, seen = [start], set[str]()
    while waiting and len(seen) < MOST_PAGES:
        url = waiting.pop(0)
        if pattern_of(url) in seen:
            continue
        seen.add(pattern_of(url))
        scales.begin()
        page.goto(url)
        page.wait_for_load_state("networkidle")
        scales.weigh()
        yield Weighed(
            pattern_of(url), scales.bytes / 1000, scales.requests, _server_time(page, times) if times else 0.0
        )
        waiting += [link for link in links_of(page) if pattern_of(link) not in seen]


def _server_time(page: Page, times: int) -> float:
    """Return the median of some repeats: from the request to the first byte of the answer."""
    took = [
        float(
            page.evaluate(
                """async (url) => {
                    const began = performance.now();
                    const answer = await fetch(url, { headers: { Accept: "text/html" } });
                    await answer.body.getReader().read();
                    return performance.now() - began;
                }""",
                page.url,
            )
        )
        for _ in range(times)
    ]
    return statistics.median(took)


def report(person: SignIn) -> int:
    """Print one person's pages; returns how many are over their budget."""
    over = 0
    with sync_playwright() as playwright:
        program = find_browser()
        if program is None:
            print(HOW_TO_GET_IT, file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        first = browser.new_context(locale="en-GB").new_page()
        sign_in(first, person)
        # The cookies of the signed-in person, in a browser whose cache is empty.
        context = browser.new_context(locale="en-GB", storage_state=first.context.storage_state())
        start = first.url
        first.context.close()
        print(f"\n{person.email}: kB as sent, requests, ms of the server (median of {TIMES})")
        for number, weighed in enumerate(weigh_pages(context.new_page(), start)):
            budget = FIRST_KB if number == 0 else LATER_KB
            mark = "" if weighed.kilobytes <= budget else f"  over {budget} kB"
            over += bool(mark)
            print(
                f"  {weighed.pattern:<52} {weighed.kilobytes:7.1f} {weighed.requests:4d} {weighed.milliseconds:7.0f}{mark}"
            )
        browser.close()
    return over


def main(wanted: list[str]) -> int:
    """Weigh the pages of the named people of the demo, or of everybody. 1 when a page is over its budget."""
    found = summary.read(Places().summary)
    if found is None:
        print("The demo does not run: make demo first.", file=sys.stderr)
        return 1
    people = [person for person in found.sign_ins if not wanted or person.email in wanted]
    # One of each kind per portal is enough: the pages are the same.
    chosen = {(urlsplit(urljoin(person.address, "/")).netloc, person.role): person for person in people}
    return 1 if sum(report(person) for person in chosen.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
