"""A month on one page, of one customer or of all: sentences from figures, each with its rows; causes, and what comes next."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.customers.models import Customer
from apps.monitoring import impact
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_words import cause_words, sentence_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import ExceptionCase, SlaBreach, SlaClock
from apps.monitoring.months import last_day, next_month
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.queries.reports import ReasonRow, ReportSpan, activity_of, reasons_of
from apps.monitoring.queries.sla_statement import get_statement as get_service
from apps.monitoring.value import overview
from apps.monitoring.value.figures import Kind
from apps.monitoring.value.statement import ValueStatement, get_statement
from apps.tenants.templatetags.wording import count_words, hours_words, money_words, month_words

CAUSES_TOLD = 3
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
        own = {} if self.for_customer or self.customer_id is None else {"customer": self.customer_id}
        page = "monitoring:customer-records" if self.for_customer else "monitoring:report-records"
        asked = {**own, "what": what, "since": self.month, "until": last_day(self.month), **more}
        return f"{reverse(page)}?{urlencode(asked)}"

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
    reader = _Reader(customer.id, for_customer, month)
    span = ReportSpan(month, last_day(month), customer.id)
    value, reasons = get_statement(customer, month, for_customer=for_customer), reasons_of(span)
    sentences = [
        _volume(span, reasons, reader),
        _service(customer, month, now, for_customer=for_customer),
        *_worth(value),
    ]
    return Summary(
        month=month,
        month_words=month_words(month),
        about=customer.name,
        sentences=tuple(sentences),
        causes=tuple(_causes(reasons, reader)),
        coming=(*_coming(reasons, reader), *(() if for_customer else _to_agree(customer, value))),
    )


def partner_summary(month: date) -> Summary:
    """Return the month of all customers on one page."""
    reader = _Reader(None, False, month)  # noqa: FBT003  # not for a customer
    span = ReportSpan(month, last_day(month))
    reasons, rows = reasons_of(span), overview.list_values("", month, month)
    return Summary(
        month=month,
        month_words=month_words(month),
        about="",
        sentences=(_volume(span, reasons, reader), _service_of_all(month), *_worth_of_all(rows)),
        causes=tuple(_causes(reasons, reader)),
        coming=tuple(_coming(reasons, reader)),
    )


def _volume(span: ReportSpan, reasons: Sequence[ReasonRow], reader: _Reader) -> Sentence:
    found = activity_of(span)
    posted, held = sum(row.arrived for row in found), sum(row.records for row in reasons)
    worth = impact.added(part for row in found for part in row.worth)
    words = ngettext("%(count)s record was posted", "%(count)s records were posted", posted)
    said = words % {"count": count_words(posted)}
    if worth:
        sums = ", ".join(money_words(part.amount, part.currency) for part in worth)
        said = _("%(posted)s, worth %(sums)s") % {"posted": said, "sums": sums}
    settled = held - sum(row.held for row in reasons)
    counts = {"posted": said, "held": count_words(held), "settled": count_words(settled)}
    text = _("%(posted)s. Held back meanwhile: %(held)s; settled of these: %(settled)s.") % counts
    return Sentence(text, reader.rows("arrived"), "arrows-exchange")


def _service(customer: Customer, month: date, now: datetime, *, for_customer: bool) -> Sentence:
    found = get_service(customer, month, now, for_customer=for_customer)
    page = (
        reverse("monitoring:own-service")
        if for_customer
        else reverse("monitoring:customer-service", args=[customer.id])
    )
    return _kept(
        sum(line.kept for line in found.lines), sum(line.missed for line in found.lines), f"{page}?month={month:%Y-%m}"
    )


def _service_of_all(month: date) -> Sentence:
    since, until = start_of(month), start_of(next_month(month))
    ended = SlaClock.objects.filter(agreement__isnull=False, stopped_at__gte=since, stopped_at__lt=until)
    kept = ended.filter(breached_at__isnull=True).count()
    missed = SlaBreach.objects.filter(
        clock__agreement__isnull=False, excused_at__isnull=True, breached_at__gte=since, breached_at__lt=until
    )
    return _kept(kept, missed.count(), reverse("monitoring:breach-list"))


def _kept(kept: int, missed: int, url: str) -> Sentence:
    if not kept + missed:
        return Sentence(_("No promised time fell into this month."), url, "hourglass")
    counts = {"kept": count_words(kept), "all": count_words(kept + missed), "share": kept * 100 // (kept + missed)}
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


def _causes(reasons: Sequence[ReasonRow], reader: _Reader) -> Iterable[CauseTold]:
    shown = reasons[:CAUSES_TOLD]
    done = _deeds([row.error_class for row in shown], reader)
    for row in shown:
        words = ngettext("%(count)s record was held back", "%(count)s records were held back", row.records)
        counts = {"held": words % {"count": count_words(row.records)}, "settled": count_words(row.settled)}
        yield CauseTold(
            title=reader.reason(row.error_class),
            happened=_("%(held)s; settled since: %(settled)s.") % counts,
            done=done[row.error_class] or _("Nothing was closed about it in this month."),
            url=reader.rows("held_back", reason=row.error_class),
        )


def _deeds(classes: Sequence[str], reader: _Reader) -> defaultdict[str, str]:
    """Return by class how its exceptions ended in the month: "3 exceptions closed: all records were settled (2), ..."."""
    over: QuerySet[ExceptionCase, Any] = ExceptionCase.objects.filter(
        error_class__in=classes,
        closed_at__gte=start_of(reader.month),
        closed_at__lt=start_of(next_month(reader.month)),
    ).exclude(closed_how=ExceptionCase.ClosedHow.MERGED)
    if reader.customer_id is not None:
        over = over.filter(customer_id=reader.customer_id)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for error_class, how in over.order_by().values_list("error_class", "closed_how"):
        found[error_class][how] += 1
    said: defaultdict[str, str] = defaultdict(str)
    for error_class, ends in found.items():
        number = sum(ends.values())
        words = ngettext("%(count)s exception is over: %(how)s.", "%(count)s exceptions are over: %(how)s.", number)
        how = ", ".join(f"{ExceptionCase.ClosedHow(end).label} ({times})" for end, times in ends.most_common() if end)
        said[error_class] = words % {"count": count_words(number), "how": how}
    return said


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
