"""Takes a month's figures for a review: the same queries that the pages use, in the customer's words, with links for both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, F, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.customers.models import Customer
from apps.flows.models import ApprovalRequest, FlowVersion, Reconciliation
from apps.monitoring.models import ExceptionCase
from apps.monitoring.months import last_day, month_before, next_month
from apps.monitoring.queries.reports import ReportSpan, activity_of
from apps.monitoring.queries.risk import RiskOfDay, list_risk_days
from apps.monitoring.reviews.pack import Line, Part
from apps.monitoring.reviews.rules import Advice, Facts, Rule, advise
from apps.monitoring.reviews.words import advice_words
from apps.monitoring.triage.summary import summarise
from apps.monitoring.value.month_read import MonthRead, read_month
from apps.monitoring.value.statement import get_statement as get_value
from apps.monitoring.value.statement import records_url
from apps.monitoring.value.summary import tell_customer
from apps.tenants.templatetags.wording import count_words, money_words

MOST_LINES = 8  # of a part; the rest is a number
WORST_DAYS = 5
_DAY_SECONDS = 86_400
_COMPANY_FIELDS = r"(company|companies|entity|subsidiary)"


@dataclass(frozen=True, slots=True)
class Taken:
    """A month's figures: the lines of each part, and what is for the partner's eyes alone."""

    parts: dict[Part, tuple[Line, ...]]
    internal: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Month:
    """Whose month it is, with the addresses of the rows behind its figures."""

    customer: Customer
    first: date

    @property
    def span(self) -> ReportSpan:
        """Return its days."""
        return ReportSpan(self.first, last_day(self.first), self.customer.id)

    def rows(self, what: str, **more: object) -> tuple[str, str]:
        """Return where records are, for the partner's people and for the customer's."""
        ours = records_url(self.customer.id, self.first, what, for_customer=False, **more)
        return ours, records_url(self.customer.id, self.first, what, for_customer=True, **more)

    def service(self) -> tuple[str, str]:
        """Return where the month's promises are, for the partner's people and for the customer's."""
        pages = reverse("monitoring:customer-service", args=[self.customer.id]), reverse("monitoring:own-service")
        return f"{pages[0]}?month={self.first:%Y-%m}", f"{pages[1]}?month={self.first:%Y-%m}"

    def cases(self) -> tuple[str, str]:
        """Return where the customer's open exceptions are, for the partner's people and for the customer's."""
        ours = urlencode({"customer": self.customer.id})
        return f"{reverse('monitoring:case-list')}?{ours}", reverse("monitoring:customer-needs")


def take_figures(customer: Customer, month: date, now: datetime) -> Taken:
    """Return the figures of a customer's month, by its first day, in the language that is spoken now."""
    of = _Month(customer, month)
    read, reconciled = read_month(customer, month, now), _reconciled(of)
    ours = tell_customer(customer, read, for_customer=False)
    theirs = tell_customer(customer, read, for_customer=True)
    said = [Line(own.text, one.url, own.url) for one, own in zip(ours.sentences, theirs.sentences, strict=True)]
    causes = [
        Line(f"{own.title}: {own.happened} {own.done}", one.url, own.url)
        for one, own in zip(ours.causes, theirs.causes, strict=True)
    ]
    facts = _facts(of, read, reconciled)
    advised = [(one, Line(advice_words(one), *_where(of, one))) for one in advise(facts)]
    parts: dict[Part, Iterable[Line]] = {
        Part.VOLUME: said[:1],
        Part.SERVICE: [*said[1:2], *_promises(of, read)],
        Part.VALUE: said[2:],
        Part.CAUSES: causes,
        Part.RISK: [*_risk(of, now), _open_now(of, now)],
        Part.RECONCILIATION: _reconciliations(reconciled),
        Part.CHANGES: _changes(of),
        Part.NEXT: [line for one, line in advised if not one.is_internal],
    }
    return Taken(
        {part: tuple(lines) for part, lines in parts.items()},
        tuple(line for one, line in advised if one.is_internal),
    )


