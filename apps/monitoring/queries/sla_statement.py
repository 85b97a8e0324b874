"""A customer's service level: what is promised now, and what a month's promises came to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.customers.models import Customer
from apps.flows.models import FlowDay
from apps.monitoring import clock_book
from apps.monitoring.blame import QUEUE_LABELS, WorkQueue, verdict_for
from apps.monitoring.models import CustomerSla, SlaBreach, SlaClock, SlaPause
from apps.monitoring.months import next_month
from apps.monitoring.queries.sla_rows import breach_rows, with_breach_subjects
from apps.monitoring.sla.clock import PauseCause, paused_by_cause
from apps.monitoring.sla.credits import CreditRule
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_pages import Agreement, BreachRow, Credit, PromisedTime, PromiseLine, Statement
from apps.monitoring.sla_words import CAUSE_LABELS, PROMISE_LABELS, PROMISE_SENTENCES, opening_words, span_words

HOLIDAYS_SHOWN = 5
_LOOKING_AHEAD = 400  # days in which the next holidays are looked for
SEVERITY_LABELS = {
    "low": gettext_lazy("not urgent"),
    "normal": gettext_lazy("usual"),
    "high": gettext_lazy("urgent"),
}


def get_agreement(customer: Customer, now: datetime) -> Agreement | None:
    """Return what the customer is promised now, None where the usual times hold. One query."""
    found = clock_book.agreement_at(customer.id, now)
    if found is None:
        return None
    terms = found.read_terms()
    return Agreement(
        package=terms.name,
        since=found.valid_from,
        agreed_by=found.agreed_by,
        times=tuple(_time(target) for target in terms.targets),
        opening=tuple(opening_words(terms.hours)),
        zone=terms.hours.zone,
        holidays=tuple(_next_holidays(terms.hours, now.astimezone(ZoneInfo(terms.hours.zone)).date())),
        pauses=tuple(str(CAUSE_LABELS[cause]) for cause in sorted(terms.pauses)),
        bands=tuple(_band_words(terms.credit) if terms.credit else ()),
        fee=terms.credit.fee if terms.credit else None,
        currency=terms.credit.currency if terms.credit else "",
        cap=terms.credit.cap if terms.credit else None,
    )


def get_statement(customer: Customer, month: date, now: datetime, *, for_customer: bool = False) -> Statement:
    """Return a month of the customer's own calendar, by its first day. Eight queries, however much there was.

    Only what an agreement promised counts: the usual times of customers without one are nobody's claim.
    """
    since, until = month_span(month, customer.time_zone)
    breaches = SlaBreach.objects.filter(
        customer=customer, clock__agreement__isnull=False, breached_at__gte=since, breached_at__lt=until
    ).order_by("breached_at", "id")
    found = list(with_breach_subjects(breaches))
    rows = breach_rows(found, now, for_customer=for_customer)
    agreements = _agreements_of(customer, since, until)
    return Statement(
        month=month,
        zone=customer.time_zone,
        is_running=now < until,
        lines=tuple(_lines(customer, agreements, found, since, until)),
        breaches=tuple(rows),
        pauses=tuple(_pauses(customer, since, min(until, now))),
        credits=tuple(_credits(rows, agreements)),
    )


def month_span(month: date, zone: str) -> tuple[datetime, datetime]:
    """Return when a month begins and ends in a zone, in UTC."""
    here = ZoneInfo(zone)
    begins, ends = (
        datetime.combine(day, time(), tzinfo=here).astimezone(UTC) for day in (month.replace(day=1), next_month(month))
    )
    return begins, ends


def month_of(now: datetime, zone: str) -> date:
    """Return the first day of the present month in a zone."""
    return now.astimezone(ZoneInfo(zone)).date().replace(day=1)


def _agreements_of(customer: Customer, since: datetime, until: datetime) -> list[CustomerSla]:
    """Return what was promised in a span, the earliest first."""
    reaches = Q(valid_until__isnull=True) | Q(valid_until__gt=since)
    return list(
        CustomerSla.objects.filter(reaches, customer=customer, valid_from__lt=until).order_by("valid_from", "id")
    )


def _lines(
    customer: Customer, agreements: Sequence[CustomerSla], found: Sequence[SlaBreach], since: datetime, until: datetime
) -> Iterable[PromiseLine]:
    promised = {target.promise for one in agreements for target in one.read_terms().targets}
    missed = Counter(breach.clock.promise for breach in found if breach.excused_at is None)
    excused = Counter(breach.clock.promise for breach in found if breach.excused_at is not None)
    ended = SlaClock.objects.filter(
        customer=customer,
        agreement__isnull=False,
        breached_at__isnull=True,
        stopped_at__gte=since,
        stopped_at__lt=until,
    )
    kept = Counter(ended.values_list("promise", flat=True))
    if Promise.DELIVERY in promised:
        kept[Promise.DELIVERY] = _days_delivered(customer, agreements, found, since, until)
    for promise in Promise:
        if promise in promised or kept[promise] or missed[promise] or excused[promise]:
            sentence = str(PROMISE_SENTENCES[promise])
            if promise is Promise.DELIVERY:
                sentence = f"{sentence} {_('Counted in days on which records came.')}"
            label = str(PROMISE_LABELS[promise])
            yield PromiseLine(label, sentence, kept[promise], missed[promise], excused[promise])


def _days_delivered(
    customer: Customer, agreements: Sequence[CustomerSla], found: Sequence[SlaBreach], since: datetime, until: datetime
) -> int:
    """Return on how many days records of a flow came and none was late; each flow counts its own."""
    begins = max(since, agreements[0].valid_from)
    days = FlowDay.objects.filter(customer=customer, read__gt=0, day__gte=begins.date(), day__lt=until.date())
    came = set(days.values_list("flow_id", "day").distinct())
    late = {
        (breach.clock.flow_id, breach.clock.started_at.date())
        for breach in found
        if breach.clock.promise == Promise.DELIVERY
    }
    return len(came - late)


def _pauses(customer: Customer, since: datetime, until: datetime) -> Iterable[tuple[str, str]]:
    """Return how long each party held clocks in a span, added up over all of them."""
    rows = SlaPause.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=since), customer=customer, started_at__lt=until
    ).exclude(cause=PauseCause.CLOSED)
    totals: defaultdict[PauseCause, timedelta] = defaultdict(timedelta)
    for row in rows:
        row.started_at = max(row.started_at, since)
        for cause, span in paused_by_cause(clock_book.read_pauses([row]), until).items():
            totals[cause] += span
    for cause, span in sorted(totals.items()):
        yield str(CAUSE_LABELS[cause]), span_words(span)


def _credits(rows: Sequence[BreachRow], agreements: Sequence[CustomerSla]) -> Iterable[Credit]:
    """Return the month's credit per currency, cut by the cap that held last."""
    rules = {rule.currency: rule for one in agreements if (rule := one.read_terms().credit)}
    for currency, rule in sorted(rules.items()):
        given = [row.credit for row in rows if row.currency == currency and row.credit and not row.is_excused]
        yield Credit(currency, rule.month_total(given), sum(given, Decimal(0)))


