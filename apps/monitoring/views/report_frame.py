"""What every report wears: whose it is, its days and filter, its tabs, and where the rows behind its figures are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.csv_export import csv_response
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.page_filters import acting_person, address
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_words import cause_words, sentence_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.queries import reports as queries
from apps.monitoring.queries.reports import ReportSpan
from apps.monitoring.report_forms import ReportForm
from apps.tenants.templatetags.wording import day_words as full_day


@dataclass(frozen=True, slots=True)
class Report:
    """What every report knows: its filter, its span, whose it is, and where the rows behind its figures are."""

    form: ReportForm
    span: ReportSpan
    is_customer: bool
    customer_names: dict[Any, str]
    rows_url: str
    cases_url: str

    @property
    def chosen_customer_id(self) -> UUID | None:
        """Return the customer that somebody chose; a customer's people have no choice."""
        return None if self.is_customer else self.span.customer_id

    def rows(self, what: str, **more: object) -> str:
        """Return the address of the records behind a figure of this report."""
        own = {"customer": self.chosen_customer_id, "flow": self.span.flow_id, "what": what, **more}
        parts = [_asked(name, value) for name, value in own.items() if value is not None]
        return f"{self.rows_url}?{'&'.join(parts)}"

    def rows_in_days(self, what: str, **more: object) -> str:
        """Return the same, of the report's days only."""
        return self.rows(what, since=self.span.since, until=self.span.until, **more)

    def reason_words(self, error_class: str) -> str:
        """Return a reason as this report's readers call it."""
        return str(words_for(error_class).title) if self.is_customer else cause_words(error_class, "")

    def reason_sentence(self, error_class: str) -> str:
        """Return what the reason means to this report's readers."""
        if self.is_customer:
            return str(words_for(error_class).happened)
        return sentence_words(verdict_for(error_class).explanation, error_class)


def _asked(name: str, value: object) -> str:
    """Write a part of an address; days and ids, by the hundred below a year's chart, have nothing to be quoted."""
    return f"{name}={value}" if type(value) in {date, UUID} else urlencode({name: value})


def read_report(request: HttpRequest) -> Report:
    """Return what is asked for, by whom; nonsense in the filter asks for the usual days."""
    who = acting_person(request)
    names = {} if who.is_customer else list_customer_names()
    form = ReportForm(
        request.GET,
        customers=None if who.is_customer else names,
        flows=queries.list_flow_names(None, with_customer=not who.is_customer),
        today=timezone.now().date(),
    )
    since, until = form.days
    # A customer's people see nothing else anyway; said to the database, it reads their lines and not everybody's.
    customer_id = who.customer_id if who.is_customer else form.chosen_id("customer")
    return Report(
        form=form,
        span=ReportSpan(since, until, customer_id, form.chosen_id("flow")),
        is_customer=who.is_customer,
        customer_names=names,
        rows_url=reverse("monitoring:customer-records" if who.is_customer else "monitoring:report-records"),
        cases_url=reverse("monitoring:case-list"),
    )


_TABS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("reports", lambda: _("Overview")),
    ("report-held", lambda: _("Held back and why")),
    ("report-activity", lambda: _("By flow")),
    ("report-business", lambda: _("How business moves")),
    ("value-list", lambda: _("Value")),
    ("review-list", lambda: _("Reviews")),
)


def _tabs(request: HttpRequest, report: Report, chosen: str) -> list[dict[str, Any]]:
    kept = address(request, format=None)
    words = {name: label() for name, label in _TABS}
    if report.is_customer:
        words["report-activity"] = _("By kind of work")
        words["own-reviews"] = words.pop("review-list")
    return [
        {"label": label, "url": f"{reverse(f'monitoring:{name}')}{kept}", "active": name == chosen}
        for name, label in words.items()
    ]


def show(request: HttpRequest, report: Report, name: str, **context: Any) -> HttpResponse:
    """Answer a report's page within what all of them wear: the filter, the tabs, and the way to its file."""
    chosen = report.form.cleaned_data if report.form.is_valid() else {}
    flow = dict(report.form.fields["flow"].choices).get(chosen.get("flow", "")) if chosen.get("flow") else ""  # type: ignore[attr-defined]
    page = {
        "report": report,
        "form": report.form,
        "tabs": _tabs(request, report, name),
        "csv_url": address(request, format="csv"),
        "span_words": _("%(first)s to %(last)s")
        % {"first": full_day(report.span.since), "last": full_day(report.span.until)},
        "about": [words for words in (report.customer_names.get(report.span.customer_id, ""), flow) if words],
        "now": timezone.now(),
        **context,
    }
    status = 400 if report.form.errors else 200
    return render(request, f"monitoring/reports/{name.replace('-', '_')}.html", page, status=status)


def wants_csv(request: HttpRequest) -> bool:
    """Return whether the rows are asked for as a file."""
    return request.GET.get("format") == "csv"


def report_file(name: str, report: Report, header: Sequence[str], rows: Sequence[Sequence[object]]) -> HttpResponse:
    """Answer rows as a file named after the report and its days."""
    return csv_response(f"{name}-{report.span.since}-{report.span.until}.csv", header, rows)
