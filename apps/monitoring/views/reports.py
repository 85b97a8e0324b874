"""Reports: how much was posted, what was held back and why, what it is worth; for partners and for one customer."""

from collections.abc import Sequence
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.page_filters import address
from apps.monitoring import impact
from apps.monitoring.case_words import cause_words
from apps.monitoring.queries import reports as queries
from apps.monitoring.queries.ledger_rows import list_rows
from apps.monitoring.queries.trends import Cause, Throughput
from apps.monitoring.telemetry.business_words import by_words
from apps.monitoring.views.customer_records import asked_rows, rows_as_csv, what_chips
from apps.monitoring.views.report_charts import causes_chart, money_chart, speed_chart, throughput_chart
from apps.monitoring.views.report_frame import Report, read_report, report_file, show, wants_csv
from apps.tenants.templatetags.wording import money_words, short_day_words


@requires(Action.VIEW_REPORTS)
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Show throughput, causes, money and speed as pictures, each figure with its rows."""
    report, now = read_report(request), timezone.now()
    span, volume = report.span, queries.volume_of(report.span)
    if wants_csv(request):
        return _overview_file(report, volume.throughput)
    stretches = span.stretches
    causes, money = queries.causes_of(span), queries.money_of(span, now=now)
    return show(
        request,
        report,
        "reports",
        charts=[
            throughput_chart(volume, stretches, report.rows, for_customer=report.is_customer),
            money_chart(money, stretches),
            causes_chart(causes, report.reason_words, lambda name: report.rows_in_days("held_back", reason=name)),
            *([] if report.is_customer else [speed_chart(queries.speed_of(span, stretches), report.rows)]),
        ],
        arrived=sum(volume.throughput.counts["written"]),
        arrived_url=report.rows_in_days("arrived"),
        held_back=sum(cause.records for cause in causes),
        held_back_url=report.rows_in_days("held_back"),
        worth=" · ".join(money_words(part.amount, part.currency) for part in volume.worth),
        held_now=queries.held_now(span),
        held_now_url=report.rows("held"),
    )


def _together(activity: Sequence[queries.ActivityRow]) -> tuple[impact.Sum, ...]:
    return impact.added(part for row in activity for part in row.worth)


def _overview_file(report: Report, days: Throughput) -> HttpResponse:
    header = [_("Day"), _("Posted"), _("There already"), _("Left out"), _("Held back")]
    names = ("written", "unchanged", "skipped", "rejected")
    rows = [[day, *(days.counts[name][at] for name in names)] for at, day in enumerate(days.days)]
    return report_file("overview", report, header, rows)


@requires(Action.VIEW_REPORTS)
@require_safe
def report_held(request: HttpRequest) -> HttpResponse:
    """Show what was held back in the span and why, and how much of it is settled."""
    report = read_report(request)
    found = queries.reasons_of(report.span)
    if wants_csv(request):
        return _held_file(report, found)
    lines = [
        {
            "row": row,
            "title": report.reason_words(row.error_class),
            "happened": report.reason_sentence(row.error_class),
            "all_url": report.rows_in_days("held_back", reason=row.error_class),
            "held_url": report.rows("held", reason=row.error_class),
        }
        for row in found
    ]
    chart = causes_chart(
        [Cause(row.error_class, row.records) for row in found],
        report.reason_words,
        lambda name: report.rows_in_days("held_back", reason=name),
    )
    return show(request, report, "report-held", lines=lines, chart=chart)


def _held_file(report: Report, found: Sequence[queries.ReasonRow]) -> HttpResponse:
    header = [_("Why"), _("Held back"), _("Settled since"), _("Still held up"), _("Hours"), _("Amount"), _("Currency")]
    rows = [
        [report.reason_words(row.error_class), row.records, row.settled, row.held, row.hours, *_amount(part)]
        for row in found
        for part in row.sums or (None,)
    ]
    return report_file("held-back", report, header, rows)


@requires(Action.VIEW_REPORTS)
@require_safe
def report_activity(request: HttpRequest) -> HttpResponse:
    """Show what each flow got through in the span."""
    report = read_report(request)
    found = queries.activity_of(report.span)
    if wants_csv(request):
        return _activity_file(report, found)
    lines = [
        {
            "row": row,
            "arrived_url": report.rows_in_days("arrived", flow=row.flow_id),
            "held_url": report.rows_in_days("held_back", flow=row.flow_id),
            "flow_url": "" if report.is_customer else reverse("flows:flow-detail", args=[row.flow_id]),
        }
        for row in found
    ]
    return show(request, report, "report-activity", lines=lines, worth=_together(found))


def _activity_file(report: Report, found: Sequence[queries.ActivityRow]) -> HttpResponse:
    kind = _("Kind of work") if report.is_customer else _("Flow")
    header = [_("Customer"), kind, _("From"), _("To"), _("Posted"), _("There already"), _("Left out")]
    header += [_("Held back"), _("Worth"), _("Currency")]
    rows = [
        [
            *(row.customer, row.flow, row.source, row.target),
            *(row.arrived, row.unchanged, row.left_out, row.held_back),
            *_amount(part),
        ]
        for row in found
        for part in row.worth or (None,)
    ]
    return report_file("activity", report, header, rows)


def _amount(part: impact.Sum | None) -> tuple[object, object]:
    return (part.amount, part.currency) if part else ("", "")


@requires(Action.VIEW_REPORTS)
@require_safe
def report_records(request: HttpRequest) -> HttpResponse:
    """List the records behind a report's figure, for the partner's people; customers have their own list."""
    wanted = asked_rows(request)
    if wants_csv(request):
        return rows_as_csv(wanted)
    found = list_rows(wanted)
    context = {
        "page": found,
        "wanted": wanted,
        "reason": cause_words(wanted.reason, "") if wanted.reason else "",
        "by": by_words(wanted.by, wanted.name),
        "customer": list_customer_names().get(wanted.customer_id, "") if wanted.customer_id else "",
        "chips": what_chips(request, wanted.what),
        "csv_url": address(request, format="csv"),
        "older_url": address(request, before=found.older_before) if found.older_before else "",
        "newest_url": address(request) if wanted.before else "",
        "crumbs": [{"label": _("Reports"), "url": reverse("monitoring:reports")}, {"label": _("Records")}],
        "days": [short_day_words(day) for day in (wanted.since, wanted.until) if isinstance(day, date)],
    }
    return render(request, "monitoring/reports/records.html", context)
