"""The pictures of the README and the guides, taken from the running demo: `make screenshots ARGS=--guides`.

Each is one page as one person sees it, cut to what it is about, with few enough colours to be light. They go to
`docs/images/`; a picture that nothing names any more is for a person to remove.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, Error, Page, ViewportSize

from deploy.local.browsing import SIGN_IN, resize, settle, sign_in
from deploy.local.summary import SignIn

WIDTH = 1440
MOST_BYTES = 300_000
COLOURS = (256, 128, 64)


@dataclass(frozen=True, slots=True)
class GuidePicture:
    """One picture: who opens `path`, what is clicked from there on (selectors, in this order), how high it is cut.

    `email` "" is a stranger at the portal of the demo's first person.
    """

    name: str
    email: str
    path: str
    clicks: tuple[str, ...] = ()
    height: int = 900


OWNER, SUPPORT, FINANCE = "owner@alder.example", "support@alder.example", "finance@alder.example"
CUSTOMER, OPERATOR = "finance@meridian.example", "operator@platform.example"
_MERIDIAN = "main a:has-text('Meridian Consulting')"

PICTURES = (
    GuidePicture("partner-home", OWNER, "/", height=1320),
    GuidePicture("customer-landscape", OWNER, "/customers/", (_MERIDIAN,)),
    GuidePicture(
        "flow",
        OWNER,
        "/flows/",
        ("main tr:has-text('Meridian Consulting') a:has-text('Approved time')", "main >> text='30 days'"),
        height=1240,
    ),
    GuidePicture("onboarding-board", OWNER, "/onboarding/", height=620),
    GuidePicture("onboarding-step", OWNER, "/onboarding/", ("article:has-text('Lindqvist') .board-next a",)),
    GuidePicture("brand-studio", OWNER, "/settings/brand/"),
    GuidePicture("exceptions", SUPPORT, "/exceptions/", ("[data-cause] [data-row]", "[data-case] [data-row]")),
    GuidePicture(
        "exceptions-bulk", SUPPORT, "/exceptions/", ("[data-cause] [data-row]", "[data-picks-cause] >> nth=0")
    ),
    GuidePicture("unposted-time", FINANCE, "/questions/unposted/"),
    GuidePicture("reports", FINANCE, "/reports/", height=820),
    GuidePicture("customer-home", CUSTOMER, "/my/"),
    GuidePicture("customer-needs", CUSTOMER, "/my/needs/", height=760),
    GuidePicture("operator", OPERATOR, "/", height=540),
)


def take_all(browser: Browser, people: Sequence[SignIn], folder: Path) -> bool:
    """Take every picture anew. True when each came out and is light enough."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {person.email: person for person in people}
    complaints = [_take_of(browser, known[email], folder) for email in dict.fromkeys(one.email for one in PICTURES)]
    complaints.append(
        [_take_brands(browser, dict.fromkeys(person.address for person in people), folder / "brands.png")]
    )
    found = [words for of_one in complaints for words in of_one if words]
    for words in found:
        print(f"  {words}")
    return not found


def _take_of(browser: Browser, person: SignIn, folder: Path) -> list[str]:
    context = browser.new_context(
        viewport=ViewportSize(width=WIDTH, height=900),
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    sign_in(page, person)
    complaints = [_take(page, person, one, folder / f"{one.name}.png") for one in PICTURES if one.email == person.email]
    context.close()
    return complaints


def _take(page: Page, person: SignIn, wanted: GuidePicture, path: Path) -> str:
    resize(page, ViewportSize(width=WIDTH, height=wanted.height))
    page.goto(urljoin(person.address, wanted.path))
    settle(page)
    try:
        for selector in wanted.clicks:
            page.locator(selector).first.click(timeout=5_000)
            page.wait_for_load_state("networkidle")
            settle(page)
    except Error as problem:
        return f"{wanted.name}: {problem.message.splitlines()[0]}"
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    page.screenshot(
        path=path,
        animations="disabled",
        clip={"x": 0, "y": 0, "width": WIDTH, "height": wanted.height},
    )
    return lighten(path)


def _take_brands(browser: Browser, addresses: Sequence[str] | dict[str, None], path: Path) -> str:
    """Put the sign-in pages of the first two portals side by side: one product, two brands."""
    size, half = ViewportSize(width=1024, height=704), (WIDTH // 2 - 4, 492)
    sheet = Image.new("RGB", (WIDTH, half[1]), "white")
    for number, address in enumerate(list(addresses)[:2]):
        page = browser.new_context(viewport=size, reduced_motion="reduce", locale="en-GB").new_page()
        page.goto(urljoin(address, SIGN_IN))
        settle(page)
        page.screenshot(path=path, animations="disabled")
        page.context.close()
        with Image.open(path) as taken:
            shown = taken.convert("RGB").resize(half, Image.Resampling.LANCZOS)
        sheet.paste(shown, (number * (WIDTH // 2 + 4), 0))
    sheet.save(path)
    return lighten(path)


def lighten(path: Path) -> str:
    """Reduce a picture's colours until it is light enough. Returns a complaint, "" when all is well."""
    with Image.open(path) as taken:
        picture = taken.convert("RGB")
    for colours in COLOURS:
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return ""
    return f"{path.name} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}: cut it smaller."