def _promises(of: _Month, read: MonthRead) -> Iterable[Line]:
    """Say of each promise how often it was kept."""
    for line in read.promises:
        counts = {"promise": line.promise, "kept": count_words(line.kept), "missed": count_words(line.missed)}
        text = _("%(promise)s: kept %(kept)s times, missed %(missed)s.") % counts
        yield Line(text, *of.service())


def _risk(of: _Month, now: datetime) -> Iterable[Line]:
    """Say on how many days records were held up, what the worst of them were, and what was left at the end."""
    days = list_risk_days(of.customer, of.first, last_day(of.first), now)
    held = [one for one in days if one.records]
    if not held:
        return
    where = of.cases()
    facts = {"days": count_words(len(held)), "all": count_words(len(days))}
    yield Line(_("Records were held up at the end of %(days)s of %(all)s days.") % facts, *where)
    worst = sorted(held, key=lambda one: (-one.amount, -one.records, one.day))[:WORST_DAYS]
    for one in sorted(worst, key=lambda one: one.day):
        yield Line(_at_risk_words(one, _("%(day)s: %(money)s at risk in %(records)s records.")), *where)
    if len(worst) < len(held):
        left = {"number": count_words(len(held) - len(worst))}
        yield Line(_("Less was at risk on %(number)s further days.") % left)
    last = days[-1]
    words = _("At the end, on %(day)s: %(money)s at risk in %(records)s records.")
    yield Line(_at_risk_words(last, words) if last.records else _("At the end nothing was at risk."), *where)


def _at_risk_words(one: RiskOfDay, words: str) -> str:
    """Return a day's figure; what is estimated of it, and what nobody knows the worth of, is said."""
    money = money_words(one.amount, one.currency)
    said = words % {"day": date_format(one.day, "DATE_FORMAT"), "money": money, "records": count_words(one.records)}
    if one.estimated:
        said = f"{said} {_('Estimated of it: %(money)s.') % {'money': money_words(one.estimated, one.currency)}}"
    if one.unknown_records:
        unknown = {"records": count_words(one.unknown_records)}
        said = f"{said} {_('Of %(records)s records nobody knows the worth.') % unknown}"
    return said


def _open_now(of: _Month, now: datetime) -> Line:
    """Say what is open as the figures are taken, in the customer's words."""
    return Line(summarise(now, customer_id=of.customer.id, for_customer=True).paragraph, *of.cases())


def _reconciliations(reconciled: Iterable[Mapping[str, Any]]) -> Iterable[Line]:
    """Say of each flow how many statements there are, how many are signed, and what stayed unexplained."""
    for row in reconciled:
        words = {
            "flow": row["flow__name"],
            "number": count_words(row["number"]),
            "signed": count_words(row["signed"]),
            "unexplained": count_words(row["unexplained"]),
        }
        text = _("%(flow)s: %(number)s statements, signed: %(signed)s; records unexplained: %(unexplained)s.") % words
        yield Line(
            text, reverse("flows:flow-reconciliation", args=[row["flow_id"]]), reverse("monitoring:customer-flows")
        )


def _reconciled(of: _Month) -> Sequence[Mapping[str, Any]]:
    """Return of each flow its statements, counted: of each span of days that begins in the month the newest finished one."""
    finished = Reconciliation.objects.filter(
        customer=of.customer, finished_at__isnull=False, first__gte=of.first, first__lt=next_month(of.first)
    )
    newest = finished.order_by("flow_id", "first", "last", "-id").distinct("flow_id", "first", "last")
    by_flow = Reconciliation.objects.filter(id__in=newest.values("id")).order_by("flow__name")
    counted = by_flow.values("flow_id", "flow__name").annotate(
        number=Count("id"), signed=Count("signed_at"), unexplained=Sum("unexplained")
    )
    return list(counted)


