"""The page that lists the customers."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person
from apps.customers.customer_list import CUSTOMERS, count_by_state, customer_rows, fitting_customers


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """List the customers."""
    state = read_list(request, CUSTOMERS)
    fitting = fitting_customers(state)
    if state.wants_csv:
        return csv_of(state, fitting, customer_rows)
    counted = state.counted("state", count_by_state(state.value("q")))
    context = {
        "list": page_of(request, counted, fitting, customer_rows),
        "can_edit": acting_person(request).can(Action.EDIT_CUSTOMERS),
        "can_see_connections": acting_person(request).can(Action.VIEW_CONNECTIONS),
    }
    return render(request, "customers/customer_list.html", context)
