"""Decides which routes tell of which cases, each case and occasion once: the rows are the memory."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from apps.monitoring import routing_book
from apps.monitoring.alerting.route_book import USUAL, Route
from apps.monitoring.models import Alert, AlertChannel, AlertOccasion, AlertTelling, ExceptionCase
from apps.monitoring.routing import all_fitting

# A case that closed longer ago is not reported as settled any more.
RECOVERY_OF_USE = timedelta(days=2)
_TOLD, _WAITING, _DROPPED = AlertTelling.State.TOLD, AlertTelling.State.WAITING, AlertTelling.State.DROPPED


def decide(routes: Sequence[Route], now: datetime) -> None:
    """Write down what is to be told now. Call it inside a transaction, under the judge's lock."""
    _drop_what_is_over(now)
    _rescue(routes, now)
    _of_new_cases(routes, now)
    for route in routes:
        _not_taken_up(route, now)
        _reminders(route, now)
    _recoveries(routes, now)


def _of_new_cases(routes: Sequence[Route], now: datetime) -> None:
    told = Alert.objects.filter(kind=Alert.Kind.OPENED, case=OuterRef("pk"))
    open_cases = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).exclude(Exists(told))
    cases = list(routing_book.with_systems(open_cases).order_by("due_at", "id"))
    if not cases:
        return
    facts = routing_book.facts_of(cases) if routes else {}
    _write(
        _telling(case, route, number, AlertOccasion.OPENED, now)
        for case in cases
        for route in (all_fitting(routes, facts[case.id]) if routes else []) or [USUAL]
        for number, step in enumerate(route.steps)
        if not step.after
    )
    Alert.objects.bulk_create(
        Alert(case=case, customer_id=case.customer_id, kind=Alert.Kind.OPENED, sent_at=now) for case in cases
    )


def _not_taken_up(route: Route, now: datetime) -> None:
    """Tell the next step where nobody took the case up for as long as the route says."""
    for number, step in enumerate(route.steps):
        if not step.after:
            continue
        first = _of_open_cases(route).filter(
            Q(case__acknowledged_at=None) | Q(case__acknowledged_at__lt=F("opened_at")),
            occasion=AlertOccasion.OPENED,
            step=0,
            state=_TOLD,
            settled_at__lte=now - timedelta(minutes=step.after),
        )
        done = _same_opening().filter(route_id=route.id, occasion=AlertOccasion.ESCALATED, step=number)
        cases = [one.case for one in first.exclude(Exists(done))]
        _write(_telling(case, route, number, AlertOccasion.ESCALATED, now) for case in cases)


def _reminders(route: Route, now: datetime) -> None:
    if not route.remind_hours:
        return
    told = _of_open_cases(route).filter(~Exists(_same_opening().filter(route_id=route.id, state=_WAITING)))
    latest = told.order_by().values("case_id").annotate(last=Max("settled_at"), turns=Max("turn"))
    due = {
        row["case_id"]: row["turns"]
        for row in latest.filter(last__lte=now - timedelta(hours=route.remind_hours)).values("case_id", "turns")
    }
    cases = ExceptionCase.objects.filter(id__in=due).order_by("due_at", "id")
    _write(_telling(case, route, 0, AlertOccasion.REMINDED, now, turn=due[case.id] + 1) for case in cases)


def _recoveries(routes: Sequence[Route], now: datetime) -> None:
    """Say that it is settled to whoever was told; tickets are closed whatever the route says."""
    by_id = {route.id: route for route in routes}
    told = AlertTelling.objects.filter(
        state=_TOLD,
        occasion__in=[AlertOccasion.OPENED, AlertOccasion.ESCALATED],
        route__isnull=False,
        case__state=ExceptionCase.State.CLOSED,
        case__closed_at__gte=now - RECOVERY_OF_USE,
        opened_at=F("case__opened_at"),
    )
    done = _same_opening().filter(
        route_id=OuterRef("route_id"), step=OuterRef("step"), occasion=AlertOccasion.RECOVERED
    )
    found = list(told.exclude(Exists(done)).select_related("case"))
    tickets = _ticket_channels() if found else frozenset()
    _write(
        _telling(one.case, route, one.step, AlertOccasion.RECOVERED, now)
        for one in found
        if (route := by_id.get(one.route_id)) is not None and _is_told_of_the_end(one, route, tickets)
    )


def _is_told_of_the_end(one: AlertTelling, route: Route, tickets: frozenset[str]) -> bool:
    if one.step >= len(route.steps):
        return False
    if route.steps[one.step].to in tickets:
        return True
    return route.tells_recovery and one.case.closed_how != ExceptionCase.ClosedHow.MERGED


def _ticket_channels() -> frozenset[str]:
    keys = AlertChannel.objects.filter(kind=AlertChannel.Kind.TICKET).values_list("id", flat=True)
    return frozenset(f"channel:{key}" for key in keys)


def _drop_what_is_over(now: datetime) -> None:
    """Tell nobody of what was over before its message could go out."""
    waiting = AlertTelling.objects.filter(state=_WAITING).exclude(occasion=AlertOccasion.RECOVERED)
    over = Q(case__state=ExceptionCase.State.CLOSED) | ~Q(opened_at=F("case__opened_at"))
    waiting.filter(over).update(state=_DROPPED, settled_at=now)


def _rescue(routes: Sequence[Route], now: datetime) -> None:
    """Let what waits for a route that is off by now, or for a step that it lost, go the usual way."""
    steps = {route.id: len(route.steps) for route in routes}
    waiting = AlertTelling.objects.filter(state=_WAITING, route__isnull=False).select_related("case")
    give_up([one for one in waiting if one.step >= steps.get(one.route_id, 0)], now)


def give_up(waiting: Sequence[AlertTelling], now: datetime) -> None:
    """Drop what a route will not tell any more; a new case goes the usual way instead."""
    opened = {one.case_id: one.case for one in waiting if one.occasion == AlertOccasion.OPENED}
    _write(_telling(case, USUAL, 0, AlertOccasion.OPENED, now) for case in opened.values())
    AlertTelling.objects.filter(id__in=[one.id for one in waiting]).update(state=_DROPPED, settled_at=now)


def _of_open_cases(route: Route) -> QuerySet[AlertTelling]:
    """Return what a route told of cases that are open since, and not asleep."""
    return (
        AlertTelling.objects.filter(route_id=route.id, opened_at=F("case__opened_at"), case__snoozed_until=None)
        .exclude(case__state=ExceptionCase.State.CLOSED)
        .select_related("case")
    )


def _same_opening() -> QuerySet[AlertTelling]:
    return AlertTelling.objects.filter(case=OuterRef("case"), opened_at=OuterRef("opened_at"))


def _telling(
    case: ExceptionCase, route: Route, step: int, occasion: AlertOccasion, now: datetime, *, turn: int = 0
) -> AlertTelling:
    return AlertTelling(
        case=case,
        customer_id=case.customer_id,
        route_id=route.id,
        step=step,
        occasion=occasion,
        turn=turn,
        opened_at=case.opened_at,
        decided_at=now,
    )


def _write(tellings: Iterable[AlertTelling]) -> None:
    """Store them; what was decided before stays as it is."""
    AlertTelling.objects.bulk_create(tellings, ignore_conflicts=True)
