"""The sandbox CRM on stage: deals and accounts are read, deals are marked, and won ones are announced."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal


class CrmStage(SandboxStage):
    """A CRM with six deals."""

    slug, system = "sandbox_crm", "crm"
    lists = ("opportunities", "accounts")
    level = "accounts"
    spared = ("/oauth/token",)
    touched = {"opportunities": "note", "accounts": "name"}
    made = {
        "opportunities": {"name": "New deal {n}", "account_id": "AC-0004"},
        "accounts": {"name": "New account {n}"},
    }
    writes = ("opportunities", "invoices")
    samples = {
        "opportunities": {
            "external_id": "D-{n}",
            "name": "Cloud move",
            "account_id": "AC-0004",
            "exported": True,
            "project_code": "PRJ-1",
        },
        "invoices": {"external_id": "I-{n}", "number": "INV-{n}", "state": "posted", "currency": "EUR"},
    }
    changed = {"opportunities": {"note": "Handed over."}, "invoices": {"state": "paid"}}
    refusals = {
        "opportunities": (
            Refusal("unknown account", {"account_id": "AC-9999"}, BusinessClass.MISSING_REFERENCE, "client"),
            Refusal("note too long", {"note": "x" * 2001}, BusinessClass.TOO_LARGE, "note"),
            Refusal("unknown stage", {"stage": "begun"}, BusinessClass.MAPPING_GAP, "stage"),
        ),
        "invoices": (
            Refusal("no state", {"state": ""}, BusinessClass.VALIDATION, "state"),
            Refusal("unknown currency", {"currency": "XYZ"}, BusinessClass.VALIDATION, "currency"),
            Refusal("no day", {"due_on": "31.02.2026"}, BusinessClass.PARSE, "due_date"),
        ),
    }
    texts = {"opportunities": "note", "invoices": "client_name"}
    numbers = {"opportunities": "amount", "invoices": "amount"}
    planted = {
        "text": Planted("opportunities", "note"),
        "number": Planted("opportunities", "amount"),
        "date": Planted("opportunities", "close_date"),
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"client_id": self.company, "client_secret": self.token}

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret, system="crm")
        await self.client.win(self.company, "OP-0004")


STAGE = CrmStage
