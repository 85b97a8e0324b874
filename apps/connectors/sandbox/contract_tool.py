"""The sandbox contract tool: agreements that are drafted, sent, and signed or voided."""

from datetime import UTC, datetime

from aiohttp import web

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Deed, Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import answer
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

AGREEMENTS = "agreements"
STATES = ("draft", "sent", "signed", "void")
SORTS = ("msa", "sow", "change_order")
_BILLING = ("time_material", "fixed_fee", "milestone", "retainer", "recurring")
_FIELDS = (
    "number", "external_id", "name", "sort", "state", "amends", "deal_id", "project_code", "client_name", "legal_entity",
    "signer_name", "signer_email",
    "starts", "ends", "amount", "currency", "billing_kind", "rate_card", "po_number", "payment_terms_days", "cap_hours", "sent_at",
    "signed_at", "voided_at", "void_reason",
)  # fmt: skip
_REQUIRED = ("name", "state", "client_name")
_CHOICES = {"state": STATES, "sort": SORTS, "billing_kind": _BILLING}
_LONGEST = {"external_id": 200, "name": 200, "po_number": 40, "void_reason": 300}
_MOMENTS = {"sent": "sent_at", "signed": "signed_at", "void": "voided_at"}
KINDS = {
    AGREEMENTS: Kind(
        "number",
        ("number", "name", "client_name", "sort", "amount", "currency", "state", "signed_at"),
        prefix="AG-",
        own_key="external_id",
        renamed=("amount", "value"),
        money="amount",
        counted=("state", "signed"),
        fields=_FIELDS,
        required=_REQUIRED,
        choices=_CHOICES,
        longest=_LONGEST,
    ),
}


class ContractTool(Desk):
    """One request to one company's contracts."""

    slug, title, main = "contract", "Sandbox contracts", AGREEMENTS
    kinds = KINDS
    event = "contract.signed"

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store one agreement for each deal of the CRM: signed where the deal is won."""
        made = [_agreement(deal, number) for number, deal in enumerate(firm.opportunities, 1)]
        cls.fill_kind(store, company, AGREEMENTS, made, instant_text(firm.as_of))

    def deeds(self, _kind: str, record: Record) -> list[Deed]:
        """Return what a person can do with an agreement besides changing its fields."""
        if record.get("state") not in {"draft", "sent"}:
            return []
        return [Deed("sign", "Sign this agreement"), Deed("void", "Void this agreement")]

    def do(self, deed: str, kind: str, key: str) -> web.Response:
        """Do what `deeds` offered."""
        states = {"sign": "signed", "void": "void"}
        if deed not in states:
            return super().do(deed, kind, key)
        with self._store.change():
            verdict = self.write(kind, {"state": states[deed]}, key="", target=key)
        return answer({deed: [key]}) if verdict.status < 400 else verdict.response()

    def prepared(self, _kind: str, record: Record, number: int) -> Record:
        """An agreement begins as a draft and gets a number where it has none."""
        return self._stamped({}, {"state": "draft", "sort": "sow", **record, "number": f"AG-{number:07d}"})

    def completed(self, _kind: str, before: Record, changed: Record) -> Record:
        """Sending, signing and voiding note their moment; a number is for ever."""
        return self._stamped(before, {**changed, "number": before["number"]})

    def judge(self, _kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        found = rules.missing(record, _REQUIRED) + rules.unknown(record, _FIELDS) + rules.too_long(record, _LONGEST)
        found += rules.choices(record, _CHOICES) + rules.currency(record)
        found += rules.amounts(record, ("amount", "cap_hours", "payment_terms_days"))
        if record.get("state") in ("sent", "signed") and not record.get("signer_email"):
            found.append(Problem("missing_field", "signer_email", "Nobody is named who signs"))
        return found

    def noted(self, _kind: str, before: Record | None, record: Record) -> None:
        """Announce an agreement that was signed."""
        if record.get("state") == "signed" and (before is None or before.get("state") != "signed"):
            self._announce(
                {"type": self.event, "object": AGREEMENTS, "key": record["id"], "occurred_at": record["modified_at"]}
            )

    def _stamped(self, before: Record, changed: Record) -> Record:
        state = changed.get("state")
        moment = _MOMENTS.get(str(state))
        if state == before.get("state") or moment is None:
            return changed
        return {**changed, moment: instant_text(datetime.now(UTC))}


def _agreement(deal: Record, number: int) -> Record:
    state = "signed" if deal["stage"] == "won" else ("sent", "draft")[number % 2]
    changed = datetime.fromisoformat(str(deal["modified_at"]))
    at = changed.isoformat(timespec="seconds").replace("+00:00", "Z")
    account = deal["account"]
    return {
        "id": f"AG-{number:05d}",
        "number": f"AG-{number:05d}",
        "name": f"Statement of work: {deal['name']}",
        "sort": "sow",
        "state": state,
        "amends": None,
        "deal_id": deal["id"],
        "project_code": None,
        "client_name": deal["account_name"],
        "legal_entity": deal["legal_entity"],
        "signer_name": f"Signatory of {deal['account_name']}",
        "signer_email": str(account["invoice_email"]).replace("invoices@", "signs@"),
        "starts": deal["starts"],
        "ends": deal["ends"],
        "amount": deal["amount"],
        "currency": deal["currency"],
        "billing_kind": deal["billing_kind"],
        "rate_card": None,
        "po_number": deal["po_number"],
        "payment_terms_days": account["payment_terms_days"],
        "cap_hours": deal["budget_hours"],
        "sent_at": at if state != "draft" else None,
        "signed_at": at if state == "signed" else None,
        "voided_at": None,
        "void_reason": None,
    }
