"""The sandbox tax service on stage: its numbers are only read."""

from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted


class TaxStage(SandboxStage):
    """A tax service that knows the numbers of all clients and accounts."""

    slug, system = "sandbox_tax", "tax"
    lists = ("numbers",)
    level = "numbers"
    touched = {"numbers": "name"}
    made = {"numbers": {"number": "DE77777{n}", "country": "DE", "name": "Robin Vale", "status": "valid"}}
    planted = {"text": Planted("numbers", "name")}


STAGE = TaxStage
