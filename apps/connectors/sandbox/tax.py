"""The sandbox tax service: says of a tax number whether it is valid and whom it belongs to. It is only read."""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

NUMBERS = "numbers"
_FIELDS = ("number", "country", "name", "status", "evidence")
_REQUIRED, _CHOICES = ("number", "status"), {"status": ("valid", "invalid")}
KINDS = {
    NUMBERS: Kind(
        "number",
        _FIELDS,
        prefix="TX-",
        writable=False,
        renamed=("status", "result"),
        counted=("status", "valid"),
        fields=_FIELDS,
        choices=_CHOICES,
    ),
}


class TaxService(Desk):
    """One request to the tax service, with one company's sign-in."""

    slug, title, main = "tax", "Sandbox tax service", NUMBERS
    kinds = KINDS

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store the numbers of all clients and accounts, but for the known handful of DEAL_PROBLEMS."""
        problems = bool(company.wishes.get("problems", True))
        known = [_number(client, "valid") for client in firm.clients]
        for place, account in enumerate(firm.accounts, 1):
            if account["tax_id"] and not (problems and place == 2):
                known.append(_number(account, "invalid" if problems and place == 1 else "valid"))
        cls.fill_kind(store, company, NUMBERS, known, instant_text(firm.as_of))

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        found = rules.missing(record, _REQUIRED) + rules.unknown(record, _FIELDS) + rules.country(record)
        return found + rules.choices(record, _CHOICES)


def _number(holder: Record, status: str) -> Record:
    number = holder["tax_id"]
    return {
        "id": f"TX-{number}",
        "number": number,
        "country": holder["country"],
        # A number that is not valid belongs to nobody.
        "name": holder["legal_name"] if status == "valid" else None,
        "status": status,
        "evidence": f"EV-{number[-6:]}",
    }
