"""What messages say, in the language that is spoken now: never a record's contents, whatever a case knows of them.

A case is told by its id, its class in words, roughly its money, its customer and a link. Titles and sentences come from the
tables of classes and business rules; what a failure itself said stays on the case's page.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.links import absolute_url
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.business_rules.library import rule_titled
from apps.monitoring.alerting.bodies import MOST_LINES, AlertText, CaseLine
from apps.monitoring.alerting.pace import band_of
from apps.monitoring.blame import Severity, verdict_for
from apps.monitoring.case_words import cause_words, queue_words, runbook_words, sentence_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import AlertOccasion, ExceptionCase
from apps.monitoring.pages import MailedCase
from apps.tenants.templatetags.wording import count_words, money_words

MOST_CASES = 20  # in one mail; the rest is a number and a link
_URLS = "config.urls_partner"


def title_of(case: ExceptionCase) -> str:
    """Return what is wrong, from the tables only: a stored title may quote what another system said."""
    if rule_titled(case.title) is not None:
        return _(case.title)
    is_known = any(kind.field_named(case.error_field) for kind in CANONICAL_TYPES.values())
    return cause_words(case.error_class, case.error_field if is_known else "")


def band_words(amount: Decimal | None, currency: str) -> str:
    """Return roughly how much is held up, "" when nobody knows."""
    if amount is None or not currency:
        return ""
    low, high = band_of(amount)
    if high is None:
        return _("more than %(money)s") % {"money": money_words(low, currency)}
    if not low:
        return _("less than %(money)s") % {"money": money_words(high, currency)}
    return _("%(low)s to %(high)s") % {"low": money_words(low, currency), "high": money_words(high, currency)}


def mailed(case: ExceptionCase, *, for_customer: bool) -> MailedCase:
    """Return a case as a mail lists it; to the customer's people in their own words."""
    words, verdict = words_for(case.error_class), verdict_for(case.error_class)
    is_ruled = rule_titled(case.title) is not None
    return MailedCase(
        title=str(words.title) if for_customer else title_of(case),
        sentence=str(words.happened) if for_customer else sentence_words(verdict.explanation, case.error_class),
        next_step=str(words.yours)
        if for_customer
        else runbook_words(case.title if is_ruled else verdict.title, case.error_class),
        customer=case.customer.name,
        flow=case.flow.name if case.flow else "",
        queue=queue_words(case.queue),
        records=case.operation_count,
        amount=None,
        currency="",
        is_severe=case.severity == Severity.HIGH,
        due_at=case.due_at,
        url=case_url(case),
        band=band_words(case.amount, case.currency),
    )


def case_url(case: ExceptionCase) -> str:
    """Return the whole address of a case's page."""
    return absolute_url(reverse("monitoring:case-detail", args=[case.id], urlconf=_URLS))


def list_url() -> str:
    """Return the whole address of the list of exceptions."""
    return absolute_url(reverse("monitoring:case-list", urlconf=_URLS))


def mail_context(
    cases: Sequence[ExceptionCase], occasion: str, *, for_customer: bool, held_back: int = 0, failed: str = ""
) -> dict[str, Any]:
    """Return what the mail "mail/alert" says; `failed` names the channel in whose place it comes."""
    return {
        "audience": "customer" if for_customer else "partner",
        "count": len(cases),
        "more": len(cases) - len(cases[:MOST_CASES]),
        "cases": [_as_told(mailed(case, for_customer=for_customer), occasion) for case in cases[:MOST_CASES]],
        "headline": "" if _is_plain(occasion, failed) else headline(cases, occasion, for_customer=for_customer),
        "lead": "" if _is_plain(occasion, failed) else lead(occasion, failed),
        "held": held_words(held_back),
        "list_url": list_url(),
        "link_label": _link_label(occasion, for_customer=for_customer),
    }


def _link_label(occasion: str, *, for_customer: bool) -> str:
    if not for_customer:
        return _("Open the exceptions")
    return _("See all matters") if occasion == AlertOccasion.RECOVERED else _("See what needs you")


def _as_told(case: MailedCase, occasion: str) -> MailedCase:
    """Ask for nothing more where everything is settled."""
    return replace(case, next_step="") if occasion == AlertOccasion.RECOVERED else case


