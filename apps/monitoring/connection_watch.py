"""Connections that are not called just now: one case each, however many flows and records wait for them."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.connectors.breaker_rule import BreakerState, waiting_words
from apps.connectors.errors import BusinessClass
from apps.connectors.models import CircuitBreaker
from apps.flows.models import Flow, FlowRole
from apps.monitoring import case_book
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_book import NewCase
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.models import ExceptionCase
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitor_switches import off_flows

PROBES_TO_TELL = 2  # a short hiccup is nobody's business
_CLASSES = (BusinessClass.CONNECTION, BusinessClass.PROVIDER_OUTAGE)


def judge_connections(now: datetime) -> tuple[int, int]:
    """Open a case per connection that stays away or refuses the sign-in, close those of connections that are back.

    Returns (opened, closed). Call it inside a transaction, after case_book.take_turn().
    """
    breakers = list(CircuitBreaker.objects.select_related("connection").order_by("id"))
    known = _open_cases(breakers)
    opened = closed = 0
    for breaker in breakers:
        wanted = _class_of(breaker)
        cases = [case for mark in _marks(breaker) if (case := known.get((breaker.customer_id, mark)))]
        done = [case for case in cases if case.error_class != wanted]
        for case in done:
            name, is_gone = breaker.connection.name, breaker.connection.removed_at is not None
            reason = f"{name} was removed." if is_gone else f"{name} can be called again."
            case_book.close_case(case, ExceptionCase.ClosedHow.RAN_WELL, reason=reason, now=now)
        closed += len(done)
        if wanted is not None and len(done) == len(cases):
            opened += _open(breaker, wanted, now)
    return opened, closed


def _class_of(breaker: CircuitBreaker) -> BusinessClass | None:
    """Return the class of the case that a breaker calls for, None while it calls for none."""
    if breaker.state != BreakerState.OPEN:
        return None
    return BusinessClass.CONNECTION if breaker.needs_person else BusinessClass.PROVIDER_OUTAGE


def _cause(breaker: CircuitBreaker, business_class: BusinessClass) -> Cause:
    return Cause(str(breaker.connection_id), "connection", business_class, "", "", "")


def _marks(breaker: CircuitBreaker) -> list[str]:
    return [fingerprint(_cause(breaker, business_class)) for business_class in _CLASSES]


def _open_cases(breakers: list[CircuitBreaker]) -> dict[tuple[UUID, str], ExceptionCase]:
    marks = [mark for breaker in breakers for mark in _marks(breaker)]
    cases = ExceptionCase.objects.select_for_update(of=("self",)).filter(fingerprint__in=marks)
    return {(case.customer_id, case.fingerprint): case for case in cases.exclude(state=ExceptionCase.State.CLOSED)}


def _open(breaker: CircuitBreaker, business_class: BusinessClass, now: datetime) -> int:
    if not breaker.needs_person and breaker.probes < PROBES_TO_TELL:
        return 0
    flows = _waiting_flows(breaker, now)
    if not flows or _was_dismissed(breaker, business_class):
        return 0  # nothing waits for it: its own page says how it is
    cause = _cause(breaker, business_class)
    new = NewCase(flows[0], cause, fingerprint(cause), _sentence(breaker, len(flows)))
    case_book.open_case(new, title=verdict_for(business_class).title, now=now)
    return 1


def _was_dismissed(breaker: CircuitBreaker, business_class: BusinessClass) -> bool:
    """Tell whether a person closed the case of this very outage."""
    closed = ExceptionCase.objects.filter(
        customer_id=breaker.customer_id,
        fingerprint=fingerprint(_cause(breaker, business_class)),
        closed_how=ExceptionCase.ClosedHow.BY_PERSON,
    )
    return closed.filter(closed_at__gte=breaker.since or timezone.now()).exists()


def _waiting_flows(breaker: CircuitBreaker, now: datetime) -> list[Flow]:
    connection_id = breaker.connection_id
    in_role = FlowRole.objects.filter(connection_id=connection_id).values("flow_id")
    uses = Q(source_id=connection_id) | Q(target_id=connection_id) | Q(id__in=in_role)
    live = Flow.objects.filter(uses, state=Flow.State.LIVE).exclude(id__in=off_flows(MonitorKind.CONNECTION, now))
    return list(live.order_by("id"))


def _sentence(breaker: CircuitBreaker, flows: int) -> str:
    name = breaker.connection.name
    what, ends = waiting_words(needs_person=breaker.needs_person, reason=breaker.reason)
    waits = "1 flow waits" if flows == 1 else f"{flows} flows wait"
    since = f"{breaker.since:%d %b %Y, %H:%M} UTC"
    return f"{name} {what} since {since}: {waits}, and the work goes on by itself {ends}. {breaker.reason}"
