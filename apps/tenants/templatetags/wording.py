"""How figures and moments read on a page: money, hours, counts, relative times, masked documents.

All of them follow the reader's language and time zone, as the request (or the mail's receiver) set them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from django.utils import timezone
from django.utils.dateformat import format as format_moment
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

UNKNOWN = "—"
MINUS = "−"
NARROW_SPACE = "\N{NO-BREAK SPACE}"
MASK = "••••••"
# ISO 4217 currencies whose smaller unit is not a hundredth: https://www.iso.org/iso-4217-currency-codes.html
_DECIMALS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "ISK": 0,
    "VND": 0,
    "XAF": 0,
    "XOF": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}
_SECRET_KEY = re.compile(
    r"authorization|cookie|credential|passw|passphrase|private.?key|secret|signature|token|api.?key|^key$|^pin$",
    re.IGNORECASE,
)
_SPANS = (
    (60, 1, pgettext_lazy("short unit", "s")),
    (3600, 60, pgettext_lazy("short unit", "min")),
    (86400, 3600, pgettext_lazy("short unit", "h")),
)
# How thousands and decimals are set apart, for the languages of settings.LANGUAGES; English is the default.
_SEPARATORS = {"de": str.maketrans(",.", ".,")}
_DAYS_AS_RELATIVE = 30


def as_decimal(amount: object) -> Decimal | None:
    """Return the amount as a finite Decimal, or None when there is none or it is no number."""
    if amount is None or amount == "" or isinstance(amount, bool):
        return None
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _grouped(amount: Decimal, decimals: int) -> str:
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    english = f"{MINUS if rounded < 0 else ''}{abs(rounded):,.{decimals}f}"
    return english.translate(_separators())


def _separators() -> dict[int, int]:
    return _SEPARATORS.get((get_language() or "")[:2], {})


def money_words(amount: object, currency: str) -> str:
    """Return "EUR 1,234.50" ("EUR 1.234,50" in German): the currency stays beside the amount, decimals are the currency's own."""
    exact = as_decimal(amount)
    if exact is None:
        return UNKNOWN
    code = (currency or "").upper()
    return f"{code}{NARROW_SPACE}{_grouped(exact, _DECIMALS.get(code, 2))}".strip()


def hours_words(amount: object) -> str:
    """Return "1,234.50 h"."""
    exact = as_decimal(amount)
    return UNKNOWN if exact is None else f"{_grouped(exact, 2)}{NARROW_SPACE}h"


def count_words(amount: object) -> str:
    """Return "12,345"; fractions keep up to two digits."""
    if type(amount) is int:  # nearly all of them, by the hundred
        english = f"{MINUS if amount < 0 else ''}{abs(amount):,}"
        return english if abs(amount) < 1000 else english.translate(_separators())
    exact = as_decimal(amount)
    if exact is None:
        return UNKNOWN
    return _grouped(exact, 0 if exact == exact.to_integral_value() else 2)


def duration_words(seconds: object) -> str:
    """Return the two largest units of a span: "850 ms", "12 s", "4 min 10 s", "3 h 5 min", "2 d 4 h"."""
    span = seconds.total_seconds() if isinstance(seconds, timedelta) else as_decimal(seconds)
    if span is None:
        return UNKNOWN
    exact = float(span)
    if 0 < exact < 1:
        return f"{round(exact * 1000)} ms"
    return _two_largest_units(round(exact))


def _two_largest_units(whole_seconds: int) -> str:
    parts, rest = [], whole_seconds
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def relative_words(moment: datetime, now: datetime) -> str:
    """Return "5 min ago", "in 3 h", "2 days ago"; further than thirty days away, the date."""
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 10:
        return _("just now")
    if distance >= _DAYS_AS_RELATIVE * 86400:
        return date_words(moment)
    words = {"span": _distance_words(distance)}
    return _("%(span)s ago") % words if seconds > 0 else _("in %(span)s") % words


def _distance_words(distance: float) -> str:
    for limit, size, unit in _SPANS:
        if distance < limit:
            return f"{int(distance // size)} {unit}"
    days = int(distance // 86400)
    # Translators: after "ago" and "in", so in German "1 Tag", "2 Tagen".
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def date_words(moment: datetime) -> str:
    """Return "21 Nov 2026", the day it is in the reader's zone."""
    return day_words(timezone.localtime(moment).date())


def moment_words(moment: datetime) -> str:
    """Return "21 Nov, 14:05", in the reader's zone: what is near enough to need no year."""
    then = timezone.localtime(moment)
    return _("%(day)s, %(time)s") % {"day": short_day_words(then.date()), "time": f"{then:%H:%M}"}


def day_words(day: date) -> str:
    """Return "21 Nov 2026" for a day of the calendar, whatever the reader's zone."""
    return _day_words(date(day.year, day.month, day.day), get_language() or "")


@lru_cache(maxsize=4096)
def _day_words(day: date, _language: str) -> str:
    """Write a day in the language that is active: a page's rows share a few days."""
    # Translators: the order and punctuation of day, month and year, in the letters of Django's "date" filter.
    return str(format_moment(day, pgettext("date format", "j M Y")))


def short_day_words(day: date) -> str:
    """Return "21 Nov", as the axes of charts name a day."""
    return _short_day_words(day, get_language() or "")


@lru_cache(maxsize=4096)
def _short_day_words(day: date, _language: str) -> str:
    # Translators: the order and punctuation of day and month, in the letters of Django's "date" filter.
    return str(format_moment(day, pgettext("date format", "j M")))


def month_words(month: date) -> str:
    """Return "November 2026"."""
    return format_moment(month, "F Y")


def absolute_words(moment: datetime) -> str:
    """Return "21 Nov 2026, 03:43 UTC", in the reader's zone."""
    local = timezone.localtime(moment)
    return f"{day_words(local.date())}, {local.hour:02}:{local.minute:02} {local.tzname()}"


def masked(document: object) -> object:
    """Return the document with every value under a secret-looking key replaced by dots."""
    if isinstance(document, Mapping):
        return {
            key: MASK if _SECRET_KEY.search(str(key)) and value else masked(value) for key, value in document.items()
        }
    if isinstance(document, Sequence) and not isinstance(document, str | bytes):
        return [masked(part) for part in document]
    return document


# The order matters: most browsers also carry the names of those they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """Return "Chrome on Windows" for what a browser says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Unknown device")


_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|(?P<number>-?\d[\d.eE+-]*)|(?P<word>\btrue\b|\bfalse\b|\bnull\b)'
)


def _coloured(match: re.Match[str]) -> str:
    if match["text"]:
        kind = "json-key" if match["colon"] else "json-text"
        return f'<span class="{kind}">{escape(match["text"])}</span>{match["colon"] or ""}'
    return f'<span class="{"json-number" if match["number"] else "json-word"}">{match[0]}</span>'


def json_markup(document: object) -> SafeString:
    """Return the document as indented, coloured and masked JSON. A text that holds JSON is parsed first; other text is shown as it is."""
    if isinstance(document, bytes):
        document = document.decode("utf-8", "replace")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return escape(document)
    plain = json.dumps(masked(document), indent=2, ensure_ascii=False, default=str)
    pieces, end = [], 0
    for match in _TOKEN.finditer(plain):
        pieces += [escape(plain[end : match.start()]), _coloured(match)]
        end = match.end()
    return mark_safe("".join([*pieces, escape(plain[end:])]))  # noqa: S308  every piece is escaped above
