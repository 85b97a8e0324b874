"""What the sandbox ERP buys: suppliers, and purchase orders with the rules by which they are refused."""

from collections.abc import Iterator
from decimal import Decimal

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.erp_rules import LookUp
from apps.connectors.sandbox.rules import Problem, Record

ORDERS, SUPPLIERS = "purchase-orders", "suppliers"
STATES = ("approved", "ordered", "closed", "void")
_FIELDS = (
    "number", "external_id", "supplier", "supplier_name", "project", "role", "hours", "rate", "amount", "currency", "starts",
    "ends", "state", "description",
)  # fmt: skip
_REQUIRED = ("supplier", "project", "amount", "currency")
_LONGEST = {"external_id": 200, "role": 80, "description": 200}
_SUPPLIERS = (("S-100", "Vale Freelance GmbH", "active"), ("S-200", "Nordic Experts AB", "active"),
              ("S-300", "Old Harbour Ltd", "blocked"))  # fmt: skip
KINDS = {
    SUPPLIERS: Kind(
        "number",
        ("number", "name", "state"),
        fields=("number", "name", "state"),
        choices={"state": ("active", "blocked")},
    ),
    ORDERS: Kind(
        "number",
        ("number", "supplier_name", "project", "hours", "amount", "currency", "state"),
        own_key="external_id",
        money="amount",
        counted=("state", "approved"),
        fields=_FIELDS,
        required=_REQUIRED,
        choices={"state": STATES},
        longest=_LONGEST,
    ),
}


def suppliers() -> list[Record]:
    """Return whom every company of the sandbox buys from."""
    return [
        {"id": f"su-{number[2:]}", "number": number, "name": name, "state": state} for number, name, state in _SUPPLIERS
    ]


def new_order(record: Record, number: int, look_up: LookUp) -> Record:
    """Return a new order under its number, which is also its id: what is answered is what others call it by."""
    given = f"PO-{number:07d}"
    return {"state": "approved", **named(record, look_up), "id": given, "number": given}


def named(order: Record, look_up: LookUp) -> Record:
    """Return an order with the name of its supplier."""
    supplier = look_up(SUPPLIERS, str(order.get("supplier") or ""))
    return {**order, "supplier_name": supplier["name"] if supplier else None}


def problems_of_order(order: Record, look_up: LookUp) -> list[Problem]:
    """Return everything wrong with a purchase order; an empty list means it is accepted."""
    found = rules.missing(order, _REQUIRED) + rules.unknown(order, _FIELDS) + rules.too_long(order, _LONGEST)
    found += rules.choices(order, {"state": STATES}) + rules.currency(order)
    found += rules.amounts(order, ("hours", "rate", "amount"))
    found += rules.days(order, ("starts", "ends"))[1]
    return [*found, *_supplier(order, look_up), *_project(order, look_up), *_amount(order)]


def _supplier(order: Record, look_up: LookUp) -> Iterator[Problem]:
    number = order.get("supplier")
    supplier = look_up(SUPPLIERS, str(number)) if number not in (None, "") else None
    if number not in (None, "") and supplier is None:
        yield Problem("unknown_supplier", "supplier", f"Supplier {number} does not exist")
    elif supplier is not None and supplier["state"] != "active":
        yield Problem("supplier_blocked", "supplier", f"Supplier {number} is {supplier['state']}")


def _project(order: Record, look_up: LookUp) -> Iterator[Problem]:
    code = order.get("project")
    if code not in (None, "") and look_up("projects", str(code)) is None:
        yield Problem("unknown_project", "project", f"Project {code} does not exist")


def _amount(order: Record) -> Iterator[Problem]:
    hours, rate, amount = (rules.number_of(order.get(name)) for name in ("hours", "rate", "amount"))
    if hours is None or rate is None or amount is None:
        return
    if abs(hours * rate - amount) >= Decimal("0.01"):
        yield Problem("amount_mismatch", "amount", f"Amount {amount} is not hours times rate")
