"""Tax numbers as people write them, and what VIES says of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WRITTEN = re.compile(r"([A-Z]{2})([0-9A-Z+*]{2,12})")
_BETWEEN = re.compile(r"[\s./_-]+")
_HIDDEN = "---"  # Germany and Spain tell neither name nor address
# https://ec.europa.eu/taxation_customs/vies/#/faq: Greece is EL, Northern Ireland XI; Great Britain is gone since 2021.
MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """One number, with the country as VIES calls it."""

    country: str
    number: str


def read_number(written: str) -> TaxNumber | None:
    """Return the number that a text means ("de 136.695.976"), None when it is none that VIES could know."""
    match = _WRITTEN.fullmatch(_BETWEEN.sub("", written).upper())
    if match is None:
        return None
    country = "EL" if match[1] == "GR" else match[1]
    return TaxNumber(country, match[2]) if country in MEMBERS else None


def verdict_of(written: str, asked: TaxNumber, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record of a number that VIES judged, None when its answer is no verdict."""
    word, valid = said.get("userError"), said.get("isValid")
    if (word, valid) not in {("VALID", True), ("INVALID", False)}:
        return None
    return {
        "number": written,
        "country": "GR" if asked.country == "EL" else "GB" if asked.country == "XI" else asked.country,
        "status": "valid" if valid else "invalid",
        "name": _told(said.get("name")),
        "address": _told(said.get("address")),
        "evidence": _told(said.get("requestIdentifier")),
        "checked_at": said.get("requestDate"),
    }


def refusal_in(said: Any) -> str:
    """Return the word with which VIES gave no verdict, "" when it used none."""
    if not isinstance(said, Mapping):
        return ""
    wrapped = said.get("errorWrappers")
    first = wrapped[0] if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], Mapping) else {}
    return str(first.get("error") or said.get("userError") or "")


def _told(text: Any) -> str | None:
    words = " ".join(str(text or "").split())
    return None if words in {"", _HIDDEN} else words
