"""Tells people about new cases: one mail per person and sweep, in the partner's brand, never twice for one case."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.actions import PARTNER_ROLES, ROLE_ACTIONS, Action, Role
from apps.accounts.language import speaking
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.accounts.preferences import without_alerts
from apps.customers.models import Membership
from apps.monitoring import case_book
from apps.monitoring.blame import QUEUE_LABELS, WaitingOn, WorkQueue
from apps.monitoring.case_words import runbook_words, sentence_words, title_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.impact import Quality, Sum, added
from apps.monitoring.models import Alert, CaseAmount, ExceptionCase
from apps.monitoring.pages import MailedCase

MOST_CASES = 20  # in one mail; the rest is a number and a link
_WORKING_ROLES = [role for role in PARTNER_ROLES if Action.WORK_CASES in ROLE_ACTIONS[role]]
_CUSTOMER_ROLES = [Role.FINANCE_APPROVER, Role.CUSTOMER_OWNER]


def send_alerts() -> int:
    """Queue the mails about cases nobody was told of yet. Returns how many mails.

    The mail and the note that it was sent are one transaction, under the judge's lock: a case is never told twice.
    """
    with transaction.atomic():
        case_book.take_turn()
        return _tell_staff() + _tell_customers()


def _tell_staff() -> int:
    cases = _untold(Alert.Kind.OPENED)
    people = list(User.objects.filter(is_active=True, role__in=_WORKING_ROLES).order_by("email"))
    if not cases or not people:
        return 0
    wanting = _who_want_alerts(people)
    _remember(cases, Alert.Kind.OPENED, [person.email for person in wanting])
    return _mail(wanting, cases, "partner")


def _tell_customers() -> int:
    waiting = [case for case in _untold(Alert.Kind.NEEDS_YOU) if case.waiting_on == WaitingOn.CUSTOMER]
    people = _finance_people({case.customer_id for case in waiting})
    sent = 0
    for customer_id, persons in people.items():
        cases = [case for case in waiting if case.customer_id == customer_id]
        wanting = _who_want_alerts(persons)
        _remember(cases, Alert.Kind.NEEDS_YOU, [person.email for person in wanting])
        sent += _mail(wanting, cases, "customer")
    return sent


def _who_want_alerts(people: list[User]) -> list[User]:
    """Leave out who switched these mails off; the cases count as told, so that switching them on brings no old ones."""
    silent = without_alerts()
    return [person for person in people if person.pk not in silent]


def _untold(kind: Alert.Kind) -> list[ExceptionCase]:
    told = Alert.objects.filter(kind=kind).values("case_id")
    open_cases = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).exclude(id__in=told)
    return list(open_cases.select_related("customer", "flow").order_by("due_at", "id"))


def _finance_people(customer_ids: set[UUID]) -> dict[UUID, list[User]]:
    members = (
        Membership.objects.filter(customer_id__in=customer_ids, user__is_active=True, user__role__in=_CUSTOMER_ROLES)
        .select_related("user")
        .order_by("user__email")
    )
    approvers: dict[UUID, list[User]] = {}
    owners: dict[UUID, list[User]] = {}
    for member in members:
        chosen = approvers if member.user.role == Role.FINANCE_APPROVER else owners
        chosen.setdefault(member.customer_id, []).append(member.user)
    return {**owners, **approvers}


def _remember(cases: Iterable[ExceptionCase], kind: Alert.Kind, addresses: list[str]) -> None:
    now = timezone.now()
    Alert.objects.bulk_create(
        Alert(case=case, customer_id=case.customer_id, kind=kind, to=addresses, sent_at=now) for case in cases
    )


def _mail(people: list[User], cases: list[ExceptionCase], audience: str) -> int:
    parts = CaseAmount.objects.filter(case__in=cases)
    context = {
        "audience": audience,
        "count": len(cases),
        "more": len(cases) - len(cases[:MOST_CASES]),
        "at_risk": added(Sum(p.currency, p.amount, Quality(p.quality), p.records) for p in parts),
        "list_url": absolute_url(reverse("monitoring:case-list", urlconf="config.urls_partner")),
    }
    for person in people:
        with speaking(person.language, time_zone=person.time_zone):
            shown = [_as_mailed(case, audience) for case in cases[:MOST_CASES]]
            send_branded("mail/alert", person.email, {**context, "cases": shown, "name": person.name})
    return len(people)


def _as_mailed(case: ExceptionCase, audience: str) -> MailedCase:
    """Return a case in the words of who reads it, in the language that is spoken now."""
    address = reverse("monitoring:case-detail", args=[case.id], urlconf="config.urls_partner")
    if audience == "customer":
        words = words_for(case.error_class)
        title, sentence, next_step = str(words.title), str(words.happened), str(words.yours)
    else:
        title = title_words(case.title, case.error_class)
        sentence = sentence_words(case.explanation, case.error_class)
        next_step = runbook_words(case.title, case.error_class)
    return MailedCase(
        title=title,
        sentence=sentence,
        next_step=next_step,
        customer=case.customer.name,
        flow=case.flow.name if case.flow else "",
        queue=str(QUEUE_LABELS[WorkQueue(case.queue)]),
        records=case.operation_count,
        amount=case.amount,
        currency=case.currency,
        is_severe=case.severity == "high",
        due_at=case.due_at,
        url=absolute_url(address),
    )
