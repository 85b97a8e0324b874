"""Public holidays of countries and their regions, by the day on which they are observed (pure)."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays


def countries() -> dict[str, tuple[str, ...]]:
    """Return the countries whose holidays are known, as two letters, each with its regions ("BY" of "DE")."""
    return {code: tuple(regions) for code, regions in sorted(_supported().items()) if len(code) == 2}


def holidays_of(country: str, region: str, year: int) -> Mapping[date, str]:
    """Return the public holidays of a year with their names; nothing for a country or region that is not known.

    "" as the region: only what the whole country keeps. The `holidays` package knows them: https://holidays.readthedocs.io
    """
    if region not in ("", *countries().get(country, ())) or country not in countries():
        return {}
    return _of_year(country, region, year)


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=512)
def _of_year(country: str, region: str, year: int) -> Mapping[date, str]:
    found = holidays.country_holidays(country, subdiv=region or None, years=year)
    return {day: name for day, name in found.items() if day.year == year}
