"""The clocks of one case: started, paused, moved and stopped by what happens to it, in the transaction in which it happens."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef

from apps.monitoring import clock_book
from apps.monitoring.blame import WaitingOn
from apps.monitoring.models import ExceptionCase, SlaBreach, SlaClock, SlaPause
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.terms import OF_CASES, Promise, Terms, is_only_warning

_PAUSING = {WaitingOn.CUSTOMER.value: PauseCause.CUSTOMER, WaitingOn.PROVIDER.value: PauseCause.PROVIDER}


def start(case: ExceptionCase, now: datetime, *, failed_at: datetime | None = None) -> None:
    """Start the clocks of a case that was opened just now, and set when it is due.

    `failed_at` is when what it is about went wrong: what passed until now is how long it took to detect. A mere warning
    goes by the usual times: what it warns of has the promised clocks, and gives its credit once.
    """
    agreement = clock_book.agreement_at(case.customer_id, now)
    if is_only_warning(clock_book.terms_of(agreement), case.error_class):
        agreement = None
    terms = clock_book.terms_of(agreement)
    clocks, pauses, breaches = [], [], []
    for promise in OF_CASES:
        seconds = _target_seconds(terms, promise, case)
        began = failed_at if promise is Promise.DETECT else now
        if seconds is None or began is None:
            continue
        clock = SlaClock(customer_id=case.customer_id, case=case, promise=promise, agreement=agreement)
        clock.severity, clock.started_at, clock.target_seconds = case.severity, began, seconds
        cause = _cause(case, terms) if promise is Promise.RESOLVE else None
        own = [clock_book.pause(clock, cause, now)] if cause else []
        clock_book.set_due(clock, own)
        if promise is Promise.DETECT and (late := clock_book.finish(clock, own, now)):
            breaches.append(late)
        clocks.append(clock)
        pauses += own
    SlaClock.objects.bulk_create(clocks)
    SlaPause.objects.bulk_create(pauses)
    SlaBreach.objects.bulk_create(breaches)
    _show_due(case, clocks)


def follow_waiting(case: ExceptionCase, now: datetime) -> None:
    """Pause or go on as `case.waiting_on` says and the terms allow."""
    for clock in _running(case, Promise.RESOLVE):
        _follow(clock, case, now)
        _show_due(case, [clock])


def acknowledge(case: ExceptionCase, now: datetime) -> None:
    """Note that somebody of the partner's people took the case up; only the first time counts."""
    if case.acknowledged_at is not None or not case.is_open:
        return
    case.acknowledged_at = now
    case.save(update_fields=["acknowledged_at"])
    for clock in _running(case, Promise.ACKNOWLEDGE):
        clock_book.stop(clock, now)


def retarget(case: ExceptionCase, *, may_grow: bool = False) -> None:
    """Give the case the time it has now: less once it is graver, more only with `may_grow`; what is broken stays broken."""
    for clock in _running(case, Promise.ACKNOWLEDGE, Promise.RESOLVE):
        seconds = _target_seconds(clock_book.terms_of(clock.agreement), Promise(clock.promise), case)
        if seconds is None or clock.target_seconds is None or clock.breached_at or seconds == clock.target_seconds:
            continue
        if seconds > clock.target_seconds and not may_grow:
            continue
        clock.target_seconds, clock.severity = seconds, case.severity
        clock_book.set_due(clock, list(clock.pauses.all()))
        clock.save(update_fields=["target_seconds", "severity", "due_at"])
        _show_due(case, [clock])


def count_from(case: ExceptionCase, began: datetime) -> None:
    """Count the case's time from an earlier moment, because it goes on with what began then; never from a later one."""
    for clock in _running(case, Promise.ACKNOWLEDGE, Promise.RESOLVE):
        if clock.target_seconds is None or clock.breached_at or began >= clock.started_at:
            continue
        clock.started_at = began
        clock_book.set_due(clock, list(clock.pauses.all()))
        clock.save(update_fields=["started_at", "due_at"])
        _show_due(case, [clock])


