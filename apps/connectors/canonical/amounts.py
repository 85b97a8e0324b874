"""Amount rules: what a record is worth, and how sure that is."""

from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal

from apps.connectors.canonical.currencies import KNOWN_CURRENCIES, round_money
from apps.connectors.canonical.shapes import Amount, AmountQuality, CanonicalValues, LedgerReferences

UNKNOWN_AMOUNT = Amount(Decimal(0), "", AmountQuality.UNKNOWN)
TOO_LARGE = Decimal(10) ** 14  # money has 18 digits, four of them decimals


def build_amount(value: Decimal, currency: str, quality: AmountQuality = AmountQuality.KNOWN) -> Amount:
    """Return an amount, or the unknown one where the figure or the currency cannot be true."""
    if currency not in KNOWN_CURRENCIES or not -TOO_LARGE < value < TOO_LARGE:
        return UNKNOWN_AMOUNT
    return Amount(value, currency, quality)


def no_amount(_values: CanonicalValues) -> Amount | None:
    """Return None: records of this type carry no money themselves."""
    return None


def billed_time(values: CanonicalValues) -> Amount | None:
    """Return the bill amount, else hours x rate, else an unknown amount. Time that is not billable is worth nothing."""
    if values.get("billable") is False:
        return None
    currency = values.get("currency")
    if not currency:
        return UNKNOWN_AMOUNT
    amount = values.get("bill_amount")
    if amount is not None:
        return build_amount(amount, currency)
    hours, rate = values.get("hours"), values.get("bill_rate")
    if hours is None or rate is None:
        return UNKNOWN_AMOUNT
    return build_amount(round_money(hours * rate, currency), currency)


def stated_amount(values: CanonicalValues) -> Amount | None:
    """Return the record's own amount."""
    amount, currency = values.get("amount"), values.get("currency")
    if amount is None or not currency:
        return UNKNOWN_AMOUNT
    return build_amount(amount, currency)


def budget_amount(values: CanonicalValues) -> Amount | None:
    """Return the budget as an estimate of what waits on this record; None without a budget."""
    amount, currency = values.get("budget_money"), values.get("currency")
    if amount is None or not currency:
        return None
    return build_amount(amount, currency, AmountQuality.ESTIMATED)


def deal_amount(values: CanonicalValues) -> Amount | None:
    """Return what a deal is worth: sure once it is won, an estimate before; a lost one is worth nothing."""
    if values.get("stage") == "lost":
        return None
    amount, currency = values.get("amount"), values.get("currency")
    if amount is None or not currency:
        return UNKNOWN_AMOUNT
    won = values.get("stage") == "won"
    return build_amount(amount, currency, AmountQuality.KNOWN if won else AmountQuality.ESTIMATED)


def planned_work(values: CanonicalValues) -> Amount | None:
    """Return hours x rate as an estimate of what a planned assignment is worth; None without hours, rate or currency."""
    hours, rate, currency = values.get("hours"), values.get("bill_rate"), values.get("currency")
    if values.get("billable") is False or hours is None or rate is None or not currency:
        return None
    return build_amount(round_money(hours * rate, currency), currency, AmountQuality.ESTIMATED)


def month_of(day: date | None) -> str:
    """Return "2026-11" for a date, "" for None."""
    return "" if day is None else day.isoformat()[:7]


def no_references(_values: CanonicalValues) -> LedgerReferences:
    """Return no references."""
    return LedgerReferences()


def no_cycle(_values: CanonicalValues) -> date | None:
    """Return no day: nothing is billed or paid with such a record."""
    return None


def references_by(
    *days: str, cycle_from: Callable[[CanonicalValues], date | None] = no_cycle
) -> Callable[[CanonicalValues], LedgerReferences]:
    """Return what finds a record's client, its project, the month of the first of these days that it has, and where its cycle began."""

    def references(values: CanonicalValues) -> LedgerReferences:
        read = values.get
        day, begun = next((read(name) for name in days if read(name)), None), cycle_from(values)
        client, project = read("client_name") or read("client") or "", read("project") or ""
        return LedgerReferences(client, project, month_of(day), begun.isoformat() if begun else "")

    return references


def agreed_amount(sure: Collection[str], off: Collection[str]) -> Callable[[CanonicalValues], Amount | None]:
    """Return what tells the amount of an agreement: known in the states `sure`, nothing in `off`, else an estimate."""

    def amount(values: CanonicalValues) -> Amount | None:
        state, value, currency = values.get("state"), values.get("amount"), values.get("currency")
        if state in off:
            return None
        if value is None or not currency:
            return UNKNOWN_AMOUNT
        return build_amount(value, currency, AmountQuality.KNOWN if state in sure else AmountQuality.ESTIMATED)

    return amount
