"""The first page of a partner's people."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person, address, asked_page, asked_words, turned_pages
from apps.monitoring.health import Colour
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.pages import Chip, PartnerHome, Strip
from apps.monitoring.queries.home import CUSTOMERS_A_PAGE, get_partner_home
from apps.tenants.templatetags.wording import count_words, money_words

_COLOURS = (
    (Colour.RED, "Blocked", "danger"),
    (Colour.AMBER, "Need attention", "warning"),
    (Colour.GREEN, "Healthy", "success"),
    (Colour.GREY, "No record yet", "neutral"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the strip with its rows behind it; `link` "" for those who may not see the rows."""

    label: str
    number: str
    hint: str
    tone: str
    icon: str
    link: str


@dataclass(frozen=True, slots=True)
class ColourShare:
    """How many customers are of one colour."""

    label: str
    count: int
    tone: str
    url: str


@requires(Action.OWN_PROFILE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead everybody to the first page that is theirs."""
    if acting_person(request).is_customer:
        return redirect("monitoring:customer-home")
    return partner_home(request)


@requires(Action.VIEW_HOME)
def partner_home(request: HttpRequest) -> HttpResponse:
    """Show all customers at a glance; the live part asks for itself again."""
    who = acting_person(request)
    page = get_partner_home(
        now=timezone.now(), person_id=who.user_id, colour=asked_words(request, "health"), page=asked_page(request)
    )
    context = {
        "page": page,
        "tiles": _tiles(page.strip, who),
        "shares": _shares(page.strip),
        "chips": _chips(request, page),
        "words": _words(page),
        "live_url": _live_url(page),
        "can_add": who.can(Action.EDIT_CUSTOMERS),
        "can_see_cases": who.can(Action.VIEW_CASES),
        **turned_pages(request, page=page.page, pages=page.pages),
    }
    part = request.headers.get("HX-Request")
    return render(request, "monitoring/_home_live.html" if part else "monitoring/home.html", context)


def _tiles(strip: Strip, who: Actor) -> list[Tile]:
    cases = reverse("monitoring:case-list") if who.can(Action.VIEW_CASES) else ""
    broken = f"{reverse('connectors:connection-list')}?state=attention" if who.can(Action.VIEW_CONNECTIONS) else ""
    return [
        _money_tile(strip.at_risk, cases),
        Tile(
            "Open exceptions",
            count_words(strip.open_cases),
            "each one cause, however many records",
            "danger" if strip.open_cases else "success",
            "alert-triangle",
            cases,
        ),
        Tile("Yours", count_words(strip.mine), "assigned to you", "brand", "user-check", _with(cases, view="mine")),
        Tile(
            "Overdue",
            count_words(strip.late),
            "past the agreed time",
            "danger" if strip.late else "neutral",
            "clock",
            _with(cases, view="overdue"),
        ),
        Tile(
            "Connections",
            count_words(strip.broken_connections),
            "need attention" if strip.broken_connections else "all in working order",
            "danger" if strip.broken_connections else "neutral",
            "plug",
            broken,
        ),
    ]


def _money_tile(sums: Sequence[Sum], cases: str) -> Tile:
    if not sums:
        return Tile("Money at risk", "None", "nothing is held up", "success", "coin", cases)
    first, *others = (_sum_words(part) for part in sums)
    records = sum(part.records for part in sums)
    over = f"in {records:,} {'record' if records == 1 else 'records'} held up"
    return Tile("Money at risk", first, " · ".join([*others, over]), "danger", "coin", cases)


def _sum_words(part: Sum) -> str:
    about = "≈ " if part.quality is Quality.ESTIMATED else ""
    return f"{about}{money_words(part.amount, part.currency)}"


def _with(url: str, **query: str) -> str:
    return f"{url}?{urlencode(query)}" if url else ""


def _shares(strip: Strip) -> list[ColourShare]:
    return [
        ColourShare(label, _count(strip, colour), tone, f"?health={colour}#customers")
        for colour, label, tone in _COLOURS
    ]


def _count(strip: Strip, colour: Colour) -> int:
    return {
        Colour.RED: strip.red,
        Colour.AMBER: strip.amber,
        Colour.GREEN: strip.green,
        Colour.GREY: strip.grey,
    }[colour]


def _chips(request: HttpRequest, page: PartnerHome) -> list[Chip]:
    strip = page.strip
    everyone = strip.red + strip.amber + strip.green + strip.grey
    return [
        Chip("All", f"{address(request, health='')}#customers", not page.colour, everyone),
        *[
            Chip(
                label,
                f"{address(request, health=colour)}#customers",
                page.colour == colour,
                _count(strip, colour),
            )
            for colour, label, _ in _COLOURS
        ],
    ]


def _words(page: PartnerHome) -> str:
    if page.pages == 1:
        return ""
    first = (page.page - 1) * CUSTOMERS_A_PAGE + 1
    return f"{first:,} to {first + len(page.customers) - 1:,} of {page.fitting:,}"


def _live_url(page: PartnerHome) -> str:
    query = {"health": page.colour, "page": str(page.page) if page.page > 1 else ""}
    kept = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse('monitoring:home')}{'?' if kept else ''}{kept}"
