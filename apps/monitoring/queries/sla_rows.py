"""Clocks and breaches as rows: what they are about, how they stand, and what is to be expected."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, FloatField, Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.monitoring import clock_book
from apps.monitoring.case_words import title_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import SlaBreach, SlaClock, SlaPause
from apps.monitoring.sla.clock import ClockState, Forecast, PauseCause, forecast
from apps.monitoring.sla.terms import Promise
from apps.monitoring.sla_pages import BreachRow, ClockRow
from apps.monitoring.sla_words import CAUSE_LABELS, PROMISE_LABELS, package_words, span_words

LOOKED_BACK = timedelta(days=90)
LEAST_SAMPLE = 5  # fewer ended clocks say nothing about the next one
Usual = Mapping[tuple[str, str], tuple[timedelta, int]]


class Median(Aggregate):
    """The middle value of a group."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def usual_times(now: datetime) -> Usual:
    """Return the median business time and the number of ended clocks, by promise and severity. One query."""
    ended = SlaClock.objects.filter(stopped_at__gte=now - LOOKED_BACK, elapsed_seconds__isnull=False)
    rows = (
        ended.order_by()
        .values_list("promise", "severity")
        .annotate(median=Median("elapsed_seconds"), number=Count("id"))
    )
    return {
        (promise, severity): (timedelta(seconds=median), number)
        for promise, severity, median, number in rows
        if number >= LEAST_SAMPLE
    }


def with_subjects(clocks: QuerySet[SlaClock]) -> QuerySet[SlaClock]:
    """Read clocks with all that a row shows: two queries, however many there are."""
    return clocks.select_related("agreement", "case", "flow", "customer").prefetch_related(
        Prefetch("pauses", SlaPause.objects.order_by("started_at", "id"))
    )


def clock_rows(clocks: Iterable[SlaClock], now: datetime) -> list[ClockRow]:
    """Return running clocks as rows. One query more, for what is usual."""
    read = list(clocks)
    usual = usual_times(now) if read else {}
    return [_clock_row(clock, usual, now) for clock in read]


def with_breach_subjects(breaches: QuerySet[SlaBreach]) -> QuerySet[SlaBreach]:
    """Read breaches with all that a row shows: two queries, however many there are."""
    return breaches.select_related("customer", "clock__agreement", "clock__case", "clock__flow").prefetch_related(
        "clock__pauses"
    )


def breach_rows(breaches: Iterable[SlaBreach], now: datetime, *, for_customer: bool = False) -> list[BreachRow]:
    """Return breaches as rows; how late one is that still runs is counted up to `now`.

    `for_customer` says it in the customer's own words.
    """
    return [_breach_row(breach, now, for_customer=for_customer) for breach in breaches]


def _clock_row(clock: SlaClock, usual: Usual, now: datetime) -> ClockRow:
    pauses: Sequence[SlaPause] = list(clock.pauses.all())
    state = state_of(clock, pauses, now)
    found = _forecast(clock, pauses, usual, now)
    still = next((one for one in pauses if one.ended_at is None), None)
    return ClockRow(
        id=clock.id,
        promise=str(PROMISE_LABELS[Promise(clock.promise)]),
        subject=subject_of(clock),
        url=url_of(clock),
        customer_id=clock.customer_id,
        customer=clock.customer.name,
        package=package_words(clock_book.terms_of(clock.agreement)),
        state=state,
        started_at=clock.started_at,
        due_at=clock.due_at,
        left=found.left,
        left_words=left_words(found.left, is_late=state is ClockState.BREACHED),
        cause=str(CAUSE_LABELS[PauseCause(still.cause)]) if still else "",
        paused_at=still.started_at if still else None,
        expected_at=found.expected_at,
        at_risk=found.at_risk,
        sample=found.sample,
    )


def state_of(clock: SlaClock, pauses: Iterable[SlaPause], now: datetime) -> ClockState:
    """Return how a stored clock stands; a promise that nobody has looked at since its time was up is missed, too."""
    if clock.breached_at is not None or (clock.due_at is not None and clock.due_at < (clock.stopped_at or now)):
        return ClockState.BREACHED
    if clock.stopped_at is not None:
        return ClockState.MET
    return ClockState.PAUSED if any(one.ended_at is None for one in pauses) else ClockState.RUNNING


def _forecast(clock: SlaClock, pauses: Sequence[SlaPause], usual: Usual, now: datetime) -> Forecast:
    span, sample = usual.get((clock.promise, clock.severity), (None, 0))
    if clock.promise == Promise.CUT_OFF:  # what is left before a cut-off is counted on its own board
        span, sample = None, 0
    return forecast(clock_book.as_clock(clock, pauses), span, sample, now)


def left_words(left: timedelta, *, is_late: bool) -> str:
    """Return the business time that is left, or by how much it is late: none of it while everything is closed since."""
    if is_late:
        return _("%(span)s late") % {"span": span_words(abs(left))}
    return _("%(span)s left") % {"span": span_words(left)}


def subject_of(clock: SlaClock, *, for_customer: bool = False) -> str:
    """Return what a clock is about, in the reader's words."""
    if clock.case is not None:
        case = clock.case
        return str(words_for(case.error_class).title) if for_customer else title_words(case.title, case.error_class)
    if clock.flow is not None:
        return clock.flow.name
    return clock.cut_off_name


def url_of(clock: SlaClock, *, for_customer: bool = False) -> str:
    """Return where one works on it; a customer's people have a page of all their flows, none of one."""
    if clock.case_id is not None:
        return reverse("monitoring:case-detail", args=[clock.case_id])
    if clock.flow_id is not None and for_customer:
        return reverse("monitoring:customer-flows")
    return reverse("flows:flow-detail", args=[clock.flow_id]) if clock.flow_id is not None else ""


def _breach_row(breach: SlaBreach, now: datetime, *, for_customer: bool) -> BreachRow:
    clock, is_running = breach.clock, breach.late_seconds is None
    late = timedelta(seconds=breach.late_seconds or 0)
    credit, currency = breach.credit, breach.currency
    if is_running:
        late = clock_book.late_by(clock, list(clock.pauses.all()), now)
        credit, currency = clock_book.credit_for(clock, late)
    return BreachRow(
        id=breach.id,
        promise=str(PROMISE_LABELS[Promise(clock.promise)]),
        subject=subject_of(clock, for_customer=for_customer),
        url=url_of(clock, for_customer=for_customer),
        customer_id=breach.customer_id,
        customer=breach.customer.name,
        package=package_words(clock_book.terms_of(clock.agreement)),
        breached_at=breach.breached_at,
        late=late,
        late_words=span_words(late),
        is_running=is_running,
        credit=credit,
        currency=currency,
        is_excused=breach.excused_at is not None,
        excuse=breach.excuse,
        excused_by=breach.excused_by_name,
    )
