"""`make screenshots`: sign in as every person of the running demo, follow every link once, and keep a picture of each page.

Pictures go to `screenshots/<portal>/<person>/`: wide and narrow, light and dark. A page that answers with an error of the
server, or whose console complains (a blocked script or style, say), is listed and makes the command fail. It can be
narrowed to people and pages: `make screenshots ARGS="owner@alder.example --pages=/flows/,/reports/"` (a stranger is
called `stranger`). `make screenshots ARGS=--guides` takes the pictures of the README and the guides anew.
"""

import argparse
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Error, Page, Response, ViewportSize, sync_playwright

from deploy.local import demo, guide_pictures, summary
from deploy.local.browser import HOW_TO_GET_IT, find_browser
from deploy.local.browsing import NARROW, SIGN_IN, WIDE, links_of, pattern_of, resize, settle, sign_in
from deploy.local.places import Places
from deploy.local.summary import SignIn

STRANGER = "stranger"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_PAGES = 120
TALLEST = 6000
Prefixes = tuple[str, ...]


@dataclass
class Album:
    """Where one person's pictures go, and what went wrong on the way."""

    folder: Path
    wanted: Prefixes = ()
    problems: list[str] = field(default_factory=list)
    pages: int = 0
    seconds: float = 0.0

    def wants(self, pattern: str) -> bool:
        """Return whether pages of this kind are to be photographed."""
        return not self.wanted or pattern.startswith(self.wanted)


def picture_name(number: int, pattern: str) -> str:
    """Return a file name that sorts in the order of the visit and says which page it is."""
    words = re.sub(r"[^a-z0-9]+", "-", pattern.lower()).strip("-")
    return f"{number:02d}-{words or 'home'}"


def photograph(page: Page, album: Album, pattern: str, *, whole: bool = True) -> None:
    """Keep pictures of the page (all of it, or the window), wide and narrow, light and dark."""
    album.pages += 1
    name = picture_name(album.pages, pattern)
    for size in (WIDE, NARROW):
        resize(page, size)
        if whole:
            _grow(page, size)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            album.problems += filter(None, [settle(page)])
            page.screenshot(path=album.folder / f"{name}-{size['width']}-{scheme}.png", animations="disabled")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    resize(page, WIDE)


def _grow(page: Page, size: ViewportSize) -> None:
    # As tall a window as the page, so that what sticks to the window's edges stands where it belongs.
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    if height > size["height"]:
        resize(page, ViewportSize(width=size["width"], height=min(height, TALLEST)))


def walk(page: Page, start: str, album: Album) -> None:
    """Visit every kind of page that can be reached by links, each once; photograph those that are wanted."""
    waiting: list[str] = [start]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        url = waiting.pop(0)
        if pattern_of(url) in seen:
            continue
        response = page.goto(url)
        _judge(response, album)
        landed = pattern_of(page.url)
        is_new = landed not in seen
        seen |= {pattern_of(url), landed}
        if is_new and album.wants(landed):
            photograph(page, album, landed)
        waiting += [link for link in links_of(page) if pattern_of(link) not in seen]


def photograph_palette(page: Page, start: str, album: Album) -> None:
    """Open the command palette over the first page and look for something, as a person would."""
    page.goto(start)
    settle(page)
    page.keyboard.press("Control+k")
    page.fill("#palette-input", "approved time")
    page.wait_for_function("document.querySelector('#palette-results').children.length > 0")
    photograph(page, album, "/palette/", whole=False)


def _judge(response: Response | None, album: Album) -> None:
    if response is not None and response.status >= 400:
        album.problems.append(f"{response.status} {response.url}")


def _watch(page: Page, album: Album) -> None:
    def note(words: str) -> None:
        album.problems.append(f"{pattern_of(page.url)} {words}")

    page.on("console", lambda line: note(f"console: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda problem: note(f"script: {problem}"))


def _portal(address: str) -> str:
    return (urlsplit(address).hostname or "portal").split(".")[0]


def visit(browser: Browser, address: str, person: SignIn | None, folder: Path, wanted: Prefixes = ()) -> Album:
    """Photograph everything one person can see, or a stranger: the sign-in page and where it leads."""
    role = person.role if person else STRANGER
    album = Album(folder / _portal(address) / re.sub(r"[^a-z0-9]+", "-", role.lower()), wanted)
    shutil.rmtree(album.folder, ignore_errors=True)
    album.folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", locale="en-GB")
    page, began = context.new_page(), time.monotonic()
    _watch(page, album)
    try:
        if person:
            sign_in(page, person)
        walk(page, address if person else urljoin(address, SIGN_IN), album)
        if person and album.wants("/palette/"):
            photograph_palette(page, address, album)
    except Error as problem:
        album.problems.append(f"{page.url}: {problem.message.splitlines()[0]}")
    finally:
        context.close()
    album.seconds = time.monotonic() - began
    return album


def take_all(browser: Browser, people: Sequence[SignIn], folder: Path, chosen: argparse.Namespace) -> bool:
    """Photograph what is wanted, as strangers and as people, telling how it goes. True when nothing was wrong."""
    visitors: list[tuple[str, SignIn | None]] = [
        (address, None) for address in dict.fromkeys(p.address for p in people)
    ]
    visitors += [(person.address, person) for person in people]
    is_well = True
    for address, person in visitors:
        if chosen.people and (person.email if person else STRANGER) not in chosen.people:
            continue
        album = visit(browser, address, person, folder, chosen.pages)
        print(f"  {album.folder.relative_to(folder.parent)}: {album.pages} pages in {album.seconds:.0f} s", flush=True)
        for problem in dict.fromkeys(album.problems):
            print(f"      {problem}", flush=True)
            is_well = False
    return is_well


def arguments_of(words: Sequence[str]) -> argparse.Namespace:
    """Return what is wanted: `people` (mail addresses), `pages` (beginnings of addresses), `guides`."""
    reader = argparse.ArgumentParser(prog="make screenshots", description="Photograph the running demo.")
    reader.add_argument(
        "people", nargs="*", help="mail addresses of the demo's people, or 'stranger'; none: all of them"
    )
    reader.add_argument(
        "--pages", type=_prefixes, default=(), help="only pages that begin like this: /flows/,/reports/"
    )
    reader.add_argument("--guides", action="store_true", help="take the pictures of the README and the guides anew")
    return reader.parse_args(words)


def _prefixes(words: str) -> Prefixes:
    return tuple(word.strip() for word in words.split(",") if word.strip())


def main(words: Sequence[str]) -> int:
    """Fill `screenshots/`, or take the guides' pictures. 0 when no page had an error."""
    chosen, places = arguments_of(words), Places()
    found, chromium = summary.read(places.summary), find_browser()
    if chromium is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 1
    if found is None or not demo.is_running(places):
        print("The demo does not run. Start it with: make demo", file=sys.stderr)
        return 1
    if strange := set(chosen.people) - {STRANGER, *(person.email for person in found.sign_ins)}:
        print(f"Nobody of the demo is called {', '.join(sorted(strange))}.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        if chosen.guides:
            is_well = guide_pictures.take_all(browser, found.sign_ins, places.root / "docs" / "images")
        else:
            is_well = take_all(browser, found.sign_ins, places.root / "screenshots", chosen)
        browser.close()
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
