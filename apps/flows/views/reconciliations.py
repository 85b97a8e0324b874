"""Reconciliations: a flow's calendar, starting one, its statement with the split, signing, and all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
from apps.accounts.csv_export import csv_response
from apps.accounts.listing import Option, choices, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, asked_id
from apps.connectors.canonical.currencies import round_money
from apps.flows.engine.reconcile import Cause, Verdict
from apps.flows.models import Flow, Reconciliation, ReconciliationRow
from apps.flows.queries import flows as flow_queries
from apps.flows.queries import reconciliations as queries
from apps.flows.queries.reconciled_steps import StepLine, titles_of
from apps.flows.queries.reconciliation_words import CAUSES, VERDICTS
from apps.flows.reconciliation_forms import ReconcileForm
from apps.flows.reconciliation_pdf import MOST_RECORDS, build_pdf
from apps.flows.services.reconciliation_signing import SigningError, sign
from apps.flows.services.start_run import FlowNotLiveError
from apps.flows.triggers.reconciliations import ReconciliationError, reconcile_now, set_nightly
from apps.flows.views.flow_frame import crumbs, framed
from apps.tenants.brand_drafts import look_for
from apps.tenants.brand_paper import pdf_response


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record behind a statement. `url` leads to its ledger line, "" when that is gone; `step` says what was made of it."""

    row: ReconciliationRow
    cause: str
    url: str
    step: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A reconciliation in the list of all."""

    row: Reconciliation
    days: str
    verdict: str
    worth: queries.Sums


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_reconciliation(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show a month of a flow: each day green, amber or red, with what is unexplained."""
    return _calendar(request, flow_queries.get_flow(flow_id))


