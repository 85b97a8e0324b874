"""What the books of the sandbox ERP hold besides postings: companies, periods, cost centres, rates and clients' orders.

Callers only read them; a person may mend them on the sandbox's pages.
"""

from apps.connectors.sandbox.desk import Kind
from apps.connectors.sandbox.firm import Firm, Record
from apps.connectors.sandbox.periods import periods_of
from apps.connectors.sandbox.vocabulary import COST_CENTERS, REGIONS, SERVICES

ORDER_LIMIT = "250000.00"
_PRICES = {"CONS-ADV": "165.00", "CONS-DEV": "145.00", "CONS-QA": "125.00", "CONS-TRN": "135.00", "CONS-PM": "175.00"}


def _read(name: str, columns: tuple[str, ...], **choices: tuple[str, ...]) -> Kind:
    return Kind(name, columns, writable=False, fields=columns, choices=choices)


KINDS = {
    "companies": _read("code", ("code", "name", "currency")),
    "cost-centers": _read("code", ("code", "name", "active")),
    "periods": _read("code", ("code", "starts", "ends", "state"), state=("open", "closed")),
    "rate-lines": _read("number", ("number", "service_item", "unit", "rate", "currency", "starts", "ends")),
    "client-orders": _read(
        "number", ("number", "customer_number", "amount", "currency", "state"), state=("ordered", "closed")
    ),
}


def records_of(firm: Firm) -> dict[str, list[Record]]:
    """Return what the books of a new company hold, by kind."""
    return {
        "companies": [
            {"id": f"co-{code}", "code": code, "name": f"Consulting {region}", "currency": currency}
            for region, (code, currency, _) in REGIONS.items()
        ],
        "cost-centers": [
            {"id": f"cc-{code[3:]}", "code": code, "name": f"Cost centre {code[3:]}", "active": True}
            for code in COST_CENTERS
        ],
        "periods": [
            {
                "id": f"pe-{period.code}",
                "code": period.code,
                "starts": period.starts.isoformat(),
                "ends": period.ends.isoformat(),
                "state": period.state,
            }
            for period in periods_of(firm)
        ],
        "rate-lines": _rate_lines(),
        "client-orders": _orders(firm),
    }


def _rate_lines() -> list[Record]:
    priced = [(item, currency) for item in sorted(set(SERVICES.values())) for currency in ("EUR", "USD")]
    return [
        {
            "id": f"rl-{item}-{currency}",
            "number": f"{item}-{currency}",
            "service_item": item,
            "unit": "hour",
            "rate": _PRICES[item],
            "currency": currency,
            "starts": "2020-01-01",
            "ends": None,
        }
        for item, currency in priced
    ]


def _orders(firm: Firm) -> list[Record]:
    """Return the order behind each project; projects of one client may share a number."""
    named = {project["po_number"]: project for project in reversed(firm.projects)}
    return [
        {
            "id": f"po-{name[3:]}",
            "number": name,
            "customer_number": project["client_id"],
            "amount": ORDER_LIMIT,
            "currency": project["currency"],
            "state": "ordered",
        }
        for name, project in sorted(named.items())
    ]
