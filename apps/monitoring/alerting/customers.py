"""Tells a customer's people of their own matters, in business words: as each of them asked, else as their role is told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.models import User
from apps.accounts.preferences import without_alerts
from apps.customers.models import Membership
from apps.monitoring.alerting.deciding import RECOVERY_OF_USE
from apps.monitoring.alerting.messages import mail_to, post_to_subscriber
from apps.monitoring.blame import Severity, WaitingOn
from apps.monitoring.models import Alert, AlertMessage, AlertOccasion, AlertSubscription, ExceptionCase

_Matters = AlertSubscription.Matters
_ROLES_TOLD = [Role.FINANCE_APPROVER, Role.CUSTOMER_OWNER]


def tell(now: datetime) -> int:
    """Tell what waits for customers, and what else is open to those who asked for that. Call it in the teller's transaction."""
    waiting = [case for case in _untold(Alert.Kind.NEEDS_YOU) if case.waiting_on == WaitingOn.CUSTOMER]
    sent = _tell(waiting, Alert.Kind.NEEDS_YOU, AlertOccasion.NEEDS_YOU, [_Matters.NEEDS_US, _Matters.ALL], now)
    others = _untold(Alert.Kind.TOLD_THEM)
    just_told = {case.id for case in waiting}
    _remember((case for case in others if case.id in just_told), Alert.Kind.TOLD_THEM, (), now)
    fresh = [case for case in others if case.id not in just_told]
    sent += _tell(fresh, Alert.Kind.TOLD_THEM, AlertOccasion.OPENED, [_Matters.ALL], now)
    return sent + _tell_recoveries(now)


def _tell_recoveries(now: datetime) -> int:
    """Say that it is settled to those who asked for alerts and were told that it was open, each once for each opening."""
    subscribers = AlertSubscription.objects.exclude(matters=_Matters.NOTHING)
    closed = ExceptionCase.objects.filter(
        state=ExceptionCase.State.CLOSED,
        closed_at__gte=now - RECOVERY_OF_USE,
        customer_id__in=subscribers.values("customer_id"),
    ).exclude(closed_how=ExceptionCase.ClosedHow.MERGED)
    cases = list(closed.select_related("customer", "flow").order_by("closed_at", "id"))
    if not cases:
        return 0
    asked, silent, sent = _subscriptions({case.customer_id for case in cases}), without_alerts(), 0
    people = [one for chosen in asked.values() for one in chosen]
    told = _messages_to(people, cases)
    for one in people:
        if one.matters == _Matters.NOTHING or one.person_id in silent:
            continue
        settled = [case for case in cases if case.customer_id == one.customer_id and _must_hear(one, case, told)]
        sent += _to_subscriber(one, settled, AlertOccasion.RECOVERED, now) if settled else 0
    return sent


def _messages_to(people: Sequence[AlertSubscription], cases: Sequence[ExceptionCase]) -> Sequence[AlertMessage]:
    """Return what these people were sent about these cases since the first of them opened."""
    return list(
        AlertMessage.objects.filter(
            Q(subscription__in=people) | Q(by="mail", receiver__in=[one.person.email for one in people]),
            occasion__in=[AlertOccasion.NEEDS_YOU, AlertOccasion.OPENED, AlertOccasion.RECOVERED],
            created_at__gte=min(case.opened_at for case in cases),
            cases__overlap=[case.id for case in cases],
        )
    )


def _must_hear(one: AlertSubscription, case: ExceptionCase, sent: Sequence[AlertMessage]) -> bool:
    """Return whether the person knows of the case as open and not yet as settled, by mail or by the own webhook."""
    known = {
        message.occasion
        for message in sent
        if case.id in message.cases
        and message.created_at >= case.opened_at
        and (message.subscription_id == one.id or (message.by == "mail" and message.receiver == one.person.email))
    }
    return bool(known) and AlertOccasion.RECOVERED not in known


