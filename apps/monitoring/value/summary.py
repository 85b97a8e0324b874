"""A month on one page, of one customer or of all: sentences from figures, each with its rows; causes, and what comes next."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.customers.models import Customer
from apps.monitoring import impact
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_words import cause_words, sentence_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries.reports import ReasonRow
from apps.monitoring.value import overview
from apps.monitoring.value.figures import Kind
from apps.monitoring.value.month_read import CAUSES_TOLD, MonthRead, read_month, read_month_of_all
from apps.monitoring.value.statement import ValueStatement, get_statement, records_url
from apps.tenants.templatetags.wording import count_words, hours_words, money_words, month_words

CUSTOMERS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something said about the month; `url` leads to the rows behind it."""

    text: str
    url: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class CauseTold:
    """One reason for which records were held back, and what was done about it."""

    title: str
    happened: str
    done: str
    url: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A month on one page. `about` is whose it is, "" for all customers of the partner."""

    month: date
    month_words: str
    about: str
    sentences: tuple[Sentence, ...]
    causes: tuple[CauseTold, ...]
    coming: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Reader:
    """For whom the page is: words and rows are chosen by it."""

    customer_id: UUID | None
    for_customer: bool
    month: date

    def rows(self, what: str, **more: object) -> str:
        """Return where the records behind a figure are."""
        return records_url(self.customer_id, self.month, what, for_customer=self.for_customer, **more)

    def reason(self, error_class: str) -> str:
        """Return a reason as this reader calls it."""
        return str(words_for(error_class).title) if self.for_customer else cause_words(error_class, "")

    def step(self, error_class: str) -> str:
        """Return what comes next about a reason."""
        if self.for_customer:
            return str(words_for(error_class).ours)
        return sentence_words(verdict_for(error_class).runbook, error_class)


def customer_summary(customer: Customer, month: date, now: datetime, *, for_customer: bool = False) -> Summary:
    """Return a customer's month on one page; `for_customer` chooses the words and rows of its own people."""
    return tell_customer(customer, read_month(customer, month, now), for_customer=for_customer)


def tell_customer(customer: Customer, read: MonthRead, *, for_customer: bool) -> Summary:
    """Return what was read of a customer's month on one page."""
    reader = _Reader(customer.id, for_customer, read.month)
    value = get_statement(customer, read.month, for_customer=for_customer)
    page = (
        reverse("monitoring:own-service")
        if for_customer
        else reverse("monitoring:customer-service", args=[customer.id])
    )
    return Summary(
        month=read.month,
        month_words=month_words(read.month),
        about=customer.name,
        sentences=(_volume(read, reader), _kept(read, f"{page}?month={read.month:%Y-%m}"), *_worth(value)),
        causes=tuple(_causes(read, reader)),
        coming=(*_coming(read.reasons, reader), *(() if for_customer else _to_agree(customer, value))),
    )


def partner_summary(month: date) -> Summary:
    """Return the month of all customers on one page."""
    reader = _Reader(None, False, month)  # noqa: FBT003  # not for a customer
    read, rows = read_month_of_all(month), overview.list_values("", month, month)
    return Summary(
        month=month,
        month_words=month_words(month),
        about="",
        sentences=(_volume(read, reader), _kept(read, reverse("monitoring:breach-list")), *_worth_of_all(rows)),
        causes=tuple(_causes(read, reader)),
        coming=tuple(_coming(read.reasons, reader)),
    )


def _volume(read: MonthRead, reader: _Reader) -> Sentence:
    held = sum(row.records for row in read.reasons)
    worth = impact.added(part for row in read.activity for part in row.worth)
    words = ngettext("%(count)s record was posted", "%(count)s records were posted", read.posted)
    said = words % {"count": count_words(read.posted)}
    if worth:
        sums = ", ".join(money_words(part.amount, part.currency) for part in worth)
        said = _("%(posted)s, worth %(sums)s") % {"posted": said, "sums": sums}
    settled = held - sum(row.held for row in read.reasons)
    counts = {"posted": said, "held": count_words(held), "settled": count_words(settled)}
    text = _("%(posted)s. Held back meanwhile: %(held)s; settled of these: %(settled)s.") % counts
    return Sentence(text, reader.rows("arrived"), "arrows-exchange")


