"""The exception queue, one case with its evidence, and what people do about it."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.page_filters import acting_person, address, asked_id, asked_page, asked_words, turned_pages
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.forms import CorrectionForm
from apps.flows.mapping.compile import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Operation
from apps.flows.queries.mapping import problem_sentences
from apps.flows.queries.operations import plain, sentence_of, shown
from apps.flows.services.evidence import canonical_values_of
from apps.monitoring import cases as services
from apps.monitoring.blame import QUEUE_LABELS, WorkQueue
from apps.monitoring.cases import CaseError, CorrectionError, FlowNotLiveError, NothingToReplayError
from apps.monitoring.forms import AssignForm, NoteForm, ReasonForm, RecordsForm, ValueForm, first_sentence
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CaseList, Chip
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries.cases import VIEWS, CaseFilter, FoundCases
from apps.monitoring.views.customer_cases import customer_case, customer_case_list

_VIEW_LABELS = {
    "open": "Open",
    "mine": "Mine",
    "overdue": "Overdue",
    "customer": "Waiting on customer",
    "closed": "Closed",
}
_CUSTOMER_VIEW_LABELS = {"open": "Open", "customer": "Waiting for you", "closed": "Settled"}


@requires(Action.VIEW_CASES)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """List exceptions, the most urgent first; a customer's people read theirs in their own words."""
    if acting_person(request).is_customer:
        return customer_case_list(request)
    who, wanted = acting_person(request), _wanted(request)
    found = queries.find_cases(wanted, who=who, now=timezone.now())
    customers = {} if who.is_customer else list_customer_names()
    context = {
        "page": _listed(
            request, found, wanted, who, customers.get(wanted.customer_id, "") if wanted.customer_id else ""
        ),
        "queues": [] if who.is_customer else _queue_chips(request, found, wanted),
        "wanted": wanted,
        "customers": list(customers.items()),
        "is_customer": who.is_customer,
    }
    return render(request, "monitoring/case_list.html", context)


def _wanted(request: HttpRequest) -> CaseFilter:
    view, queue = asked_words(request, "view"), asked_words(request, "queue")
    return CaseFilter(
        view=view if view in VIEWS else "open",
        queue=queue if queue in set(WorkQueue) else "",
        customer_id=asked_id(request, "customer"),
        flow_id=asked_id(request, "flow"),
        page=asked_page(request),
    )


def _listed(request: HttpRequest, found: FoundCases, wanted: CaseFilter, who: Actor, customer_name: str) -> CaseList:
    labels = _CUSTOMER_VIEW_LABELS if who.is_customer else _VIEW_LABELS
    turned = turned_pages(request, page=found.page, pages=found.pages)
    first = (found.page - 1) * queries.CASES_A_PAGE + 1
    return CaseList(
        rows=found.rows,
        chips=tuple(
            Chip(label, address(request, view=name, queue=None), wanted.view == name, found.by_view[name])
            for name, label in labels.items()
        ),
        total=found.total,
        words=f"{first:,} to {first + len(found.rows) - 1:,} of {found.total:,}" if found.rows else "",
        newer_url=turned["newer_url"],
        older_url=turned["older_url"],
        customer_name=customer_name,
        is_filtered=bool(wanted.queue or wanted.customer_id or wanted.flow_id or wanted.view != "open"),
    )


def _queue_chips(request: HttpRequest, found: FoundCases, wanted: CaseFilter) -> list[Chip]:
    every = Chip("All queues", address(request, queue=None), not wanted.queue, sum(found.by_queue.values()))
    return [
        every,
        *(
            Chip(QUEUE_LABELS[queue], address(request, queue=queue.value), wanted.queue == queue, found.by_queue[queue])
            for queue in WorkQueue
            if found.by_queue.get(queue)
        ),
    ]


@requires(Action.VIEW_CASES)
@require_safe
def case_detail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case; the part about its progress asks for itself while its records are tried again."""
    if acting_person(request).is_customer:
        return customer_case(request, case_id)
    case, who = queries.get_case(case_id), acting_person(request)
    if request.headers.get("HX-Request"):
        return _progress(request, case, who)
    page = queries.get_case_page(case, who=who, record_id=asked_id(request, "record"), now=timezone.now())
    context = {
        "page": page,
        "progress": queries.get_progress(case),
        "case": case,
        "crumbs": _crumbs(case, who),
        "workers": queries.list_workers() if who.can(Action.WORK_CASES) else [],
        "tables": queries.list_value_tables(case) if page.is_open else [],
        "can_work": who.can(Action.WORK_CASES) and page.is_open,
        "can_note": who.can(Action.WORK_CASES),
        "can_edit": who.can(Action.EDIT_AND_RETRY) and page.is_open,
        "can_see_flows": who.can(Action.VIEW_FLOWS),
        "can_see_payloads": who.can(Action.VIEW_PAYLOADS),
        "is_customer": who.is_customer,
    }
    return render(request, "monitoring/case_detail.html", context)


def _progress(request: HttpRequest, case: ExceptionCase, who: Actor) -> HttpResponse:
    progress = queries.get_progress(case)
    context = {"progress": progress, "is_customer": who.is_customer}
    response = render(request, "monitoring/_case_live.html", context)
    if not progress.is_resolving:
        response["HX-Refresh"] = "true"  # records, proposals and history have changed too
    return response


def _crumbs(case: ExceptionCase, who: Actor, *, last: str = "") -> list[dict[str, str]]:
    label = "Needs attention" if who.is_customer else "Exceptions"
    crumbs = [{"label": label, "url": reverse("monitoring:case-list")}]
    if not who.is_customer:
        customer = f"{reverse('monitoring:case-list')}?customer={case.customer_id}"
        crumbs.append({"label": case.customer.name, "url": customer})
    if last:
        crumbs.append({"label": case.title, "url": reverse("monitoring:case-detail", args=[case.id])})
    return [*crumbs, {"label": last or case.title, "url": ""}]


def _act(request: HttpRequest, case_id: UUID, form: forms.Form, act: Callable[[], str]) -> HttpResponse:
    """Do one thing to a case and return to it: with what was done, or with why it could not be."""
    queries.get_case(case_id)
    try:
        if form.is_valid():
            messages.success(request, act())
        else:
            messages.error(request, first_sentence(form))
    except (CaseError, CorrectionError, NothingToReplayError, FlowNotLiveError, LayerError) as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except MappingError as error:
        messages.error(request, " ".join(problem_sentences(error.problems)))
    return redirect("monitoring:case-detail", case_id)


@requires(Action.WORK_CASES)
@require_POST
def case_assign(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give the case to somebody, or to nobody."""
    form = AssignForm(request.POST)

    def act() -> str:
        case = services.assign_case(case_id, owner_id=form.cleaned_data["owner"], by=acting_person(request))
        return f"{case.owner.name or case.owner.email} has it now." if case.owner else "Nobody has it now."

    return _act(request, case_id, form, act)