def fix_due(case: ExceptionCase, due_at: datetime) -> None:
    """Let the case be due at a given time that nothing moves, because what it is about ends then."""
    SlaPause.objects.filter(clock__case=case, clock__promise=Promise.RESOLVE).delete()
    SlaClock.objects.filter(case=case, promise=Promise.RESOLVE).update(target_seconds=None, due_at=due_at)
    case.due_at = due_at
    case.save(update_fields=["due_at"])


def close(case: ExceptionCase, now: datetime) -> None:
    """Stop whatever still runs; a promise whose time was up before is broken, also when nobody had looked since."""
    for clock in _running(case, *OF_CASES):
        clock_book.stop(clock, now)
        _show_due(case, [clock])


def reopen(case: ExceptionCase, now: datetime) -> None:
    """Let the case's time go on where it stood when it was closed; the time between counts for nobody."""
    if not SlaClock.objects.filter(case=case, promise=Promise.RESOLVE).exists():  # closed before there were clocks
        start(case, now)
        return
    stopped = SlaClock.objects.select_for_update(of=("self",)).filter(case=case, promise=Promise.RESOLVE)
    for clock in stopped.filter(stopped_at__isnull=False).select_related("agreement"):
        clock_book.pause(clock, PauseCause.CLOSED, clock.stopped_at or now, now).save()
        clock.stopped_at = clock.elapsed_seconds = None
        clock.save(update_fields=["stopped_at", "elapsed_seconds"])
        SlaBreach.objects.filter(clock=clock).update(late_seconds=None, credit=None)
        _follow(clock, case, now)
        _show_due(case, [clock])


def adopt_unclocked(most: int = 500) -> int:
    """Give open cases without a clock one for their due time: they were opened before there were clocks. Returns how many."""
    own = SlaClock.objects.filter(case=OuterRef("pk"), promise=Promise.RESOLVE)
    unclocked = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).filter(
        ~Exists(own), due_at__isnull=False
    )
    cases = list(unclocked.order_by("id")[:most])
    clocks = [
        SlaClock(
            customer_id=case.customer_id,
            case=case,
            promise=Promise.RESOLVE,
            severity=case.severity,
            started_at=case.opened_at,
            due_at=case.due_at,
        )
        for case in cases
    ]
    return len(SlaClock.objects.bulk_create(clocks, ignore_conflicts=True))


def _running(case: ExceptionCase, *promises: Promise) -> list[SlaClock]:
    clocks = SlaClock.objects.select_for_update(of=("self",)).filter(case=case, promise__in=promises)
    return list(clocks.filter(stopped_at__isnull=True).select_related("agreement").order_by("id"))


def _follow(clock: SlaClock, case: ExceptionCase, now: datetime) -> None:
    cause = _cause(case, clock_book.terms_of(clock.agreement)) if clock.target_seconds is not None else None
    pauses = list(clock.pauses.all())
    if not any(one.ended_at is None and one.cause == cause for one in pauses):
        clock_book.end_pause(pauses, now)
        if cause is not None:
            pauses.append(clock_book.pause(clock, cause, now))
            pauses[-1].save()
    clock_book.set_due(clock, pauses)
    clock.save(update_fields=["due_at"])


def _cause(case: ExceptionCase, terms: Terms) -> PauseCause | None:
    cause = _PAUSING.get(case.waiting_on)
    return cause if cause in terms.pauses else None


def _target_seconds(terms: Terms, promise: Promise, case: ExceptionCase) -> int | None:
    return clock_book.target_seconds(
        terms, promise, severity=case.severity, queue=case.queue, business_class=case.error_class
    )


def _show_due(case: ExceptionCase, clocks: Iterable[SlaClock]) -> None:
    """The case is due when it has to be resolved."""
    for clock in clocks:
        if clock.promise == Promise.RESOLVE and case.due_at != clock.due_at:
            case.due_at = clock.due_at
            case.save(update_fields=["due_at"])