def _is_plain(occasion: str, failed: str) -> bool:
    return not failed and occasion in {AlertOccasion.OPENED, AlertOccasion.NEEDS_YOU}


def text_of(
    cases: Sequence[ExceptionCase], occasion: str, *, for_customer: bool = False, held_back: int = 0
) -> AlertText:
    """Return a message to a channel; without cases it is a test."""
    more = len(cases) - MOST_LINES
    return AlertText(
        occasion=occasion,
        headline=headline(cases, occasion, for_customer=for_customer),
        lines=tuple(_line(case, for_customer=for_customer) for case in cases[:MOST_LINES]),
        more=ngettext("And %(count)s more.", "And %(count)s more.", more) % {"count": count_words(more)}
        if more > 0
        else "",
        held=held_words(held_back),
        held_back=held_back,
        link_label=_link_label(occasion, for_customer=for_customer),
        link=list_url(),
    )


def _line(case: ExceptionCase, *, for_customer: bool) -> CaseLine:
    return CaseLine(
        id=str(case.id),
        kind=case.error_class,
        title=str(words_for(case.error_class).title) if for_customer else title_of(case),
        customer=case.customer.name,
        queue="" if for_customer else queue_words(case.queue),
        severity=case.severity,
        records=case.operation_count,
        band=band_words(case.amount, case.currency),
        url=case_url(case),
        key=f"{case.id}-{case.reopened}",
    )


def headline(cases: Sequence[ExceptionCase], occasion: str, *, for_customer: bool = False) -> str:
    """Return the first line of a message: one case by name, several by number."""
    if occasion == AlertOccasion.TEST:
        return _("This is a test: messages arrive here.")
    if len(cases) == 1:
        case = cases[0]
        title = str(words_for(case.error_class).title) if for_customer else title_of(case)
        return _one(occasion) % {"title": title, "customer": case.customer.name}
    return _several(occasion, len(cases)) % {"count": count_words(len(cases))}


def _one(occasion: str) -> str:
    return {
        AlertOccasion.ESCALATED.value: _("Nobody has taken this up at %(customer)s: %(title)s"),
        AlertOccasion.REMINDED.value: _("Still open at %(customer)s: %(title)s"),
        AlertOccasion.RECOVERED.value: _("Settled at %(customer)s: %(title)s"),
        AlertOccasion.NEEDS_YOU.value: _("We need your help: %(title)s"),
    }.get(occasion, _("New exception at %(customer)s: %(title)s"))


def _several(occasion: str, count: int) -> str:
    return {
        AlertOccasion.ESCALATED.value: ngettext(
            "Nobody has taken up %(count)s exception", "Nobody has taken up %(count)s exceptions", count
        ),
        AlertOccasion.REMINDED.value: ngettext(
            "%(count)s exception is still open", "%(count)s exceptions are still open", count
        ),
        AlertOccasion.RECOVERED.value: ngettext(
            "%(count)s exception is settled", "%(count)s exceptions are settled", count
        ),
        AlertOccasion.NEEDS_YOU.value: ngettext(
            "%(count)s matter needs your help", "%(count)s matters need your help", count
        ),
    }.get(occasion, ngettext("%(count)s new exception", "%(count)s new exceptions", count))


def lead(occasion: str, failed: str = "") -> str:
    """Return the sentence below the headline."""
    if failed:
        return _("The channel “%(name)s” cannot be reached, so we tell you here.") % {"name": failed}
    return {
        AlertOccasion.ESCALATED.value: _("Others were told first and nobody has taken it up since."),
        AlertOccasion.REMINDED.value: _("You were told of this before, and it is not settled yet."),
        AlertOccasion.RECOVERED.value: _("Nothing is left to do."),
    }.get(occasion, _("This holds up records."))


def held_words(number: int) -> str:
    """Return the sentence about what had to wait for this message, "" when nothing had."""
    if not number:
        return ""
    words = ngettext(
        "%(count)s exception was held back since the message before.",
        "%(count)s exceptions were held back since the message before.",
        number,
    )
    return words % {"count": count_words(number)}
