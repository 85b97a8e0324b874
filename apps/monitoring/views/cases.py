"""One exception: its page, the same beside the queue, and what people do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url, reswap, retarget, trigger_client_event

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.toasts import say_with_undo
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.queries.mapping import problem_sentences
from apps.monitoring import cases as services
from apps.monitoring.cases import CaseError, CorrectionError, FlowNotLiveError, NothingToReplayError
from apps.monitoring.forms import AssignForm, NoteForm, ReasonForm, RecordsForm, SkipForm, ValueForm
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries.case_ways import list_value_tables
from apps.monitoring.views.case_frame import (
    PANE,
    came_from,
    case_context,
    is_from_queue,
    pane,
    queue_address,
    wants_pane,
)
from apps.monitoring.views.customer_cases import customer_case
from apps.tenants.templatetags.wording import count_words

QUEUE_CHANGED = "queue-changed"


@requires(Action.VIEW_CASES)
@require_safe
def case_detail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case; the part about its progress asks for itself while its records are tried again."""
    if acting_person(request).is_customer:
        return customer_case(request, case_id)
    case = queries.get_case(case_id)
    if wants_pane(request):
        return pane(request, case)
    if request.headers.get("HX-Request"):
        return _progress(request, case)
    return _page(request, case)


def _page(
    request: HttpRequest, case: ExceptionCase, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    context = case_context(request, case, came_from=None, bound=bound)
    return render(request, "monitoring/case_detail.html", context, status=status)


def _progress(request: HttpRequest, case: ExceptionCase) -> HttpResponse:
    progress = queries.get_progress(case)
    if progress.is_resolving:
        context = {"progress": progress, "from_query": came_from(request) if is_from_queue(request) else None}
        return render(request, "monitoring/_case_live.html", context)
    # Records, ways out and history have changed too.
    if is_from_queue(request):
        answer = reswap(retarget(pane(request, case), f"#{PANE}"), "innerHTML")
        return trigger_client_event(answer, QUEUE_CHANGED, after="settle")
    return HttpResponse(headers={"HX-Refresh": "true"})


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done to a case: its form, what does it, and whether the queue then goes on to the next case.

    `do` returns what was done, in a sentence.
    """

    name: str
    form: forms.Form
    do: Callable[[], str]
    moves_on: bool = True
    says_itself: bool = False  # the sentence was put on the page already, with a way back


def act(request: HttpRequest, case_id: UUID, deed: Deed) -> HttpResponse:
    """Do one thing to a case and go on; or show its page again with why it could not be done, nothing typed lost."""
    case = queries.get_case(case_id)
    words = _done(deed) if deed.form.is_valid() else None
    if words is None:
        return _again(request, case, deed)
    if not deed.says_itself:
        messages.success(request, words)
    if wants_pane(request):
        return moved_on(request, case_id, moves_on=deed.moves_on)
    if is_from_queue(request):
        return redirect(queue_address(came_from(request), case_id))
    return redirect("monitoring:case-detail", case_id)


def _done(deed: Deed) -> str | None:
    try:
        return deed.do()
    except (CaseError, CorrectionError, NothingToReplayError, FlowNotLiveError, LayerError) as error:
        field = getattr(error, "field", "")
        deed.form.add_error(field if field in deed.form.fields else None, str(error))
    except ValidationError as error:
        deed.form.add_error(None, " ".join(error.messages))
    except MappingError as error:
        deed.form.add_error(None, " ".join(problem_sentences(error.problems)))
    return None


def _again(request: HttpRequest, case: ExceptionCase, deed: Deed) -> HttpResponse:
    bound = {deed.name: deed.form}
    return pane(request, case, bound=bound) if wants_pane(request) else _page(request, case, bound, status=400)


def moved_on(request: HttpRequest, case_id: UUID, *, moves_on: bool = True) -> HttpResponse:
    """Answer the pane with the next case of the list, or the same one; the list then reads itself again."""
    query = came_from(request)
    following = _following(request) if moves_on else queries.get_case(case_id)
    if following is None:
        answer = render(request, "monitoring/exceptions/_pane_empty_answer.html", {"all_done": True})
    else:
        answer = pane(request, following)
    answer = push_url(answer, queue_address(query, following.id if following else None))
    shown = {"case": str(following.id) if following else "", "moved": moves_on}
    return trigger_client_event(answer, QUEUE_CHANGED, shown, after="settle")


def _following(request: HttpRequest) -> ExceptionCase | None:
    """Return the case after this one in the list that is looked at; the browser knows its order."""
    try:
        return queries.get_case(UUID(request.POST.get("next", "")))
    except (ValueError, Http404):
        return None


@requires(Action.WORK_CASES)
@require_POST
def case_assign(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give the case to somebody, or to nobody; it can be taken back at once."""
    form, who = AssignForm(request.POST), acting_person(request)

    def do() -> str:
        before = queries.get_case(case_id).owner_id
        case = services.assign_case(case_id, owner_id=form.cleaned_data["owner"], by=who)
        named = {"name": str(case.owner) if case.owner else ""}
        words = _("%(name)s has it now.") % named if case.owner else _("Nobody has it now.")
        fields = {"owner": str(before or "")} | ({"from": came_from(request)} if is_from_queue(request) else {})
        say_with_undo(request, words, undo_url=reverse("monitoring:case-assign", args=[case_id]), fields=fields)
        return words

    return act(request, case_id, Deed("assign", form, do, moves_on=False, says_itself=True))


@requires(Action.WORK_CASES)
@once
@require_POST
def case_note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write a note, for ourselves or for the customer too."""
    form = NoteForm(request.POST, auto_id="note_%s")

    def do() -> str:
        typed, shared = form.cleaned_data["text"], form.cleaned_data["shared"]
        services.note_case(case_id, text=typed, shared=shared, by=acting_person(request))
        return _("Noted; the customer's people can read it.") if shared else _("Noted, for ourselves.")

    return act(request, case_id, Deed("note", form, do, moves_on=False))


@requires(Action.WORK_CASES)
@require_POST
def case_retry(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Try the ticked records again, all of them when none is ticked."""
    form = RecordsForm(request.POST)

    def do() -> str:
        chosen, who = form.cleaned_data["records"], acting_person(request)
        if chosen:
            services.retry_operations(case_id, chosen, by=who)
        else:
            services.retry_case(case_id, by=who)
        return _("On its way again.")

    return act(request, case_id, Deed("retry", form, do))


@requires(Action.WORK_CASES)
@require_POST
def case_skip(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Leave the ticked records out for good, all of them when none is ticked."""
    form = SkipForm(request.POST, auto_id="skip_%s")

    def do() -> str:
        chosen, reason = form.cleaned_data["records"] or None, form.cleaned_data["reason"]
        number = services.skip_operations(case_id, chosen, reason=reason, by=acting_person(request))
        words = ngettext("%(count)s record is left out.", "%(count)s records are left out.", number)
        return words % {"count": count_words(number)}

    return act(request, case_id, Deed("skip", form, do))


@requires(Action.EDIT_FLOWS)
@require_POST
def case_add_value(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Teach the flow one translation and try the case's records again."""
    tables = list_value_tables(queries.get_case(case_id))
    form = ValueForm(request.POST, auto_id="value_%s", tables=tables)

    def do() -> str:
        runs = services.add_value_and_retry(case_id, **form.cleaned_data, by=acting_person(request))
        named = {"old": form.cleaned_data["outside_value"], "new": form.cleaned_data["new_value"]}
        if not runs:
            return _("It waits for approval, among the changes. Try the records again once it is live.")
        return _("%(old)s becomes %(new)s from now on. The records are on their way again.") % named

    return act(request, case_id, Deed("value", form, do))


@requires(Action.WORK_CASES)
@require_POST
def case_close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close the case by hand, with a reason."""
    form = ReasonForm(request.POST, auto_id="close_%s")

    def do() -> str:
        services.close_case(case_id, reason=form.cleaned_data["reason"], by=acting_person(request))
        return _("Closed. If its records fail again, it is opened again.")

    return act(request, case_id, Deed("close", form, do))
