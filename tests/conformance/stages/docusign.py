"""DocuSign on stage, as a strict stand-in of its published contract: envelopes are read, sent and taken back."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import docusign_stand_in as ds

B = BusinessClass


class DocuSignStage(StandInStage):
    """An account with nine envelopes that were all sent in one moment."""

    slug = "docusign"
    stand_in = ds.DocuSignStandIn
    system: ds.DocuSignStandIn
    address = "/restapi"
    lists = ("envelopes",)
    level = "envelopes"
    stamps_late = True
    writes = ("envelopes",)
    touched = {"envelopes": "emailBlurb"}
    removable = ("envelopes",)  # what is purged there
    changed = {"envelopes": {"emailSubject": "Statement of work, second version"}}
    texts = {"envelopes": "emailSubject"}
    planted = {"text": Planted("envelopes", "emailSubject")}
    token_path = "/token"
    settings = ds.SETTINGS
    refusals = {
        "envelopes": (
            Refusal("an unknown template", {"templateId": ds.ACCOUNT}, B.MISSING_REFERENCE, "template"),
            Refusal("a signer without e-mail", {"signer.email": "robin"}, B.VALIDATION, "signer_email"),
            Refusal("a subject beyond measure", {"emailSubject": "x" * 101}, B.TOO_LARGE, "name"),
        )
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"client_id": ds.APP, "subject": ds.USER, "private_key": ds.pem()}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        sent = {"status": "sent", "emailSubject": f"Statement of work {number}"}
        return ds.envelope(sent, f"SOW-{number}", "Robin Vale", "robin.vale@northwind.example")

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {
            "reference": f"SOW-K-{number}",
            "emailSubject": "Statement of work, Okafor Bank",
            "status": "sent",
            "templateId": ds.TEMPLATE,
            "signer.name": "Kim Okafor",
            "signer.email": "kim.okafor@okafor.example",
            **changes,
        }
        return Write(number, values, f"Contract:ours:{number}", f"key-{number}")

    async def announce(self, url: str, secret: str) -> None:
        await self.system.announce(url, secret)


STAGE = DocuSignStage
