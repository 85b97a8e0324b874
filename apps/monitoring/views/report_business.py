"""The report of how business moves: how long it takes, what waits longest, what was done twice, and where exceptions arise."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person, address
from apps.monitoring.queries.ledger_rows import By
from apps.monitoring.telemetry import business
from apps.monitoring.telemetry.business_words import (
    DERIVED,
    MEASURED,
    UNKNOWN,
    by_hint,
    by_mark,
    by_title,
    key_words,
    name_words,
    source_hint,
    source_title,
)
from apps.monitoring.telemetry.provider_words import share_words
from apps.monitoring.telemetry.spells import (
    ACTIVATION,
    BILLING_KEYS,
    PAIRS,
    Source,
    Summary,
    before,
    list_spells,
    slowest_first,
    summaries,
)
from apps.monitoring.views.figures import with_query
from apps.monitoring.views.report_frame import Report, read_report, report_file, show, wants_csv
from apps.tenants.charts import Chart, Series
from apps.tenants.templatetags.wording import duration_words

_DAY = 86_400
_FOR_ALL = (Source.STATES, Source.APPROVALS)  # customers' people read about business, not about steps
_FOR_STAFF = (Source.STATES, Source.ONBOARDING, Source.APPROVALS, Source.STEPS, Source.HANDOFFS)
_BY_FOR_ALL = (By.SERVICE_LINE, By.REGION, By.SEGMENT)  # customers' people know their own country
_BY_FOR_STAFF = (*_BY_FOR_ALL, By.COUNTRY, By.CUSTOMER_SEGMENT)
MOST_BARS = 10
Line = dict[str, Any]


@requires(Action.VIEW_REPORTS)
@require_safe
def report_business(request: HttpRequest) -> HttpResponse:
    """Show how business moves, each figure with its sample, how sure it is, and the span before."""
    report = read_report(request)
    groups = [_timed(report, source) for source in (_FOR_ALL if report.is_customer else _FOR_STAFF)]
    groups[1:1] = [_billing(report)]
    tables = _exceptions(report)
    if wants_csv(request):
        return _file(report, groups, tables)
    states, waiting = groups[0], business.waiting_answers(report.span)
    return show(
        request,
        report,
        "report-business",
        groups=groups,
        empty=[group["title"] for group in groups if not group["lines"]],
        tables=tables,
        charts=[_states_chart(states["lines"]), *(_exceptions_chart(table) for table in tables[:1] if table["lines"])],
        activation=next((line for line in states["lines"] if line["key"] == ACTIVATION), None),
        rework=_rework(report),
        waiting=waiting,
        waiting_url=reverse("flows:approval-list") if acting_person(request).can(Action.APPROVE) else "",
    )


@requires(Action.VIEW_REPORTS)
@require_safe
def report_spells(request: HttpRequest, source: str, key: str) -> HttpResponse:
    """List what stands behind a figure, the longest first."""
    report = read_report(request)
    kinds = {kind.value: kind for kind in (*(_FOR_ALL if report.is_customer else _FOR_STAFF), Source.BILLING)}
    if source not in kinds:
        raise Http404(_("There is no such figure."))
    kind = kinds[source]
    rows = list_spells(kind, key, report.span)
    if wants_csv(request):
        header = [_("What"), _("Customer"), _("Began"), _("Ended"), _("Seconds")]
        cells = [[row.label, row.customer, row.began_at, row.ended_at, round(row.seconds)] for row in rows]
        return report_file(f"{source}-{key}"[:60], report, header, cells)
    page = "monitoring:customer-record" if report.is_customer else "flows:operation-detail"
    context = {
        "title": key_words(kind, key),
        "hint": source_hint(kind),
        "lines": [
            {"row": row, "took": duration_words(row.seconds), "url": _record(page, row.operation_id)} for row in rows
        ],
        "is_customer": report.is_customer,
        "csv_url": address(request, format="csv"),
        "crumbs": [
            {"label": _("Reports"), "url": reverse("monitoring:reports")},
            {"label": _("How business moves"), "url": f"{reverse('monitoring:report-business')}{address(request)}"},
            {"label": key_words(kind, key), "url": ""},
        ],
    }
    return render(request, "monitoring/reports/spells.html", context)


def _record(page: str, operation_id: object) -> str:
    return reverse(page, args=[operation_id]) if operation_id else ""


def _timed(report: Report, source: Source) -> Line:
    """Return one source's figures with those of the span before."""
    found, earlier = summaries(source, report.span), summaries(source, before(report.span))
    if source is Source.STATES:
        ordered = [found[key] for key in PAIRS if key in found]
    else:
        ordered = slowest_first(list(found.values()))
    return {
        "title": source_title(source),
        "hint": source_hint(source),
        "lines": [_timed_line(report, source, one, earlier.get(one.key)) for one in ordered],
    }


