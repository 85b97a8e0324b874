"""The first page of a customer's people, and what is on its way for them."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow
from apps.monitoring.queries import customer_topics
from apps.monitoring.queries.customer_home import get_customer_home
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.unposted import list_unposted
from apps.tenants.brands import brand_for

SHOWN_TRANSFERS = 60


def customer_of(request: HttpRequest) -> UUID:
    """Return the customer whose person asks. Raises Http404 for the partner's own people."""
    who = acting_person(request)
    if who.customer_id is None:
        raise Http404("This belongs to a customer's people.")
    return who.customer_id


def partner_name(request: HttpRequest) -> str:
    """Return what the customer calls who works for them: the brand's name."""
    return brand_for(getattr(request, "partner", None)).name


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_home(request: HttpRequest) -> HttpResponse:
    """Show the customer's overview; the live part asks for itself again."""
    customer_id, who, now = customer_of(request), acting_person(request), timezone.now()
    partner = partner_name(request)
    unposted = list_unposted(Reader(is_customer=True, partner=partner, sees_values=True), now=now)
    page = get_customer_home(customer_id, who.customer_name, partner=partner, unposted=unposted, now=now)
    part = request.headers.get("HX-Request")
    return render(
        request,
        "monitoring/_customer_home_live.html" if part else "monitoring/customer_home.html",
        {"page": page, "can_report": who.can(Action.VIEW_REPORTS)},
    )


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_flows(request: HttpRequest) -> HttpResponse:
    """Show each kind of work on its way as a sentence, and what got through day by day."""
    customer_of(request)
    now = timezone.now()
    days = customer_topics.recent_days(now)
    flows = {flow.id: flow for flow in Flow.objects.select_related("target")}
    context = {
        "topics": customer_topics.list_topics(now, days),
        "transfers": customer_topics.transfers(flows, days)[:SHOWN_TRANSFERS],
    }
    part = request.headers.get("HX-Request")
    return render(request, "monitoring/my/_flows_live.html" if part else "monitoring/my/flows.html", context)
