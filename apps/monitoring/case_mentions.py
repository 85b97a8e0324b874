"""People named in a note follow the case from then on and are told by mail."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from apps.accounts.actions import PARTNER_ROLES, ROLE_ACTIONS, Action
from apps.accounts.actor import Actor
from apps.accounts.language import speaking
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.monitoring import case_book
from apps.monitoring.case_words import title_words
from apps.monitoring.mentions import mentioned
from apps.monitoring.models import CaseNote, ExceptionCase

_ROLES = [role.value for role in PARTNER_ROLES if Action.VIEW_CASES in ROLE_ACTIONS[role]]


def tell_mentioned(note: CaseNote, *, by: Actor, now: datetime) -> list[User]:
    """Let everybody named in the note follow its case and write to them; returns whom. Call it in the note's transaction.

    Only the partner's own people can be named. The mail says that there is a note, not what it says: a note may hold what
    a mailbox should not. Who names themselves is not written to.
    """
    if "@" not in note.text:
        return []
    people = User.objects.filter(is_active=True, role__in=_ROLES).exclude(Q(name="") & Q(email=""))
    by_id = {person.id: person for person in people}
    named = [by_id[key] for key in mentioned(note.text, {key: person.name for key, person in by_id.items()})]
    case_book.watch(note.case, [person.id for person in named], now)
    for person in named:
        if person.id != by.user_id:
            _write_to(person, note.case, by.shown_name)
    return named


def _write_to(person: User, case: ExceptionCase, author: str) -> None:
    address = reverse("monitoring:case-detail", args=[case.id], urlconf="config.urls_partner")
    with speaking(person.language, time_zone=person.time_zone):
        context = {
            "name": person.name,
            "author": author,
            "title": title_words(case.title, case.error_class),
            "customer": case.customer.name,
            "case_url": absolute_url(address),
        }
        send_branded("mail/mention", person.email, context)
