"""The records behind a customer's figures, and what happened to one of them."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.page_filters import Chip, address, asked_id, asked_words
from apps.monitoring.customer_pages import RecordLine
from apps.monitoring.lineage.matter import get_matter
from apps.monitoring.lineage.words import stage_views
from apps.monitoring.queries.customer_story import get_record, get_record_story
from apps.monitoring.queries.ledger_rows import WHATS, By, RowFilter, fitting_rows, lines_of, list_rows
from apps.monitoring.telemetry.business_words import by_words
from apps.monitoring.views.customer_home import customer_of

MOST_IN_A_FILE = 5000


def asked_day(request: HttpRequest, name: str) -> date | None:
    """Return a day from the query ("2026-11-21"); nonsense, and what no ledger reaches back to, asks for none."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def asked_rows(request: HttpRequest) -> RowFilter:
    """Return which records the address asks for."""
    what, by = asked_words(request, "what"), asked_words(request, "by")
    return RowFilter(
        what=what if what in WHATS else "all",
        customer_id=asked_id(request, "customer"),
        flow_id=asked_id(request, "flow"),
        project=asked_words(request, "project") if "project" in request.GET else None,
        reason=asked_words(request, "reason"),
        kind=asked_words(request, "kind"),
        by=By(by) if by in set(By) else None,
        name=asked_words(request, "name"),
        since=asked_day(request, "since"),
        until=asked_day(request, "until"),
        before=asked_id(request, "before"),
    )


def what_chips(request: HttpRequest, chosen: str) -> list[Chip]:
    """Return the ready-made filters of a list of records."""
    labels = {
        "all": _("All"),
        "arrived": _("Posted"),
        "held": _("Held up now"),
        "held_back": _("Held back at some time"),
        "waiting": _("On its way"),
        "rescued": _("Held up, then posted"),
    }
    return [Chip(words, address(request, what=name), chosen == name) for name, words in labels.items()]


def rows_as_csv(wanted: RowFilter) -> HttpResponse:
    """Answer the records that fit as a file, the newest first, as many as a spreadsheet is comfortable with."""
    header = [_("Record"), _("Kind"), _("Customer"), _("Client"), _("Project"), _("Month"), _("State"), _("Reason")]
    header += [_("Hours"), _("Amount"), _("Currency"), _("Changed")]
    lines = lines_of(fitting_rows(wanted)[:MOST_IN_A_FILE])
    return csv_response("records.csv", header, [_csv_row(line) for line in lines])


def _csv_row(line: RecordLine) -> list[object]:
    where = [
        line.label,
        line.topic,
        line.customer,
        line.client,
        line.project,
        line.period,
        line.state_word,
        line.reason,
    ]
    return [*where, line.hours, line.amount, line.currency, line.at.isoformat(timespec="seconds")]


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_records(request: HttpRequest) -> HttpResponse:
    """List the customer's records that stand behind a figure."""
    customer_of(request)
    wanted = asked_rows(request)
    if request.GET.get("format") == "csv":
        return rows_as_csv(wanted)
    found = list_rows(wanted)
    context: dict[str, Any] = {
        "page": found,
        "wanted": wanted,
        "by": by_words(wanted.by, wanted.name),
        "chips": what_chips(request, wanted.what),
        "csv_url": address(request, format="csv"),
        "older_url": address(request, before=found.older_before) if found.older_before else "",
        "newest_url": address(request) if wanted.before else "",
        "crumbs": [{"label": _("Home"), "url": reverse("monitoring:customer-home")}, {"label": _("Records")}],
    }
    return render(request, "monitoring/my/records.html", context)


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_record(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Tell what happened to one record."""
    customer_of(request)
    operation = get_record(operation_id)
    story = get_record_story(operation)
    crumbs = [
        {"label": _("Home"), "url": reverse("monitoring:customer-home")},
        {"label": _("Records"), "url": reverse("monitoring:customer-records")},
        {"label": story.line.label},
    ]
    stages = stage_views(get_matter(operation), operation_id, is_customer=True)
    return render(request, "monitoring/my/record.html", {"story": story, "crumbs": crumbs, "stages": stages})
