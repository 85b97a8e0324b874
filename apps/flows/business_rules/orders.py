"""The rule about the client's order: the purchase order is open and its limit is not exceeded."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical.shapes import Amount, AmountQuality, CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import Booked, BusinessRule, Facts, Question, Sample, money, words

_KIND = "PurchaseOrder"
_OVER = {"closed": "closed", "void": "void", "rejected": "rejected"}


def _judge(values: CanonicalValues, facts: Facts, _today: date) -> str:
    order, name = facts.records.get(_KIND), words(values.get("po_number") or "?")
    if order is None:
        return ""  # many firms keep their clients' orders elsewhere: a number alone proves nothing
    state = _OVER.get(str(order.get("state")))
    if state is not None:
        return f"Purchase order {name} is {state} in {{asked}}. Ask the client for a new one, correct it in {{source}}, then retry."
    limit, amount = order.get("amount"), facts.amount
    if limit is None or amount is None or amount.quality is AmountQuality.UNKNOWN:
        return ""
    if (order.get("currency") or amount.currency) != amount.currency:
        return ""  # what cannot be compared without an exchange rate is no proof of anything
    used = max(facts.booked.order_money, order.get("billed_amount") or Decimal(0))
    if used + amount.value <= limit:
        return ""
    return (
        f"Purchase order {name} is limited to {money(limit, amount.currency)} in {{asked}}, of which "
        f"{money(used, amount.currency)} are used: {money(amount.value, amount.currency)} more do not fit. "
        "Ask the client to raise it, or for a new one, then retry."
    )


_VALUES = {"po_number": "PO-40711"}
_WORTH = Amount(Decimal(1160), "EUR", AmountQuality.KNOWN)


def _facts(used: int, **order: object) -> Facts:
    order = {"number": "PO-40711", "amount": Decimal(50_000), "currency": "EUR", **order}
    return Facts(records={_KIND: order}, booked=Booked(order_money=Decimal(used)), amount=_WORTH)


PO_LIMIT = BusinessRule(
    name="po_limit",
    types=("TimeEntry", "Invoice"),
    title=gettext_noop("The purchase order does not cover it"),
    summary=gettext_noop("the limit of the purchase order is not exceeded"),
    looks_at=gettext_noop("the purchase order's state and limit, and what was delivered from here or billed under it"),
    business_class=BusinessClass.VALIDATION,
    queue="finance",
    runbook=gettext_noop(
        "Ask the client to raise the order or for a new one. Enter the new limit in the system named above, or the new "
        "number on the records, then retry. Nothing was posted."
    ),
    judge=_judge,
    asks=(Question(_KIND, "po_number", ("client",)),),
    blames="po_number",
    from_ledger=True,
    samples=(
        Sample("just fits", _VALUES, _facts(48_840)),
        Sample("no order named", {}, Facts(amount=_WORTH)),
        Sample("not found there", _VALUES, Facts(records={_KIND: None}, amount=_WORTH)),
        Sample("no limit", _VALUES, _facts(1_000_000, amount=None)),
        Sample("another currency", _VALUES, _facts(49_999, currency="USD")),
        Sample(
            "exceeded",
            _VALUES,
            _facts(49_000),
            "Purchase order PO-40711 is limited to 50,000.00 EUR in {asked}, of which 49,000.00 EUR are used: 1,160.00 EUR more do not fit. Ask the client to raise it, or for a new one, then retry.",
        ),
        Sample(
            "used up by what was billed elsewhere",
            _VALUES,
            _facts(0, billed_amount=Decimal(50_000)),
            "Purchase order PO-40711 is limited to 50,000.00 EUR in {asked}, of which 50,000.00 EUR are used: 1,160.00 EUR more do not fit. Ask the client to raise it, or for a new one, then retry.",
        ),
        Sample(
            "closed",
            _VALUES,
            _facts(0, state="closed"),
            "Purchase order PO-40711 is closed in {asked}. Ask the client for a new one, correct it in {source}, then retry.",
        ),
    ),
)
