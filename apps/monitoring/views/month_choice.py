"""Which month a page shows: read from its address, and offered to choose."""

from datetime import date

from django.http import HttpRequest

from apps.monitoring.months import months_back
from apps.tenants.templatetags.wording import month_words

MONTHS_OFFERED = 13
_EARLIEST = date(2000, 1, 1)


def asked_month(request: HttpRequest, today: date, *, usual: date) -> date:
    """Return the first day of the month asked for, of the present one where the address means one to come.

    Where it asks for none, or makes no sense, `usual` is meant.
    """
    present = today.replace(day=1)
    try:
        asked = date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        return usual
    return asked if _EARLIEST <= asked <= present else present


def month_choices(chosen: date, today: date) -> list[tuple[str, str, bool]]:
    """Return the months that can be chosen, the latest first, as (value, words, chosen)."""
    months = months_back(today, MONTHS_OFFERED)
    if chosen not in months:
        months.append(chosen)
    return [(f"{one:%Y-%m}", month_words(one), one == chosen) for one in months]
