"""The first page of a customer's people."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.monitoring.queries.customer_home import get_customer_home


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_home(request: HttpRequest) -> HttpResponse:
    """Show the customer's overview; the live part asks for itself again."""
    who = acting_person(request)
    if who.customer_id is None:
        raise Http404("This overview belongs to a customer's people.")
    page = get_customer_home(who.customer_id, who.customer_name, now=timezone.now())
    part = request.headers.get("HX-Request")
    return render(
        request, "monitoring/_customer_home_live.html" if part else "monitoring/customer_home.html", {"page": page}
    )
