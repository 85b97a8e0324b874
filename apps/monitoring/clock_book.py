"""One clock in its table: what it goes by, when it is due, its pauses, its end, and the breach when it was late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from apps.monitoring.models import CustomerSla, SlaBreach, SlaClock, SlaPause
from apps.monitoring.sla.clock import Clock, Pause, PauseCause, elapsed
from apps.monitoring.sla.opening import BusinessHours, always
from apps.monitoring.sla.terms import Promise, Terms, usual_terms


def agreement_at(customer_id: UUID, at: datetime) -> CustomerSla | None:
    """Return what the customer was promised at an instant, None where the usual times hold."""
    holds = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    return CustomerSla.objects.filter(holds, customer_id=customer_id, valid_from__lte=at).first()


def terms_of(agreement: CustomerSla | None) -> Terms:
    """Return an agreement's terms, the usual ones for None."""
    return agreement.read_terms() if agreement else usual_terms()


def hours_of(clock: SlaClock) -> BusinessHours:
    """Return the hours the clock counts by; a cut-off, and a due time that was simply given, know no closing time."""
    if clock.agreement is None or clock.target_seconds is None:
        return always()
    return clock.agreement.read_terms().hours


def as_clock(clock: SlaClock, pauses: Sequence[SlaPause]) -> Clock:
    """Return a stored clock as the pure rule reads it."""
    if clock.target_seconds is None:
        target = (clock.due_at or clock.started_at) - clock.started_at
    else:
        target = timedelta(seconds=clock.target_seconds)
    return Clock(hours_of(clock), clock.started_at, target, read_pauses(pauses), clock.stopped_at)


def read_pauses(pauses: Sequence[SlaPause]) -> tuple[Pause, ...]:
    """Return stored pauses as the pure rule reads them."""
    return tuple(Pause(one.started_at, one.ended_at, PauseCause(one.cause)) for one in pauses)


def set_due(clock: SlaClock, pauses: Sequence[SlaPause]) -> None:
    """Work out when the clock is due, None while it stands still; a given due time stays."""
    if clock.target_seconds is not None:
        clock.due_at = as_clock(clock, pauses).due_at


def pause(clock: SlaClock, cause: PauseCause, since: datetime, until: datetime | None = None) -> SlaPause:
    """Return a new pause of the clock, not saved yet."""
    return SlaPause(customer_id=clock.customer_id, clock=clock, cause=cause, started_at=since, ended_at=until)


def end_pause(pauses: Sequence[SlaPause], now: datetime) -> None:
    """End whatever pause is open."""
    for one in pauses:
        if one.ended_at is None:
            one.ended_at = now
            one.save(update_fields=["ended_at"])


def finish(clock: SlaClock, pauses: Sequence[SlaPause], now: datetime) -> SlaBreach | None:
    """Stop the clock without saving it; returns its breach, not saved yet, when its time was up before."""
    clock.stopped_at = now
    clock.elapsed_seconds = int(as_clock(clock, pauses).elapsed(now).total_seconds())
    if clock.breached_at is None and clock.due_at is not None and clock.due_at < now:
        clock.breached_at = clock.due_at
    if clock.breached_at is None:
        return None
    late = late_by(clock, pauses, now)
    credit, currency = credit_for(clock, late)
    return SlaBreach(
        customer_id=clock.customer_id,
        clock=clock,
        breached_at=clock.breached_at,
        late_seconds=int(late.total_seconds()),
        credit=credit,
        currency=currency,
    )


def stop(clock: SlaClock, now: datetime) -> None:
    """Stop a clock, end its pause, and settle its breach; also one that nobody had looked at since its time was up."""
    pauses = list(clock.pauses.all())
    end_pause(pauses, now)
    set_due(clock, pauses)
    breach = finish(clock, pauses, now)
    clock.save()
    if breach is not None:
        settled = {"late_seconds": breach.late_seconds, "credit": breach.credit, "currency": breach.currency}
        first = {"customer_id": breach.customer_id, "breached_at": breach.breached_at}
        SlaBreach.objects.update_or_create(clock=clock, defaults=settled, create_defaults={**first, **settled})


def mark_breaches(clocks: Sequence[SlaClock]) -> None:
    """Write down that these clocks' time was up when they were due, once; how late they were is known when they stop."""
    for clock in clocks:
        clock.breached_at = clock.due_at
    SlaClock.objects.bulk_update(clocks, ["breached_at"])
    SlaBreach.objects.bulk_create(
        [
            SlaBreach(customer_id=clock.customer_id, clock=clock, breached_at=clock.due_at)
            for clock in clocks
            if clock.due_at is not None
        ],
        ignore_conflicts=True,
    )


def late_by(clock: SlaClock, pauses: Sequence[SlaPause], until: datetime) -> timedelta:
    """Return how much business time passed since the promise was broken; nothing when it was not."""
    return late_between(clock, pauses, clock.breached_at, until) if clock.breached_at else timedelta()


def late_between(clock: SlaClock, pauses: Sequence[SlaPause], since: datetime, until: datetime) -> timedelta:
    """Return how much of the clock's business time passed between two instants."""
    return elapsed(hours_of(clock), since, until, read_pauses(pauses))


def credit_for(clock: SlaClock, late: timedelta) -> tuple[Decimal | None, str]:
    """Return what a breach so late gives back, with its currency; (None, "") where no credit was agreed."""
    rule = terms_of(clock.agreement).credit
    return (rule.credit_for(late), rule.currency) if rule else (None, "")


def target_seconds(
    terms: Terms, promise: Promise, *, severity: str = "", queue: str = "", business_class: str = ""
) -> int | None:
    """Return a promise's target in seconds, None for what is not promised."""
    found = terms.target(promise, severity=severity, queue=queue, business_class=business_class)
    return None if found is None else int(found.total_seconds())