def _tell(
    cases: Sequence[ExceptionCase],
    kind: Alert.Kind,
    occasion: AlertOccasion,
    wanted: Sequence[AlertSubscription.Matters],
    now: datetime,
) -> int:
    by_customer: defaultdict[UUID, list[ExceptionCase]] = defaultdict(list)
    for case in cases:
        by_customer[case.customer_id].append(case)
    asked = _subscriptions(by_customer)
    roles = _told_by_role(by_customer) if _Matters.NEEDS_US in wanted else {}
    silent, sent = without_alerts(), 0
    for customer_id, theirs in by_customer.items():
        chosen = asked.get(customer_id, [])
        choosers = {one.person_id for one in chosen}
        known = roles.get(customer_id, [])
        people = [one for one in known if one.pk not in choosers and one.pk not in silent]
        addresses = [person.email for person in people]
        sent += _mail(people, theirs, occasion, now)
        for one in chosen:
            fitting = [case for case in theirs if not one.only_severe or case.severity == Severity.HIGH]
            if one.matters in wanted and fitting and one.person_id not in silent:
                addresses += [] if one.secret_id else [one.person.email]
                sent += _to_subscriber(one, fitting, occasion, now)
        # A customer of whom nobody can be told yet is told once somebody can.
        if known or chosen or kind == Alert.Kind.TOLD_THEM:
            _remember(theirs, kind, addresses, now)
    return sent


def _to_subscriber(
    one: AlertSubscription, cases: Sequence[ExceptionCase], occasion: AlertOccasion, now: datetime
) -> int:
    if one.secret_id is None:
        return _mail([one.person], cases, occasion, now)
    post_to_subscriber(one, AlertMessage(occasion=occasion, cases=[case.id for case in cases], created_at=now))
    return 1


def _mail(people: Sequence[User], cases: Sequence[ExceptionCase], occasion: AlertOccasion, now: datetime) -> int:
    draft = AlertMessage(occasion=occasion, cases=[case.id for case in cases], created_at=now)
    mail_to(people, draft, cases, for_customer=True)
    return len(people)


def _untold(kind: Alert.Kind) -> list[ExceptionCase]:
    told = Alert.objects.filter(kind=kind).values("case_id")
    open_cases = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).exclude(id__in=told)
    return list(open_cases.select_related("customer", "flow").order_by("due_at", "id"))


def _subscriptions(customer_ids: Iterable[UUID]) -> dict[UUID, list[AlertSubscription]]:
    """Return who chose for themselves, by customer; people who left it, or were deactivated, are left out."""
    ids = list(customer_ids)
    belongs = set(Membership.objects.filter(customer_id__in=ids).values_list("user_id", "customer_id"))
    found: defaultdict[UUID, list[AlertSubscription]] = defaultdict(list)
    rows = AlertSubscription.objects.filter(
        customer_id__in=ids, person__is_active=True, person__role__in=CUSTOMER_ROLES
    )
    for row in rows.select_related("person").order_by("person__email"):
        if (row.person_id, row.customer_id) in belongs:
            found[row.customer_id].append(row)
    return found


def _told_by_role(customer_ids: Iterable[UUID]) -> dict[UUID, list[User]]:
    """Return who is told unasked: a customer's finance approvers, its owners where it has none."""
    members = (
        Membership.objects.filter(customer_id__in=list(customer_ids), user__is_active=True, user__role__in=_ROLES_TOLD)
        .select_related("user")
        .order_by("user__email")
    )
    approvers: dict[UUID, list[User]] = {}
    owners: dict[UUID, list[User]] = {}
    for member in members:
        chosen = approvers if member.user.role == Role.FINANCE_APPROVER else owners
        chosen.setdefault(member.customer_id, []).append(member.user)
    return {**owners, **approvers}


def _remember(cases: Iterable[ExceptionCase], kind: Alert.Kind, addresses: Sequence[str], now: datetime) -> None:
    Alert.objects.bulk_create(
        Alert(case=case, customer_id=case.customer_id, kind=kind, to=list(addresses), sent_at=now) for case in cases
    )