def _time(target: Target) -> PromisedTime:
    fits = str(SEVERITY_LABELS.get(target.severity, ""))
    if target.business_class:
        fits = _(verdict_for(target.business_class).title)
    elif target.queue:
        fits = _(QUEUE_LABELS[WorkQueue(target.queue)])
    span = timedelta(minutes=target.minutes)
    if target.promise is Promise.CUT_OFF:
        words = _("%(span)s before it") % {"span": span_words(span)} if target.minutes else _("by the cut-off itself")
    else:
        words = span_words(span)
    return PromisedTime(str(PROMISE_LABELS[target.promise]), fits, words)


def _next_holidays(hours: BusinessHours, today: date) -> Iterable[tuple[date, str]]:
    days = (today + timedelta(days=number) for number in range(_LOOKING_AHEAD))
    found = ((day, name) for day in days if (name := hours.holiday(day)) and hours.week[day.weekday()])
    return [pair for pair, _number in zip(found, range(HOLIDAYS_SHOWN), strict=False)]


def _band_words(rule: CreditRule) -> Iterable[str]:
    for band in rule.bands:
        percent = {"percent": f"{band.percent.normalize():f}"}
        if not band.late_minutes:
            yield _("%(percent)s %% of the month's fee for each promise that is missed") % percent
        else:
            span = span_words(timedelta(minutes=band.late_minutes))
            yield _("%(percent)s %% from %(span)s late on") % {**percent, "span": span}
