"""Approvals on screen: what waits for somebody, one question with its facts, and the answer to it."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.listing import Option, choices, csv_of, page_of, read_list
from apps.accounts.models import User
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.connectors.record_words import record_words
from apps.flows.approval_forms import DecisionForm
from apps.flows.models import ApprovalRequest
from apps.flows.queries import approvals as queries
from apps.flows.queries.approval_list import APPROVALS, OWN_APPROVALS, count_views, fitting_approvals, views_of
from apps.flows.queries.approvals import ApprovalRow
from apps.flows.queries.flows import flows, list_customers_to_choose
from apps.flows.services import approvals as services
from apps.flows.services.approvals import ApprovalClosedError, ApprovalError


@requires(Action.APPROVE)
@require_safe
def approval_list(request: HttpRequest) -> HttpResponseBase:
    """List the questions that wait for the reader; others by the filters."""
    who = acting_person(request)
    options = {"flow": _flow_choices(who)}
    if not who.is_customer:
        options["customer"] = choices(list_customers_to_choose())
    state = read_list(request, OWN_APPROVALS if who.is_customer else APPROVALS, options)
    views = views_of(who)
    state = state.counted("view", count_views(views))
    fitting = fitting_approvals(state, views)
    if state.wants_csv:
        return csv_of(state, fitting, _rows)
    context = {"list": page_of(request, state, fitting, _rows), "is_customer": who.is_customer}
    return render(request, "flows/approval_list.html", context)


@requires(Action.APPROVE)
@require_safe
def approval_detail(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Show one question: what it is about, what was said, and the answer to give."""
    return _page(request, queries.get_approval(request_id, acting_person(request)), DecisionForm())


@requires(Action.APPROVE)
@require_POST
@once
def approval_decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take the answer; what is wrong with it is said beside it, and nothing typed is lost."""
    question, form = queries.get_approval(request_id, acting_person(request)), DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, question, form)
    try:
        ended = services.decide(question.id, person=_person(request), **form.cleaned_data)
    except ApprovalClosedError as error:
        messages.info(request, str(error))
        return redirect("flows:approval-detail", question.id)
    except ApprovalError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, question, form)
    messages.success(request, thanks(ended))
    return redirect("flows:approval-list")


def thanks(question: ApprovalRequest) -> str:
    """Return what is said after an answer was taken."""
    if question.state == ApprovalRequest.State.APPROVED:
        return _("Approved. The record goes on.")
    if question.state == ApprovalRequest.State.REJECTED:
        return _("Refused. The record stops here, and whoever looks after it reads why.")
    return _("Your answer is kept. It still waits for somebody else's.")


def _page(request: HttpRequest, question: ApprovalRequest, form: DecisionForm) -> HttpResponse:
    who = acting_person(request)
    page = queries.page_of_approval(question, _person(request))
    record = "monitoring:customer-record" if who.is_customer else "flows:operation-detail"
    context = {
        "page": page,
        "form": form,
        "record": record_words(question.operation.label),
        "record_url": reverse(record, args=[question.operation_id]),
        "crumbs": [{"label": _("Approvals"), "url": reverse("flows:approval-list")}, {"label": question.question}],
        "is_customer": who.is_customer,
    }
    return render(request, "flows/approval_detail.html", context, status=400 if form.errors else 200)


def _person(request: HttpRequest) -> User | None:
    user_id = acting_person(request).user_id
    return User.objects.filter(id=user_id).first() if user_id else None


def _rows(shown: Sequence[ApprovalRequest]) -> list[ApprovalRow]:
    return queries.rows_of(shown)


def _flow_choices(who: Actor) -> list[Option]:
    asked = queries.in_sight(who).order_by().values("flow_id").distinct()
    found = flows().filter(id__in=asked)
    return choices((flow.id, flow.name if who.is_customer else f"{flow.name}, {flow.customer.name}") for flow in found)
