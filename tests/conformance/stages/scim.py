"""A SCIM 2.0 directory on stage: people are read, added, changed and deactivated."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.scim_stand_in import ScimStandIn

B = BusinessClass


class ScimStage(StandInStage):
    """A directory of nine people, all added in one moment."""

    slug = "scim"
    stand_in = ScimStandIn
    address = "/scim/v2"
    lists = ("users",)
    level = "users"
    stamps_late = True
    writes = ("users",)
    touched = {"users": "title"}
    removable = ("users",)
    changed = {"users": {"enterprise.department": "Audit", "email": "kim@okafor.example"}}
    texts = {"users": "title"}
    planted = {"text": Planted("users", "title")}
    refusals = {
        "users": (
            Refusal("an e-mail that is none", {"email": "robin"}, B.VALIDATION, ""),
            Refusal("a name beyond measure", {"userName": "x" * 201}, B.VALIDATION, ""),
        )
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": f"robin.vale{number}@brightforge.example",
            "name": {"givenName": "Robin", "familyName": f"Vale {number}"},
            "active": True,
        }

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {
            "userName": f"kim.okafor{number}@brightforge.example",
            "name.givenName": "Kim",
            "name.familyName": "Okafor",
            "email": f"kim.okafor{number}@brightforge.example",
            "enterprise.employeeNumber": f"{number:04d}",
            "active": True,
            **changes,
        }
        return Write(number, values, f"Resource:ours:{number}", f"key-{number}")

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        return at_path(record, self.texts[name])


STAGE = ScimStage
