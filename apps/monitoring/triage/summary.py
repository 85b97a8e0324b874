"""The open exceptions in one paragraph, for whoever has a minute: from the same facts as the queue, nothing made up."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Min, Q, Sum
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring import impact
from apps.monitoring.blame import WaitingOn
from apps.monitoring.case_words import cause_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries.at_risk import sums_at_risk
from apps.monitoring.queries.case_queue import ANY_SYSTEM
from apps.monitoring.queries.case_rows import has_proposal
from apps.tenants.templatetags.wording import count_words, money_words

MOST_CAUSES = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause with how many exceptions and records it holds up, and the queue narrowed to it."""

    words: str
    cases: int
    records: int
    query: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the paragraph in words, and the queue narrowed to exactly what it counts."""

    words: str
    cases: int
    query: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A paragraph, the causes it speaks of, and its other figures."""

    paragraph: str
    causes: tuple[Cause, ...]
    cases: int
    figures: tuple[Figure, ...] = ()


def summarise(now: datetime, *, customer_id: UUID | None = None, for_customer: bool = False) -> Summary:
    """Say what is open, of everybody or of one customer; `for_customer` in the words its own people read.

    At most seven queries.
    """
    still_open = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED)
    if customer_id is not None:
        still_open = still_open.filter(customer_id=customer_id)
    figures = still_open.aggregate(
        cases=Count("id"),
        records=Sum("operation_count"),
        customers=Count("customer_id", distinct=True),
        late=Count("id", filter=Q(due_at__lt=now)),
        theirs=Count("id", filter=Q(waiting_on=WaitingOn.CUSTOMER)),
        oldest=Min("opened_at"),
    )
    if not figures["cases"]:
        if for_customer:
            return Summary(_("Nothing is held up now: everything arrived where it belongs."), (), 0)
        return Summary(_("No exception is open: everything arrived where it belongs."), (), 0)
    at_risk = sums_at_risk("customer_id", customer_id=customer_id)
    sums = sorted(impact.added(part for parts in at_risk.values() for part in parts), key=lambda part: part.currency)
    proposed = still_open.filter(has_proposal("yes")).count()
    grouped = (
        still_open.order_by().values("error_class", "error_field").annotate(n=Count("id"), r=Sum("operation_count"))
    )
    causes = tuple(
        Cause(
            str(words_for(row["error_class"]).title)
            if for_customer
            else cause_words(row["error_class"], row["error_field"]),
            row["n"],
            row["r"] or 0,
            urlencode({"cause": ":".join((row["error_class"], row["error_field"], ANY_SYSTEM))}),
        )
        for row in sorted(grouped, key=lambda row: (-row["n"], row["error_class"], row["error_field"]))[:MOST_CAUSES]
    )
    money = [money_words(part.amount, part.currency) for part in sums]
    if for_customer:
        sentences = [_held_up_here(figures, money), _mostly(causes), _waiting_here(figures, now)]
    else:
        sentences = [_held_up(figures, money), _mostly(causes), _waiting(figures, now), _proposed(proposed)]
    shown = (
        Figure(_("Open"), figures["cases"], "by=list"),
        Figure(_("Past their time"), figures["late"], "by=list&view=overdue"),
        Figure(_("Waiting for customers"), figures["theirs"], "by=list&view=customer"),
        Figure(_("With a proposal"), proposed, "by=list&proposal=yes"),
    )
    return Summary(" ".join(sentence for sentence in sentences if sentence), causes, figures["cases"], shown)


def _held_up(figures: dict[str, int], money: list[str]) -> str:
    words = ngettext(
        "%(cases)s exception of %(customers)s customers is open and holds up %(records)s records.",
        "%(cases)s exceptions of %(customers)s customers are open and hold up %(records)s records.",
        figures["cases"],
    )
    said = words % {
        "cases": count_words(figures["cases"]),
        "customers": count_words(figures["customers"]),
        "records": count_words(figures["records"] or 0),
    }
    return f"{said} {_worth(money)}".strip()


def _held_up_here(figures: dict[str, int], money: list[str]) -> str:
    words = ngettext(
        "Open now: %(cases)s matter, which holds up %(records)s records.",
        "Open now: %(cases)s matters, which hold up %(records)s records.",
        figures["cases"],
    )
    said = words % {"cases": count_words(figures["cases"]), "records": count_words(figures["records"] or 0)}
    return f"{said} {_worth(money)}".strip()


def _worth(money: list[str]) -> str:
    return _("Money at risk: %(money)s.") % {"money": get_text_list(money, _("and"))} if money else ""


def _mostly(causes: tuple[Cause, ...]) -> str:
    named = [f"{cause.words} ({count_words(cause.cases)})" for cause in causes]
    return _("The most frequent causes: %(causes)s.") % {"causes": get_text_list(named, _("and"))}


def _waiting(figures: dict[str, int], now: datetime) -> str:
    words = _(
        "%(late)s are past their time, %(theirs)s wait for customers; the oldest has been open for %(days)s days."
    )
    days = (now - figures["oldest"]).days  # type: ignore[operator]  # a moment
    return words % {
        "late": count_words(figures["late"]),
        "theirs": count_words(figures["theirs"]),
        "days": count_words(days),
    }


def _waiting_here(figures: dict[str, int], now: datetime) -> str:
    words = _("%(theirs)s wait for you; the oldest has been open for %(days)s days.")
    days = (now - figures["oldest"]).days  # type: ignore[operator]  # a moment
    return words % {"theirs": count_words(figures["theirs"]), "days": count_words(days)}


def _proposed(number: int) -> str:
    if not number:
        return ""
    words = ngettext(
        "%(count)s has a proposal that waits for a decision.",
        "%(count)s have a proposal that waits for a decision.",
        number,
    )
    return words % {"count": count_words(number)}