def _changes(of: _Month) -> Iterable[Line]:
    """Say which versions of flows went live, the latest first."""
    found = FlowVersion.objects.filter(of.span.moments("published_at"), customer=of.customer)
    for row in found.select_related("flow").order_by("-published_at", "id")[:MOST_LINES]:
        words = {
            "flow": row.flow.name,
            "number": row.number,
            "day": date_format(timezone.localtime(row.published_at), "DATE_FORMAT"),
        }
        text = _("%(flow)s: version %(number)s, live since %(day)s.") % words
        shown = f"{text} {row.note}" if row.note else text
        yield Line(shown, reverse("flows:flow-detail", args=[row.flow_id]), reverse("monitoring:customer-flows"))
    left = found.count() - MOST_LINES
    if left > 0:
        yield Line(_("%(number)s further versions went live.") % {"number": count_words(left)})


def _facts(of: _Month, read: MonthRead, reconciled: Sequence[Mapping[str, Any]]) -> Facts:
    before = month_before(of.first)
    companies = ExceptionCase.objects.filter(
        of.span.moments("opened_at"), customer=of.customer, error_field__iregex=_COMPANY_FIELDS
    )
    return Facts(
        came_back=_came_back(of),
        held=tuple((row.error_class, row.held) for row in read.reasons[:3]),
        missed=read.missed,
        waits=_waits(of),
        unexplained=sum(row["unexplained"] for row in reconciled),
        reconciled=bool(reconciled),
        posted=read.posted,
        posted_before=sum(row.arrived for row in activity_of(ReportSpan(before, last_day(before), of.customer.id))),
        company_cases=companies.count(),
        is_assumed=get_value(of.customer, of.first).has_assumptions,
    )


def _came_back(of: _Month) -> tuple[tuple[str, int], ...]:
    """Return how often each kind of failure opened an exception, reopenings of these included, the most first."""
    cases = ExceptionCase.objects.filter(of.span.moments("opened_at"), customer=of.customer)
    counted = cases.order_by().values("error_class").annotate(times=Count("id") + Sum("reopened"))
    found = [(row["error_class"], int(row["times"])) for row in counted]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))[:3]


def _waits(of: _Month) -> tuple[tuple[str, Decimal], ...]:
    """Return by flow how many days an approval that was decided in the month had waited, on average."""
    decided = ApprovalRequest.objects.filter(
        of.span.moments("closed_at"),
        customer=of.customer,
        state__in=[ApprovalRequest.State.APPROVED, ApprovalRequest.State.REJECTED],
    )
    rows = decided.order_by().values("flow__name").annotate(waited=Avg(F("closed_at") - F("asked_at")))
    return tuple((row["flow__name"], round(Decimal(row["waited"].total_seconds()) / _DAY_SECONDS, 1)) for row in rows)


def _where(of: _Month, advice: Advice) -> tuple[str, str]:
    """Return where the rows behind an advice are, for the partner's people and for the customer's."""
    match advice.rule:
        case Rule.CAME_BACK | Rule.STILL_HELD:
            return of.rows("held_back", reason=advice.about)
        case Rule.MISSED:
            return of.service()
        case Rule.APPROVALS_WAIT:
            ours = urlencode({"customer": of.customer.id})  # whoever reads reviews reads reports; not all may approve
            return f"{reverse('monitoring:report-business')}?{ours}", reverse("monitoring:customer-needs")
        case Rule.UNEXPLAINED | Rule.NOT_RECONCILED:
            return reverse("flows:reconciliation-list"), ""
        case Rule.UNKNOWN_COMPANY:
            return f"{reverse('monitoring:case-list')}?{urlencode({'customer': of.customer.id})}", ""
        case Rule.GREW:
            return of.rows("arrived")[0], ""
        case Rule.ASSUMED:
            return reverse("monitoring:value-terms", args=[of.customer.id]), ""
