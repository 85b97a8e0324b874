"""The sandbox identity service on stage: users are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass


class IdentityStage(SandboxStage):
    """An identity service that knows two thirds of thirty people."""

    slug, system = "sandbox_identity", "identity"
    lists = ("users",)
    level = "users"
    touched = {"users": "department"}
    made = {"users": {"email": "new{n}@firm.example", "name": "Robin Vale"}}
    writes = ("users",)
    samples = {"users": {"external_id": "E-{n}", "email": "joiner{n}@firm.example", "name": "Robin Vale"}}
    changed = {"users": {"department": "Delivery"}}
    refusals = {
        "users": (
            Refusal("e-mail taken", {"email": "person0001@firm.example"}, B.DUPLICATE, "email"),
            Refusal("no e-mail address", {"email": "robin vale"}, B.PARSE, "email"),
            Refusal("unknown manager", {"manager": "who@x.example"}, B.MISSING_REFERENCE, "manager"),
            Refusal("a name beyond measure", {"name": "x" * 121}, B.TOO_LARGE, "name"),
        )
    }
    texts = {"users": "name"}
    planted = {"text": Planted("users", "name")}


STAGE = IdentityStage
