"""Exchange rates as people keep them: written one by one or brought as a CSV file, read for a sum."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import CURRENCY
from apps.monitoring.models import CurrencyRate
from apps.monitoring.money import Rate, Rates

HEADER = ("day", "from", "to", "rate")
MOST_BYTES = 2_000_000
MOST_ROWS = 20_000
MOST_TOLD = 10
_LEAST, _MOST = Decimal("0.0000000001"), Decimal(1_000_000_000)
_DELIMITERS = (",", ";", "\t")


def read_rates() -> Rates:
    """Return all rates. One query."""
    rows = CurrencyRate.objects.values_list("day", "from_currency", "to_currency", "rate")
    return Rates(Rate(*row) for row in rows.iterator(chunk_size=5000))


def save_rates(rates: Iterable[Rate], *, source: str, by: Actor) -> int:
    """Write rates down; one that there is for the same day and currencies is replaced. Returns how many.

    Raises:
        ValidationError: a currency is none, both are the same, or the rate cannot be.

    """
    found = list(rates)
    for rate in found:
        _require_usable(rate)
    now, name = timezone.now(), by.shown_name
    rows = {
        (rate.day, rate.source, rate.target): CurrencyRate(
            day=rate.day,
            from_currency=rate.source,
            to_currency=rate.target,
            rate=rate.value,
            source=source.strip()[:80],
            entered_at=now,
            entered_by=name,
        )
        for rate in found
    }
    with transaction.atomic():
        CurrencyRate.objects.bulk_create(
            rows.values(),
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["day", "from_currency", "to_currency"],
            update_fields=["rate", "source", "entered_at", "entered_by"],
        )
        audit.record(AuditAction.RATES_CHANGED, subject="rates", details={"rates": len(rows), "source": source})
    return len(rows)


def remove_rate(rate: CurrencyRate) -> None:
    """Take a rate away; figures of past days stay as they were."""
    with transaction.atomic():
        audit.record(AuditAction.RATES_CHANGED, subject="rates", details={"removed": str(rate)})
        rate.delete()


def _require_usable(rate: Rate) -> None:
    for field, currency in (("from_currency", rate.source), ("to_currency", rate.target)):
        try:
            CURRENCY(currency)
        except ValidationError as error:
            raise ValidationError({field: error.messages}) from error
    if rate.source == rate.target:
        raise ValidationError({"to_currency": _("Choose another currency: one is always worth itself.")})
    if not rate.value.is_finite() or not _LEAST <= rate.value <= _MOST:
        raise ValidationError({"rate": _("Write how much one unit is worth, for example 1.0837.")})


def read_file(content: bytes) -> list[Rate]:
    """Return the rates of a CSV file with the columns day, from, to and rate; a line with the columns' names is left out.

    Commas, semicolons and tabs between the columns are understood. A file that is wrong anywhere is refused whole.

    Raises:
        ValidationError: with a sentence for each wrong line, at most MOST_TOLD of them.

    """
    found, problems = list[Rate](), list[str]()
    for number, words in _lines(content):
        try:
            found.append(_read_line(words))
        except ValidationError as error:
            sentence = _("Line %(number)d: %(problem)s")
            problems.append(sentence % {"number": number, "problem": " ".join(error.messages)})
    if not found and not problems:
        problems = [_("The file holds no rates.")]
    if len(found) > MOST_ROWS:
        problems = [_("At most %(most)d rates at once: split the file.") % {"most": MOST_ROWS}]
    if problems:
        raise ValidationError(problems[:MOST_TOLD])
    return found


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that say something, each with its number in the file."""
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 2 MB: leave out old days."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is no text in UTF-8: save it as “CSV UTF-8”.")) from None
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
        words = [cell.strip() for cell in cells]
        is_head = number == 1 and tuple(word.lower() for word in words) == HEADER
        if any(words) and not is_head:
            yield number, words


def _read_line(words: list[str]) -> Rate:
    if len(words) != len(HEADER):
        raise ValidationError(_("four columns are needed: day, from, to, rate."))
    try:
        day = date.fromisoformat(words[0])
    except ValueError:
        raise ValidationError(_("write the day as 2026-11-21.")) from None
    try:
        value = Decimal(words[3])
    except InvalidOperation:
        raise ValidationError(_("write the rate as a number with a point, for example 1.0837.")) from None
    rate = Rate(day, words[1].upper(), words[2].upper(), value)
    _require_usable(rate)
    return rate
