"""What a customer's people see of exceptions: what needs them, what is being done, and how they answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.once import once
from apps.accounts.page_filters import Chip, acting_person, address, asked_page, asked_words, turned_pages
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.forms import CorrectionForm
from apps.flows.models import Operation
from apps.flows.queries.approvals import rows_of
from apps.flows.queries.operations import plain
from apps.flows.services.approvals import open_requests_for
from apps.flows.services.evidence import canonical_values_of
from apps.flows.services.replay import CorrectionError, NothingToReplayError
from apps.flows.services.start_run import FlowNotLiveError
from apps.monitoring import customer_answers
from apps.monitoring.cases import CaseClosedError, CaseError
from apps.monitoring.customer_forms import AnswerForm
from apps.monitoring.customer_pages import Matter, MatterPage
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries import customer_matters, customer_story
from apps.monitoring.queries.ledger_rows import lines_of
from apps.monitoring.views.customer_home import customer_of, partner_name

# Older addresses and links of mails call the customer's own view "customer".
_ALSO_CALLED = {"customer": "yours", "closed": "settled"}
_MOST_IN_A_FILE = 2000
_MOST_APPROVALS = 50  # the rest is in their own list


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_needs(request: HttpRequest) -> HttpResponse:
    """Show everything that waits for the customer, the most urgent first, each with what to do."""
    customer_of(request)
    found = customer_matters.find_matters("yours", asked_page(request), partner=partner_name(request))
    who = acting_person(request)
    approvals = list(open_requests_for(who)[:_MOST_APPROVALS]) if who.can(Action.APPROVE) else []
    context = {
        "page": found,
        "approvals": rows_of(approvals),
        "can_approve": who.can(Action.APPROVE),
        **turned_pages(request, page=found.page, pages=found.pages),
    }
    return render(request, "monitoring/my/needs.html", context)


def customer_case_list(request: HttpRequest) -> HttpResponse:
    """List the customer's cases in their own words; called by the page that both kinds of people share."""
    asked = asked_words(request, "view")
    view = _ALSO_CALLED.get(asked, asked)
    view = view if view in customer_matters.VIEWS else "open"
    if request.GET.get("format") == "csv":
        return _as_csv(request, view)
    found = customer_matters.find_matters(view, asked_page(request), partner=partner_name(request))
    labels = {"open": _("Open"), "yours": _("Waiting for you"), "ours": _("Being worked on"), "settled": _("Settled")}
    chips = [
        Chip(words, address(request, view=name), view == name, found.by_view[name]) for name, words in labels.items()
    ]
    context = {
        "page": found,
        "view": view,
        "chips": chips,
        "csv_url": address(request, format="csv"),
        **turned_pages(request, page=found.page, pages=found.pages),
    }
    return render(request, "monitoring/my/cases.html", context)