def _calendar(request: HttpRequest, flow: Flow, form: ReconcileForm | None = None, status: int = 200) -> HttpResponse:
    page = queries.get_calendar(flow, request.GET.get("month", ""))
    form = form or ReconcileForm(initial={"first": page.today, "last": page.today})
    context = framed(request, flow, "reconciliation", page=page, form=form)
    return render(request, "flows/flow_reconciliation.html", context, status=status)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_reconcile(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set both sides of some days against each other now."""
    flow = flow_queries.get_flow(flow_id)
    form = ReconcileForm(request.POST)
    if form.is_valid():
        try:
            days = form.cleaned_data
            reconcile_now(flow, first=days["first"], last=days["last"], started_by=acting_person(request).name)
        except ReconciliationError as error:
            form.add_error(error.field or None, str(error))
        except FlowNotLiveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Both sides are being compared: the result appears here."))
            return redirect("flows:flow-reconciliation", flow.id)
    return _calendar(request, flow, form, status=400)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_reconcile_nightly(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Let a flow reconcile each night, or only when somebody asks."""
    flow = flow_queries.get_flow(flow_id)
    rule = set_nightly(flow, nightly=request.POST.get("nightly") == "yes")
    words = (
        _("Each night the day before is compared.") if rule.nightly else _("Both sides are compared only when asked.")
    )
    messages.success(request, words)
    return redirect("flows:flow-reconciliation", flow.id)


@requires(Action.VIEW_FLOWS)
@require_safe
def reconciliation_detail(request: HttpRequest, reconciliation_id: UUID) -> HttpResponseBase:
    """Show a statement: both sides, the difference by cause with the unexplained first, and the records behind it."""
    row = queries.get_reconciliation(reconciliation_id)
    trail = [
        *crumbs(row.flow, queries.span_words(row)),
    ]
    trail.insert(-1, {"label": _("Reconciliation"), "url": reverse("flows:flow-reconciliation", args=[row.flow_id])})
    if row.finished_at is None:
        return render(request, "flows/reconciliation_under_way.html", {"row": row, "crumbs": trail})
    titles = titles_of(row.statement)
    state = read_list(request, queries.RECORDS, {"step": [Option(name, title) for name, title in titles.items()]})
    fitting = queries.fitting_records(row, state)
    if state.wants_csv:
        return csv_of(state, fitting)
    context = {
        "page": queries.get_statement(row),
        "list": page_of(request, state, fitting, partial(_record_rows, titles)),
        "crumbs": trail,
        "can_sign": acting_person(request).can(Action.APPROVE),
    }
    return render(request, "flows/reconciliation_detail.html", context)


def _record_rows(titles: Mapping[str, str], shown: Sequence[ReconciliationRow]) -> list[RecordRow]:
    there = queries.operations_of(list(shown))
    return [
        RecordRow(
            row,
            str(CAUSES[Cause(row.cause)][0]),
            reverse("flows:operation-detail", args=[row.operation_id]) if row.operation_id in there else "",
            titles.get(row.step, row.step),
        )
        for row in shown
    ]


@requires(Action.APPROVE)
@require_POST
def reconciliation_sign(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """Sign a statement in one's own name."""
    row = queries.get_reconciliation(reconciliation_id)
    try:
        sign(row.id, signed_by=acting_person(request).name)
    except SigningError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Signed: a later change of this statement would show."))
    return redirect("flows:reconciliation-detail", row.id)


@requires(Action.VIEW_FLOWS)
@require_safe
def reconciliation_csv(_request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """Answer a statement as a table: both sides and each cause, by currency."""
    row = queries.get_reconciliation(reconciliation_id)
    if row.finished_at is None:
        return redirect("flows:reconciliation-detail", row.id)
    header = [_("Line"), _("Records"), _("Difference"), _("Currency"), _("Amount")]
    name = f"reconciliation-{row.first}-{row.last}.csv"
    return csv_response(name, header, _statement_lines(queries.get_statement(row)))


@requires(Action.VIEW_FLOWS)
@require_safe
def reconciliation_pdf(request: HttpRequest, reconciliation_id: UUID) -> HttpResponse:
    """Answer a statement as a PDF in the partner's brand."""
    row = queries.get_reconciliation(reconciliation_id)
    if row.finished_at is None:
        return redirect("flows:reconciliation-detail", row.id)
    printed = list(row.rows.order_by("rank")[:MOST_RECORDS])
    content = build_pdf(queries.get_statement(row), printed, look_for(request))
    return pdf_response(f"reconciliation-{row.first}-{row.last}.pdf", content)


def _statement_lines(page: queries.StatementPage) -> Iterator[list[object]]:
    yield [_("In the source"), page.source_count, "", "", ""]
    yield from ([_("In the source"), "", "", one.currency, round_money(one.source, one.currency)] for one in page.sums)
    there = _("Carried through") if page.walks else _("In the target")
    yield [there, page.target_count, "", "", ""]
    yield from ([there, "", "", one.currency, round_money(one.target, one.currency)] for one in page.sums)
    for step in page.steps:
        yield from _lines_of_step(step)
    for part in page.parts:
        yield [part.title, part.records, part.count, "", ""]
        yield from ([part.title, "", "", currency, round_money(amount, currency)] for amount, currency in part.sums)
    yield [_("Agreed"), page.agreed, 0, "", ""]
    yield [_("Could not be looked at"), page.unproven, 0, "", ""]
    yield [_("Signed by"), page.row.signed_by, "", "", ""]
    yield [_("Fingerprint (SHA-256)"), page.row.digest, "", "", ""]


def _lines_of_step(step: StepLine) -> Iterator[list[object]]:
    made, there = _("%(step)s: made") % {"step": step.title}, _("%(step)s: there") % {"step": step.title}
    yield [made, step.made, "", "", ""]
    yield [there, step.there, step.gone, "", ""]
    if step.unseen:
        yield [_("%(step)s: could not be looked at") % {"step": step.title}, step.unseen, 0, "", ""]
    for one in step.sums:
        yield from (
            [words, "", "", one.currency, round_money(amount, one.currency)]
            for words, amount in ((made, one.source), (there, one.target))
        )


@requires(Action.VIEW_FLOWS)
@require_safe
def reconciliation_list(request: HttpRequest) -> HttpResponseBase:
    """List the reconciliations of all flows, newest first."""
    options = {"flow": _asked_flow(request), "customer": choices(flow_queries.list_customers_to_choose())}
    state = read_list(request, queries.ALL_RECONCILIATIONS, options)
    fitting = queries.fitting_reconciliations(state)
    if state.wants_csv:
        return csv_of(state, fitting)
    context = {"list": page_of(request, state, fitting, _list_rows)}
    return render(request, "flows/reconciliation_list.html", context)


def _list_rows(shown: Sequence[Reconciliation]) -> list[ListRow]:
    return [
        ListRow(
            row,
            queries.span_words(row),
            str(VERDICTS[Verdict(row.verdict)]),
            queries.unexplained_sums(row.statement),
        )
        for row in shown
    ]


def _asked_flow(request: HttpRequest) -> list[Option]:
    """Return the flow that a link leads here for, so that its name can be shown; nothing for one out of sight."""
    asked = asked_id(request, "flow")
    found = flow_queries.flows().filter(id=asked).first() if asked else None
    return [Option(str(found.id), f"{found.name}, {found.customer.name}")] if found else []