def _timed_line(report: Report, source: Source, now: Summary, earlier: Summary | None) -> Line:
    span = report.span
    about = {"customer": report.chosen_customer_id, "flow": span.flow_id}
    chosen = {name: asked for name, asked in about.items() if asked}
    return {
        "key": now.key,
        "label": key_words(source, now.key),
        "median": duration_words(now.median),
        "slow": duration_words(now.slow),
        "days": round(now.median / _DAY, 2),
        "number": now.number,
        "before": duration_words(earlier.median if earlier else None),
        "mark": MEASURED,
        "url": with_query(
            reverse("monitoring:report-spells", args=[source.value, now.key]),
            since=span.since,
            until=span.until,
            period="chosen",
            **chosen,
        ),
    }


def _billing(report: Report) -> Line:
    """Return how long billing takes: from work or reading until it is posted, and from an invoice until it is paid.

    A figure stands there without anything behind it, too: what nobody said in this time is not known.
    """
    now, earlier = business.posting_of(report.span), business.posting_of(before(report.span))
    posted = {
        "label": _("Read until posted"),
        "median": duration_words(now.median),
        "slow": duration_words(now.slow),
        "number": now.number,
        "before": duration_words(earlier.median),
        "mark": DERIVED,
        "url": report.rows_in_days("arrived"),
    }
    timed = {line["key"]: {**line, "mark": DERIVED} for line in _timed(report, Source.BILLING)["lines"]}
    unknown = {"median": "—", "slow": "—", "number": 0, "before": "—", "mark": UNKNOWN, "url": ""}
    cycles = [timed.get(key) or {**unknown, "label": key_words(Source.BILLING, key)} for key in BILLING_KEYS]
    return {
        "title": source_title(Source.BILLING),
        "hint": source_hint(Source.BILLING),
        "lines": [cycles[0], posted, cycles[1]],
    }


def _rework(report: Report) -> Line:
    now, earlier = business.rework_of(report.span), business.rework_of(before(report.span))
    return {
        "now": now,
        "share": share_words(now.share),
        "before": share_words(earlier.share),
        "url": reverse("monitoring:customer-records")
        if report.is_customer
        else f"{reverse('flows:run-list')}?kind=replay",
    }


def _exceptions(report: Report) -> list[Line]:
    """Return the records held back, by what they have in common; each line leads to its records."""
    span, span_before = report.span, before(report.span)
    causes = _lines(
        business.held_back_by_cause(span), business.held_back_by_cause(span_before), report.reason_words,
        lambda name: report.rows_in_days("held_back", reason=name),
    )  # fmt: skip
    found, earlier = business.held_back_by(span), business.held_back_by(span_before)
    return [
        {"title": _("By cause"), "hint": "", "mark": MEASURED, "lines": causes},
        *(
            {
                "title": by_title(by),
                "hint": by_hint(by),
                "mark": by_mark(by),
                "lines": _lines(found[by], earlier[by], name_words, partial(_rows_by, report, by)),
            }
            for by in (_BY_FOR_ALL if report.is_customer else _BY_FOR_STAFF)
        ),
    ]


def _rows_by(report: Report, by: By, name: str) -> str:
    return report.rows_in_days("held_back", by=by.value, name=name)


def _lines(
    found: Sequence[tuple[str, int]],
    earlier: Sequence[tuple[str, int]],
    words: Callable[[str], str],
    link: Callable[[str], str],
) -> list[Line]:
    total, past = sum(number for _name, number in found), dict(earlier)
    return [
        {
            "label": words(name),
            "number": number,
            "share": share_words(number / total),
            "before": past.get(name, 0),
            "url": link(name),
        }
        for name, number in found
    ]


def _states_chart(lines: Sequence[Line]) -> Chart:
    return Chart(
        name="states",
        title=_("From deal to billing, in days"),
        kind="bar",
        categories=[line["label"] for line in lines],
        series=[Series(_("Half within"), [line["days"] for line in lines], "brand", [line["url"] for line in lines])],
        unit=_("d"),
        decimals=2,
        note=_("The median of the states that were entered in this time."),
    )


def _exceptions_chart(table: Line) -> Chart:
    lines = table["lines"][:MOST_BARS]
    return Chart(
        name="held-back",
        title=_("Records held back, by cause"),
        kind="bar",
        categories=[line["label"] for line in lines],
        series=[Series(_("Records"), [line["number"] for line in lines], "danger", [line["url"] for line in lines])],
    )


def _file(report: Report, groups: Sequence[Line], tables: Sequence[Line]) -> HttpResponse:
    header = [
        _("Part"),
        _("Figure"),
        _("Half within"),
        _("Nine of ten within"),
        _("Sample"),
        _("Before"),
        _("How known"),
    ]
    rows: list[Sequence[object]] = [
        (group["title"], line["label"], line["median"], line["slow"], line["number"], line["before"], line["mark"])
        for group in groups
        for line in group["lines"]
    ]
    rows += [
        (table["title"], line["label"], "", "", line["number"], line["before"], table["mark"])
        for table in tables
        for line in table["lines"]
    ]
    return report_file("how-business-moves", report, header, rows)
