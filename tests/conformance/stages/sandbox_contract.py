"""The sandbox contract tool on stage: agreements are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class ContractStage(SandboxStage):
    """A contract tool with an agreement for each of seven deals."""

    slug, system = "sandbox_contract", "contract"
    lists = ("agreements",)
    level = "agreements"
    touched = {"agreements": "signer_name"}
    made = {"agreements": {"name": "Cloud move", "client_name": "Okafor Bank"}}
    writes = ("agreements",)
    samples = {
        "agreements": {
            "external_id": "OP-{n}", "name": "Cloud move", "client_name": "Okafor Bank", "state": "sent",
            "signer_name": "Robin Vale", "signer_email": "robin@okafor.example", "amount": "1200.00", "currency": "EUR",
        }
    }  # fmt: skip
    changed = {"agreements": {"name": "Cloud"}}
    refusals = {
        "agreements": (
            Refusal("nobody who signs", {"signer_email": ""}, B.VALIDATION, "signer_email"),
            Refusal("unknown currency", {"currency": "XYZ"}, B.VALIDATION, "currency"),
            Refusal("unknown sort", {"sort": "handshake"}, B.MAPPING_GAP, "kind"),
            Refusal("amount below zero", {"amount": "-1"}, B.PARSE, "amount"),
            Refusal("name too long", {"name": "x" * 201}, B.TOO_LARGE, "name"),
        )
    }
    texts = {"agreements": "name"}
    numbers = {"agreements": "amount"}
    planted = {"text": Planted("agreements", "signer_name"), "date": Planted("agreements", "starts")}

    async def announce(self, url: str, secret: str) -> None:
        await self.client.set_webhook(self.company, url, secret, system=self.system)
        await self.client.change_record(self.system, self.company, "agreements", "AG-00001", state="signed")


STAGE = ContractStage
