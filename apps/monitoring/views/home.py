"""The first page of a partner's people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.listing import csv_of_rows, page_of_rows, read_list
from apps.accounts.page_filters import acting_person
from apps.customers.queries import CutOffLine, list_cut_offs
from apps.monitoring.home_visits import last_visit, record_visit
from apps.monitoring.pages import PartnerHome, Strip
from apps.monitoring.queries.home import (
    CHART_DAYS,
    CUSTOMERS,
    count_by_health,
    fitting_customers,
    get_partner_home,
)
from apps.monitoring.queries.news import list_news
from apps.monitoring.queries.risk import risk_curves
from apps.monitoring.queries.sla_board import count_clocks
from apps.monitoring.queries.trends import Span, held_up_by_cause
from apps.monitoring.views.figures import (
    Detail,
    Tile,
    case_tiles,
    causes_chart,
    money_chart,
    money_tile,
    promises_tile,
    throughput_chart,
)
from apps.tenants.brands import brand_for
from apps.tenants.charts import Chart
from apps.tenants.templatetags.wording import count_words, moment_words

CUT_OFFS_AHEAD = timedelta(hours=48)
FIGURES = "figures"  # asks for the parts that keep themselves up to date, without the charts


@requires(Action.OWN_PROFILE)
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Lead everybody to the first page that is theirs."""
    if acting_person(request).is_customer:
        return redirect("monitoring:customer-home")
    return partner_home(request)


@requires(Action.VIEW_HOME)
def partner_home(request: HttpRequest) -> HttpResponseBase:
    """Show all customers at a glance; the figures ask for themselves again."""
    who, now, state = acting_person(request), timezone.now(), read_list(request, CUSTOMERS)
    cut_offs = list_cut_offs(now=now)
    found = get_partner_home(now=now, person_id=who.user_id, cut_offs=cut_offs)
    rows = fitting_customers(found.customers, state)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    is_part = FIGURES in request.GET
    context: dict[str, Any] = {
        "page": found,
        "list": page_of_rows(request, state.counted("health", count_by_health(found.customers, state)), rows),
        "can_add": who.can(Action.EDIT_CUSTOMERS),
        "can_see_cases": who.can(Action.VIEW_CASES),
        "start_url": _start_url(),
    }
    if found.customers:
        noun = brand_for(getattr(request, "partner", None)).customers_noun or _("Customers")
        near = [line for line in cut_offs if line.next_at <= now + CUT_OFFS_AHEAD]
        context |= _figures(found, near, who, now, customers=noun, is_visit=not is_part and request.method == "GET")
    if is_part:
        return render(request, "monitoring/_home_figures.html", context)
    return _whole_page(request, context, now)


def _whole_page(request: HttpRequest, context: dict[str, Any], now: datetime) -> HttpResponse:
    charts = _charts(context["page"], now) if context["page"].customers else ()
    return render(request, "monitoring/home.html", {**context, "charts": charts})


def _figures(
    found: PartnerHome, cut_offs: Sequence[CutOffLine], who: Actor, now: datetime, *, customers: str, is_visit: bool
) -> dict[str, Any]:
    since = _since(who, now, is_visit=is_visit)
    return {
        "tiles": _tiles(found, who, cut_offs, now, customers=customers),
        "news": list_news(since=since, now=now, reader=who),
        "since_words": since_words(since, now),
        "cut_offs": cut_offs,
    }


def _since(who: Actor, now: datetime, *, is_visit: bool) -> datetime:
    if is_visit and who.user_id:
        return record_visit(who.user_id, now=now)
    return last_visit(who.user_id, now=now)


def _start_url() -> str:
    """Return where a new customer is begun: the onboarding, else the plain form."""
    try:
        return reverse("flows:onboarding-start")
    except NoReverseMatch:
        return reverse("customers:customer-create")


def since_words(since: datetime, now: datetime) -> str:
    """Return a moment as people say it, in the reader's own zone: "yesterday 17:12"."""
    then, here = timezone.localtime(since), timezone.localtime(now)
    figures = {"time": f"{then:%H:%M}", "weekday": date_format(then, "l")}
    ago = (here.date() - then.date()).days
    if ago == 0:
        return _("today %(time)s") % figures
    if ago == 1:
        return _("yesterday %(time)s") % figures
    return _("%(weekday)s %(time)s") % figures if ago < 7 else moment_words(since)


