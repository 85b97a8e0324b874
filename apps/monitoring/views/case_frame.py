"""What one case's page and the pane beside the queue have in common: what is shown, and where one goes from here."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person, asked_id
from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import Fix
from apps.monitoring.case_pages import CasePage
from apps.monitoring.case_words import title_words
from apps.monitoring.forms import AssignForm, NoteForm, ReasonForm, SkipForm, ValueForm
from apps.monitoring.lineage.matter import get_matter
from apps.monitoring.lineage.pages import StageView
from apps.monitoring.lineage.words import stage_views
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.monitors.measured import list_measured
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries.case_page import get_case_page
from apps.monitoring.queries.case_people import get_case_people
from apps.monitoring.queries.case_ways import list_value_tables
from apps.monitoring.queries.clocks_of_case import list_clocks
from apps.monitoring.queries.customer_story import get_record
from apps.monitoring.queries.risk import worth_of_case
from apps.monitoring.telemetry.provider_words import sentence_of
from apps.monitoring.telemetry.providers import list_suffering
from apps.monitoring.triage import words
from apps.monitoring.triage.panel import get_panel, open_proposal
from apps.monitoring.triage_forms import ApplyForm, RefuseForm
from apps.monitoring.work_forms import AttachForm, BringForm, MergeForm, PlanForm, SnoozeForm, SortForm, WaitForm

PANE = "case-pane"
_LONGEST_QUERY = 1500
_BLAMES_A_SYSTEM = (BusinessClass.PROVIDER_OUTAGE, BusinessClass.TIMEOUT, BusinessClass.CONNECTION)


def wants_pane(request: HttpRequest) -> bool:
    """Return whether only the part beside the queue is asked for."""
    return request.headers.get("HX-Target") == PANE


def came_from(request: HttpRequest) -> str:
    """Return the query of the queue that one came from, "" for the plain queue."""
    given = request.POST.get("from", "") if request.method == "POST" else request.GET.get("from", "")
    asked = QueryDict(given.replace("\x00", "")[:_LONGEST_QUERY], mutable=True)
    asked.pop("case", None)
    return asked.urlencode(safe=",")


def is_from_queue(request: HttpRequest) -> bool:
    """Return whether one came from the queue: its place is kept."""
    return "from" in (request.POST if request.method == "POST" else request.GET)


def queue_address(query: str, case_id: UUID | None = None) -> str:
    """Return the address of the queue as it was, with a case open beside it."""
    parts = [part for part in (query, f"case={case_id}" if case_id else "") if part]
    return f"{reverse('monitoring:case-list')}{'?' if parts else ''}{'&'.join(parts)}"


def case_context(
    request: HttpRequest,
    case: ExceptionCase,
    *,
    came_from: str | None,
    bound: dict[str, forms.Form] | None = None,
) -> dict[str, Any]:
    """Return what shows one case. `came_from` is the queue's query, None on the case's own page.

    `bound` are forms that came back with something to mend, by the name of their way out.
    """
    who: Actor = acting_person(request)
    page = get_case_page(case, who=who, record_id=asked_id(request, "record"), now=timezone.now())
    tables = list_value_tables(case) if page.is_open else []
    proposed = open_proposal(case)
    workers = queries.list_workers() if who.can(Action.WORK_CASES) else []
    return {
        "page": page,
        "chain": _chain(page),
        "progress": queries.get_progress(case),
        "case": case,
        "from_query": came_from,
        "crumbs": crumbs(case),
        "workers": workers,
        "can_be_mine": who.user_id in {key for key, _name in workers} and case.owner_id != who.user_id,
        "worth": worth_of_case(case, timezone.now()),
        "suffering": _suffering(case, who),
        "people": get_case_people(case, who, timezone.now()),
        "clocks": list_clocks(case, timezone.now()),
        "measured": list_measured(case),
        "can_see_board": who.can(Action.VIEW_CUSTOMERS),
        "can_work": who.can(Action.WORK_CASES) and page.is_open,
        "can_note": who.can(Action.WORK_CASES),
        "can_run": who.can(Action.RUN_FLOWS),
        "can_edit": who.can(Action.EDIT_AND_RETRY) and page.is_open,
        "can_see_flows": who.can(Action.VIEW_FLOWS),
        "can_see_payloads": who.can(Action.VIEW_PAYLOADS),
        "open_ways": set(bound or ()),
        "more_open": bool(_FOLDED & set(bound or ())),
        "proposal": get_panel(proposed, case, who, timezone.now()) if proposed else None,
        "refused": _refused(bound or {}, page, who, has_proposal=proposed is not None),
        "forms": {**_triage_forms(proposed), **_forms(case, page, tables, bound or {})},
        "tables": tables,
    }


def _suffering(case: ExceptionCase, who: Actor) -> list[tuple[str, str]]:
    """Return what others suffer from the systems of a case that blames one: (sentence, address)."""
    if not case.is_open or case.error_class not in _BLAMES_A_SYSTEM or case.flow is None or who.is_customer:
        return []
    now, may_look = timezone.now(), who.can(Action.VIEW_CONNECTIONS)
    return [
        (
            sentence_of(system.name, system.verdict, now),
            reverse("monitoring:provider-detail", args=[system.slug]) if may_look else "",
        )
        for system in list_suffering({case.flow.source.system, case.flow.target.system}, now)
    ]


def _chain(page: CasePage) -> tuple[StageView, ...]:
    """Return the stages of the matter that the record at hand belongs to; () without a record."""
    if page.selected is None:
        return ()
    operation = get_record(page.selected.id)
    return stage_views(get_matter(operation), operation.id, is_customer=False)


def _forms(
    case: ExceptionCase, page: CasePage, tables: list[tuple[str, str]], bound: dict[str, forms.Form]
) -> dict[str, forms.Form]:
    """Return the form of each way out: empty, or as it came back."""
    first_missing = page.missing_values[0].value if page.missing_values else ""
    return {
        "assign": AssignForm(),
        "note": NoteForm(auto_id="note_%s"),
        "skip": SkipForm(auto_id="skip_%s"),
        "close": ReasonForm(auto_id="close_%s"),
        "value": ValueForm(auto_id="value_%s", tables=tables, initial={"outside_value": first_missing}),
        "attach": AttachForm(auto_id="attach_%s"),
        **(_work_forms(case) if page.is_open else {}),
        **bound,
    }


def _triage_forms(proposed: TriageProposal | None) -> dict[str, forms.Form]:
    if proposed is None:
        return {}
    said = words.filled(proposed)
    return {
        "triage": ApplyForm(auto_id="triage_%s", deed=proposed.deed, said=said),
        "triage_refuse": RefuseForm(auto_id="refuse_%s"),
    }


def _work_forms(case: ExceptionCase) -> dict[str, forms.Form]:
    return {
        "sort": SortForm(auto_id="sort_%s", case=case),
        "snooze": SnoozeForm(auto_id="snooze_%s"),
        "wait": WaitForm(auto_id="wait_%s", initial={"party": case.waiting_on}),
        "merge": MergeForm(auto_id="merge_%s", case=case),
        "plan": PlanForm(auto_id="plan_%s"),
        "bring": BringForm(auto_id="bring_%s", case=case),
    }


_FOLDED = {"plan", "sort", "wait", "snooze", "merge", "attach"}
_WORKING = {"note", "attach", "assign", "close", "sort", "snooze", "wait", "merge", "plan"}
_WAY_OF = {Fix.RETRY: "retry", Fix.SKIP: "skip", Fix.ADD_VALUE: "value"}


def _refused(bound: dict[str, forms.Form], page: CasePage, who: Actor, *, has_proposal: bool) -> list[str]:
    """Return why something could not be done where its form is not on the page any more: it would say so itself."""
    on_page = {_WAY_OF[way.fix] for way in page.proposals if way.fix in _WAY_OF and not way.disabled_reason}
    if who.can(Action.WORK_CASES):
        on_page |= _WORKING if page.is_open else {"note", "attach"}
        on_page |= {"triage", "triage_refuse"} if has_proposal else set()
    gone = [form for name, form in bound.items() if name not in on_page]
    return [str(error) for form in gone for errors in form.errors.values() for error in errors]


def pane(request: HttpRequest, case: ExceptionCase, *, bound: dict[str, forms.Form] | None = None) -> HttpResponse:
    """Answer the part beside the queue."""
    context = case_context(request, case, came_from=came_from(request), bound=bound)
    return render(request, "monitoring/exceptions/_pane_answer.html", context)


def crumbs(case: ExceptionCase, *, last: str = "") -> list[dict[str, str]]:
    """Return where a case stands; `last` names a page below it."""
    title, queue = title_words(case.title, case.error_class), reverse("monitoring:case-list")
    above = [
        {"label": _("Exceptions"), "url": queue},
        {"label": case.customer.name, "url": f"{queue}?customer={case.customer_id}"},
    ]
    if last:
        above.append({"label": title, "url": reverse("monitoring:case-detail", args=[case.id])})
    return [*above, {"label": last or title, "url": ""}]
