"""Changes on screen: the inbox, one change with everything it is decided by, and what people do about it."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import choices, csv_of, page_of, read_list
from apps.accounts.models import User
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.flows.change_forms import ChangeDecisionForm
from apps.flows.models import ChangeRequest
from apps.flows.queries import changes as queries
from apps.flows.queries.change_list import CHANGES, count_views, fitting_changes, views_of
from apps.flows.queries.changes import ChangeRow
from apps.flows.queries.flows import get_flow, list_customers_to_choose
from apps.flows.queries.versions import get_version
from apps.flows.services import change_requests as services
from apps.flows.services.change_requests import ChangeClosedError, ChangeError
from apps.flows.services.publish import OvertakenError
from apps.flows.views.mapping_refusals import refusals_told


@requires(Action.VIEW_FLOWS)
@require_safe
def change_list(request: HttpRequest) -> HttpResponseBase:
    """List the changes that are asked for; others by the filters."""
    state = read_list(request, CHANGES, {"customer": choices(list_customers_to_choose())})
    views = views_of(acting_person(request))
    state = state.counted("view", count_views(views))
    fitting = fitting_changes(state, views)
    if state.wants_csv:
        return csv_of(state, fitting, _rows)
    return render(request, "flows/change_list.html", {"list": page_of(request, state, fitting, _rows)})


@requires(Action.VIEW_FLOWS)
@require_safe
def change_detail(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Show one change: who asks for what and why, what it does, what is missing, and who has said what."""
    return _page(request, queries.get_change(change_id), ChangeDecisionForm())


@requires(Action.APPROVE_CHANGES)
@require_POST
@once
def change_decide(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Take the answer; what is wrong with it is said beside it, and nothing typed is lost."""
    change, form, person = queries.get_change(change_id), ChangeDecisionForm(request.POST), _person(request)
    if not form.is_valid() or person is None:
        return _page(request, change, form)
    try:
        ended = services.decide(change.id, person=person, **form.cleaned_data)
    except ChangeClosedError as error:
        messages.info(request, str(error))
        return redirect("flows:change-detail", change.id)
    except ChangeError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, change, form)
    messages.success(request, _thanks(ended))
    return redirect("flows:change-detail", change.id)


def _thanks(change: ChangeRequest) -> str:
    if change.state == ChangeRequest.State.REFUSED:
        return _("Refused. Whoever asked reads why.")
    if change.state == ChangeRequest.State.APPROVED:
        return _("Approved. It can go live now.")
    return _("Your approval is kept. It still waits for somebody else's.")


@requires(Action.EDIT_FLOWS)
@require_POST
def change_withdraw(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Take a request back."""
    change, who = queries.get_change(change_id), acting_person(request)
    return _done(request, change, lambda: services.withdraw(change.id, by=who.name), _("It is withdrawn."))


@requires(Action.EDIT_FLOWS)
@require_POST
def change_go_live(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Make an approved change live."""
    change, who = queries.get_change(change_id), acting_person(request)
    words = _("Version %(number)s is live. Runs from now on use it.") % {"number": change.version.number}
    return _done(request, change, lambda: services.put_live(change.id, by=who.name), words)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_version_ask(request: HttpRequest, flow_id: UUID, number: int) -> HttpResponse:
    """Ask for a proposed version to go live."""
    flow = get_flow(flow_id)
    version = get_version(flow, number)
    if version is None:
        raise Http404("The flow has no such version.")
    try:
        change = services.ask_for(
            flow, version, by=acting_person(request).name, reason=request.POST.get("reason", "")[:500]
        )
    except ChangeError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-versions", flow.id)
    return redirect("flows:change-detail", change.id)


def _done(request: HttpRequest, change: ChangeRequest, act: Callable[[], object], words: str) -> HttpResponse:
    """Do something about a change; whatever keeps it from being done is said on its page."""
    try:
        with refusals_told(request):
            act()
            messages.success(request, words)
    except (ChangeError, OvertakenError) as error:
        messages.error(request, str(error))
    return redirect("flows:change-detail", change.id)


def _page(request: HttpRequest, change: ChangeRequest, form: ChangeDecisionForm) -> HttpResponse:
    who = acting_person(request)
    context = {
        "page": queries.page_of_change(change, _person(request)),
        "form": form,
        "change": change,
        "flow": change.flow,
        "can_edit": who.can(Action.EDIT_FLOWS),
        "can_decide": who.can(Action.APPROVE_CHANGES),
        "can_mend": who.can(Action.EDIT_CONNECTIONS),
        "crumbs": [{"label": _("Changes"), "url": reverse("flows:change-list")}, {"label": change.flow.name}],
    }
    return render(request, "flows/change_detail.html", context, status=400 if form.errors else 200)


def _person(request: HttpRequest) -> User | None:
    user_id = acting_person(request).user_id
    return User.objects.filter(id=user_id).first() if user_id else None


def _rows(shown: Sequence[ChangeRequest]) -> list[ChangeRow]:
    return queries.rows_of(shown)