def _tiles(
    found: PartnerHome, who: Actor, cut_offs: Sequence[CutOffLine], now: datetime, *, customers: str
) -> list[Tile]:
    strip = found.strip
    cases = reverse("monitoring:case-list") if who.can(Action.VIEW_CASES) else ""
    return [
        replace(money_tile(strip.at_risk, cases, strip.at_risk_before), line=strip.at_risk_line),
        *case_tiles(strip.cases, cases),
        promises_tile(count_clocks(now), _board(who)),
        _customers_tile(strip, customers),
        _connections_tile(strip, who),
        _cut_offs_tile(cut_offs),
        _today_tile(strip, who, cases),
    ]


def _board(who: Actor) -> str:
    return reverse("monitoring:sla-list") if who.can(Action.VIEW_CUSTOMERS) else ""


def _customers_tile(strip: Strip, noun: str) -> Tile:
    worst = "danger" if strip.red else "warning" if strip.amber else "success" if strip.green else "neutral"
    parts = (
        (strip.red, ngettext("%(count)s blocked", "%(count)s blocked", strip.red), "red", "danger"),
        (strip.amber, ngettext("%(count)s needs attention", "%(count)s need attention", strip.amber), "amber", "warning"),
        (strip.green, ngettext("%(count)s healthy", "%(count)s healthy", strip.green), "green", "success"),
        (strip.grey, ngettext("%(count)s without records yet", "%(count)s without records yet", strip.grey), "grey", "neutral"),
    )  # fmt: skip
    details = tuple(
        Detail(words % {"count": count_words(number)}, f"?health={colour}#customers", tone)
        for number, words, colour, tone in parts
        if number
    )
    number = strip.red + strip.amber + strip.green + strip.grey
    tile = Tile.counted("customers", noun, number, icon="building", link="#customers", tone=worst)
    return tile.with_details(details)


def _connections_tile(strip: Strip, who: Actor) -> Tile:
    link = f"{reverse('connectors:connection-list')}?state=attention" if who.can(Action.VIEW_CONNECTIONS) else ""
    broken = strip.broken_connections
    tile = Tile.counted(
        "connections",
        _("Connections needing attention"),
        broken,
        icon="plug",
        link=link,
        tone="danger" if broken else "success",
    )
    return tile if broken else tile.saying(_("All of them work."))


def _cut_offs_tile(cut_offs: Sequence[CutOffLine]) -> Tile:
    tile = Tile.counted(
        "cut-offs",
        _("Cut-offs within 48 hours"),
        len(cut_offs),
        icon="calendar-due",
        link="#cut-offs" if cut_offs else "",
        tone="warning" if cut_offs else "neutral",
    )
    if not cut_offs:
        return tile.saying(_("None is near."))
    first = cut_offs[0]
    return tile.saying(_("first: %(name)s, %(customer)s") % {"name": first.name, "customer": first.customer})


def _today_tile(strip: Strip, who: Actor, cases: str) -> Tile:
    runs = reverse("flows:run-list") if who.can(Action.VIEW_RUNS) else ""
    tile = Tile.counted("written", _("Written today"), strip.written, icon="arrows-exchange", link=runs)
    rejected = Detail(_("%(number)s rejected") % {"number": count_words(strip.rejected)}, cases, "danger")
    read = _("of %(number)s read") % {"number": count_words(strip.read)}
    return tile.saying(read if strip.read else _("nothing read yet today")).with_details(
        (rejected,) if strip.rejected else ()
    )


def _charts(found: PartnerHome, now: datetime) -> tuple[Chart, ...]:
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    return (
        throughput_chart(now.date(), CHART_DAYS),
        money_chart(risk_curves(found.risk_days, found.strip.at_risk, of=Span(CHART_DAYS), now=now, zone=zone), days),
        causes_chart(held_up_by_cause(Span(CHART_DAYS))),
    )