def _as_csv(request: HttpRequest, view: str) -> HttpResponse:
    partner = partner_name(request)
    first = customer_matters.find_matters(view, 1, partner=partner)
    pages = range(2, min(first.pages, _MOST_IN_A_FILE // customer_matters.MATTERS_A_PAGE) + 1)
    rows = [*first.rows]
    for page in pages:
        rows += customer_matters.find_matters(view, page, partner=partner).rows
    header = [_("Matter"), _("Records"), _("Hours"), _("Amount"), _("Currency"), _("Since"), _("Next step"), _("By")]
    return csv_response("exceptions.csv", header, [_csv_row(matter) for matter in rows])


def _csv_row(matter: Matter) -> list[object]:
    largest = matter.sums[0] if matter.sums else None
    return [
        matter.title,
        matter.records,
        matter.hours,
        largest.amount if largest else "",
        largest.currency if largest else "",
        matter.since.date(),
        matter.doing if matter.is_open else matter.ended,
        matter.who or _("you"),
    ]


def customer_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one matter with its records and the talk about it; called by the page that both kinds of people share."""
    return _case_page(request, queries.get_case(case_id), AnswerForm())


def _case_page(request: HttpRequest, case: ExceptionCase, form: AnswerForm, status: int = 200) -> HttpResponse:
    page = customer_story.get_matter_page(case, partner=partner_name(request))
    if request.headers.get("HX-Request") and request.method == "GET":
        return _progress(request, page)
    context = {
        "page": page,
        "form": form,
        "crumbs": [{"label": _("Exceptions"), "url": reverse("monitoring:case-list")}, {"label": page.matter.title}],
        "can_correct": acting_person(request).can(Action.CORRECT_OWN),
        "now": timezone.now(),
    }
    return render(request, "monitoring/my/case.html", context, status=status)


def _progress(request: HttpRequest, page: MatterPage) -> HttpResponse:
    response = render(request, "monitoring/my/_case_progress.html", {"page": page})
    if not page.matter.is_resolving:
        response["HX-Refresh"] = "true"  # the records and the next step have changed too
    return response


@requires(Action.VIEW_OWN_HEALTH)
@require_POST
@once
def case_answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keep the customer's answer; what is wrong with it is said beside it, and nothing typed is lost."""
    customer_of(request)
    case, form = queries.get_case(case_id), AnswerForm(request.POST)
    if form.is_valid():
        try:
            customer_answers.answer_case(case_id, text=form.cleaned_data["text"], by=acting_person(request))
        except CaseError as error:
            form.add_error("text", str(error))
        else:
            messages.success(
                request, _("Thank you. %(partner)s reads it and goes on.") % {"partner": partner_name(request)}
            )
            return redirect("monitoring:case-detail", case_id)
    return _case_page(request, case, form, status=400)


@requires(Action.CORRECT_OWN)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def case_correct(request: HttpRequest, case_id: UUID, operation_id: UUID) -> HttpResponse:
    """Correct one value of one of the customer's records; the old value stands beside the new one."""
    customer_of(request)
    case = queries.get_case(case_id)
    operation = queries.get_case_record(case, operation_id)
    values = canonical_values_of(operation)
    form = _correction_form(request, operation, values)
    if request.method == "POST" and form.is_valid() and _corrected(request, case_id, operation, form):
        messages.success(request, _("Corrected, and on its way again."))
        return redirect("monitoring:case-detail", case_id)
    chosen = str(form["field"].value() or "")
    context = {
        "case": case,
        "line": lines_of([operation])[0],
        "facts": customer_story.facts_of(operation),
        "form": form,
        "old": customer_story.shown_value(operation.canonical_type, chosen, values),
        "is_settled": not case.is_open or operation.state != "rejected",
        "crumbs": [
            {"label": _("Exceptions"), "url": reverse("monitoring:case-list")},
            {"label": _("Back to the matter"), "url": reverse("monitoring:case-detail", args=[case.id])},
            {"label": _("Correct a value")},
        ],
    }
    return render(request, "monitoring/my/correct.html", context, status=400 if form.errors else 200)


def _correction_form(request: HttpRequest, operation: Operation, values: dict[str, object]) -> CorrectionForm:
    described = CANONICAL_TYPES[operation.canonical_type]
    field = asked_words(request, "field") or operation.error_field
    # The blamed field first: it is what people come for.
    told = [f for f in described.fields if f.name not in customer_story.UNTOLD or f.name == operation.error_field]
    fields = sorted(told, key=lambda known: known.name != operation.error_field)
    choices = [(known.name, _(known.label)) for known in fields]
    form = CorrectionForm(
        request.POST or None,
        initial={"field": field, "new_value": plain(values.get(field))},
        canonical_type=operation.canonical_type,
        fields=choices,
    )
    form.fields["field"].choices = [("", _("Choose what is wrong")), *choices]  # type: ignore[attr-defined]
    form.fields["field"].label = _("What is wrong")
    form.fields["new_value"].label = _("What it should say")
    return form


def _corrected(request: HttpRequest, case_id: UUID, operation: Operation, form: CorrectionForm) -> bool:
    try:
        customer_answers.correct_own_record(case_id, operation.id, **form.cleaned_data, by=acting_person(request))
    except CorrectionError as error:
        form.add_error("new_value", str(error))
    except CaseClosedError:
        form.add_error(None, _("This is settled already: nothing was changed."))
    except CaseError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
    except (NothingToReplayError, FlowNotLiveError):
        form.add_error(None, _("This cannot be tried again just now. Answer us instead, and we take care of it."))
    return not form.errors
