"""What is promised to a customer: targets by promise, pauses, hours and credits; also as plain values (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from apps.monitoring.blame import CUT_OFF_RISK, EXPIRING, PARTIAL, SLOW, Severity, WorkQueue, time_to_resolve
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand, CreditRule
from apps.monitoring.sla.opening import BusinessHours, always

USUAL = "Usual times"  # the terms of customers without a package of their own


class Promise(StrEnum):
    """What a clock measures."""

    DETECT = "detect"  # from a failure to its exception
    ACKNOWLEDGE = "acknowledge"  # from its exception to somebody taking it up
    RESOLVE = "resolve"  # from its exception to its end
    DELIVERY = "delivery"  # from reading a record to its arrival, exceptions apart
    CUT_OFF = "cut_off"  # everything posted by the customer's cut-off, or so long before it


OF_CASES = (Promise.DETECT, Promise.ACKNOWLEDGE, Promise.RESOLVE)
OF_FLOWS = (Promise.DELIVERY, Promise.CUT_OFF)
# Exceptions that warn of what has clocks of its own once it happens: the refused records' exceptions, the cut-off, the
# connection that stops; a slow run is late where delivery is promised.
_WARNINGS = frozenset({PARTIAL, CUT_OFF_RISK, EXPIRING})
_WARNS_OF = {SLOW: Promise.DELIVERY}


@dataclass(frozen=True, slots=True)
class Target:
    """How long a promise gives, in minutes of business time; empty `severity`, `queue` and `business_class` fit all.

    Of CUT_OFF it is how long before the cut-off everything must be posted, on the wall's clock; 0 is the cut-off itself.
    """

    promise: Promise
    minutes: int
    severity: str = ""
    queue: str = ""
    business_class: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a clock goes by; never changed: other terms are another value."""

    name: str
    hours: BusinessHours
    targets: tuple[Target, ...]
    pauses: frozenset[PauseCause] = frozenset()
    credit: CreditRule | None = None

    def target(
        self, promise: Promise, *, severity: str = "", queue: str = "", business_class: str = ""
    ) -> timedelta | None:
        """Return what is promised, None for nothing. The most particular target counts: class, then queue, then severity."""
        fitting = [
            one
            for one in self.targets
            if one.promise is promise
            and one.business_class in ("", business_class)
            and one.queue in ("", queue)
            and one.severity in ("", severity)
        ]
        if not fitting:
            return None
        best = max(fitting, key=lambda one: (bool(one.business_class), bool(one.queue), bool(one.severity)))
        return timedelta(minutes=best.minutes)


def is_only_warning(terms: Terms, business_class: str) -> bool:
    """Return whether exceptions of the class warn of a matter that these terms promise by itself.

    Such a warning is nobody's claim: who was warned and failed has missed the one promise, not two.
    """
    warned_of = _WARNS_OF.get(business_class)
    return business_class in _WARNINGS or (warned_of is not None and terms.target(warned_of) is not None)


def usual_terms() -> Terms:
    """Return what holds without a package: the queue's time to resolve, around the clock, without pauses or credits."""
    targets = tuple(
        Target(Promise.RESOLVE, int(time_to_resolve(queue, severity).total_seconds()) // 60, severity, queue)
        for queue in WorkQueue
        for severity in Severity
    )
    return Terms(USUAL, always(), targets)


def terms_as_values(terms: Terms) -> dict[str, Any]:
    """Return terms as they are stored: {"name": "Gold", "hours": {...}, "targets": [...], "pauses": [...], "credit": {...}}."""
    return {
        "name": terms.name,
        "hours": hours_as_values(terms.hours),
        "targets": targets_as_values(terms.targets),
        "pauses": sorted(terms.pauses),
        "credit": credit_as_values(terms.credit),
    }


def terms_from_values(stored: Mapping[str, Any]) -> Terms:
    """Return stored terms."""
    return Terms(
        str(stored["name"]),
        hours_from_values(stored["hours"]),
        targets_from_values(stored["targets"]),
        frozenset(PauseCause(cause) for cause in stored["pauses"]),
        credit_from_values(stored["credit"]),
    )


def hours_as_values(hours: BusinessHours) -> dict[str, Any]:
    """Return opening hours as they are stored; days as "2026-12-24"."""
    return {
        "zone": hours.zone,
        "week": [[list(times) for times in day] for day in hours.week],
        "country": hours.country,
        "region": hours.region,
        "own_days": {day.isoformat(): name for day, name in sorted(hours.own_days.items())},
    }


def hours_from_values(stored: Mapping[str, Any]) -> BusinessHours:
    """Return stored opening hours."""
    return BusinessHours(
        str(stored["zone"]),
        tuple(tuple((int(opens), int(closes)) for opens, closes in day) for day in stored["week"]),
        str(stored["country"]),
        str(stored["region"]),
        {date.fromisoformat(day): str(name) for day, name in stored["own_days"].items()},
    )


def targets_as_values(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """Return targets as they are stored."""
    return [
        {
            "promise": one.promise.value,
            "minutes": one.minutes,
            "severity": str(one.severity),
            "queue": str(one.queue),
            "class": str(one.business_class),
        }
        for one in targets
    ]


def targets_from_values(stored: Iterable[Mapping[str, Any]]) -> tuple[Target, ...]:
    """Return stored targets."""
    return tuple(
        Target(Promise(one["promise"]), int(one["minutes"]), one["severity"], one["queue"], one["class"])
        for one in stored
    )


def credit_as_values(credit: CreditRule | None) -> dict[str, Any] | None:
    """Return a credit rule as it is stored; amounts and percents as text, so that nothing is rounded."""
    if credit is None:
        return None
    return {
        "fee": str(credit.fee),
        "currency": credit.currency,
        "bands": [[band.late_minutes, str(band.percent)] for band in credit.bands],
        "cap_percent": str(credit.cap_percent),
    }


def credit_from_values(stored: Mapping[str, Any] | None) -> CreditRule | None:
    """Return a stored credit rule, None where none was agreed."""
    if stored is None:
        return None
    bands = tuple(CreditBand(int(minutes), Decimal(percent)) for minutes, percent in stored["bands"])
    return CreditRule(Decimal(stored["fee"]), str(stored["currency"]), bands, Decimal(stored["cap_percent"]))
