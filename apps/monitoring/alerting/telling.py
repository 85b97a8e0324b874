"""Tells people about exceptions: what was decided becomes messages, grouped, paced, and each handed on once.

Decision, message and the mail or the due work that carries it are one transaction, under the judge's lock: a crash leaves
all of it or nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction

from apps.accounts.preferences import without_alerts
from apps.monitoring import case_book
from apps.monitoring.alerting import customers
from apps.monitoring.alerting.deciding import decide
from apps.monitoring.alerting.messages import mail_to, post_to
from apps.monitoring.alerting.pace import room_left
from apps.monitoring.alerting.route_book import USUAL, Receivers, Route, read_routes, receivers_of
from apps.monitoring.blame import Severity
from apps.monitoring.models import AlertChannel, AlertMessage, AlertTelling

KEPT = timedelta(days=400)  # how long the log tells of a message
_HOUR = timedelta(hours=1)
Batch = list[AlertTelling]


def tell(now: datetime) -> int:
    """Tell people what there is to tell. Returns how many messages were handed on."""
    with transaction.atomic():
        case_book.take_turn()
        AlertMessage.objects.filter(created_at__lt=now - KEPT).delete()
        routes = read_routes()
        decide(routes, now)
        return _hand_on(routes, now) + customers.tell(now)


def _hand_on(routes: Sequence[Route], now: datetime) -> int:
    waiting = (
        AlertTelling.objects.filter(state=AlertTelling.State.WAITING)
        .select_related("case__customer", "case__flow")
        .order_by("case__due_at", "case_id")
    )
    groups: defaultdict[tuple[UUID | None, int, str], Batch] = defaultdict(list)
    for one in waiting:
        groups[one.route_id, one.step, one.occasion].append(one)
    known = {route.id: route for route in (USUAL, *routes)}
    return sum(
        _tell_group(known[route_id], step, occasion, batch, now)
        for (route_id, step, occasion), batch in groups.items()
        if route_id in known and step < len(known[route_id].steps)
    )


def _tell_group(route: Route, step: int, occasion: str, waiting: Batch, now: datetime) -> int:
    """Hand on what may go now; the rest waits for the next look, marked as held back."""
    receivers = receivers_of(route.steps[step].to, now)
    if receivers.channel is None and not receivers.people:
        return 0  # nobody is there yet
    free = [one for one in waiting if not _keeps_still(route, one, now)]
    room = room_left(route.most_an_hour, _in_last_hour(route, step, now))
    batches = _batches(free, receivers.channel)[:room]
    going = {one.id for batch in batches for one in batch}
    AlertTelling.objects.filter(id__in=[one.id for one in waiting if one.id not in going]).update(was_held=True)
    for batch in batches:
        _send(receivers, route, batch, occasion, now)
    AlertTelling.objects.filter(id__in=going).update(state=AlertTelling.State.TOLD, settled_at=now)
    return len(batches)


def _keeps_still(route: Route, one: AlertTelling, now: datetime) -> bool:
    return route.quiet is not None and route.quiet.holds(now, is_severe=one.case.severity == Severity.HIGH)


def _in_last_hour(route: Route, step: int, now: datetime) -> int:
    """Return how often a step spoke within the last hour; mails to several people at once are one time."""
    if not route.most_an_hour:
        return 0
    sent = AlertMessage.objects.filter(route_id=route.id, step=step, created_at__gt=now - _HOUR).order_by()
    mails = sent.filter(by="mail").values("created_at").distinct().count()
    return mails + sent.exclude(by="mail").count()


def _batches(free: Batch, channel: AlertChannel | None) -> list[Batch]:
    """Return what makes one message each: a mail holds all, a ticket one case, a chat or webhook those of one cause.

    What had to wait before is one message together, and comes first.
    """
    if channel is None:
        return [free] if free else []
    if channel.kind == AlertChannel.Kind.TICKET:
        return [[one] for one in free]
    held = [one for one in free if one.was_held]
    fresh = sorted((one for one in free if not one.was_held), key=_cause)
    return [*([held] if held else []), *(list(same) for _, same in groupby(fresh, key=_cause))]


def _cause(one: AlertTelling) -> str:
    return f"{one.case.error_class} {one.case.error_field}"


def _send(receivers: Receivers, route: Route, batch: Batch, occasion: str, now: datetime) -> None:
    cases, step = [one.case for one in batch], batch[0].step
    draft = AlertMessage(
        occasion=occasion,
        route_id=route.id,
        step=step,
        cases=[case.id for case in cases],
        held_back=sum(one.was_held for one in batch),
        created_at=now,
    )
    if receivers.channel is not None:
        post_to(receivers.channel, draft)
        return
    silent = without_alerts()
    # Who switched these mails off gets none; the cases count as told, so that switching them on brings no old ones.
    mail_to([one for one in receivers.people if one.pk not in silent], draft, cases)
