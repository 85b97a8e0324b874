"""`make screenshots`: sign in as every person of the running demo, follow every link once, and keep a picture of each page.

Pictures go to `screenshots/<portal>/<person>/`: wide and narrow, light and dark. A page that answers with an error of the
server, or whose console complains (a blocked script or style, say), is listed and makes the command fail.
`make screenshots ARGS=--readme` takes the README's picture anew, and nothing else.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Error, Page, Response, ViewportSize, sync_playwright

from deploy.local import demo, summary
from deploy.local.browser import HOW_TO_GET_IT, find_browser
from deploy.local.places import Places
from deploy.local.summary import SignIn

WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
README_PICTURE = "docs/images/portal.png"
MOST_PICTURE_BYTES = 400_000
MOST_PAGES = 60
TALLEST = 8000
SIGN_IN = "/accounts/login/"
_ROW = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)|(?<=/mapping/)[^/]+")
_NEVER = re.compile(r"logout|\.csv|\.pdf|/api/|/static/|/in/|download|export")


@dataclass
class Album:
    """Where one person's pictures go, and what went wrong on the way."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    pages: int = 0


def pattern_of(url: str) -> str:
    """Return the address without the ids in it: one picture per kind of page is enough."""
    return _ROW.sub("id", urlsplit(url).path)


def picture_name(number: int, pattern: str) -> str:
    """Return a file name that sorts in the order of the visit and says which page it is."""
    words = re.sub(r"[^a-z0-9]+", "-", pattern.lower()).strip("-")
    return f"{number:02d}-{words or 'home'}"


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


def resize(page: Page, size: ViewportSize) -> None:
    """Give the window another size, and wait until the page has it: the browser tells it a little later."""
    page.set_viewport_size(size)
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=[size["width"], size["height"]]
    )


def photograph(page: Page, album: Album, pattern: str) -> None:
    """Keep pictures of the whole page, wide and narrow, light and dark."""
    album.pages += 1
    name = picture_name(album.pages, pattern)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for size in (WIDE, NARROW):
            resize(page, size)
            height = max(int(page.evaluate("document.documentElement.scrollHeight")), size["height"])
            # As tall a window as the page, so that what sticks to the window's edges stands where it belongs.
            resize(page, ViewportSize(width=size["width"], height=min(height, TALLEST)))
            page.screenshot(path=album.folder / f"{name}-{size['width']}-{scheme}.png")
    page.emulate_media(color_scheme="light")
    resize(page, WIDE)


def walk(page: Page, start: str, album: Album) -> None:
    """Visit every kind of page that can be reached by links, each once."""
    waiting: list[str] = [start]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        url = waiting.pop(0)
        pattern = pattern_of(url)
        if pattern in seen:
            continue
        seen.add(pattern)
        response = page.goto(url)
        page.wait_for_load_state("load")
        _judge(response, album)
        photograph(page, album, pattern)
        waiting += [link for link in links_of(page) if pattern_of(link) not in seen]


def _judge(response: Response | None, album: Album) -> None:
    if response is not None and response.status >= 400:
        album.problems.append(f"{response.status} {response.url}")


def _watch(page: Page, album: Album) -> None:
    page.on("console", lambda line: album.problems.append(f"console: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda problem: album.problems.append(f"script: {problem}"))


def _portal(address: str) -> str:
    return (urlsplit(address).hostname or "portal").split(".")[0]


def visit(browser: Browser, address: str, person: SignIn | None, folder: Path) -> Album:
    """Photograph everything one person can see, or a stranger: the sign-in page."""
    role = person.role if person else "stranger"
    album = Album(folder / _portal(address) / re.sub(r"[^a-z0-9]+", "-", role.lower()))
    album.folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    _watch(page, album)
    try:
        if person:
            sign_in(page, person)
        walk(page, address if person else urljoin(address, SIGN_IN), album)
    except Error as problem:
        album.problems.append(f"{page.url}: {problem.message.splitlines()[0]}")
    finally:
        context.close()
    return album


def take_readme_picture(browser: Browser, person: SignIn, path: Path) -> str:
    """Photograph the home page of one person as the README shows it. Returns a complaint, "" when all is well."""
    page = browser.new_context(viewport=WIDE, color_scheme="light").new_page()
    sign_in(page, person)
    page.goto(person.address)
    page.wait_for_load_state("networkidle")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    page.context.close()
    size = path.stat().st_size
    return f"{path.name} has {size:,} bytes, more than {MOST_PICTURE_BYTES:,}." if size > MOST_PICTURE_BYTES else ""


def take_all(browser: Browser, people: list[SignIn], folder: Path) -> list[Album]:
    """Photograph everything, as strangers and as everybody."""
    shutil.rmtree(folder, ignore_errors=True)
    strangers = dict.fromkeys(one.address for one in people)
    albums = [visit(browser, address, None, folder) for address in strangers]
    return albums + [visit(browser, person.address, person, folder) for person in people]


def main(arguments: list[str]) -> int:
    """Fill `screenshots/`, or take the README's picture. 0 when no page had an error."""
    places = Places()
    found, chromium = summary.read(places.summary), find_browser()
    if chromium is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 1
    if found is None or not demo.is_running(places):
        print("The demo does not run. Start it with: make demo", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if "--readme" in arguments:
            complaint = take_readme_picture(browser, found.sign_ins[0], places.root / README_PICTURE)
            print(complaint or f"  {README_PICTURE} is new")
            return 1 if complaint else 0
        albums = take_all(browser, list(found.sign_ins), places.root / "screenshots")
        browser.close()
    for album in albums:
        print(f"  {album.folder.relative_to(places.root)}: {album.pages} pages")
        for problem in dict.fromkeys(album.problems):
            print(f"      {problem}")
    return 1 if any(album.problems for album in albums) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
