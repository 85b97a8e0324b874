"""Sends each person who wants it a digest of a day, a week or a month: once, in their language, and only when there is something to say."""

import time as clock
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import audit
from apps.accounts.actions import CUSTOMER_ROLES, ROLE_ACTIONS, Action, Role
from apps.accounts.audit import AuditAction
from apps.accounts.language import speaking, zone_of
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import Preference, User
from apps.accounts.preferences import digest_of
from apps.accounts.staff_scope import as_staff
from apps.connectors.models import Connection
from apps.customers.models import Customer, Membership
from apps.customers.queries import upcoming_cut_offs
from apps.monitoring import impact
from apps.monitoring.blame import Severity, WaitingOn, verdict_for
from apps.monitoring.case_words import queue_words, runbook_words, sentence_words, title_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.digest_clock import Due, due_now
from apps.monitoring.models import AlertTelling, Digest, ExceptionCase
from apps.monitoring.pages import MailedCase
from apps.monitoring.queries.at_risk import sums_at_risk
from apps.monitoring.queries.trends import money_at_risk_at
from apps.monitoring.routing import TECHNICAL_QUEUES
from apps.tenants import scope
from apps.tenants.templatetags.wording import absolute_words, count_words, money_words

MOST_CASES = 10  # in one mail; the rest is a number and a link
MOST_NOTES = 3  # connections or cut-offs told one by one
AHEAD = timedelta(days=7)  # how far cut-offs are looked ahead
WORK_SECONDS = 15.0  # then others have their turn
_LINK_LASTS = timedelta(days=60)
_ROLES = [role for role in Role if ROLE_ACTIONS[role] & {Action.VIEW_HOME, Action.VIEW_OWN_HEALTH}]


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell about some customers (None: all of the partner's), as plain values."""

    cases: tuple[ExceptionCase, ...]
    open_cases: int
    new_cases: int
    settled_cases: int
    at_risk: tuple[impact.Sum, ...]
    before: dict[str, Decimal]
    connections: tuple[tuple[str, str], ...]
    cut_offs: tuple[Any, ...]
    technical: int = 0
    held_back: int = 0

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to say: nothing open, nothing settled, nothing ahead."""
        return not (self.open_cases or self.new_cases or self.settled_cases or self.connections or self.cut_offs)


def send_digests(now: datetime) -> bool:
    """Send what is due for the partner in scope; False when some was left for the next turn.

    What was decided about a person and a period is written together with the mail, so repeating sends nothing twice.
    """
    started = clock.monotonic()
    for person, frequency, due in _due(now):
        if clock.monotonic() - started > WORK_SECONDS:
            return False
        with transaction.atomic():
            decided, is_new = Digest.objects.get_or_create(
                person=person,
                frequency=frequency,
                due_on=due.on,
                defaults={"was_sent": False, "decided_at": now},
            )
            if is_new and _send(person, frequency, due, now):
                decided.was_sent = True
                decided.save(update_fields=["was_sent"])
    return True


def _due(now: datetime) -> Iterator[tuple[User, str, Due]]:
    """Yield the people whose digest is due and was not decided on; those who were deactivated are left out."""
    with transaction.atomic():
        people = list(User.objects.filter(is_active=True, role__in=_ROLES).order_by("id"))
        chosen = {one.user_id: one for one in Preference.objects.exclude(digest="")}
        lately = now - timedelta(days=8)
        decided = set(Digest.objects.filter(decided_at__gte=lately).values_list("person_id", "frequency", "due_on"))
    for person in people:
        frequency = digest_of(person, chosen.get(person.id) or Preference())
        due = due_now(frequency, zone_of(person.time_zone), now)
        if due is not None and (person.id, frequency, due.on) not in decided:
            yield person, frequency, due


def _send(person: User, frequency: str, due: Due, now: datetime) -> bool:
    is_customer = person.role in CUSTOMER_ROLES
    customers = _customers_of(person) if is_customer else None
    if customers == []:
        return False
    told = tell(due.since, now, customers=customers)
    if told.is_empty:
        return False
    with speaking(person.language, time_zone=person.time_zone):
        context = _context(person, told, frequency, due, is_customer=is_customer)
        send_branded("mail/digest", person.email, context)
    return True


def _customers_of(person: User) -> list[UUID]:
    mine = Membership.objects.filter(user=person).exclude(customer__state=Customer.State.LEFT)
    return list(mine.order_by("id").values_list("customer_id", flat=True))


def tell(since: datetime, now: datetime, *, customers: Sequence[UUID] | None) -> Told:
    """Return what is open, new, settled, broken and ahead. Eleven queries for the partner, however many customers."""
    cases = _of(ExceptionCase.objects.all(), customers)
    still = cases.exclude(state=ExceptionCase.State.CLOSED)
    listed = still if customers is None else still.filter(waiting_on=WaitingOn.CUSTOMER)
    broken = _of(Connection.objects.filter(state=Connection.State.ATTENTION), customers).order_by("name")
    at_risk = sums_at_risk("customer_id")
    parts = (part for key, sums in at_risk.items() if customers is None or key in customers for part in sums)
    return Told(
        cases=tuple(listed.select_related("customer", "flow").order_by("due_at", "id")[:MOST_CASES]),
        open_cases=listed.count(),
        new_cases=cases.filter(opened_at__gte=since).count(),
        settled_cases=cases.filter(closed_at__gte=since).count(),
        at_risk=impact.added(parts),
        before=_before(since, customers),
        connections=tuple(broken.values_list("name", "customer__name")[:20]),
        cut_offs=tuple(_cut_offs(now, customers)),
        technical=listed.filter(queue__in=TECHNICAL_QUEUES).count(),
        held_back=_held_back() if customers is None else 0,
    )


def _held_back() -> int:
    """Return of how many exceptions nobody was told yet, because of quiet hours or an hourly limit."""
    waiting = AlertTelling.objects.filter(state=AlertTelling.State.WAITING, was_held=True)
    return waiting.values("case_id").distinct().count()


def _of(rows: QuerySet[Any], customers: Sequence[UUID] | None) -> QuerySet[Any]:
    return rows if customers is None else rows.filter(customer_id__in=customers)


def _before(since: datetime, customers: Sequence[UUID] | None) -> dict[str, Decimal]:
    if customers is None:
        return money_at_risk_at(since)
    sums: dict[str, Decimal] = {}
    for customer_id in customers:
        for currency, amount in money_at_risk_at(since, customer_id=customer_id).items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _cut_offs(now: datetime, customers: Sequence[UUID] | None) -> list[Any]:
    ahead = upcoming_cut_offs(AHEAD, now=now)
    return [line for line in ahead if customers is None or line.customer_id in customers]


def _context(person: User, told: Told, frequency: str, due: Due, *, is_customer: bool) -> dict[str, Any]:
    home = _url("monitoring:customer-home" if is_customer else "monitoring:home")
    shown = [_mailed(case, is_customer=is_customer) for case in told.cases]
    return {
        "audience": "customer" if is_customer else "partner",
        "name": person.name,
        "period": frequency,
        "since": due.since,
        "until": due.until,
        "facts": _facts(told, is_customer=is_customer),
        "notes": _notes(told, is_customer=is_customer),
        "cases": shown,
        "count": told.open_cases,
        "more": told.open_cases - len(shown),
        "at_risk": told.at_risk,
        "home_url": home,
        "settings_url": _url("monitoring:digest-choose", choice_token(person)),
    }


def choice_token(person: User) -> str:
    """Return what a mail's link proves its receiver with: good for nothing but choosing how often the digest comes."""
    return signing.dumps(str(person.id), salt=_salt())


def person_of(token: str) -> User | None:
    """Return whose link it is; None for one that is forged, old, of another partner or of somebody deactivated."""
    try:
        person_id = signing.loads(token, salt=_salt(), max_age=_LINK_LASTS)
    except signing.BadSignature:
        return None
    return User.objects.filter(id=person_id, is_active=True).first()


def _salt() -> str:
    # One partner's links are forgeries at another's, where the same id may be somebody else's.
    return f"monitoring.digest:{scope.require().partner.id}"


@transaction.atomic
def choose_frequency(person: User, frequency: str) -> None:
    """Send the person a digest that often from now on, or none ("off"). Raises ValueError for anything else."""
    if frequency not in Preference.Digest.values:
        raise ValueError(_("Choose one of the list."))
    with as_staff():  # the link may be opened by somebody who is signed in as a customer's person
        Preference.objects.update_or_create(user=person, defaults={"digest": frequency})
    audit.record(
        AuditAction.PROFILE_CHANGED, subject=str(person), subject_id=str(person.id), details={"digest": frequency}
    )


def _url(name: str, *parts: object) -> str:
    return absolute_url(reverse(name, args=parts, urlconf="config.urls_partner"))


def _facts(told: Told, *, is_customer: bool) -> list[dict[str, str]]:
    cases = _url("monitoring:case-list")
    settled = f"{cases}?view={'settled' if is_customer else 'closed'}"
    facts = [
        {"label": _("New"), "value": count_words(told.new_cases), "url": cases, "tone": ""},
        {"label": _("Settled"), "value": count_words(told.settled_cases), "url": settled, "tone": ""},
    ]
    return [*facts, *_trends(told, cases)][:4]


def _trends(told: Told, url: str) -> Iterator[dict[str, str]]:
    """Return by how much the money held up grew or shrank since the last digest, by currency."""
    now = {part.currency: part.amount for part in told.at_risk}
    for currency in dict.fromkeys([*now, *told.before]):
        grown = now.get(currency, Decimal(0)) - told.before.get(currency, Decimal(0))
        if grown:
            label = _("More held up") if grown > 0 else _("Less held up")
            tone = "warning" if grown > 0 else ""
            yield {"label": label, "value": money_words(abs(grown), currency), "url": url, "tone": tone}


def _notes(told: Told, *, is_customer: bool) -> list[dict[str, str]]:
    """Return the sentences about connections that need attention and about the next cut-offs, each with its address."""
    notes = [
        {
            "words": _("%(name)s cannot be reached or does not let us in.") % {"name": name}
            if is_customer
            else _("The connection %(name)s of %(customer)s needs attention.") % {"name": name, "customer": customer},
            "url": _url("monitoring:customer-home")
            if is_customer
            else f"{_url('connectors:connection-list')}?state=attention",
        }
        for name, customer in told.connections[:MOST_NOTES]
    ]
    more = len(told.connections) - MOST_NOTES
    if more > 0:
        words = ngettext("One more connection needs attention.", "%(count)s more connections need attention.", more)
        notes.append({"words": words % {"count": count_words(more)}, "url": notes[-1]["url"]})
    return [
        *_told_apart(told, is_customer=is_customer),
        *notes,
        *(_cut_off_note(line, is_customer=is_customer) for line in told.cut_offs[:MOST_NOTES]),
    ]


def _told_apart(told: Told, *, is_customer: bool) -> Iterator[dict[str, str]]:
    """Say to the partner's people what is technical and what is business, and what no message told of yet."""
    url = _url("monitoring:case-list")
    if told.open_cases and not is_customer:
        numbers = {"technical": count_words(told.technical), "business": count_words(told.open_cases - told.technical)}
        yield {"words": _("Open: %(technical)s technical, %(business)s business.") % numbers, "url": url}
    if told.held_back:
        words = ngettext(
            "%(count)s exception is held back from messages until an hour with room for it.",
            "%(count)s exceptions are held back from messages until an hour with room for them.",
            told.held_back,
        )
        yield {"words": words % {"count": count_words(told.held_back)}, "url": url}


def _cut_off_note(line: Any, *, is_customer: bool) -> dict[str, str]:
    words = {"name": line.name, "customer": line.customer, "moment": absolute_words(line.next_at)}
    if is_customer:
        return {"words": _("Next cut-off: %(name)s, %(moment)s") % words, "url": _url("monitoring:customer-home")}
    return {
        "words": _("Next cut-off of %(customer)s: %(name)s, %(moment)s") % words,
        "url": _url("monitoring:customer-overview", line.customer_id),
    }


def _mailed(case: ExceptionCase, *, is_customer: bool) -> MailedCase:
    words, verdict = words_for(case.error_class), verdict_for(case.error_class)
    # The class's own sentence, never the failure's: that one may quote a record, and mails go far.
    return MailedCase(
        title=str(words.title) if is_customer else title_words(case.title, case.error_class),
        sentence=str(words.happened) if is_customer else sentence_words(verdict.explanation, case.error_class),
        next_step=str(words.yours) if is_customer else runbook_words(case.title, case.error_class),
        customer=case.customer.name,
        flow=case.flow.name if case.flow else "",
        queue=queue_words(case.queue),
        records=case.operation_count,
        amount=case.amount,
        currency=case.currency,
        is_severe=case.severity == Severity.HIGH,
        due_at=case.due_at,
        url=_url("monitoring:case-detail", case.id),
    )
