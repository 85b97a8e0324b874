"""The clocks of one case as its page lists them: due, standing still and why, what is left, and by how much one was missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.monitoring import clock_book
from apps.monitoring.models import ExceptionCase, SlaClock, SlaPause
from apps.monitoring.queries.sla_rows import state_of
from apps.monitoring.sla.clock import ClockState, PauseCause
from apps.monitoring.sla.terms import OF_CASES, Promise
from apps.monitoring.sla_words import CAUSE_LABELS, PROMISE_LABELS, package_words, span_words


@dataclass(frozen=True, slots=True)
class ClockOfCase:
    """One promise about a case. `words` say what is left, or by how much it was missed; `url` is where the boards show it.

    `cause` and `paused_at` say why and since when it stands still; `due_at` None: as long as it does, nobody can say.
    """

    promise: str
    package: str
    state: str
    due_at: datetime | None
    cause: str
    paused_at: datetime | None
    words: str
    url: str

    @property
    def is_late(self) -> bool:
        """Return whether the promise was missed."""
        return self.state == ClockState.BREACHED


def list_clocks(case: ExceptionCase, now: datetime) -> list[ClockOfCase]:
    """Return the case's clocks in the order in which promises come due. Two queries."""
    pauses = Prefetch("pauses", SlaPause.objects.order_by("started_at", "id"))
    clocks = SlaClock.objects.filter(case=case).select_related("agreement", "breach").prefetch_related(pauses)
    order = {promise.value: number for number, promise in enumerate(OF_CASES)}
    return [_row(clock, now) for clock in sorted(clocks, key=lambda one: order.get(one.promise, len(order)))]


def _row(clock: SlaClock, now: datetime) -> ClockOfCase:
    pauses: Sequence[SlaPause] = list(clock.pauses.all())
    state = state_of(clock, pauses, now)
    still = None if clock.stopped_at else next((one for one in pauses if one.ended_at is None), None)
    return ClockOfCase(
        promise=str(PROMISE_LABELS[Promise(clock.promise)]),
        package=package_words(clock_book.terms_of(clock.agreement)),
        state=state,
        due_at=clock.due_at,
        cause=str(CAUSE_LABELS[PauseCause(still.cause)]) if still else "",
        paused_at=still.started_at if still else None,
        words=_words(clock, pauses, state, now),
        url=_url(clock),
    )


def _words(clock: SlaClock, pauses: Sequence[SlaPause], state: ClockState, now: datetime) -> str:
    counted = clock_book.as_clock(clock, pauses)
    if state is ClockState.BREACHED:
        # Up to where it ended, or to now; the breach is written a moment after its time was up.
        until, missed = clock.stopped_at or now, clock.breached_at or clock.due_at
        late = clock_book.late_between(clock, pauses, missed, until) if missed else timedelta()
        words = _("missed by %(span)s") if clock.stopped_at else _("missed by %(span)s so far")
        return words % {"span": span_words(late)}
    if state is ClockState.MET:
        return _("kept, after %(span)s") % {"span": span_words(counted.elapsed(now))}
    return _("%(span)s left") % {"span": span_words(max(counted.target - counted.elapsed(now), timedelta()))}


def _url(clock: SlaClock) -> str:
    """Return the missed promise itself; else the board with the clocks of its kind, "" for one that has ended well."""
    if clock.breached_at is not None and hasattr(clock, "breach"):
        return reverse("monitoring:breach-detail", args=[clock.breach.id])
    if clock.stopped_at is not None:
        return ""
    asked = urlencode({"promise": clock.promise, "customer": str(clock.customer_id)})
    return f"{reverse('monitoring:sla-list')}?{asked}"