def _kept(read: MonthRead, url: str) -> Sentence:
    promised = read.kept + read.missed
    if not promised:
        return Sentence(_("No promised time fell into this month."), url, "hourglass")
    counts = {"kept": count_words(read.kept), "all": count_words(promised), "share": read.kept * 100 // promised}
    return Sentence(_("Promised times: %(all)s; kept: %(kept)s, that is %(share)s %%.") % counts, url, "hourglass")


def _worth(value: ValueStatement) -> Iterable[Sentence]:
    """Say what a customer got out of it, as far as it is booked."""
    protected, hours, labour = (value.line(kind) for kind in (Kind.PROTECTED, Kind.HOURS, Kind.LABOUR))
    days, caught = value.line(Kind.DAYS), value.line(Kind.CAUGHT)
    if protected:
        words = {"money": protected.words, "records": protected.sample_words}
        text = _("%(money)s were held up and reached the books after all (%(records)s).") % words
        yield Sentence(text, protected.url, protected.icon)
    if hours:
        text = _("%(hours)s of typing were avoided.") % {"hours": hours.words}
        if labour:
            words = {"hours": hours.words, "cost": labour.words}
            text = _("%(hours)s of typing were avoided, which would have cost %(cost)s.") % words
        yield Sentence(f"{text} ({hours.evidence_words})", hours.url, hours.icon)
    if days:
        said = _("Work was posted %(days)s sooner than before go-live, on average.") % {"days": days.words}
        later = _("Work was posted no sooner than before go-live, on average.")
        yield Sentence(f"{said if days.amount > 0 else later} ({days.evidence_words})", days.url, days.icon)
    if caught and caught.sample:
        words = {"caught": caught.words, "closed": count_words(caught.sample)}
        text = _("Exceptions that are over: %(closed)s; caught before anybody noticed: %(caught)s.") % words
        yield Sentence(text, caught.url, caught.icon)


def _worth_of_all(rows: Sequence[overview.CustomerValue]) -> Iterable[Sentence]:
    page = reverse("monitoring:value-list")
    sums = ", ".join(money_words(amount, currency) for currency, amount in overview.totals(rows, Kind.PROTECTED))
    if sums:
        yield Sentence(
            _("%(sums)s were held up and reached the books after all.") % {"sums": sums}, page, "shield-check"
        )
    hours = sum(row.hours for row in rows)
    if hours:
        top = sorted((row for row in rows if row.hours), key=lambda row: -row.hours)[:CUSTOMERS_NAMED]
        words = {"hours": hours_words(hours), "names": ", ".join(row.name for row in top)}
        yield Sentence(_("%(hours)s of typing were avoided, most of it for %(names)s.") % words, page, "clock")


def _causes(read: MonthRead, reader: _Reader) -> Iterable[CauseTold]:
    for row in read.reasons[:CAUSES_TOLD]:
        ends = read.ends.get(row.error_class)
        words = ngettext("%(count)s record was held back", "%(count)s records were held back", row.records)
        counts = {"held": words % {"count": count_words(row.records)}, "settled": count_words(row.settled)}
        yield CauseTold(
            title=reader.reason(row.error_class),
            happened=_("%(held)s; settled since: %(settled)s.") % counts,
            done=_deeds(ends) if ends else _("Nothing was closed about it in this month."),
            url=reader.rows("held_back", reason=row.error_class),
        )


def _deeds(ends: Counter[str]) -> str:
    """Say how exceptions ended: "3 exceptions are over: all records were settled (2), ..."."""
    number = sum(ends.values())
    words = ngettext("%(count)s exception is over: %(how)s.", "%(count)s exceptions are over: %(how)s.", number)
    how = ", ".join(f"{ExceptionCase.ClosedHow(end).label} ({times})" for end, times in ends.most_common() if end)
    return words % {"count": count_words(number), "how": how}


def _coming(reasons: Sequence[ReasonRow], reader: _Reader) -> Iterable[Sentence]:
    """Say what comes next about what is still held up, the dearest reasons first as they are told."""
    for row in [row for row in reasons if row.held][:CAUSES_TOLD]:
        words = ngettext("%(count)s record is still held up", "%(count)s records are still held up", row.held)
        said = {
            "held": words % {"count": count_words(row.held)},
            "title": reader.reason(row.error_class),
            "step": reader.step(row.error_class),
        }
        text = _("%(title)s: %(held)s. %(step)s") % said
        yield Sentence(text, reader.rows("held_back", reason=row.error_class), "arrow-right")


def _to_agree(customer: Customer, value: ValueStatement) -> Iterable[Sentence]:
    """Say what has to be agreed before the figures can be shown to anybody who doubts them."""
    url = reverse("monitoring:value-terms", args=[customer.id])
    if value.has_assumptions:
        yield Sentence(
            _("Agree with the customer on the minutes that typing a record takes: now they are assumed."), url
        )
    if value.lines and value.terms.baseline_days is None:
        yield Sentence(_("Say how long work lay unposted before go-live: without it no days are shown."), url)
