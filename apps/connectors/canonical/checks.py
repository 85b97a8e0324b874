"""The shared library of checks: each builds one named rule whose sentences a finance person can act on."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from apps.connectors.canonical.currencies import KNOWN_CURRENCIES
from apps.connectors.canonical.shapes import CanonicalValues, Check, problem
from apps.connectors.canonical.values import plain_text, shown
from apps.connectors.errors import BusinessClass, FieldProblem

HOURS_OF_A_DAY = Decimal(24)
_ONE_DAY = timedelta(days=1)
_FARTHEST_AHEAD = timedelta(hours=14)  # the earliest zone: a day begins there 14 hours before it does in UTC
_MASK = {"#": "[0-9]", "@": "[A-Za-z]", "*": "[^\n]*"}


def present(field: str, sentence: str, business_class: BusinessClass = BusinessClass.MISSING_REFERENCE) -> Check:
    """Build the rule that a field has a value."""
    missing = problem(field, sentence, business_class, "missing")

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        value = values.get(field)
        return missing if value is None or value == "" else ()

    return Check(f"{field}_present", f"{field} has a value", find)


def hours_of_one_day(field: str = "hours") -> Check:
    """Build the rule 0 < hours <= 24. Missing hours are a problem too."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        hours = values.get(field)
        if hours is None:
            return problem(field, "The hours are missing. Fill them in at {source}.", code="missing")
        if 0 < hours <= HOURS_OF_A_DAY:
            return ()
        amount = plain_text(hours)
        if hours > HOURS_OF_A_DAY:
            sentence = f"{amount} hours on one day cannot be right: the limit is 24. Correct the entry in {{source}}."
            return problem(field, sentence, code="too_many_hours")
        sentence = f"{amount} hours cannot be billed: time must be more than 0. Correct the entry in {{source}}."
        return problem(field, sentence, code="no_hours")

    return Check("hours_of_one_day", "hours are more than 0 and at most 24", find)


def not_negative(field: str, label: str) -> Check:
    """Build the rule that an amount is zero or more; a missing one passes."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        value = values.get(field)
        if value is None or value >= 0:
            return ()
        sentence = f"The {label} is {plain_text(value)}, below zero. Correct it in {{source}}."
        return problem(field, sentence, code="negative")

    return Check(f"{field}_not_negative", f"the {label} is not below zero", find)


def not_above(field: str, limit: Decimal, label: str) -> Check:
    """Build the rule that an amount is at most `limit`; a missing one passes."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        value = values.get(field)
        if value is None or value <= limit:
            return ()
        most = plain_text(limit)
        sentence = f"The {label} is {plain_text(value)}, more than {most} cannot be right. Correct it in {{source}}."
        return problem(field, sentence, code="too_much")

    return Check(f"{field}_not_above", f"the {label} is at most {plain_text(limit)}", find)


def currency_known(field: str = "currency") -> Check:
    """Build the rule that the currency, where given, is an ISO 4217 code."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        currency = values.get(field)
        if currency is None or currency in KNOWN_CURRENCIES:
            return ()
        sentence = f"{shown(currency)} is not a currency. Use a code such as EUR or USD in {{source}}."
        return problem(field, sentence, code="unknown_currency")

    return Check("currency_known", "the currency is an ISO code", find)


def currency_for(amount_field: str, field: str = "currency") -> Check:
    """Build the rule that an amount has its currency beside it."""
    missing = problem(field, "The currency is missing, so the amount cannot be booked. Set it in {source}.")

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        return missing if values.get(amount_field) is not None and not values.get(field) else ()

    return Check("currency_present", "an amount has a currency beside it", find)


def currency_among(allowed: tuple[str, ...], field: str = "currency") -> Check:
    """Build the rule that the currency is one of those agreed for this flow."""
    names = ", ".join(allowed)

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        currency = values.get(field)
        if currency in allowed:
            return ()
        sentence = f"{shown(currency or '')} is not a currency agreed here ({names}). Correct it in {{source}}."
        return problem(field, sentence, code="currency_not_agreed")

    return Check("currency_agreed", f"the currency is one of {names}", find)


def form_of(field: str, mask: str, label: str) -> Check:
    """Build the rule that a code has a form: # is a digit, @ a letter, * anything ("PRJ-####")."""
    matches = re.compile("".join(_MASK.get(sign, re.escape(sign)) for sign in re.sub(r"\*+", "*", mask))).fullmatch

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        code = values.get(field)
        if code is None or matches(code):
            return ()
        sentence = f"The {label} {shown(code)} does not have the form {mask}. Correct it in {{source}}."
        return problem(field, sentence, BusinessClass.INVALID_DIMENSION, "wrong_form")

    return Check(f"{field}_form", f"the {label} has the form {mask}", find)


def not_longer_than(field: str, limit: int, label: str) -> Check:
    """Build the rule that a text fits."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        text = values.get(field)
        if text is None or len(text) <= limit:
            return ()
        sentence = f"The {label} has {len(text)} characters; {limit} fit. Shorten it in {{source}}."
        return problem(field, sentence, BusinessClass.TOO_LARGE, "too_long")

    return Check(f"{field}_fits", f"the {label} has at most {limit} characters", find)


def not_in_future(field: str, label: str) -> Check:
    """Build the rule that a day has begun somewhere on earth: at most one day after today in UTC."""

    def find(values: CanonicalValues, today: date) -> tuple[FieldProblem, ...]:
        day = values.get(field)
        if day is None or day <= today or day - today <= _ONE_DAY:
            return ()
        sentence = f"The {label} {day.isoformat()} is in the future. Correct the date in {{source}}."
        return problem(field, sentence, code="future")

    return Check(f"{field}_not_in_future", f"the {label} is not in the future", find)


def approved_not_before(day_field: str, zone: tzinfo | None = None) -> Check:
    """Build the rule that approval does not precede the day it approves.

    Without a zone only an approval earlier than the day's first hour anywhere on earth counts; with one, the
    approval's calendar day in that zone must not be earlier.
    """

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        approved_at, day = values.get("approved_at"), values.get(day_field)
        if approved_at is None or day is None or not _is_before(approved_at, day, zone):
            return ()
        sentence = (
            f"The approval of {approved_at.date().isoformat()} is earlier than the work of {day.isoformat()}. "
            "Correct the date, or approve it again, in {source}."
        )
        return problem("approved_at", sentence, BusinessClass.MISSING_APPROVAL, "approved_too_early")

    return Check("approved_not_before_work", "approval is not earlier than the work", find)


def _is_before(moment: datetime, day: date, zone: tzinfo | None) -> bool:
    # The cheap comparison first: nearly every approval has a later date and needs no arithmetic.
    if moment.date() > day:
        return False
    if zone is not None:
        return (moment if zone is UTC else moment.astimezone(zone)).date() < day
    return moment < datetime.combine(day, time(), UTC) - _FARTHEST_AHEAD


def days_in_order(first: str, last: str, label: str) -> Check:
    """Build the rule that a period ends no earlier than it starts."""

    def find(values: CanonicalValues, _today: date) -> tuple[FieldProblem, ...]:
        start, end = values.get(first), values.get(last)
        if start is None or end is None or start <= end:
            return ()
        sentence = (
            f"The {label} ends on {end.isoformat()}, before it starts on {start.isoformat()}. Correct it in {{source}}."
        )
        return problem(last, sentence, code="ends_before_start")

    return Check(f"{last}_after_{first}", f"the {label} does not end before it starts", find)