@requires(Action.WORK_CASES)
@require_POST
def case_note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write a note, for ourselves or for the customer too."""
    form = NoteForm(request.POST)

    def act() -> str:
        typed, shared = form.cleaned_data["text"], form.cleaned_data["shared"]
        services.note_case(case_id, text=typed, shared=shared, by=acting_person(request))
        return "Noted; the customer's people can read it." if shared else "Noted, for ourselves."

    return _act(request, case_id, form, act)


@requires(Action.WORK_CASES)
@require_POST
def case_retry(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Try the ticked records again, all of them when none is ticked."""
    form = RecordsForm(request.POST)

    def act() -> str:
        chosen, who = form.cleaned_data["records"], acting_person(request)
        if chosen:
            services.retry_operations(case_id, chosen, by=who)
        else:
            services.retry_case(case_id, by=who)
        return "On its way again. This page follows what comes of it."

    return _act(request, case_id, form, act)


@requires(Action.WORK_CASES)
@require_POST
def case_skip(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Leave the ticked records out for good, all of them when none is ticked."""
    form = RecordsForm(request.POST)

    def act() -> str:
        chosen, reason = form.cleaned_data["records"] or None, form.cleaned_data["reason"]
        skipped = services.skip_operations(case_id, chosen, reason=reason, by=acting_person(request))
        return f"{skipped:,} {'record is' if skipped == 1 else 'records are'} left out."

    return _act(request, case_id, form, act)


@requires(Action.EDIT_FLOWS)
@require_POST
def case_add_value(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Teach the flow one translation and try the case's records again."""
    form = ValueForm(request.POST)

    def act() -> str:
        services.add_value_and_retry(case_id, **form.cleaned_data, by=acting_person(request))
        old, new = form.cleaned_data["outside_value"], form.cleaned_data["new_value"]
        return f"{old} becomes {new} from now on. The records are on their way again."

    return _act(request, case_id, form, act)


@requires(Action.WORK_CASES)
@require_POST
def case_close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close the case by hand, with a reason."""
    form = ReasonForm(request.POST)

    def act() -> str:
        services.close_case(case_id, reason=form.cleaned_data["reason"], by=acting_person(request))
        return "Closed. Records that fail again open a new exception."

    return _act(request, case_id, form, act)


@requires(Action.EDIT_AND_RETRY)
@require_http_methods(["GET", "HEAD", "POST"])
def case_edit(request: HttpRequest, case_id: UUID, operation_id: UUID) -> HttpResponse:
    """Correct one value of one record and try it again; shows the old value beside the new one."""
    case = queries.get_case(case_id)
    operation = queries.get_case_record(case, operation_id)
    described, values = CANONICAL_TYPES[operation.canonical_type], canonical_values_of(operation)
    field = asked_words(request, "field") or operation.error_field
    # The blamed field first: it is what people come for.
    fields = sorted(described.fields, key=lambda known: known.name != operation.error_field)
    form = CorrectionForm(
        request.POST or None,
        initial={"field": field, "new_value": plain(values.get(field))},
        canonical_type=operation.canonical_type,
        fields=[(known.name, known.label) for known in fields],
    )
    if request.method == "POST" and form.is_valid() and _corrected(request, case_id, operation, form):
        messages.success(request, "Corrected, and on its way again. This page follows what comes of it.")
        return redirect("monitoring:case-detail", case_id)
    chosen = str(form["field"].value() or "")
    rows = [(known.label, shown(values.get(known.name)), known.name == chosen) for known in fields]
    context = {
        "case": case,
        "operation": operation,
        "form": form,
        "values": [row for row in rows if row[1] or row[2]],
        "old": plain(values.get(chosen)),
        "new": str(form["new_value"].value() or ""),
        "sentence": sentence_of(operation),
        "not_open": not case.is_open or operation.state != "rejected",
        "crumbs": _crumbs(case, acting_person(request), last="Correct a record"),
    }
    return render(request, "monitoring/case_edit.html", context, status=400 if form.errors else 200)


def _corrected(request: HttpRequest, case_id: UUID, operation: Operation, form: CorrectionForm) -> bool:
    try:
        services.edit_and_retry(case_id, operation.id, **form.cleaned_data, by=acting_person(request))
    except CorrectionError as error:
        form.add_error("new_value", str(error))
    except (CaseError, NothingToReplayError, FlowNotLiveError) as error:
        form.add_error(getattr(error, "field", "") if getattr(error, "field", "") in form.fields else None, str(error))
    return not form.errors
