"""The sandbox identity service on stage: users and group memberships are read and written."""

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal

B = BusinessClass
_DAYS = {"starts": "2026-12-01", "ends": "2026-12-31"}


class IdentityStage(SandboxStage):
    """An identity service that knows two thirds of thirty people."""

    slug, system = "sandbox_identity", "identity"
    lists = ("users", "memberships")
    level = "users"
    touched = {"users": "department", "memberships": "role"}
    made = {
        "users": {"email": "new{n}@firm.example", "name": "Robin Vale"},
        "memberships": {"group": "PRJ-0001", "employee_no": "E-0001", **_DAYS},
    }
    writes = ("users", "memberships")
    samples = {
        "users": {"external_id": "E-{n}", "email": "joiner{n}@firm.example", "name": "Robin Vale"},
        "memberships": {"external_id": "AS-{n}", "group": "PRJ-0001", "employee_no": "E-0002", **_DAYS},
    }
    changed = {"users": {"department": "Delivery"}, "memberships": {"role": "Lead"}}
    refusals = {
        "users": (
            Refusal("e-mail taken", {"email": "person0001@firm.example"}, B.DUPLICATE, "email"),
            Refusal("no e-mail address", {"email": "robin vale"}, B.PARSE, "email"),
            Refusal("unknown manager", {"manager": "who@x.example"}, B.MISSING_REFERENCE, "manager"),
            Refusal("a name beyond measure", {"name": "x" * 121}, B.TOO_LARGE, "name"),
        ),
        "memberships": (
            Refusal("a stranger", {"employee_no": "E-9999"}, B.MISSING_REFERENCE, "resource"),
            Refusal("no day", {"ends": "31.02.2026"}, B.PARSE, "ends"),
            Refusal("a role beyond measure", {"role": "x" * 81}, B.TOO_LARGE, "role"),
        ),
    }
    texts = {"users": "name", "memberships": "role"}
    planted = {"text": Planted("users", "name"), "date": Planted("memberships", "ends")}


STAGE = IdentityStage
