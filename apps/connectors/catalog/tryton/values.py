"""Tryton's own way of writing values in JSON: dates, durations, decimals, domains and contexts."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

_HOUR = 3600


def date_value(day: date) -> dict[str, Any]:
    """Return a day as Tryton writes it."""
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def instant_value(moment: datetime) -> dict[str, Any]:
    """Return an instant as Tryton writes it: in UTC, without a zone, to the microsecond."""
    utc = moment.astimezone(UTC)
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(utc, part) for part in parts}}


def duration_value(hours: Decimal) -> dict[str, Any]:
    """Return hours as a duration. A plain number would be taken for seconds, without a complaint."""
    seconds = hours * _HOUR
    whole = seconds.to_integral_value()
    return {"__class__": "timedelta", "seconds": int(whole) if seconds == whole else float(seconds)}


def plain(value: Any) -> Any:
    """Return what Tryton sent as plain JSON values: "2026-11-02", "2026-11-02T03:54:20.123456Z", hours as text "2.5"."""
    if isinstance(value, Mapping):
        kind = value.get("__class__")
        if kind is not None:
            return _plain_typed(str(kind), value)
        return {name: plain(entry) for name, entry in value.items() if name != "__name__"}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value


def hours_of(seconds: float) -> Decimal:
    """Return a duration in hours, to four decimals, which is finer than people book."""
    exact = Decimal(repr(seconds)) / _HOUR
    return exact.quantize(Decimal("0.0001")).normalize()


def encode(value: Any) -> str:
    """Return a domain, an order or a context the way it travels in an address or a header: base64 of JSON."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


def any_of(clauses: Sequence[Any]) -> list[Any]:
    """Return the domain that holds when one of the clauses does."""
    return ["OR", *clauses]


def starting_with(text: str) -> str:
    """Return the LIKE pattern of texts that start with `text`, its own wildcards made harmless."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _date_text(value: Mapping[str, Any]) -> str:
    # Written, not judged: a day that does not exist is one field's problem, which whoever reads the text will name.
    return f"{value['year']:04d}-{value['month']:02d}-{value['day']:02d}"


def _instant_text(value: Mapping[str, Any]) -> str:
    hour, minute, second = value["hour"], value["minute"], value["second"]
    return f"{_date_text(value)}T{hour:02d}:{minute:02d}:{second:02d}.{value['microsecond']:06d}Z"


def _plain_typed(kind: str, value: Mapping[str, Any]) -> str | None:
    if kind == "date":
        return _date_text(value)
    if kind == "datetime":
        return _instant_text(value)
    if kind == "timedelta":
        return f"{hours_of(timedelta(seconds=value['seconds']).total_seconds()):f}"
    return str(value["decimal"]) if kind == "Decimal" else None
