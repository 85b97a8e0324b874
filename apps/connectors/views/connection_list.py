"""The page that lists the connections, and what can be done with many of them at once."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import BulkAction, csv_of, page_of, read_list, read_selection
from apps.accounts.page_filters import acting_person
from apps.connectors import connection_tests
from apps.connectors.attention import look_now
from apps.connectors.connection_list import (
    CONNECTIONS,
    connection_choices,
    connection_rows,
    counted_by_trouble,
    fitting_connections,
)
from apps.connectors.models import Connection


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def connection_list(request: HttpRequest) -> HttpResponseBase:
    """List the connections."""
    state, look = read_list(request, CONNECTIONS, connection_choices()), look_now()
    fitting, build = fitting_connections(state, look), partial(connection_rows, look=look)
    if state.wants_csv:
        return csv_of(state, fitting, build)
    who = acting_person(request)
    bulk = (_test_all(),) if who.can(Action.TEST_CONNECTIONS) else ()
    context = {
        "list": page_of(request, counted_by_trouble(state, look), fitting, build, bulk=bulk),
        "can_edit": who.can(Action.EDIT_CONNECTIONS),
        "can_test": who.can(Action.TEST_CONNECTIONS),
        "can_see_flows": who.can(Action.VIEW_FLOWS),
    }
    return render(request, "connectors/connection_list.html", context)


@requires(Action.TEST_CONNECTIONS)
@require_POST
def connection_test_many(request: HttpRequest) -> HttpResponse:
    """Ask for a test of each selected connection; those switched off are left out."""
    chosen = read_selection(request, CONNECTIONS, connection_choices())
    found = list(chosen.narrow(fitting_connections(chosen.state, look_now())))
    on = [connection for connection in found if connection.state != Connection.State.DISABLED]
    for connection in on:
        connection_tests.request_test(connection)
    if on:
        messages.success(request, _asked_words(len(on)))
    if len(found) > len(on):
        messages.warning(request, _off_words(len(found) - len(on)))
    if not found:
        messages.error(request, _("None of the selected connections is here any more: nothing was tested."))
    return redirect(f"{reverse('connectors:connection-list')}{chosen.state.address()}")


def _test_all() -> BulkAction:
    return BulkAction(
        name="test",
        label=gettext_lazy("Test"),
        url=reverse("connectors:connection-test-many"),
        question=gettext_lazy("Test these connections?"),
        text=gettext_lazy("Each signs in and reads a little. Nothing is written. Those switched off are left out."),
        icon="plug",
    )


def _asked_words(number: int) -> str:
    words = ngettext("%(number)s connection is being tested.", "%(number)s connections are being tested.", number)
    return words % {"number": number}


def _off_words(number: int) -> str:
    words = ngettext(
        "%(number)s is switched off and was left out.", "%(number)s are switched off and were left out.", number
    )
    return words % {"number": number}
