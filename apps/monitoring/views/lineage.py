"""One business record across all systems, the matter it belongs to, and the records of one stage of that."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.listing import Column, ListSpec, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, address
from apps.connectors.canonical.references import MATTER
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.record_words import record_name, record_words
from apps.flows.models import Operation
from apps.monitoring.lineage.matter import get_matter
from apps.monitoring.lineage.pages import RecordPage
from apps.monitoring.lineage.record import get_record_page
from apps.monitoring.lineage.words import stage_views
from apps.monitoring.queries.customer_story import get_record

RELATED = ListSpec(
    key="related-records",
    columns=(
        Column("record", gettext_lazy("Record"), sort=("label",), value=lambda line: record_words(line.label), fixed=True),
        Column("number", gettext_lazy("Number"), sort=("source_key",), value=lambda line: line.source_key),
        Column("state", gettext_lazy("State"), sort=("state",), value=lambda line: line.state),
        Column("amount", gettext_lazy("Amount"), sort=("amount",), value=lambda line: line.amount, numeric=True, large_first=True),
        Column("currency", gettext_lazy("Currency"), value=lambda line: line.currency, shown=False),
        Column("changed", gettext_lazy("Changed"), sort=("changed_at",), value=lambda line: line.changed_at, large_first=True),
    ),
    filters=(),
    order="-changed",
    tie=("-id",),
)  # fmt: skip


@requires(Action.VIEW_RUNS)
@require_safe
def record_lineage(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Show one record in every system that knows it, and the matter it belongs to."""
    who, operation = acting_person(request), get_record(operation_id)
    if who.is_customer:
        return redirect("monitoring:customer-record", operation_id)
    page = get_record_page(operation, can_see_costs=who.can(Action.VIEW_PAYLOADS))
    if request.GET.get("format") == "csv":
        return _values_as_csv(page)
    context: dict[str, Any] = {
        "page": page,
        "stages": stage_views(get_matter(operation), operation.id, is_customer=False),
        "csv_url": address(request, format="csv") if page.values else "",
        "crumbs": [
            {"label": _("Records"), "url": reverse("flows:operation-list")},
            {"label": page.title, "url": ""},
        ],
        "can_see_cases": who.can(Action.VIEW_CASES),
        "can_see_flows": who.can(Action.VIEW_FLOWS),
    }
    return render(request, "monitoring/lineage/record.html", context)


def _values_as_csv(page: RecordPage) -> HttpResponse:
    heads, rows = (page.values.heads, page.values.rows) if page.values else ((), ())
    header = [_("Field"), *heads, _("Differs")]
    told = [[_(row.label), *(cell.text for cell in row.cells), _("yes") if row.differs else _("no")] for row in rows]
    return csv_response("record.csv", header, told)


@requires(Action.VIEW_RUNS)
@require_safe
def record_related(request: HttpRequest, operation_id: UUID, type_name: str) -> HttpResponseBase:
    """List the records of one stage of a record's matter: the same that the strip counted."""
    if type_name not in MATTER:
        raise Http404("There is no such stage.")
    operation, is_customer = get_record(operation_id), acting_person(request).is_customer
    stage = get_matter(operation).stage_of(type_name)
    ids = [one.operation_id for one in stage.records if one.operation_id] if stage else []
    found: QuerySet[Operation] = Operation.objects.filter(id__in=ids)
    state = read_list(request, RELATED)
    if state.wants_csv:
        return csv_of(state, found)
    title = record_name(operation.label, operation.business_key)
    back = "monitoring:customer-record" if is_customer else "monitoring:record-lineage"
    plural = _(CANONICAL_TYPES[type_name].plural)
    context: dict[str, Any] = {
        "list": page_of(request, state, found),
        "title": plural,
        "subtitle": _("What belongs to the same matter as: %(record)s") % {"record": title},
        "unknown": sum(1 for one in stage.records if not one.operation_id) if stage else 0,
        "has_more": stage.has_more if stage else False,
        "record_page": back,
        "crumbs": [{"label": title, "url": reverse(back, args=[operation_id])}, {"label": plural, "url": ""}],
    }
    return render(request, "monitoring/lineage/related.html", context)
